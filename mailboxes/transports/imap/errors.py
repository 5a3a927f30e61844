"""Exceptions of imapclient, imaplib and Python as MailError.

imapclient turns every failure during sign-in into LoginError and leaves what really
happened in __context__: a dropped line is not a wrong password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from imapclient import exceptions

from ...core.choices import Stage
from ...core.errors import Code, MailError
from .. import net
from .answers import refusal
from .stream import Refused

# All that may come out of a call; anything else is a bug of ours.
KNOWN: tuple[type[Exception], ...] = (
    Refused,
    exceptions.IMAPClientError,
    OSError,
    EOFError,
    ValueError,
    LookupError,
)
# Codes after which the connection cannot be used again.
DEADLY = frozenset(
    {
        Code.CONNECTION_LOST,
        Code.READ_TIMEOUT,
        Code.SERVER_CLOSED,
        Code.PROTOCOL_ERROR,
        Code.NOT_CONNECTED,
    }
)
_BAD = re.compile(r"command error: BAD \[b?['\"]?(.*?)['\"]?\]$", re.DOTALL)
_FAILED = re.compile(r"^[\w ]+ failed: ", re.ASCII)


def mapped(
    error: BaseException,
    stage: Stage,
    facts: Mapping[str, object],
    *,
    bye: str = "",
    token: bool = False,
) -> MailError:
    """The MailError of one of `KNOWN`.

    bye: what the server said when it closed; token: the sign-in was by token.
    """
    if isinstance(error, Refused):
        return refusal(error.status, error.text, stage, facts, token=token)
    if isinstance(error, OSError | EOFError):
        return net.lost(error, stage, facts)
    if isinstance(error, UnicodeError):  # its text quotes what may be a password
        return _garbled("text that cannot be written or read", stage, facts)
    if not isinstance(error, exceptions.IMAPClientError):
        return _garbled(str(error), stage, facts)
    chain = list(_chain(error))
    for cause in chain:
        if isinstance(cause, OSError):
            return net.lost(cause, stage, facts)
    status, text = _answer(error, chain, bye, stage)
    if status == "EOF":
        return net.lost(EOFError(text), stage, facts)
    if status == "?":
        return _garbled(text, stage, facts)
    return refusal(status, text, stage, facts, token=token)


def _answer(
    error: Exception, chain: list[BaseException], bye: str, stage: Stage
) -> tuple[str, str]:
    """What the server answered: status NO, BAD, BYE, EOF or ? for unreadable, text."""
    text = str(error)
    aborted = any(isinstance(c, exceptions.IMAPClientAbortError) for c in chain)
    if bye:
        return "BYE", bye
    if "* BYE" in text:
        return "BYE", text.partition("* BYE")[2].strip("' ")
    if any(isinstance(c, exceptions.IMAPClientReadOnlyError) for c in chain):
        return "NO", f"[NOPERM] {text}"
    if aborted and "socket error" in text:
        return "EOF", text
    if aborted or isinstance(error, exceptions.ProtocolError):
        return "?", text
    if match := _BAD.search(text):
        return "BAD", match[1]
    if stage is Stage.GREETING:
        return "?", text
    return "NO", _FAILED.sub("", text)


def _garbled(text: str, stage: Stage, facts: Mapping[str, object]) -> MailError:
    greeting = stage is Stage.GREETING
    return MailError(
        Code.GREETING_UNEXPECTED if greeting else Code.PROTOCOL_ERROR,
        stage,
        evidence={**facts, "answer": text},
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__
