"""What a rule over the options of a section is, and what it looks at.

One rule is one function with a stable id and one line that says what it is for. It sees
complete values and yields messages, each at one option. The rules stand in the modules
option_rules_…; who applies them, and in which order, is option_rules.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, cached_property
from typing import Any

from ...core.choices import Grant, Protocol
from ...core.options import Option
from ...models import OptionSet
from ..options import pins
from ..options.hosts import host_of
from . import authority_value as option_rule_authority, scope_value as option_rule_scope
from .authority_value import Authority
from .clouds import EXCHANGE_ONLINE as EXCHANGE_ONLINE
from .scope_value import Scope

GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
NIL_GUID = "00000000-0000-0000-0000-000000000000"
# Kept whole: on a name of this form nothing but the section's own type decides.
MECHANISMS_KEY = re.compile(r"mail\.([^.\s]+)\.auth\.mechanisms", re.IGNORECASE)


class Level(Enum):
    """What a broken rule means for the save."""

    ERROR = "error"  # refused
    REQUIRED = "required"  # refused, but for a draft it is only a warning
    WARNING = "warning"  # saved, and said


@cache
def declared(model: type[OptionSet]) -> dict[str, Option]:
    """The options of a kind of section by their names, as declared."""
    return {option.name: option for option in model.options().values()}


@dataclass(frozen=True)
class Facts:
    """What rules look at: complete values by option name, wrong ones as typed.

    values: what counts, with what is inherited from the registration.
    secrets: plain text of new secrets by option name, for their form only.
    extra: options that are not ours, name to text.
    pinned: what proxy, registration and named secret stand for now, by target.
    inherited: names of the options that the registration gives.
    address: of the mailbox, which signs in where there is no log-in name; "" for none
        or unknown.
    """

    model: type[OptionSet]
    values: Mapping[str, object]
    secrets: Mapping[str, str] = field(repr=False)
    extra: Mapping[str, str] = field(default_factory=dict)
    pinned: Mapping[str, Any] = field(default_factory=dict)
    inherited: frozenset[str] = frozenset()
    address: str = ""

    @property
    def options(self) -> dict[str, Option]:
        return declared(self.model)

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
    def type_option(self) -> str:
        return self.model.type_option

    @cached_property
    def protocol(self) -> str:
        """The type; "" where the value is none."""
        text = self.text(self.type_option)
        return (
            text
            if text in (p for p, _ in self.options[self.type_option].choices)
            else ""
        )

    @property
    def url_only(self) -> bool:
        """The protocol is spoken over HTTP: port and encryption have no effect."""
        return self.protocol in (Protocol.EWS, Protocol.GRAPH)

    @property
    def security_option(self) -> str:
        prefix = "pop" if self.inbound else "smtp"
        return f"{prefix}-connection-security"

    @cached_property
    def oauth(self) -> bool:
        """The options of OAuth 2.0 have an effect."""
        return pins.uses_token(self.values)

    @cached_property
    def google(self) -> bool:
        """Sign-in is by a token of Google (rule of the seed document)."""
        return self.oauth and "google" in self.text("tenant-authority").lower()

    @cached_property
    def microsoft(self) -> bool:
        """Sign-in is by a token of Microsoft."""
        return self.oauth and not self.google

    @cached_property
    def grant(self) -> Grant | None:
        """The grant that is really used; None without a token and for a wrong word.

        Google has no password grant: whatever is written, a refresh token signs in,
        but for a service account (email-server-options.md section 7, rule 2).
        """
        if not self.oauth:
            return None
        try:
            named = pins.grant(self.values)
        except ValueError:
            return None
        if self.google and named is not Grant.SERVICE_ACCOUNT:
            return Grant.AUTHORIZATION_CODE
        return named

    @cached_property
    def app_secret(self) -> bool:
        """The password is the secret of an Azure application."""
        return pins.password_is_app_secret(self.values)

    @cached_property
    def authority(self) -> Authority | None:
        """The authority taken apart; None when it is none of Microsoft's kind."""
        return option_rule_authority.parse(self.text("tenant-authority"))

    @cached_property
    def scope(self) -> Scope:
        """The scope taken apart."""
        return option_rule_scope.parse(self.text("scope"))

    @property
    def has_password(self) -> bool:
        return bool(self.typed_password or self.values["password"])

    @property
    def typed_password(self) -> str:
        """A new password; "" where the one of the registration counts."""
        if "password" in self.inherited:
            return ""
        return self.secrets.get("password", "")

    @property
    def login(self) -> str:
        """The name that signs in, "" where it is not known."""
        return self.text("mailbox") or self.address

    @property
    def account(self) -> str:
        """The name that signs in: of the mailbox, or of a person with rights on it."""
        return pins.account(self.values, self.login)

    @cached_property
    def host(self) -> str:
        """Name of the mail server, also where the option holds an address."""
        return host_of(self.text("server"))

    @property
    def loopback(self) -> bool:
        """The mail server is this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


Messages = Iterator[tuple[str, str]]  # option, message
Check = Callable[[Facts], Messages]


@dataclass(frozen=True)
class Rule:
    """One rule; `check` yields (option, message) for each place where it is broken."""

    id: str
    level: Level
    check: Check

    @property
    def about(self) -> str:
        """One line for the option reference."""
        return (self.check.__doc__ or "").strip()


class Rules(list[Rule]):
    """The rules of one module, in the order in which they are asked."""

    def rule(self, id: str, level: Level = Level.ERROR) -> Callable[[Check], Check]:
        """Decorate a function as the rule `id`."""

        def register(check: Check) -> Check:
            self.append(Rule(id, level, check))
            return check

        return register
