"""What a POP3 server's -ERR means: one table, most telling pattern first.

Response codes are those of RFC 2449 section 8 and RFC 3206; the wordings are Exchange
Online's, Gmail's and Dovecot's (diagnosis.md rows 109 to 113), of a maildrop in use
also hMailServer's, James's, Courier's and Qpopper's. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...core.choices import Stage
from ...core.errors import Code, MailError
from ..in_clear import NEEDS_TLS
from ..passing import MANY_CONNECTIONS, PASSING

LONGEST_DELAY = 3600.0  # seconds; a server that asks for more is asked again then


@dataclass(frozen=True)
class Rule:
    """token: holds for sign-ins by token, by password, or (None) for both."""

    pattern: re.Pattern[str]
    code: Code
    permanent: bool = False
    stages: frozenset[Stage] = frozenset()  # empty: at every stage
    token: bool | None = None


def _rule(
    pattern: str,
    code: Code,
    permanent: bool = False,
    *stages: Stage,
    token: bool | None = None,
) -> Rule:
    return Rule(
        re.compile(pattern, re.IGNORECASE), code, permanent, frozenset(stages), token
    )


RULES = (
    # The words of Exchange Online's IMAP; no source was found for those of its POP3.
    _rule(r"accesstokenexpired|session invalidated", Code.SESSION_TOKEN_ENDED),
    _rule(r"\[IN-USE\]", Code.POP_IN_USE),
    _rule(r"\[LOGIN-DELAY\]", Code.POP_LOGIN_DELAY),
    _rule(MANY_CONNECTIONS, Code.TOO_MANY_CONNECTIONS),
    _rule(
        r"is throttled|rate limit|bandwidth limits?|lockdown in sector",
        Code.SERVER_THROTTLED,
    ),
    _rule(
        r"basicauthblocked|application-specific password required|web login required",
        Code.BASIC_AUTH_BLOCKED,
        True,
    ),
    _rule(r"\[SYS/TEMP\]", Code.SERVER_UNAVAILABLE),
    _rule(r"\[SYS/PERM\]", Code.AUTHORIZATION_FAILED, True),
    _rule(
        NEEDS_TLS,
        Code.LOGIN_DISABLED,
        True,
    ),
    _rule(r"\[AUTH\]", Code.TOKEN_NOT_ACCEPTED, False, Stage.SIGN_IN, token=True),
    _rule(r"\[AUTH\]", Code.PASSWORD_REFUSED, True, Stage.SIGN_IN, token=False),
    _rule(r"authenticated but not connected", Code.NOT_CONNECTED),
    _rule(
        r"protocol error",
        Code.POP_TWO_LINE_AUTH,
        True,
        Stage.SIGN_IN,
        token=True,
    ),
    _rule(
        r"\A(?!.*(administrat|suspend|disabl|too many)).*"
        r"((mailbox|maildrop).*(locked|in use|busy)|lock busy|(get|unable to) lock"
        r"|lock (the )?(mailbox|maildrop))",
        Code.POP_IN_USE,
    ),
    _rule(PASSING, Code.SERVER_UNAVAILABLE, False, Stage.SIGN_IN),
    _rule(
        r"connection is closed|shutting down|inactiv|idle|autologout",
        Code.SERVER_CLOSED,
    ),
    _rule(
        r"(unknown|invalid|unrecognized|unimplemented) command|syntax error"
        r"|protocol error|not valid in this state",
        Code.PROTOCOL_ERROR,
    ),
)
# A message that has left the maildrop since it was listed.
_GONE = re.compile(
    r"expunged|no such message|(already )?deleted|does not exist|doesn't exist"
    r"|no longer (exists|there)|message not found|invalid message",
    re.IGNORECASE,
)
_CODE = re.compile(r"^\[[A-Z][A-Z/-]*\]", re.IGNORECASE)


def gone(text: str) -> bool:
    """A refused RETR, TOP or DELE says that the message is not there any more."""
    return _CODE.match(text) is None and _GONE.search(text) is not None


def known(text: str) -> bool:
    """The text of an -ERR says why, by a response code or in words of the table."""
    return _CODE.match(text) is not None or any(
        rule.pattern.search(text) for rule in RULES
    )


def final(text: str) -> bool:
    """An -ERR that is a server's last word: it closes, whatever is asked next."""
    code, _ = _meaning(text, Stage.FETCH, False)
    return code in (Code.SESSION_TOKEN_ENDED, Code.SERVER_CLOSED)


def refusal(
    text: str,
    stage: Stage,
    facts: Mapping[str, object],
    *,
    token: bool = False,
    delay: float | None = None,
) -> MailError:
    """The MailError of an -ERR.

    text: what followed it, with its response code. token: the sign-in was by token.
    delay: seconds between two sign-ins that the server asks for (RFC 2449 section 6.5).
    """
    code, permanent = _meaning(text, stage, token)
    waits = code is Code.POP_LOGIN_DELAY and delay is not None
    return MailError(
        code,
        stage,
        permanent=permanent,
        retry_after=min(delay, LONGEST_DELAY) if waits and delay else None,
        evidence={**facts, "answer": f"-ERR {text}".strip()},
    )


def _meaning(text: str, stage: Stage, token: bool) -> tuple[Code, bool]:
    for rule in RULES:
        if (
            rule.pattern.search(text)
            and (not rule.stages or stage in rule.stages)
            and rule.token in (None, token)
        ):
            return rule.code, rule.permanent
    if stage is Stage.SIGN_IN:
        # D9: a refused token may be accepted minutes later, a password will not.
        return (
            (Code.TOKEN_NOT_ACCEPTED, False) if token else (Code.PASSWORD_REFUSED, True)
        )
    return Code.SERVER_UNAVAILABLE, False
