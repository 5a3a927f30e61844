"""A sender with nothing to send keeps a person's sign-in from ending unused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.core.choices import Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Cycle, Sender, SmtpClient
from mailboxes.services.outbox import senders as outbox_senders
from mailboxes.services.outbox.cycle import SendCycle
from tests.services.sending import Scene, scene

__all__ = ["scene"]

pytestmark = pytest.mark.django_db


def due() -> list[int]:
    return outbox_senders.due(timezone.now())


def unused(scene: Scene, days: int, grant: str = "authorization_code") -> None:
    """As if nothing had been sent for so long."""
    SmtpClient.objects.update(grant_type=grant)
    then = timezone.now() - timedelta(days=days)
    Sender.objects.update(last_success_at=then)


def test_sign_in_of_a_person_is_used_once_a_month(scene: Scene) -> None:
    unused(scene, 29)
    assert due() == []
    unused(scene, 31)
    assert due() == [scene.sender.pk]
    cycle = scene.cycle()
    assert (cycle.outcome, cycle.new_connection, cycle.sent) == ("ok", True, 0)
    assert due() == []


def test_sign_in_that_was_never_used_is_used_too(scene: Scene) -> None:
    SmtpClient.objects.update(grant_type="device_code")
    then = timezone.now() - timedelta(days=31)
    Sender.objects.update(last_success_at=None, in_effect_since=then)
    assert due() == [scene.sender.pk]


@pytest.mark.parametrize("grant", ["password", "client_credentials"])
def test_what_does_not_end_unused_is_left_alone(scene: Scene, grant: str) -> None:
    unused(scene, 400, grant)
    assert due() == []
    SendCycle(scene.sender.pk, lambda: False).run()
    assert Cycle.objects.count() == 0


def test_sign_in_that_fails_unused_is_told_and_waits_like_any_other(
    scene: Scene,
) -> None:
    unused(scene, 31)
    scene.server.fail("open", MailError(Code.CONNECTION_LOST, Stage.TCP))
    scene.cycle()
    assert scene.sender.code == "connection-lost"
    assert due() == []


def test_paused_sender_signs_in_for_nothing(scene: Scene) -> None:
    unused(scene, 31)
    Sender.objects.update(paused_at=timezone.now())
    assert due() == []
