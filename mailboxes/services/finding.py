"""What a finding is (DESIGN D5). The catalogue of all findings: services/findings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..core.choices import Retry, Step


class Who(StrEnum):
    """Who can mend it."""

    CONSOLE = "console"
    ENTRA = "entra"
    EXCHANGE = "exchange"
    GOOGLE = "google"
    OWNER = "owner"
    NETWORK = "network"
    NOBODY = "nobody"


WHO_WORDS = {
    Who.CONSOLE: _("an admin of this console"),
    Who.ENTRA: _("an Entra administrator"),
    Who.EXCHANGE: _("an Exchange administrator"),
    Who.GOOGLE: _("a Google Workspace administrator"),
    Who.OWNER: _("the owner of the mailbox"),
    Who.NETWORK: _("a network administrator"),
    Who.NOBODY: _("nobody here: the provider has to recover"),
}


# Where a finding about these also names an option, another log-in name or another way
# of sign-in is the second best cure: the provider's portal comes first.
OF_PORTAL = frozenset(
    {
        Step.CONDITIONAL_ACCESS,
        Step.ACCOUNT,
        Step.MFA,
        Step.PROTOCOL,
        Step.LICENCE,
        Step.RIGHTS,
        Step.PUBLIC_CLIENT,
    }
)
SECOND_BEST = ("mailbox", "account", "type", "server-type", "grant-type")
# But a disabled account is most often that of a shared mailbox: another one is named.
FIELD_FIRST = frozenset({(Step.ACCOUNT, "account")})

RETRY_WORDS = {
    Retry.NOW: _("at once"),
    Retry.BACK_OFF: _("in growing pauses"),
    Retry.ADMIN: _("after the change"),
    Retry.OWNER: _("after the owner has signed in"),
}


class Certainty(StrEnum):
    """How sure a finding is of its cause."""

    CERTAIN = "certain"
    LIKELY = "likely"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One failure explained.

    code: what is stored in rows: a `Code`, `AADSTS50126`, or the id itself.
    title: what happened. cause: why. fix: one sentence that says what to do.
    step: the setup step at fault. option: the option whose field mends it, or "".
    certain: False where the cause is known from experience only; the words say so.
    id: stable name of this finding, for scripts and documents.
    row: its row in diagnosis.md, 0 where that has none.
    copy: lines of PowerShell to copy. portal: where to click in the provider's portal.
    generic: no more is known than the stage; it is counted (findings.counting).
    reason: what in a pasted text led here; empty for a stored failure.
    """

    code: str
    title: Any
    cause: Any
    step: Step
    fix: Any
    option: str = ""
    who_id: Who = Who.CONSOLE
    retry: Retry = Retry.ADMIN
    certain: bool = True
    look_up: str = ""
    id: str = ""
    row: int = 0
    copy: tuple[str, ...] = ()
    portal: str = ""
    generic: bool = False
    reason: str = ""

    @property
    def who(self) -> Any:
        return WHO_WORDS[self.who_id]

    @property
    def again(self) -> Any:
        """When trying again helps, in words."""
        return RETRY_WORDS[self.retry]

    @property
    def portal_first(self) -> bool:
        """It is mended at the provider, not in a field here."""
        if (self.step, self.option) in FIELD_FIRST:
            return False
        return not self.option or (
            self.step in OF_PORTAL and self.option in SECOND_BEST
        )

    @property
    def certainty(self) -> Certainty:
        if self.generic:
            return Certainty.UNKNOWN
        return Certainty.CERTAIN if self.certain else Certainty.LIKELY
