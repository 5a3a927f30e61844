"""All exceptions that cross a border of ours.

    MailboxesError
    ├── MailError           a conversation with a provider failed
    ├── OptionError         a value breaks a rule of its option
    ├── StaleEdit           the option set changed since it was opened
    ├── LeaseLost           somebody else holds the row now; roll back and leave
    ├── Held                the instance is held: nothing is fetched or sent
    ├── QueueUnavailable    the broker of the queue cannot be reached
    └── SecretUnreadable    ciphertext cannot be read with the keys we have

No prose for people here: `MailError` carries a code and evidence, services/findings
turns them into words. Library exceptions are mapped to `MailError` where they arise.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from .choices import Stage
from .codes import Code

EVIDENCE_LIMIT = 2000  # characters kept of one raw answer
# What a server may send and a database may refuse (jsonb: NUL, half a surrogate pair),
# or a terminal may obey. Tabs and line ends stay.
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class MailboxesError(Exception):
    """Base of all our exceptions."""


class MailError(MailboxesError):
    """A conversation with a provider failed.

    code: a `Code`, or Microsoft's own number as `AADSTS50126`.
    stage: where it happened.
    permanent: repeating it unchanged cannot help.
    retry_after: seconds the other side asked us to wait, or None.
    evidence: raw facts for the finding and the admin (host, port, answer, trace_id,
        correlation_id, timestamp, user, ...). JSON-able, never a secret.
    handed_over: sending only: the message may have reached the server (DESIGN D8).
    """

    def __init__(
        self,
        code: str,
        stage: Stage,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        evidence: dict[str, object] | None = None,
        handed_over: bool = False,
    ) -> None:
        self.code = str(code)
        self.stage = stage
        self.permanent = permanent
        self.retry_after = retry_after
        self.evidence = {k: storable(v) for k, v in (evidence or {}).items()}
        self.handed_over = handed_over
        super().__init__(f"{self.code} at {stage}: {self.evidence.get('answer', '')}")


def storable(value: object) -> object:
    """A raw answer, or lists and dicts of such, as every database can store it.

    Texts are cut at `EVIDENCE_LIMIT`; U+FFFD stands for a control character.
    """
    if isinstance(value, dict):
        return {str(storable(k)): storable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [storable(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    if not isinstance(value, str):
        return value
    text = _UNSTORABLE.sub("\ufffd", value)
    return text[:EVIDENCE_LIMIT] + "…" if len(text) > EVIDENCE_LIMIT else text


@dataclass(frozen=True)
class Problem:
    """One broken rule: `option` is the option's name, "" for the set as a whole."""

    option: str
    rule: str
    message: str


@dataclass(eq=False)
class OptionError(MailboxesError):
    """Values break rules of their options; `problems` names each at its option."""

    problems: list[Problem] = field(default_factory=list)

    def __str__(self) -> str:
        return "; ".join(f"{p.option}: {p.message}" for p in self.problems)


class StaleEdit(MailboxesError):
    """The option set was saved by somebody else since it was opened."""

    def __init__(self, base: int, current: int) -> None:
        self.base = base
        self.current = current
        super().__init__(f"revision {base} was opened, {current} is saved")


class LeaseLost(MailboxesError):
    """Another process holds the row now; the caller rolls back and leaves."""


class Held(MailboxesError):
    """The instance is held (DESIGN D13): nothing is fetched, settled or sent."""


class QueueUnavailable(MailboxesError):
    """The broker of the queue cannot be reached; what is in our rows is not touched."""


class SecretUnreadable(MailboxesError):
    """A stored secret cannot be read with the keys of this process."""


__all__ = [
    "Code",
    "EVIDENCE_LIMIT",
    "Held",
    "LeaseLost",
    "MailError",
    "MailboxesError",
    "OptionError",
    "Problem",
    "QueueUnavailable",
    "SecretUnreadable",
    "StaleEdit",
    "storable",
]
