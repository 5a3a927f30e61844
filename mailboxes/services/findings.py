"""Turns a code and its evidence into a finding; one lookup for the whole product.

Rows store code and evidence, never prose (DESIGN D5). The entries stand in
findings_entra (Microsoft's numbers) and findings_ours (our codes).
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from ..core.choices import Step
from ..core.codes import Code
from .finding import Finding, Who
from .findings_authority import AUTHORITY, at_authority
from .findings_entra import BY_NUMBER, LOOK_UP
from .findings_ours import BY_CODE

_AADSTS = re.compile(r"AADSTS(\d{4,8})")
_BY_ERROR = {
    "invalid_grant": Code.TOKEN_INVALID_GRANT,
    "invalid_client": Code.TOKEN_INVALID_CLIENT,
    "unauthorized_client": Code.TOKEN_INVALID_CLIENT,
    "interaction_required": Code.TOKEN_INTERACTION,
    "login_required": Code.TOKEN_INTERACTION,
    "temporarily_unavailable": Code.TOKEN_UNAVAILABLE,
    "server_error": Code.TOKEN_UNAVAILABLE,
}
# Pieces of raw answers that people paste, most telling first.
_RAW: tuple[tuple[str, Code], ...] = (
    ("SmtpClientAuthentication is disabled for the Tenant", Code.SMTP_AUTH_OFF_TENANT),
    (
        "SmtpClientAuthentication is disabled for the Mailbox",
        Code.SMTP_AUTH_OFF_MAILBOX,
    ),
    ("security defaults policy", Code.SMTP_AUTH_POLICY),
    ("did not meet the criteria", Code.SMTP_AUTH_POLICY),
    ("basic authentication is disabled", Code.BASIC_AUTH_BLOCKED),
    ("BasicAuthBlocked", Code.BASIC_AUTH_BLOCKED),
    ("Basic authentication is not supported", Code.BASIC_AUTH_BLOCKED),
    ("User is authenticated but not connected", Code.NOT_CONNECTED),
    ("Request is throttled", Code.SERVER_THROTTLED),
    ("SendAsDenied", Code.SENDER_REFUSED),
    ("5.7.60", Code.SENDER_REFUSED),
    ("5.7.57", Code.SMTP_AUTH_REQUIRED),
    ("AUTHENTICATE failed", Code.TOKEN_NOT_ACCEPTED),
    ("535 5.7.3", Code.TOKEN_NOT_ACCEPTED),
    ("LOGIN failed", Code.PASSWORD_REFUSED),
    ("self-signed certificate", Code.TLS_UNTRUSTED),
    ("unable to get local issuer", Code.TLS_UNTRUSTED),
    ("Hostname mismatch", Code.TLS_NAME),
    ("certificate has expired", Code.TLS_EXPIRED),
    ("CERTIFICATE_VERIFY_FAILED", Code.TLS_UNTRUSTED),
    ("WRONG_VERSION_NUMBER", Code.TLS_NOT_TLS),
    ("Name or service not known", Code.DNS_UNKNOWN),
    ("Temporary failure in name resolution", Code.DNS_TEMPORARY),
    ("Connection refused", Code.CONNECT_REFUSED),
    ("Network is unreachable", Code.CONNECT_UNREACHABLE),
    ("Tunnel connection failed: 407", Code.PROXY_AUTH),
    ("Tunnel connection failed: 403", Code.PROXY_DENIED),
    ("Connection reset", Code.CONNECTION_LOST),
)
_SCOPES = ("IMAP.AccessAsUser.All", "SMTP.Send")
_OUTLOOK = ("https://outlook.office.com", "https://outlook.office365.com")


def find(
    code: str,
    evidence: Mapping[str, Any] | None = None,
    *,
    claims: Mapping[str, Any] | None = None,
    stage: str = "",
) -> Finding:
    """The finding for a code; there is always one.

    evidence: of the MailError; fills the places of its words, and its `side` says
    whether the authority or the mail server was spoken to. claims: of the token, for a
    mail server that gives no reason; evidence["claims"] if not given.
    """
    facts = dict(evidence or {})
    known = claims or facts.get("claims")
    if code == Code.TOKEN_NOT_ACCEPTED and isinstance(known, Mapping):
        row = _by_claims(known, facts)
    else:
        row = _row(code, facts, stage)
    if facts.get("side") == AUTHORITY:
        row = at_authority(code, row)
    return replace(
        row,
        code=code,
        title=_filled(row.title, facts),
        cause=_filled(row.cause, facts),
        fix=_filled(row.fix, facts),
        option=str(facts.get("option") or row.option),
        look_up=_look_up(code),
    )


def all_codes() -> list[str]:
    """Every code that has a finding of its own."""
    return [*BY_CODE, *(f"AADSTS{number}" for number in BY_NUMBER)]


def explain(text: str) -> list[Finding]:
    """Findings for a raw error that somebody pasted, best first, without repeats."""
    codes = [f"AADSTS{number}" for number in _AADSTS.findall(text)]
    lower = text.lower()
    codes += [str(code) for piece, code in _RAW if piece.lower() in lower]
    return [find(code, {"answer": text[:500]}) for code in dict.fromkeys(codes)]


def _row(code: str, facts: Mapping[str, Any], stage: str) -> Finding:
    if code in BY_CODE:
        return BY_CODE[code]
    match = _AADSTS.fullmatch(code)
    if match and int(match[1]) in BY_NUMBER:
        return BY_NUMBER[int(match[1])]
    status = facts.get("status")
    if match and isinstance(status, int) and status >= 500:
        return BY_CODE[Code.TOKEN_UNAVAILABLE]
    generic = _BY_ERROR.get(str(facts.get("error", "")))
    if generic is not None:
        return BY_CODE[generic]
    if match:
        return BY_CODE[Code.TOKEN_REFUSED]
    return BY_CODE[Code.TOKEN_REFUSED if stage == "token" else Code.PROTOCOL_ERROR]


def _look_up(code: str) -> str:
    match = _AADSTS.fullmatch(code)
    return LOOK_UP.format(match[1]) if match else ""


class _Missing(dict[str, Any]):
    """Fills a place that has no fact with a plain word."""

    def __missing__(self, key: str) -> str:
        return {
            "host": _("the server"),
            "issuer": _("issuer unknown"),
            "port": _("its port"),
        }.get(key, "…")


def _filled(words: Any, facts: Mapping[str, Any]) -> str:
    text = str(words)
    if "{" not in text:
        return text
    known = {k: v for k, v in facts.items() if v not in (None, "")}
    return text.format_map(_Missing(known))


def _by_claims(claims: Mapping[str, Any], facts: Mapping[str, Any]) -> Finding:
    """Why a mail server refuses a token, from its claims (diagnosis.md section 3.1)."""
    base = BY_CODE[Code.TOKEN_NOT_ACCEPTED]
    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires < time.time():
        return replace(
            base,
            cause=_("The token had ended already when it was used."),
            step=Step.CLOCK,
            fix=_("Synchronise the clock of this host by NTP."),
            option="",
            who_id=Who.NETWORK,
            certain=True,
        )
    audience = str(claims.get("aud", ""))
    if audience and not audience.startswith(_OUTLOOK):
        return replace(
            base,
            cause=_("The token was made for %s, not for Exchange Online.") % audience,
            step=Step.SCOPE,
            fix=_("Choose the scope of Office 365."),
            option="scope",
            who_id=Who.CONSOLE,
            certain=True,
        )
    needed = _SCOPES[1] if str(facts.get("protocol", "")) == "SMTP" else _SCOPES[0]
    granted = str(claims.get("scp", "")).split()
    if "scp" in claims and needed not in granted:
        return replace(
            base,
            cause=_("The token lacks the permission %s.") % needed,
            step=Step.PERMISSIONS,
            fix=_("Add the delegated permission %s and grant admin consent.") % needed,
            option="",
            who_id=Who.ENTRA,
            certain=True,
        )
    user = str(claims.get("upn", "")).lower()
    login = str(facts.get("user", "")).lower()
    if user and login and user != login:
        return replace(
            base,
            cause=_("The token belongs to %(user)s, the log-in name is %(login)s.")
            % {"user": user, "login": login},
            step=Step.RIGHTS,
            fix=_("Give that user Full Access to the mailbox."),
            option="mailbox",
            certain=True,
        )
    return base


__all__ = ["Finding", "Who", "all_codes", "explain", "find"]
