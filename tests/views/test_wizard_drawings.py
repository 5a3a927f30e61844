"""The drawings of portal pages: each shows what the draft at hand needs."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from tests.fixtures import setups
from tests.views.wizard_pages import at

pytestmark = pytest.mark.django_db


def drawn(page: str, name: str) -> str:
    """What a drawing shows, its words for those who do not see it first."""
    found = re.search(rf'<svg[^>]*labelledby="drawing-{name}".*?</svg>', page, re.S)
    assert found
    plain = re.sub(r"<[^>]+>", " ", html.unescape(found[0]))
    return re.sub(r"\s+", " ", plain).strip()


@pytest.mark.parametrize(
    ("mode", "way", "lines"),
    [
        (
            "microsoft-app",
            "under APIs my organization uses choose Office 365 Exchange Online,"
            " then Application permissions;",
            "IMAP.AccessAsApp Application Granted SMTP.SendAsApp Application Granted",
        ),
        (
            "microsoft-graph",
            "under Microsoft APIs choose Microsoft Graph, then Application"
            " permissions;",
            "Mail.ReadWrite Application Granted Mail.Send Application Granted",
        ),
        (
            "microsoft-password",
            "under Microsoft APIs choose Microsoft Graph, then Delegated permissions;",
            "IMAP.AccessAsUser.All Delegated Granted SMTP.Send Delegated Granted"
            " User.Read Delegated Granted",
        ),
    ],
)
def test_the_drawing_of_the_permissions_shows_those_that_are_needed(
    visitor: Client, mode: str, way: str, lines: str
) -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode=mode)
    setups.save(draft, "ids", **setups.IDS)
    shown = drawn(visitor.get(at(draft, "permissions")).content.decode(), "permissions")
    assert way in shown
    assert shown.endswith(f" 3 {lines}")


@pytest.mark.parametrize(
    ("mode", "direction", "boxes"),
    [
        ("microsoft-app", "both", "IMAP Authenticated SMTP"),
        ("microsoft-app", "receive", "IMAP"),
        ("microsoft-app", "send", "Authenticated SMTP"),
        ("microsoft-pop3-app", "both", "POP Authenticated SMTP"),
    ],
)
def test_the_drawing_of_email_apps_shows_those_that_are_used(
    visitor: Client, mode: str, direction: str, boxes: str
) -> None:
    draft = setups.begin(direction=direction)
    setups.save(draft, "mode", mode=mode)
    shown = drawn(
        visitor.get(at(draft, "prerequisites")).content.decode(), "email-apps"
    )
    assert shown.endswith(f" Outlook on the web {boxes} Save changes")
