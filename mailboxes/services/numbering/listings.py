"""Writes down what a server with text ids lists, and gives each id a number of ours.

A page of changes and the state that goes on after it are one transaction under the
lease, a long page several of which the last has the state; so a process that dies in
between loses nothing and numbers nothing twice (DESIGN D7). Numbers only grow, and
everything above the cursor is still to be fetched: from here on it is as with the UIDs
of IMAP. Asking the server: services/numbering.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from ...core.choices import AfterFetch, SettleState
from ...core.errors import LeaseLost
from ...models import Fetcher, Listing, Location, Message, Source
from ...transports.base import NO_LIMITS, Limits, Listed
from ...transports.keyed import Changes, Remote
from ..worker import leases

SLICE = 500  # ids in one query
MANY = 2000  # ids from which all that are known are read at once

AT_ONCE = 5000  # new rows in one commit

T = TypeVar("T")


def of_message(message: Message) -> QuerySet[Location]:
    """Where a message lies; `key` is the server's own id of it."""
    named = Listing.objects.filter(
        source=OuterRef("source"),
        number=Cast(OuterRef("server_id"), Listing._meta.get_field("number")),
    )
    return message.locations.select_related("source").annotate(
        key=Coalesce(Subquery(named.values("key")), F("server_id"))
    )


@dataclass
class _Found:
    """What a page tells that is not in the rows.

    passed: rows that get a new number. back, left: keys of rows that change `gone`.
    """

    new: list[Remote]
    passed: list[Listing]
    back: list[str]
    left: list[str]


class Listings:
    """The numbers of one source, for the holder of its fetcher's lease.

    Brings `source` up to date as it writes. reused: see keyed.KeyedInbound.
    """

    def __init__(
        self, source: Source, fetcher: Fetcher, *, reused: bool = False
    ) -> None:
        self._source = source
        self._fetcher = fetcher
        self._reused = reused
        self._named: set[str] = set()

    def write(self, page: Changes) -> None:
        """Commit one page. Raises LeaseLost when the mailbox is somebody else's now.

        What differs from the rows is found out before, because a server may name all
        there is each time and SQLite has one writer only. Nobody but the holder of the
        lease writes rows of a source, and each commit is guarded by its fence.
        """
        found = self._compare(page)
        while len(found.new) > AT_ONCE:
            # The state stays: whoever goes on is told of them again and knows them.
            with transaction.atomic():
                self._hold()
                self._number(found.new[:AT_ONCE], [])
            del found.new[:AT_ONCE]
        changed: dict[str, Any] = {"state": page.state}
        with transaction.atomic():
            self._hold(**changed)
            self._number(found.new, found.passed)
            self._rows_of(found.back, gone=False)
            self._rows_of(found.left, gone=True)
            if page.complete and self._source.listed_at is None:
                changed |= self._begin()
                Source.objects.filter(pk=self._source.pk).update(**changed)
        for name, value in changed.items():
            setattr(self._source, name, value)

    def _hold(self, **changes: Any) -> None:
        """Write `changes` on the source where it still is what it was for us."""
        source = Source.objects.filter(
            pk=self._source.pk, state=self._source.state, cursor=self._source.cursor
        )
        if not source.update(**(changes or {"state": self._source.state})):
            raise LeaseLost
        leases.guard(self._fetcher)

    def renumbered_by(self, page: Changes) -> bool:
        """A listing of all there is names none of the messages that were there.

        Either all of them were taken away by somebody else, or the server gave them new
        ids (a POP3 server after a move); looking at what it names tells (DESIGN D7).
        """
        if not (page.whole and page.complete and page.there) or self._named:
            return False
        rows = self._rows().filter(gone=False)
        if not rows.exists():  # it was empty, as while it is being moved
            rows = self._rows().filter(self._unwanted())
        left = {str(number): key for key, number in rows.values_list("key", "number")}
        if not {one.key for one in page.there}.isdisjoint(left.values()):
            return False
        return len(left) > self._deleted(left)

    def after(self, number: int, limits: Limits = NO_LIMITS) -> list[Listed]:
        """What is there with a higher number, ascending, without what may be left out.

        A million rows take 14 s and 300 MB, of which a cycle needs the first thousand.
        """
        rows = self._rows().filter(number__gt=number, gone=False).order_by("number")
        if limits.since is not None:
            young = Q(arrived_at=None) | Q(arrived_at__gte=limits.since)
            rows = rows.filter(young | Q(number__gt=limits.baseline))
        found = rows.values_list("number", "size", "arrived_at")[: limits.most]
        return [Listed(*row) for row in found]

    def undated(self, after: int) -> list[tuple[int, Remote]]:
        """Those above `after` of the first listing whose time is not known."""
        rows = self._rows().filter(
            number__gt=after,
            number__lte=self._source.baseline,
            gone=False,
            arrived_at=None,
        )
        found = rows.order_by("number").values_list("number", "key", "size")
        return [(number, Remote(key, size, None)) for number, key, size in found]

    def date(self, times: Mapping[str, datetime]) -> None:
        """Write down when messages arrived, by their ids."""
        rows = list(self._rows().filter(key__in=list(times)))
        for row in rows:
            row.arrived_at = times[row.key]
        Listing.objects.bulk_update(rows, ["arrived_at"], batch_size=SLICE)

    def keys(self, numbers: Iterable[int]) -> dict[int, str]:
        """The server's ids by number."""
        found: dict[int, str] = {}
        for some in _slices(sorted(set(numbers))):
            rows = self._rows().filter(number__in=some)
            found.update(rows.values_list("number", "key"))
        return found

    # --- one page ---

    def _compare(self, page: Changes) -> _Found:
        """What of a page is not as the rows say."""
        there = {one.key: one for one in page.there}
        self._named |= there.keys()
        known = self._known(there)
        new = [one for key, one in there.items() if key not in known]
        if all(one.arrived for one in new):
            new.sort(key=lambda one: one.arrived or timezone.now())
        again = [
            key
            for key, (gone, size) in known.items()
            if gone or (self._reused and _differ(size, there[key]))
        ]
        left = set(page.gone)
        if page.complete and page.whole:
            rows = self._rows().filter(gone=False).values_list("key", flat=True)
            left.update(key for key in rows.iterator() if key not in self._named)
        still = self._rows().filter(gone=False)
        emptied = bool(again) and page.whole and not still.exists()
        returned = self._returned(again, there, emptied=emptied)
        return _Found(new, *returned, sorted(left))

    def _unwanted(self) -> Q:
        """What lay there before and was never to be fetched.

        A server names nothing at all while it is being moved. What is there afterwards
        under the same ids is not new by that (`_returned`), whatever its age; by other
        ids `renumbered_by` knows the move.
        """
        before = Q(number__lte=self._source.baseline)
        if self._source.from_end:
            return before
        since = self._source.since
        return before & Q(arrived_at__lt=since) if since else Q(pk__in=())

    def _known(self, there: Mapping[str, Remote]) -> dict[str, tuple[bool, int]]:
        """Of keys that have a row: whether it is gone, and its size."""
        rows = self._rows().values_list("key", "gone", "size")
        if len(there) > MANY:
            some = rows.iterator()
            return {key: (gone, size) for key, gone, size in some if key in there}
        found: dict[str, tuple[bool, int]] = {}
        for keys in _slices(list(there)):
            known = rows.filter(key__in=keys)
            found.update({key: (gone, size) for key, gone, size in known})
        return found

    def _returned(
        self, again: Sequence[str], there: Mapping[str, Remote], *, emptied: bool
    ) -> tuple[list[Listing], list[str]]:
        """Of those that had left: whose id is another message's now, or which were
        passed over meanwhile; and the others, which are back.

        The first get a new number, as mail that has just come. So does one that we have
        deleted, or are about to, and that never left but has another size: in between,
        nobody has asked what there is.

        emptied: the listing before named nothing. What was not wanted then comes back
        as what it was where its size is the same. Another message that has both the id
        and the size of it cannot be told from it.
        """
        cursor = int(self._source.cursor)
        passed: list[Listing] = []
        back: list[str] = []
        for some in _slices(again):
            rows = list(self._rows().filter(key__in=some))
            places = Location.objects.filter(
                source=self._source, server_id__in=[str(row.number) for row in rows]
            )
            stored = dict(places.values_list("server_id", "settle_action"))
            old = self._rows().filter(self._unwanted(), key__in=some if emptied else ())
            unwanted = set(old.values_list("key", flat=True))
            for row in rows:
                one, action = there[row.key], stored.get(str(row.number))
                deleted = action == AfterFetch.DELETE
                differs = _differ(row.size, one)
                if not row.gone:
                    other = deleted and differs
                elif action is None:
                    same = 0 < row.size == one.size and row.key in unwanted
                    other = row.number <= cursor and not same
                else:
                    other = self._reused and (deleted or differs)
                if other:
                    row.size, row.arrived_at = one.size, one.arrived
                    passed.append(row)
                else:
                    back.append(row.key)
        return passed, back

    def _number(self, new: Sequence[Remote], passed: Sequence[Listing]) -> None:
        if not new and not passed:
            return
        number = self._last()
        for row in passed:
            number += 1
            row.number, row.gone = number, False
        columns = ["number", "gone", "size", "arrived_at"]
        Listing.objects.bulk_update(passed, columns, batch_size=SLICE)
        Listing.objects.bulk_create(
            [
                Listing(
                    source=self._source,
                    number=number + place,
                    key=one.key,
                    size=one.size,
                    arrived_at=one.arrived,
                )
                for place, one in enumerate(new, start=1)
            ],
            batch_size=SLICE,
        )

    def _deleted(self, numbers: Iterable[str]) -> int:
        """How many of these we have deleted on the server ourselves."""
        done = Location.objects.filter(
            source=self._source, settle_action=AfterFetch.DELETE
        ).exclude(settle=SettleState.PENDING)
        return sum(
            done.filter(server_id__in=some).count() for some in _slices(list(numbers))
        )

    def _rows_of(self, keys: Sequence[str], *, gone: bool) -> None:
        for some in _slices(keys):
            self._rows().filter(key__in=some, gone=not gone).update(gone=gone)

    def _begin(self) -> dict[str, Any]:
        """The first listing is complete: what it named lay there before."""
        source, last = self._source, self._last()
        changed: dict[str, Any] = {"listed_at": timezone.now()}
        if source.match or source.since or source.from_end:
            changed["baseline"] = last
        if source.from_end:
            changed["cursor"] = str(last)
        return changed

    def _last(self) -> int:
        """The highest number ever given; the cursor's may be gone from the rows."""
        found = self._rows().aggregate(last=Max("number"))["last"]
        return max(found or 0, int(self._source.cursor))

    def _rows(self) -> QuerySet[Listing]:
        return Listing.objects.filter(source=self._source)


def _differ(size: int, one: Remote) -> bool:
    """Surely not the same message; a size of 0 says nothing."""
    return bool(size and one.size) and size != one.size


def _slices(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[at : at + SLICE] for at in range(0, len(items), SLICE))
