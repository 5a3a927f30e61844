"""The values that a cycle or a sender works with: one revision, frozen.

Who takes which revision is D3: a cycle takes the newest at its start (`take`), a sender
keeps the one in effect (`of`). Saving is services/revisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Subquery

from ...core.choices import USUAL_PORTS, Grant, Protocol, Security
from ...models import PopClient, Revision, SmtpClient
from ..option_rules import scope_value as option_rule_scope
from ..option_rules.clouds import GLOBAL
from . import pins


@dataclass(frozen=True)
class Snapshot:
    """One revision of one client, never changed.

    values: what counts, by option name: own ones, and what is inherited from the
        registration. own: as the section itself has them. extra: kept, without effect.
    address: of the mailbox (pop-client), "" for an smtp-client.
    """

    kind: str
    client_pk: int
    section: str
    address: str
    revision_id: int
    number: int
    values: dict[str, Any]
    own: dict[str, Any]
    pinned: dict[str, Any]
    extra: dict[str, str]

    def __getitem__(self, option: str) -> Any:
        return self.values[option]

    @property
    def protocol(self) -> Protocol:
        name = "type" if self.kind == PopClient.kind else "server-type"
        return Protocol(self.values[name])

    @property
    def login(self) -> str:
        return self.values["mailbox"] or self.address

    @property
    def account(self) -> str:
        """The name that signs in: of a person with rights on a shared mailbox, else of
        the mailbox itself (`login`)."""
        return pins.account(self.values, self.login)

    @property
    def is_shared(self) -> bool:
        """Another account than the mailbox signs in."""
        return self.account.lower() != self.login.lower()

    @property
    def uses_token(self) -> bool:
        return pins.uses_token(self.values)

    @property
    def grant(self) -> Grant:
        return pins.grant(self.values)

    @property
    def security(self) -> Security:
        if self.protocol is Protocol.GRAPH:
            return Security.TLS
        name = (
            "pop-connection-security"
            if self.kind == PopClient.kind
            else "smtp-connection-security"
        )
        return Security(self.values[name])

    @property
    def server(self) -> str:
        """The host to speak to; of GRAPH it is the resource that the scope names."""
        if self.protocol is not Protocol.GRAPH:
            return str(self.values["server"])
        resource = option_rule_scope.parse(str(self.values["scope"])).host
        return resource or GLOBAL.graph[0]

    @property
    def port(self) -> int:
        """As the option says, else the usual one; 0 where the transport knows it (EWS,
        GRAPH)."""
        if self.protocol is Protocol.GRAPH:
            return 0
        usual = USUAL_PORTS.get((self.protocol, self.security), 0)
        return self.values["port"] or usual


def of(revision: Revision) -> Snapshot:
    """The snapshot of one revision."""
    client = revision.client
    # An option added after this revision was saved has its declared default.
    own = {option.name: option.unset for option in client.options().values()}
    own.update(revision.values)
    return Snapshot(
        kind=client.kind,
        client_pk=client.pk,
        section=client.section,
        address=client.mailbox_row.address if isinstance(client, PopClient) else "",
        revision_id=revision.pk,
        number=revision.number,
        values=pins.overlaid(own, revision.pinned),
        own=own,
        pinned=revision.pinned,
        extra=revision.extra,
    )


def newest(client: PopClient | SmtpClient) -> Revision:
    """The newest saved revision. Raises Revision.DoesNotExist when never saved."""
    field = "pop_client" if isinstance(client, PopClient) else "smtp_client"
    number = type(client).objects.filter(pk=client.pk).values("revision")
    return Revision.objects.select_related(
        "pop_client__mailbox_row", "smtp_client"
    ).get(**{field: client, "number": Subquery(number)})


def saved_number(client: PopClient | SmtpClient) -> int:
    """Number of the newest saved revision; 0 when never saved."""
    number = (
        type(client)
        .objects.filter(pk=client.pk)
        .values_list("revision", flat=True)
        .first()
    )
    return number or 0


def take(client: PopClient | SmtpClient) -> Snapshot:
    """The snapshot of the newest saved revision, as a cycle takes it at its start."""
    return of(newest(client))
