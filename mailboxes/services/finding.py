"""What a finding is (DESIGN D5). The registry of all findings: services/findings."""

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
    OWNER = "owner"
    NETWORK = "network"
    NOBODY = "nobody"


WHO_WORDS = {
    Who.CONSOLE: _("an admin of this console"),
    Who.ENTRA: _("an Entra administrator"),
    Who.EXCHANGE: _("an Exchange administrator"),
    Who.OWNER: _("the owner of the mailbox"),
    Who.NETWORK: _("a network administrator"),
    Who.NOBODY: _("nobody here: the provider has to recover"),
}


@dataclass(frozen=True)
class Finding:
    """One failure explained.

    title: what happened. cause: why. fix: one sentence that says what to do.
    step: the setup step at fault. option: the option whose field mends it, or "".
    certain: False where the cause is known from experience only; the words say so.
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

    @property
    def who(self) -> Any:
        return WHO_WORDS[self.who_id]
