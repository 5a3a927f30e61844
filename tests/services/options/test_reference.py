"""The page docs/options.md: equal to the declarations, and they to the fact sheet.

The literals are typed from email-server-options.md 1.1 to 1.3 and the seed document,
only where those are certain; None stands for what they leave open.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mailboxes.models.clients import MECHANISMS
from mailboxes.services.option_rules import MODELS, RULES, options_by_name
from mailboxes.services.options import reference as option_reference
from mailboxes.services.options.reading import READING_RULES

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "options.md"

OUTLOOK = "`https://outlook.office.com/.default` (the vendor's)"
MICROSOFT = "`https://login.microsoftonline.com` (the vendor's)"
SCOPES = (
    "https://graph.microsoft.com/.default for the Graph API,"
    " https://outlook.office.com/.default for Office 365."
)
AUTHORITIES = (
    "https://login.microsoftonline.com for Microsoft; for Google any text that contains"
    ' "google", in any case.'
)
CLIENT_IDS = "The client ID of the registered Azure or Google application."
DIRECTORY_IDS = "The Directory (tenant) ID of the registered Azure application."
CYCLE = "at the next POP cycle"
RESTART = "at start or restart (Restart sending)"
POP_OAUTH = (
    "Takes effect only when `mail.<type>.auth.mechanisms` is XOAUTH2 or the type is"
    " GRAPH."
)
SMTP_OAUTH = (
    "Takes effect only when `mail.<server-type>.auth.mechanisms` is XOAUTH2 or the type"
    " is GRAPH."
)
NEVER = "Kept for export to the old server; this console does not use it."
ALL_THREE = "8.5.107.06; 8.5.201.05, 8.5.202.02, 8.5.205.03"

# option: default, valid values, when in effect, condition, versions
FACTS = {
    "[pop-client]": {
        "scope": (
            OUTLOOK,
            SCOPES,
            CYCLE,
            POP_OAUTH,
            "8.5.107.06; 8.5.202.02, 8.5.205.03",
        ),
        "client-id": ("none", CLIENT_IDS, CYCLE, POP_OAUTH, ALL_THREE),
        "tenant-authority": (MICROSOFT, AUTHORITIES, CYCLE, POP_OAUTH, ALL_THREE),
        "directory-id": (
            "none",
            DIRECTORY_IDS,
            CYCLE,
            POP_OAUTH,
            "8.5.107.06; 8.5.202.02, 8.5.205.03",
        ),
        "secret": (
            "none",
            "The name of a secret of this console, without white space.",
            CYCLE,
            "Takes effect only for Google, when `mail.<type>.auth.mechanisms` is"
            " XOAUTH2.",
            "8.5.201.05; 8.5.202.02",
        ),
        "password": ("none", None, CYCLE, "always", "8.5.205.03"),
        MECHANISMS: (
            "none",
            "XOAUTH2, or absent for basic authentication.",
            CYCLE,
            "always",
            None,
        ),
        "type": (None, "POP3, IMAP, EWS or GRAPH, in any case.", CYCLE, "always", None),
        "server": (
            "none",
            "A host name or an IP address, without a port; for EWS a URL.",
            CYCLE,
            None,
            "-",
        ),
        "mailbox": ("none", None, CYCLE, "always", "-"),
        "folder-path": ("none", None, CYCLE, None, "8.1.4"),
        "copy-message-to-recipients": (
            "`false` (the vendor's)",
            "true or false.",
            CYCLE,
            NEVER,
            "8.5.108.00",
        ),
        "copy-message-with-header": (
            "`X-Genesys-To` (the vendor's)",
            "The name of a header field.",
            CYCLE,
            NEVER,
            "8.5.108.00",
        ),
        "inbound-msg-copy-limit": (
            "`10` (the vendor's)",
            "1 to 50.",
            CYCLE,
            NEVER,
            "8.5.108.00",
        ),
    },
    "[smtp-client]": {
        "scope": (OUTLOOK, SCOPES, RESTART, SMTP_OAUTH, "8.5.107.06; 8.5.205.03"),
        "client-id": ("none", CLIENT_IDS, RESTART, SMTP_OAUTH, ALL_THREE),
        "tenant-authority": (MICROSOFT, AUTHORITIES, RESTART, SMTP_OAUTH, ALL_THREE),
        "directory-id": (
            "none",
            DIRECTORY_IDS,
            RESTART,
            SMTP_OAUTH,
            "8.5.107.06; 8.5.202.02, 8.5.205.03",
        ),
        "token-expiry-margin-time": (
            "`00:00:10` (the vendor's)",
            "Any period of less than one hour in hh:mm:ss format.",
            "at the next connection check (ours; the vendor leaves it open)",
            "Takes effect only when `mail.<server-type>.auth.mechanisms` is XOAUTH2.",
            "8.5.107.06; 8.5.202.02",
        ),
        "secret": (
            "none",
            "The name of a secret of this console, without white space.",
            RESTART,
            "Takes effect only for Google, when `mail.<server-type>.auth.mechanisms` is"
            " XOAUTH2.",
            "8.5.201.05",
        ),
        "server-type": (None, "smtp, ews or GRAPH, in any case.", RESTART, None, None),
        "server": ("none", None, RESTART, None, "-"),
        "mailbox": ("none", None, RESTART, "always", "-"),
    },
    "[secret-<name>]": {
        "password": (
            "none",
            "The client secret of the Google application.",
            "for a pop-client at the next POP cycle, for an smtp-client at start or"
            " restart (Restart sending)",
            "Only for Google, with XOAUTH2.",
            "8.5.201.05",
        ),
    },
    "[proxy]": {
        "useProxy": (
            "`false` (the vendor's)",
            "true or false, in any case; anything but true means false.",
            None,
            "always",
            "8.5.1",
        ),
        "port": ("none", "1 to 65535.", None, None, "8.5.1"),
    },
}


def tables() -> dict[str, dict[str, list[str]]]:
    """The rows of the file by heading and first cell, without the head."""
    found: dict[str, dict[str, list[str]]] = {}
    heading = ""
    for line in DOCUMENT.read_text("utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ").strip("`")
        elif line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            found.setdefault(heading, {})[cells[0].strip("`")] = cells
    return found


def test_page_in_docs_is_made_from_the_declarations():
    assert DOCUMENT.read_text("utf-8") == option_reference.page()


@pytest.mark.parametrize(
    ("section", "option"),
    [(section, option) for section, rows in FACTS.items() for option in rows],
)
def test_row_says_what_the_fact_sheet_is_certain_of(section, option):
    _, _, default, valid, effect, condition, versions, certain = tables()[section][
        option
    ]
    facts = FACTS[section][option]
    said = (default, valid, effect, condition, versions)
    assert tuple(s for s, f in zip(said, facts, strict=True) if f is not None) == tuple(
        f for f in facts if f is not None
    )
    assert certain in ("certain", "deduced")


@pytest.mark.parametrize("kind", MODELS)
def test_every_option_has_a_row_in_the_order_of_the_form(kind):
    rows = tables()[f"[{kind}]"]
    assert set(rows) == set(options_by_name(kind))
    assert {len(cells) for cells in rows.values()} == {8}
    assert list(rows)[:2] == ["enable-client", "mailbox"]


def test_every_rule_has_a_row():
    rows = tables()["Rules"]
    assert set(rows) == {*READING_RULES, *(rule.id for rule in RULES)}
    assert {len(cells) for cells in rows.values()} == {3}
    assert {cells[1] for cells in rows.values()} == {
        "refused",
        "refused; for a draft a warning",
        "warning",
    }


def test_defaults_that_are_not_the_vendors_are_called_ours():
    whose = {
        name: cells[2].rpartition(" (")[2]
        for kind in MODELS
        for name, cells in tables()[f"[{kind}]"].items()
    }
    assert (whose["cycle-time"], whose["connect-timeout"], whose["scope"]) == (
        "ours)",
        "ours)",
        "the vendor's)",
    )
