"""What an SMTP server's refusal means: one table, most telling rule first.

Codes: RFC 5321 section 4.2, enhanced codes: RFC 3463; the wordings are Exchange
Online's and Gmail's (diagnosis.md section 3.6). No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...core.choices import Stage
from ...core.errors import Code, MailError
from ..base import Reply, as_evidence
from ..in_clear import NEEDS_TLS


@dataclass(frozen=True)
class Rule:
    """Fits a whole answer "535 5.7.3 text" from its start, or `words` anywhere."""

    start: re.Pattern[str]
    words: re.Pattern[str]
    code: Code
    permanent: bool
    stages: frozenset[Stage]


def _rule(
    start: str, code: Code, permanent: bool, words: str = "", *stages: Stage
) -> Rule:
    return Rule(
        re.compile(start),
        re.compile(words, re.IGNORECASE | re.DOTALL),
        code,
        permanent,
        frozenset(stages),
    )


_ANY = ""
RULES = (
    # sign-in
    _rule(
        r"535 5\.7\.139", Code.SMTP_AUTH_OFF_TENANT, True, r"disabled for the tenant"
    ),
    _rule(
        r"535 5\.7\.139", Code.SMTP_AUTH_OFF_MAILBOX, True, r"disabled for the mailbox"
    ),
    _rule(
        r"535 5\.7\.139",
        Code.BASIC_AUTH_BLOCKED,
        True,
        r"basic authentication is disabled",
    ),
    _rule(r"535 5\.7\.139", Code.PASSWORD_REFUSED, True, r"credentials were incorrect"),
    _rule(r"535 5\.7\.139", Code.SMTP_AUTH_POLICY, True),
    _rule(r"5\d\d 5\.7\.30\b", Code.BASIC_AUTH_BLOCKED, True),
    _rule(r"53[45] 5\.7\.9\b", Code.BASIC_AUTH_BLOCKED, True),
    _rule(r"538\b|5\d\d 5\.7\.11\b", Code.LOGIN_DISABLED, True),
    _rule(r"530\b", Code.LOGIN_DISABLED, True, rf"starttls|{NEEDS_TLS}"),
    _rule(r"530\b", Code.SMTP_AUTH_REQUIRED, True),
    _rule(r"5\d\d 5\.7\.57\b", Code.SMTP_AUTH_REQUIRED, True),
    _rule(r"504\b", Code.LOGIN_DISABLED, True, _ANY, Stage.SIGN_IN),
    _rule(r"50[0-3]\b", Code.PROTOCOL_ERROR, False, _ANY, Stage.SIGN_IN),
    # throttling
    _rule(r"432 4\.3\.2|421 4\.3\.2", Code.TOO_MANY_CONNECTIONS, False),
    _rule(
        r"4\d\d\b",
        Code.TOO_MANY_CONNECTIONS,
        False,
        r"concurrent connections|thread limit|too many connections",
    ),
    _rule(r"451 4\.7\.(0|500)\b", Code.SERVER_THROTTLED, False),
    _rule(r"421 4\.7\.0\b", Code.SERVER_THROTTLED, False),
    _rule(
        r"5\d\d\b",
        Code.SENDING_QUOTA,
        False,
        r"submissionquota|sending quota|sending limit|quota.*exceeded.*recipients",
    ),
    _rule(r"5\d\d 5\.7\.23[23]\b", Code.SENDING_QUOTA, False),
    _rule(r"550 5\.4\.5\b", Code.SENDING_QUOTA, False, r"daily|limit|quota"),
    # who may send
    _rule(r"5\d\d 5\.7\.60\b|554 5\.2\.252\b", Code.SENDER_REFUSED, True),
    _rule(r"5\d\d\b", Code.SENDER_REFUSED, True, r"send ?as ?denied"),
    _rule(r"5\d\d (5\.1\.8|5\.7\.50[123]|5\.7\.708)\b", Code.SENDER_BLOCKED, True),
    # what is sent
    _rule(r"55[24] 5\.(3\.4|2\.3)\b", Code.MESSAGE_TOO_LARGE, True),
    _rule(r"55[24]\b", Code.MESSAGE_TOO_LARGE, True, r"too (large|big)|size limit"),
    # At DATA it is the sender's mailbox, at RCPT the recipient's.
    _rule(r"55[24] 5\.2\.2\b", Code.QUOTA_FULL, False, _ANY, Stage.DATA),
    # the rest
    _rule(r"454\b", Code.SERVER_UNAVAILABLE, False, _ANY, Stage.SIGN_IN),
    _rule(r"421\b", Code.SERVER_CLOSED, False),
)
# Where no rule fits: (temporary, permanent) meaning of an answer at a stage.
PLAIN: Mapping[Stage, tuple[Code, Code]] = {
    Stage.GREETING: (Code.SERVER_UNAVAILABLE, Code.GREETING_UNEXPECTED),
    Stage.TLS: (Code.SERVER_UNAVAILABLE, Code.STARTTLS_MISSING),
    Stage.ENVELOPE: (Code.MESSAGE_DEFERRED, Code.SENDER_REFUSED),
    Stage.DATA: (Code.MESSAGE_DEFERRED, Code.MESSAGE_REFUSED),
}


def refusal(
    reply: Reply, stage: Stage, facts: Mapping[str, object], *, token: bool = False
) -> MailError:
    """The MailError of a refusing answer to anything but RCPT.

    token: the sign-in was by token, which decides a plain 535 at SIGN_IN.
    """
    code, permanent = _meaning(reply, stage, token)
    return MailError(
        code, stage, permanent=permanent, evidence={**facts, "answer": line(reply)}
    )


def no_recipient(
    refused: Mapping[str, Reply], facts: Mapping[str, object]
) -> MailError:
    """The MailError when every recipient was refused; `refused` is not empty.

    One reason of another kind that holds for all (no sign-in, quota, ...) is named
    as such. Some temporary refusals among permanent ones make it temporary.
    """
    replies = list(refused.values())
    evidence: dict[str, object] = {
        **facts,
        "answer": line(replies[-1]),
        "recipients": as_evidence(refused),
    }
    known = {_by_rule(reply, Stage.ENVELOPE) for reply in replies}
    common = known.pop() if len(known) == 1 else None
    if common:
        code, permanent = common
    elif any(reply.code < 500 for reply in replies):
        code, permanent = Code.RECIPIENT_DEFERRED, False
    else:
        code, permanent = Code.RECIPIENT_REFUSED, True
    return MailError(code, Stage.ENVELOPE, permanent=permanent, evidence=evidence)


def line(reply: Reply) -> str:
    """An answer as one text, code first; -1 stands for what was no SMTP answer."""
    return f"{reply.code} {reply.text}".strip()


def _by_rule(reply: Reply, stage: Stage) -> tuple[Code, bool] | None:
    text = line(reply)
    for rule in RULES:
        if (
            rule.start.match(text)
            and rule.words.search(text)
            and (not rule.stages or stage in rule.stages)
        ):
            return rule.code, rule.permanent
    return None


def _meaning(reply: Reply, stage: Stage, token: bool) -> tuple[Code, bool]:
    known = _by_rule(reply, stage)
    if known:
        return known
    if not 400 <= reply.code < 600:
        greeting = stage is Stage.GREETING
        return (Code.GREETING_UNEXPECTED if greeting else Code.PROTOCOL_ERROR), False
    temporary = reply.code < 500
    if stage is Stage.SIGN_IN:
        if temporary:
            return Code.SERVER_UNAVAILABLE, False
        # D9: a refused token may be accepted minutes later, a password will not.
        return (
            (Code.TOKEN_NOT_ACCEPTED, False) if token else (Code.PASSWORD_REFUSED, True)
        )
    soft, hard = PLAIN[stage]
    return (soft, False) if temporary else (hard, True)
