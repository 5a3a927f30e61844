"""What a person types for option sets that are right, for tests to change."""

from __future__ import annotations

from mailboxes.models import PopClient, SmtpClient
from mailboxes.models.clients import MECHANISMS
from mailboxes.services import revisions

DIRECTORY = "11111111-2222-3333-4444-555555555555"
CLIENT = "66666666-7777-8888-9999-aaaaaaaaaaaa"
CANARY = "canary-Passw0rd-4711"


def pop_oauth(**changes: object) -> dict[str, object]:
    """Values by option name, `_` for `-`: IMAP with OAuth 2.0 at Exchange Online."""
    return {
        "server": "outlook.office365.com",
        MECHANISMS: "XOAUTH2",
        "directory-id": DIRECTORY,
        "client-id": CLIENT,
        "password": CANARY,
    } | named(changes)


def pop_basic(**changes: object) -> dict[str, object]:
    return {"server": "imap.contoso.example", "password": CANARY} | named(changes)


def smtp_oauth(**changes: object) -> dict[str, object]:
    return {
        "server": "smtp.office365.com",
        "mailbox": "support@contoso.com",
        MECHANISMS: "XOAUTH2",
        "directory-id": DIRECTORY,
        "client-id": CLIENT,
        "password": CANARY,
    } | named(changes)


def smtp_basic(**changes: object) -> dict[str, object]:
    return {
        "server": "smtp.contoso.example",
        "mailbox": "support",
        "password": CANARY,
    } | named(changes)


def named(changes: dict[str, object]) -> dict[str, object]:
    """`folder_path` as keyword for the option `folder-path`, `mechanisms` for its."""
    return {
        MECHANISMS if name == "mechanisms" else name.replace("_", "-"): value
        for name, value in changes.items()
    }


def saved_pop(address: str = "support@contoso.com", **changes: object) -> PopClient:
    result = revisions.save_pop_client(
        client=None, address=address, raw=pop_oauth(**changes)
    )
    assert isinstance(result.client, PopClient)
    return result.client


def saved_smtp(section: str = "smtp-client", **changes: object) -> SmtpClient:
    result = revisions.save_smtp_client(
        client=None, section=section, raw=smtp_oauth(**changes)
    )
    assert isinstance(result.client, SmtpClient)
    return result.client
