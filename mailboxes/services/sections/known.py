"""What the console has when a file comes in, read once for the whole file.

Two thousand sections ask these sets and dicts instead of the database. What was read
here is what a save is held against: services/sections/writing refuses when it moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F

from ...core.errors import SecretUnreadable
from ...core.options import Target
from ...models import KeptSection, Mailbox, PopClient, Revision, SecretValue, SmtpClient
from .. import secrets
from ..options import snapshots
from ..options.pins import ROWS, Lookup
from ..options.snapshots import Snapshot
from .kinds import MODELS, Kind

Client = PopClient | SmtpClient
AT_ONCE = 500  # ids in one query


class NameLookup(Lookup):
    """Finds proxies and the like by their name in a file, and by id in our values.

    A name of digits is never taken for an id. Rows that the file will make are added
    with an id below zero.
    """

    def __init__(self) -> None:
        super().__init__()
        self._by_id: dict[tuple[Target, int], Any] = {}
        self._by_name: dict[tuple[Target, str], Any] = {}
        for target, model in ROWS.items():
            for row in model.objects.all():
                self.add(target, row)

    def find(self, target: Target, named: object) -> Any | None:
        if isinstance(named, int):
            return self._by_id.get((target, named))
        return self._by_name.get((target, str(named)))

    def rows(self, target: Target) -> list[Any]:
        """All rows of a kind, those of the file in their new state."""
        return [row for (kind, _), row in self._by_id.items() if kind is target]

    def add(self, target: Target, row: Any) -> None:
        self._by_id[target, row.pk] = row
        self._by_name[target, row.name] = row


@dataclass(frozen=True)
class Existing:
    """An option set as it is saved now."""

    client: Client
    revision: Revision
    snapshot: Snapshot


@dataclass
class Known:
    """existing, archived: by section in lower case. addresses: address in lower case
    to the section of its pop-client, "" for a mailbox that only sends."""

    existing: dict[str, Existing] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)
    addresses: dict[str, str] = field(default_factory=dict)
    kept: dict[str, KeptSection] = field(default_factory=dict)
    lookup: NameLookup = field(default_factory=NameLookup)
    _plain: dict[int, str | None] = field(default_factory=dict, repr=False)
    _last_id: int = 0

    @classmethod
    def read(cls) -> Known:
        """Everything, in a handful of queries."""
        known = cls()
        for revision in newest_revisions():
            client = revision.client
            known.existing[client.section.lower()] = Existing(
                client, revision, snapshots.of(revision)
            )
        for model in (PopClient, SmtpClient):
            archived = model.objects.exclude(archived_at=None)
            names = archived.values_list("section", flat=True)
            known.archived |= {name.lower() for name in names}
        rows = Mailbox.objects.values_list("address", "pop_client__section")
        known.addresses = {address.lower(): section or "" for address, section in rows}
        known.kept = {row.name.lower(): row for row in KeptSection.objects.all()}
        return known

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kind of each option set by its section in lower case."""
        return {name: Kind(one.client.kind) for name, one in self.existing.items()}

    def new_id(self, plain: str | None = None) -> int:
        """An id below zero for a row that the file will make; its secret, if any."""
        self._last_id -= 1
        if plain is not None:
            self._plain[self._last_id] = plain
        return self._last_id

    def load_secrets(self, ids: Iterable[int]) -> None:
        """Open these secrets for `same_secret`, in few queries."""
        wanted = sorted(set(ids) - self._plain.keys())
        for at in range(0, len(wanted), AT_ONCE):
            rows = SecretValue.objects.filter(pk__in=wanted[at : at + AT_ONCE])
            for pk, ciphertext in rows.values_list("pk", "ciphertext"):
                try:
                    self._plain[pk] = secrets.keyring().open(ciphertext)
                except SecretUnreadable:
                    self._plain[pk] = None

    def plain(self, secret_id: int | None) -> str | None:
        """The plain text; None where there is none, or its key is lost."""
        if secret_id is None:
            return None
        if secret_id not in self._plain:
            self.load_secrets([secret_id])
        return self._plain.get(secret_id)


def newest_revisions(kinds: Iterable[Kind] = tuple(MODELS)) -> Iterable[Revision]:
    """The newest revision of every option set that is not archived, by section."""
    for kind in kinds:
        model = MODELS[kind]
        owner = kind.value.replace("-", "_")
        related = [owner]
        if model is PopClient:
            related += [f"{owner}__mailbox_row__smtp_client"]
        yield from (
            Revision.objects.filter(
                **{f"{owner}__archived_at": None, f"{owner}__isnull": False}
            )
            .filter(number=F(f"{owner}__revision"))
            .select_related(*related)
            .order_by(f"{owner}__section")
        )
