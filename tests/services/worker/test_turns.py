"""Lines of the log for those who watch it: a client fails, stops, works again."""

from __future__ import annotations

import logging

import pytest

from mailboxes.core.choices import Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Fetcher
from mailboxes.services.worker import turns
from tests.services.conftest import ADDRESS, Inbox
from tests.services.sending import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger=turns.logger.name)
    return caplog


def lines(said: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    found = [one for one in said.records if one.name == turns.logger.name]
    said.clear()
    return [(one.levelname, one.getMessage()) for one in found]


def test_mailbox_that_fails_stops_and_works_again(
    inbox: Inbox, said: pytest.LogCaptureFixture
) -> None:
    name = inbox.client.section
    inbox.run()
    assert lines(said) == []
    inbox.server.accounts[ADDRESS].password = "another"
    for _ in range(2):
        inbox.save()  # so that its open connection is not used
        inbox.run()
    assert lines(said) == [
        ("WARNING", f"{name}: failing, password-refused at sign-in"),
        ("WARNING", f"{name}: stopped, password-refused at sign-in"),
    ]
    inbox.server.accounts[ADDRESS].password = "right"
    Fetcher.objects.update(state="active")
    inbox.run()
    assert lines(said) == [("INFO", f"{name}: works again after password-refused")]


def test_failure_that_stays_as_it_is_is_said_once(
    inbox: Inbox, said: pytest.LogCaptureFixture
) -> None:
    def down() -> None:
        raise MailError(Code.CONNECT_TIMEOUT, Stage.TCP)

    inbox.server.hook("open", down)
    for _ in range(3):
        inbox.run()
    assert len(lines(said)) == 1


def test_sender_that_fails_is_said(
    scene: Scene, said: pytest.LogCaptureFixture
) -> None:
    scene.queue("a@b.example")

    def down() -> None:
        raise MailError(Code.CONNECT_TIMEOUT, Stage.TCP)

    scene.server.hook("open", down)
    scene.cycle()
    name = scene.client.section
    assert lines(said) == [("WARNING", f"{name}: failing, connect-timeout at tcp")]
