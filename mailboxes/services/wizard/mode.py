"""What one way of connecting a mailbox is, and what follows from it.

The ways themselves are in modes, as data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext

from ...core.choices import OWNER_GRANTS, Grant, Protocol
from ...models import PopClient, SmtpClient
from .. import abilities
from ..options import pins

Text = str | Promise
POP, SMTP = PopClient.kind, SmtpClient.kind


class Provider(StrEnum):
    """Whose pages an admin has to go through."""

    MICROSOFT = "microsoft"
    GOOGLE = "google"
    OTHER = "other"


@dataclass(frozen=True)
class Mode:
    """One way of connecting. pop, smtp: option values by direction, None for none.

    helpers: who else must act. minutes: how long it takes, theirs included.
    ends: what stops working when, as announced by the provider (providers.md
    section 2). advised: the one to choose where nothing speaks against it.
    """

    name: str
    label: Text
    what: Text
    provider: Provider
    pop: Mapping[str, object]
    smtp: Mapping[str, object]
    helpers: Text
    minutes: int
    ends: Text
    advised: bool = False

    def given(self, kind: str) -> Mapping[str, object]:
        """Option values of one direction, by kind of section."""
        return self.pop if kind == POP else self.smtp

    def protocol(self, kind: str) -> Protocol:
        return Protocol(pins.protocol(self.given(kind)))

    @property
    def uses_token(self) -> bool:
        return pins.uses_token(self.pop)

    @property
    def grant(self) -> Grant | None:
        """How a token is got; None where the mail server gets a password."""
        return pins.grant(self.pop) if self.uses_token else None

    @property
    def app_only(self) -> bool:
        """Signs in as an application: no person, no mailbox password."""
        return self.grant is Grant.CLIENT_CREDENTIALS

    @property
    def by_password(self) -> bool:
        """The mailbox's own password is asked for."""
        return self.grant in (None, Grant.PASSWORD)

    @property
    def signs_in(self) -> bool:
        """The owner of the mailbox signs in once, at the provider."""
        return self.grant in OWNER_GRANTS

    @property
    def by_link(self) -> bool:
        """The owner signs in by a link, from which the browser comes back here."""
        return self.grant is Grant.AUTHORIZATION_CODE

    @property
    def by_person(self) -> bool:
        """The token is a person's, whose account may be another than the mailbox."""
        return pins.signs_in_as_person(self.pop)

    @property
    def has_credential(self) -> bool:
        """The draft itself holds what signs in: a password, or a refresh token."""
        return self.by_password or self.signs_in

    @property
    def proves_application(self) -> bool:
        """The application proves itself, by a client secret or a certificate."""
        web = self.grant is Grant.AUTHORIZATION_CODE and self.registers
        return self.app_only or web

    @property
    def public_client(self) -> bool:
        """Entra has to allow public client flows for it."""
        by_user = self.grant in (Grant.PASSWORD, Grant.DEVICE_CODE)
        return self.registers and by_user

    @property
    def registers(self) -> bool:
        """Needs an application at Microsoft."""
        return self.provider is Provider.MICROSOFT and self.uses_token

    def missing(self, kinds: Iterable[str]) -> str:
        """What of it this version cannot do, in a sentence; "" for nothing."""
        for kind in kinds:
            able = abilities.INBOUND if kind == POP else abilities.OUTBOUND
            if self.protocol(kind) not in able:
                return gettext("This version does not have %s yet.") % (
                    self.protocol(kind)
                )
        google = self.provider is Provider.GOOGLE
        grants = abilities.GOOGLE_GRANTS if google else abilities.MICROSOFT_GRANTS
        if self.grant is not None and self.grant not in grants:
            return gettext("This version does not have this way of sign-in yet.")
        return ""
