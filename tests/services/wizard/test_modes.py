"""The ways of connecting: the same values as the one-page form begins with."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import Grant
from mailboxes.forms import templates
from mailboxes.services.option_rules import options_by_name
from mailboxes.services.wizard.modes import BY_NAME, MODES, POP, SMTP, Mode, offered

# mode: templates of the one-page form for receiving and sending
SAME = {
    "microsoft-app": ("microsoft365-imap-app", "microsoft365-smtp-app"),
    "microsoft-graph": ("microsoft365-graph", "microsoft365-graph-send"),
    "microsoft-graph-sign-in": (
        "microsoft365-graph-sign-in",
        "microsoft365-graph-sign-in-send",
    ),
    "microsoft-graph-device": (
        "microsoft365-graph-device",
        "microsoft365-graph-device-send",
    ),
    "microsoft-graph-password": (
        "microsoft365-graph-password",
        "microsoft365-graph-password-send",
    ),
    "microsoft-sign-in": ("microsoft365-imap-sign-in", "microsoft365-smtp-sign-in"),
    "microsoft-device": ("microsoft365-imap-device", "microsoft365-smtp-device"),
    "microsoft-password": ("microsoft365-imap", "microsoft365-smtp"),
    "microsoft-ews-app": ("microsoft365-ews-app", "microsoft365-ews-app-send"),
    "microsoft-ews-password": ("microsoft365-ews", "microsoft365-ews-send"),
    "exchange-ews": ("exchange-ews", "exchange-ews-send"),
    "google": ("gmail-imap", "gmail-smtp"),
    "google-service": ("gmail-imap-service", "gmail-smtp-service"),
    "imap-smtp": ("generic-imap", "generic-smtp"),
    "pop3-smtp": ("generic-pop3", "generic-smtp"),
    "microsoft-pop3-app": ("microsoft365-pop3-app", "microsoft365-smtp-app"),
    "microsoft-pop3-password": ("microsoft365-pop3", "microsoft365-smtp"),
    "google-pop3": ("gmail-pop3", "gmail-smtp"),
}


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_values_are_those_of_the_templates(mode: Mode) -> None:
    pop, smtp = SAME[mode.name]
    assert mode.pop == templates.find(templates.POP, pop).given
    assert mode.smtp == templates.find(templates.SMTP, smtp).given


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_values_are_options_that_there_are(mode: Mode) -> None:
    assert set(mode.pop) <= set(options_by_name(POP))
    assert set(mode.smtp) <= set(options_by_name(SMTP))


def test_this_version_can_do_every_mode() -> None:
    assert [mode.name for mode in MODES if mode.missing((POP, SMTP))] == []


def test_what_a_version_cannot_do_is_said(first_version: None) -> None:
    able = [mode.name for mode in MODES if not mode.missing((POP, SMTP))]
    assert able == ["microsoft-app", "microsoft-password", "imap-smtp"]
    assert BY_NAME["microsoft-graph"].missing((POP,)) == (
        "This version does not have GRAPH yet."
    )
    assert BY_NAME["google"].missing((POP, SMTP)) == (
        "This version does not have this way of sign-in yet."
    )


def test_modes_that_send_alike_are_offered_once() -> None:
    assert len(offered((POP, SMTP))) == len(MODES)
    names = [mode.name for mode in offered((SMTP,))]
    assert ("imap-smtp" in names, "pop3-smtp" in names) == (True, False)


def test_one_mode_is_advised_and_it_works_here() -> None:
    [advised] = [mode for mode in MODES if mode.advised]
    assert advised.missing((POP, SMTP)) == ""
    assert (advised.app_only, advised.by_password) == (True, False)


def test_what_ends_is_dated_where_a_date_is_announced() -> None:
    """providers.md section 2: EWS, passwords at Exchange Online, ROPC without a day."""
    for name in ("microsoft-ews-app", "microsoft-ews-password", "exchange-ews"):
        assert "1 April 2027" in str(BY_NAME[name].ends)
    assert "December 2026" in str(BY_NAME["imap-smtp"].ends)
    assert "no last day" in str(BY_NAME["microsoft-password"].ends)
    assert all(mode.helpers and mode.minutes and mode.ends for mode in MODES)


def test_grants_follow_the_values() -> None:
    assert {mode.name: mode.grant for mode in MODES} == {
        "microsoft-app": Grant.CLIENT_CREDENTIALS,
        "microsoft-graph": Grant.CLIENT_CREDENTIALS,
        "microsoft-graph-sign-in": Grant.AUTHORIZATION_CODE,
        "microsoft-graph-device": Grant.DEVICE_CODE,
        "microsoft-graph-password": Grant.PASSWORD,
        "microsoft-sign-in": Grant.AUTHORIZATION_CODE,
        "microsoft-device": Grant.DEVICE_CODE,
        "microsoft-password": Grant.PASSWORD,
        "microsoft-ews-app": Grant.CLIENT_CREDENTIALS,
        "microsoft-ews-password": Grant.PASSWORD,
        "exchange-ews": None,
        "google": Grant.AUTHORIZATION_CODE,
        "google-service": Grant.SERVICE_ACCOUNT,
        "imap-smtp": None,
        "pop3-smtp": None,
        "microsoft-pop3-app": Grant.CLIENT_CREDENTIALS,
        "microsoft-pop3-password": Grant.PASSWORD,
        "google-pop3": Grant.AUTHORIZATION_CODE,
    }
