"""What an IMAP server's refusal means: one table, most telling pattern first.

Response codes are those of RFC 5530 and RFC 9051 section 7.1; the wordings are
Exchange Online's, Gmail's and Dovecot's (diagnosis.md section 3.5). No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...core.choices import Stage
from ...core.errors import Code, MailError
from ..in_clear import NEEDS_TLS
from ..passing import MANY_CONNECTIONS, PASSING
from .stream import Refused


@dataclass(frozen=True)
class Rule:
    pattern: re.Pattern[str]
    code: Code
    permanent: bool = False
    stages: frozenset[Stage] = frozenset()  # empty: at every stage


def _rule(pattern: str, code: Code, permanent: bool = False, *stages: Stage) -> Rule:
    return Rule(re.compile(pattern, re.IGNORECASE), code, permanent, frozenset(stages))


RULES = (
    # Exchange Online: "BYE Session invalidated - AccessTokenExpired".
    _rule(r"accesstokenexpired|session invalidated", Code.SESSION_TOKEN_ENDED),
    _rule(r"suggested backoff time", Code.SERVER_THROTTLED),
    _rule(MANY_CONNECTIONS, Code.TOO_MANY_CONNECTIONS),
    _rule(
        r"\[(THROTTLED|LIMIT)\]|request is throttled|command or bandwidth limits",
        Code.SERVER_THROTTLED,
    ),
    _rule(r"authenticated but not connected", Code.NOT_CONNECTED),
    _rule(r"basicauthblocked", Code.BASIC_AUTH_BLOCKED, True),
    _rule(
        r"application-specific password required|web login required",
        Code.BASIC_AUTH_BLOCKED,
        True,
    ),
    _rule(
        r"\[(UNAVAILABLE|SERVERBUG|INUSE)\]|server unavailable",
        Code.SERVER_UNAVAILABLE,
    ),
    _rule(r"\[PRIVACYREQUIRED\]", Code.LOGIN_DISABLED, True),
    _rule(NEEDS_TLS, Code.LOGIN_DISABLED, True, Stage.SIGN_IN),
    _rule(
        r"\[(AUTHORIZATIONFAILED|CONTACTADMIN|NOPERM)\]",
        Code.AUTHORIZATION_FAILED,
        True,
    ),
    # NetEase, to clients that do not say who they are (control.Client.introduce).
    _rule(r"unsafe login", Code.AUTHORIZATION_FAILED, True),
    _rule(r"\[OVERQUOTA\]", Code.QUOTA_FULL),
    # hMailServer, with BAD: "ACL: Read permission denied (Required for EXAMINE ...".
    _rule(r"\AACL: .*permission denied", Code.AUTHORIZATION_FAILED, True),
    _rule(
        r"\[(TRYCREATE|NONEXISTENT|CANNOT)\]"
        r"|\A(?!.*message).*(does not|doesn't) exist"
        r"|(mailbox|folder) ((could )?not (be )?found|unknown)"
        r"|(no such|unknown|invalid) (mailbox|folder)",
        Code.FOLDER_TARGET_MISSING,
        True,
        Stage.SETTLE,
    ),
    # Before words that a folder may have for its name.
    _rule(
        r"\[(TRYCREATE|NONEXISTENT|CANNOT)\]|(not|n't) exist|no such|not (be )?found"
        r"|unknown",
        Code.FOLDER_MISSING,
        True,
        Stage.MAILBOX,
    ),
    _rule(r"\b(locked|in use|busy)\b", Code.SERVER_UNAVAILABLE, False, Stage.MAILBOX),
    _rule(PASSING, Code.SERVER_UNAVAILABLE, False, Stage.SIGN_IN, Stage.MAILBOX),
)
_BACK_OFF = re.compile(r"suggested backoff time:?\s*(\d+)\s*milliseconds", re.I)
LONGEST_BACK_OFF = 3600.0  # seconds; a server that asks for more is asked again then

# Codes of a NO that may be about single messages, not about account or server.
OF_MESSAGES = frozenset({Code.SERVER_UNAVAILABLE, Code.AUTHORIZATION_FAILED})

# What a plain NO means where no rule fits; BAD is a PROTOCOL_ERROR, BYE a close.
PLAIN_NO: Mapping[Stage, tuple[Code, bool]] = {
    Stage.MAILBOX: (Code.FOLDER_MISSING, True),
}


def refusal(
    status: str,
    text: str,
    stage: Stage,
    facts: Mapping[str, object],
    *,
    token: bool = False,
) -> MailError:
    """The MailError of an answer.

    status: "NO", "BAD" or "BYE"; text: what followed it, with its response code.
    token: the sign-in was by token, which decides a plain NO at SIGN_IN.
    """
    code, permanent = _meaning(status, text, stage, token)
    match = _BACK_OFF.search(text)
    return MailError(
        code,
        stage,
        permanent=permanent,
        retry_after=_seconds(match[1]) if match else None,
        evidence={**facts, "answer": f"{status} {text}".strip()},
    )


def of_messages(refusal: Refused) -> bool:
    """A FETCH may have been refused because of some of its messages alone."""
    code, _ = _meaning(refusal.status, refusal.text, Stage.LIST, False)
    return refusal.status.upper() == "NO" and code in OF_MESSAGES


def _seconds(milliseconds: str) -> float:
    """Digits of any number, so more than a float may hold."""
    return min(int(milliseconds[:12]) / 1000, LONGEST_BACK_OFF)


def _meaning(status: str, text: str, stage: Stage, token: bool) -> tuple[Code, bool]:
    for rule in RULES:
        if rule.pattern.search(text) and (not rule.stages or stage in rule.stages):
            return rule.code, rule.permanent
    if status == "BYE":
        return Code.SERVER_CLOSED, False
    if status == "BAD":
        return Code.PROTOCOL_ERROR, False
    if stage is Stage.SIGN_IN:
        # D9: a refused token may be accepted minutes later, a password will not.
        return (
            (Code.TOKEN_NOT_ACCEPTED, False) if token else (Code.PASSWORD_REFUSED, True)
        )
    return PLAIN_NO.get(stage, (Code.SERVER_UNAVAILABLE, False))
