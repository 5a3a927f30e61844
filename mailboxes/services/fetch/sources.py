"""Which numbering a folder has now, from where it is read, and what is known already.

DESIGN D7: a change of type, server, login, folder or validity is a new Source, so an
old number can never hide new mail; a new or reset Source is matched against what is
stored. Writing messages: services/fetch/store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.utils import timezone

from ...core.choices import FirstFetch, Outcome, Protocol
from ...core.errors import LeaseLost
from ...models import Cycle, Fetcher, Message, PopClient, Source
from ...transports.base import Folder, Limits, Listed
from ..options.snapshots import Snapshot
from ..worker import leases

# For servers whose clock is behind ours, and for the whole seconds of their times.
SLACK = timedelta(minutes=15)
# By then a server shows each message that has a UID, whichever of its hosts we ask.
SHOWN_AFTER = timedelta(hours=1)
ENDED = " until "  # in the validity of a Source that was given up
# Protocols whose servers do not keep the bytes that came in (original_bytes).
REBUILDING = (Protocol.GRAPH, Protocol.EWS)


def open_source(
    client: PopClient, snapshot: Snapshot, folder: Folder, fetcher: Fetcher
) -> Source:
    """The Source of the folder that is open; made when it is a new numbering.

    One that comes back after the folder was read in another way is begun anew: what
    was stored meanwhile has a number above its cursor. Raises LeaseLost.
    """
    key: dict[str, Any] = {
        "pop_client": client,
        "type": str(snapshot.protocol),
        "server": snapshot.server.lower(),
        "login": snapshot.login.lower(),
        "folder": snapshot["folder-path"],
        "validity": folder.validity,
    }
    found = Source.objects.filter(**key).first()
    if found is not None and _passed_over(found):
        give_up(found, fetcher)
        found = None
    if found is not None:
        return found
    with transaction.atomic():
        start = _start(client, snapshot, folder)
        return Source.objects.get_or_create(**key, defaults=start)[0]


def _passed_over(source: Source) -> bool:
    """The folder was read by another protocol, server or log-in since."""
    later = Source.objects.filter(
        pop_client=source.pop_client_id, folder=source.folder, pk__gt=source.pk
    )
    return later.exists()


def give_up(source: Source, fetcher: Fetcher) -> None:
    """The server has numbered its messages anew, and nothing but their ids shows it.

    Under another validity the Source stays as what was fetched from; `open_source` then
    begins a new one, which is matched. Raises LeaseLost.
    """
    ended = timezone.now().isoformat(timespec="seconds")
    with transaction.atomic():
        moved = Source.objects.filter(pk=source.pk, validity=source.validity).update(
            validity=f"{source.validity[:30]}{ENDED}{ended}"
        )
        if not moved:
            raise LeaseLost
        leases.guard(fetcher)


def _start(client: PopClient, snapshot: Snapshot, folder: Folder) -> dict[str, Any]:
    """Where a new Source begins."""
    before = list(client.sources.order_by("pk"))
    last = (folder.next_id or 1) - 1
    same = [source for source in before if source.folder == snapshot["folder-path"]]
    if same:
        # Renumbered, on another server, or the log-in renamed: everything since the
        # first bound may be there again, and what came meanwhile must not be missed.
        first = same[0]
        last = max(last, _given(same, folder))
        since = first.since or _bound(first, snapshot)
        return _from(0, last, _seen_by(client, first, since), match=True)
    rule = FirstFetch(snapshot["first-fetch"])
    if rule is FirstFetch.EVERYTHING:
        return _from(0, last if before else 0, None, match=bool(before))
    bounds = []
    if rule is FirstFetch.LAST_DAYS:
        days = timedelta(days=snapshot["first-fetch-days"])
        bounds.append(timezone.now() - days)
    if before:
        # Another folder: nothing that came since the last good cycle is lost.
        bounds.append(_complete_until(client, before[0]))
    if bounds:
        return _from(0, last, min(bounds), match=bool(before))
    if folder.next_id is None and folder.dated:
        # It can come while the first listing is made.
        return _from(0, last, timezone.now(), match=False)
    start = _from(last, last, None, match=False)
    return start | {"from_end": folder.next_id is None}


def _given(same: Iterable[Source], folder: Folder) -> int:
    """The highest id that was read before `give_up`.

    Where a server only seemed to be set back, all of them may be there again.
    """
    ended = f"{folder.validity[:30]}{ENDED}"
    cursors = (int(one.cursor) for one in same if one.validity.startswith(ended))
    return max(cursors, default=0)


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
    began_at_end = 0 < first.baseline <= int(first.cursor) and not first.match
    everything = snapshot["first-fetch"] == FirstFetch.EVERYTHING
    return _began(first) - SLACK if began_at_end and not everything else None


def _seen_by(
    client: PopClient, first: Source, since: datetime | None
) -> datetime | None:
    """The bound `since` of `first`, earlier where a clock that was ahead had set it.

    Of a right one it lies at most a SLACK and a beginning of a cycle after that up to
    which all was seen, and stays as it is.
    """
    if since is None:
        return None
    complete = _complete_until(client, first)
    return complete if since - complete > 2 * SLACK else since


def _complete_until(client: PopClient, first: Source) -> datetime:
    """Everything that arrived before was seen by a cycle that took all there was.

    Its start counts, not its end: what came while it ran may not be listed. One that
    lies ahead is of before the clock was set back.
    """
    complete = Cycle.objects.filter(
        pop_client=client, outcome=Outcome.OK, started_at__lte=timezone.now()
    )
    started = complete.order_by("-started_at").values_list("started_at", flat=True)
    return (started.first() or _began(first)) - SLACK


def _began(first: Source) -> datetime:
    """When it was made, by a clock that may have been ahead of today's."""
    return min(first.created_at, timezone.now())


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


def limits(source: Source, most: int) -> Limits:
    """What its listing may leave out. It is cut off where it has more than `most`."""
    return Limits(most + 1, source.since, source.baseline)


def end(source: Source, folder: Folder, listed: Sequence[Listed], most: int) -> int:
    """Id up to which nothing is left when all that is wanted of `listed` is stored.

    What a listing left out as too old would be searched again by each cycle until new
    mail comes; so UIDs up to `baseline` are done with once none of them can appear.
    """
    last = listed[-1].id if listed else 0
    if source.since is None or cut_off(listed, most):
        return last
    if folder.next_id is None:
        return max(last, source.baseline)  # numbers of ours, all of which were given
    if timezone.now() - source.created_at > SHOWN_AFTER:
        # A server that was set back gives ids up to `baseline` to new mail.
        return max(last, min(source.baseline, folder.next_id - 1))
    return last


def cut_off(listed: Sequence[Listed], most: int) -> bool:
    """There may be more than was listed within `limits`."""
    return len(listed) == most + 1


def to_match(source: Source, listed: Iterable[Listed]) -> list[Listed]:
    """Those that may be stored already, under another Source."""
    if not source.match:
        return []
    return [one for one in listed if one.id <= source.baseline]


def rebuilds(client: PopClient) -> bool:
    """Messages of this client came, or come now, as the server built them anew.

    Sizes then differ from protocol to protocol, and tell nothing of who is who.
    """
    return client.sources.filter(type__in=REBUILDING).exists()


@dataclass(frozen=True)
class Sign:
    """What a header says of a message, with the size that the server says.

    size: 0 where it is not to be compared.
    """

    size: int
    message_id: str
    dated_at: datetime | None


class Known:
    """Stored messages of a client that have no Location in this Source yet.

    Each is given away once, so that real copies are counted (DESIGN D7). Asked for one
    window at a time, by columns that are indexed: there may be a million of them.
    """

    def __init__(self, client: PopClient, source: Source) -> None:
        self._client = client
        # Unordered: to sort them, SQLite would go through all of the client's.
        self._rows = Message.objects.exclude(locations__source=source).order_by()
        self._given: set[int] = set()

    def by_headers(self, found: Mapping[int, Sign]) -> dict[int, int]:
        """The one stored message with the same Message-ID, date and size, by server id.

        None where several have them, or there is no Message-ID: then the bytes have to
        tell (`by_digests`).
        """
        names = {sign.message_id for sign in found.values()} - {""}
        there: dict[Sign, list[int]] = defaultdict(list)
        sized = {sign.size for sign in found.values()} != {0}
        rows = self._rows.filter(pop_client=self._client, message_id__in=names)
        said = rows.values_list("pk", "size", "message_id", "dated_at")
        for pk, size, message_id, dated_at in sorted(said, key=itemgetter(0)):
            if pk not in self._given:
                sign = Sign(size if sized else 0, message_id, dated_at)
                there[sign].append(pk)
        matched = {}
        for number, sign in found.items():
            if len(there[sign]) == 1:
                matched[number] = self._give(there[sign].pop())
        return matched

    def by_digests(self, found: Mapping[int, tuple[str, bool]]) -> dict[int, int]:
        """A stored message with exactly these bytes, whole or header, by server id.

        found: digest of what was fetched, and whether that is the whole message.
        """
        there: dict[tuple[str, bool], list[int]] = defaultdict(list)
        # Not by client in SQL: SQLite would use the index of that column alone.
        rows = self._rows.filter(digest__in={digest for digest, _ in found.values()})
        said = rows.values_list("pk", "pop_client_id", "digest", "complete")
        for pk, client, digest, complete in sorted(said, key=itemgetter(0)):
            if client == self._client.pk and pk not in self._given:
                there[digest, complete].append(pk)
        matched = {}
        for number, key in found.items():
            if there[key]:
                matched[number] = self._give(there[key].pop(0))
        return matched

    def _give(self, pk: int) -> int:
        self._given.add(pk)
        return pk
