"""What a rule over the options of a section is, and the register of all of them.

One rule is one function with a stable id. It sees complete values and yields messages,
each at one option. The rules stand in option_rules_server, _sign_in and _fetching; who
applies them is option_rules.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..core.options import Option
from ..models import OptionSet
from . import pins

GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
NIL_GUID = "00000000-0000-0000-0000-000000000000"
EXCHANGE_ONLINE = ("outlook.office365.com", "smtp.office365.com", "outlook.office.com")


class Level(Enum):
    """What a broken rule means for the save."""

    ERROR = "error"  # refused
    REQUIRED = "required"  # refused, but for a draft it is only a warning
    WARNING = "warning"  # saved, and said


@dataclass(frozen=True)
class Facts:
    """What rules look at: complete values by option name, wrong ones as typed.

    values: what counts, with what is inherited from the registration.
    secrets: plain text of new secrets by option name, for their form only.
    extra: options that this console does not know, name to text.
    inherited: names of the options that the registration gives.
    """

    model: type[OptionSet]
    values: Mapping[str, object]
    secrets: Mapping[str, str] = field(repr=False)
    extra: Mapping[str, str] = field(default_factory=dict)
    pinned: Mapping[str, Any] = field(default_factory=dict)
    inherited: frozenset[str] = frozenset()

    @property
    def options(self) -> dict[str, Option]:
        return {option.name: option for option in self.model.options().values()}

    @property
    def inbound(self) -> bool:
        return self.model.kind == "pop-client"

    @property
    def draft(self) -> bool:
        """Switched off: what is missing is then a warning only."""
        return self.values["enable-client"] is False

    def text(self, option: str) -> str:
        """The value as text; "" for none."""
        value = self.values.get(option)
        return "" if value is None else str(value)

    def number(self, option: str) -> int | None:
        """The value as a number; None where it is no number."""
        value = self.values.get(option)
        return value if isinstance(value, int) else None

    @property
    def protocol(self) -> str:
        return self.text(self.model.type_option)

    @property
    def security_option(self) -> str:
        prefix = "pop" if self.inbound else "smtp"
        return f"{prefix}-connection-security"

    @property
    def oauth(self) -> bool:
        """The options of OAuth 2.0 have an effect."""
        return pins.uses_token(self.values)

    @property
    def app_secret(self) -> bool:
        """The password is the secret of an Azure application."""
        return pins.password_is_app_secret(self.values)

    @property
    def google(self) -> bool:
        return "google" in self.text("tenant-authority").lower()

    @property
    def has_password(self) -> bool:
        return bool(self.secrets.get("password") or self.values["password"])

    @property
    def loopback(self) -> bool:
        """The mail server is this machine."""
        server = self.text("server")
        if server == "localhost":
            return True
        try:
            return ipaddress.ip_address(server).is_loopback
        except ValueError:
            return False


Messages = Iterator[tuple[str, str]]  # option, message


@dataclass(frozen=True)
class Rule:
    """One rule; `check` yields (option, message) for each place where it is broken."""

    id: str
    level: Level
    check: Callable[[Facts], Messages]


RULES: list[Rule] = []


def rule(id: str, level: Level = Level.ERROR) -> Callable[..., Callable[..., Messages]]:
    """Register a function as the rule `id`."""

    def register(check: Callable[[Facts], Messages]) -> Callable[[Facts], Messages]:
        assert all(known.id != id for known in RULES), id
        RULES.append(Rule(id, level, check))
        return check

    return register
