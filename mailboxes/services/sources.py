"""Which numbering a folder has now, from where it is read, and what is known already.

DESIGN D7: a change of type, server, login, folder or validity is a new Source, so an
old number can never hide new mail; a new or reset Source is matched against what is
stored. Writing messages: services/store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..core.choices import FirstFetch
from ..models import Fetcher, Message, PopClient, Source
from ..transports.base import Folder, Listed
from .snapshots import Snapshot


def open_source(client: PopClient, snapshot: Snapshot, folder: Folder) -> Source:
    """The Source of the folder that is open; made when it is a new numbering."""
    key: dict[str, Any] = {
        "pop_client": client,
        "type": str(snapshot.protocol),
        "server": snapshot["server"].lower(),
        "login": snapshot.login.lower(),
        "folder": snapshot["folder-path"],
        "validity": folder.validity,
    }
    found = Source.objects.filter(**key).first()
    if found is not None:
        return found
    with transaction.atomic():
        start = _start(client, snapshot, folder)
        return Source.objects.get_or_create(**key, defaults=start)[0]


def _start(client: PopClient, snapshot: Snapshot, folder: Folder) -> dict[str, Any]:
    """Where a new Source begins."""
    before = list(client.sources.order_by("pk"))
    last = folder.next_id - 1
    same = [
        source
        for source in before
        if source.login == snapshot.login.lower()
        and source.folder == snapshot["folder-path"]
    ]
    if same:
        # Renumbered, or moved to another server: everything since the first bound may
        # be there again, and what came meanwhile must not be missed.
        first = same[0]
        return _from(0, last, first.since or _bound(first, snapshot), match=True)
    rule = FirstFetch(snapshot["first-fetch"])
    if rule is FirstFetch.EVERYTHING:
        return _from(0, last, None, match=bool(before))
    if rule is FirstFetch.LAST_DAYS:
        since = timezone.now() - timedelta(days=snapshot["first-fetch-days"])
        return _from(0, last, since, match=bool(before))
    if before:
        # Another folder or login: nothing that came since the last good cycle is lost.
        since = _last_success(client) or timezone.now()
        return _from(0, last, since, match=True)
    return _from(last, last, None, match=False)


def _from(
    cursor: int, baseline: int, since: datetime | None, *, match: bool
) -> dict[str, Any]:
    return {
        "cursor": str(cursor),
        "baseline": baseline,
        "since": since,
        "match": match,
    }


def _bound(first: Source, snapshot: Snapshot) -> datetime | None:
    """Before which mail was not wanted from a Source that began at its end."""
    began_at_end = first.baseline > 0 and not first.match
    everything = snapshot["first-fetch"] == FirstFetch.EVERYTHING
    return first.created_at if began_at_end and not everything else None


def _last_success(client: PopClient) -> datetime | None:
    return (
        Fetcher.objects.filter(pop_client=client)
        .values_list("last_success_at", flat=True)
        .first()
    )


def wanted(source: Source, listed: Iterable[Listed]) -> list[Listed]:
    """Without what lay there before and is too old (see Source.since)."""
    if source.since is None:
        return list(listed)
    return [
        one
        for one in listed
        if one.id > source.baseline
        or one.arrived is None
        or one.arrived >= source.since
    ]


def to_match(source: Source, listed: Iterable[Listed]) -> list[Listed]:
    """Those that may be stored already, under another Source."""
    if not source.match:
        return []
    return [one for one in listed if one.id <= source.baseline]


class Known:
    """Stored messages of a client that have no Location in this Source yet.

    Each is given away once, so that real copies are counted (DESIGN D7).
    """

    def __init__(self, client: PopClient, source: Source) -> None:
        self._open: dict[int, tuple[int, str, datetime | None, str]] = {}
        rows = (
            Message.objects.filter(pop_client=client, complete=True)
            .exclude(locations__source=source)
            .order_by("pk")
            .values_list("pk", "size", "message_id", "dated_at", "digest")
        )
        for pk, size, message_id, dated_at, digest in rows:
            self._open[pk] = (size, message_id, dated_at, digest)
        self._sizes = Counter(size for size, *_rest in self._open.values())

    def may_hold(self, size: int) -> bool:
        """Is a stored message of this size still unmatched?"""
        return self._sizes[size] > 0

    def by_header(
        self, size: int, message_id: str, dated_at: datetime | None
    ) -> int | None:
        """The one stored message with this Message-ID, date and size, else None.

        None also where several have them, or there is no Message-ID: then the bytes
        have to tell (`by_digest`).
        """
        if not message_id:
            return None
        sign = (size, message_id, dated_at)
        found = [pk for pk, known in self._open.items() if known[:3] == sign]
        return self._give(found[0]) if len(found) == 1 else None

    def by_digest(self, digest: str) -> int | None:
        """A stored message with exactly these bytes, else None."""
        for pk, known in self._open.items():
            if known[3] == digest:
                return self._give(pk)
        return None

    def _give(self, pk: int) -> int:
        size, *_rest = self._open.pop(pk)
        self._sizes[size] -= 1
        return pk
