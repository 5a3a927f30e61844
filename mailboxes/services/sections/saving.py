"""What making and changing option sets of a plan have in common.

Stand-ins of the plan become saved rows here; secrets are sealed many at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser

from ...core.options import Kind as OptionKind
from ...models import PopClient, Revision, SecretValue, SmtpClient
from .. import secrets
from ..option_rules import options_by_name
from ..options import pins
from ..revisions.rows import purpose
from .clients import Planned
from .known import AT_ONCE, NameLookup

NOTE = "Imported from a file"
Client = PopClient | SmtpClient


@dataclass
class Saving:
    """One save of a plan, inside its transaction.

    rows: saved ones by the ids of their stand-ins. smtp: new smtp-clients by section in
    lower case. lookup: all rows that sections name, as they are saved now.
    """

    user: AbstractBaseUser | None
    rows: dict[int, Any] = field(default_factory=dict)
    smtp: dict[str, SmtpClient] = field(default_factory=dict)
    lookup: NameLookup = field(default_factory=NameLookup)

    def values(self, planned: Iterable[Planned]) -> list[dict[str, Any]]:
        """Own values of each, with ids of saved rows; new secrets are sealed."""
        found = [self._own(one) for one in planned]
        places = [
            (own, option, secrets.sealed(text, purpose(own), self.user))
            for one, own in zip(planned, found, strict=True)
            for option, text in one.cleaned.secrets.items()
        ]
        sealed = [row for _, _, row in places]
        SecretValue.objects.bulk_create(sealed, batch_size=AT_ONCE)
        for own, option, row in places:
            own[option] = row.pk
        return found

    def _own(self, one: Planned) -> dict[str, Any]:
        values: dict[str, Any] = dict(one.cleaned.values)
        for name, option in options_by_name(one.kind).items():
            if option.kind is OptionKind.REFERENCE and values[name] in self.rows:
                values[name] = self.rows[values[name]].pk
        return values

    def smtp_client(self, one: Planned) -> SmtpClient | None:
        """The saved smtp-client that the section names."""
        named = one.fields.smtp_client if one.fields else None
        if named is None or named.pk:
            return named
        return self.smtp[named.section.lower()]

    def revision(
        self, client: Client, number: int, values: dict[str, Any], extra: dict[str, str]
    ) -> Revision:
        """A revision that is not stored yet."""
        owner = "pop_client" if isinstance(client, PopClient) else "smtp_client"
        return Revision(
            **{owner: client},
            number=number,
            values=values,
            pinned=pins.pin(options_by_name(client.kind), values, self.lookup),
            extra=extra,
            note=NOTE,
            author_id=self.user.pk if self.user is not None else None,
        )
