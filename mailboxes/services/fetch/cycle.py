"""One fetch cycle of one mailbox: connect, list, windows, settle, and how it ended.

The holder of the fetcher's lease runs it. Which mailbox, in which thread, and when it
is due: services/fetch. The revision taken at the start is kept to the end (D3). No
transaction is open while a server is spoken to (D10).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import Error, connection
from django.db.models import F
from django.utils import timezone

from ...core.choices import AfterFetch, Outcome, RunState, Stage
from ...core.errors import Code, Held, LeaseLost, MailError
from ...models import Cycle, Fetcher, PopClient, Source
from ...transports.base import Folder, InboundTransport, Listed
from .. import connect, instance, parse, provider, retry, tokens, unfinished
from ..numbering import ListedInPart, Numbered, Renumbered
from ..options import snapshots
from ..unfinished import How
from ..worker import leases
from ..worker.pool import pool
from . import end as fetch_end, setback, settle, sources, store
from .bodies import Bodies, windows
from .store import Arrival, Settling

logger = logging.getLogger(__name__)


class FetchCycle:
    """Runs once. `stop` is asked at each window: True ends the cycle there.

    until: time.monotonic() at which the connection is given up, whatever it does.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        stop: Callable[[], bool],
        trigger: Cycle.Trigger = Cycle.Trigger.DUE,
        until: float = math.inf,
    ) -> None:
        self._fetcher = fetcher
        self._client = PopClient.objects.select_related("mailbox_row").get(
            pk=fetcher.pop_client_id
        )
        self._stop = stop
        self._trigger = trigger
        self._until = until
        self._phases: dict[str, float] = {}
        self._transport: InboundTransport | None = None
        self._quarantined = self._settled = self._listed = 0
        self._moved = False  # a window, or the beginning of one, is stored
        self._renewed = False  # the token ended, and a new one was got
        self._late: MailError | None = None
        self._unsettled: MailError | None = None

    def run(self) -> Cycle:
        """Run the cycle and write how it ended. Never raises but for a lost lease."""
        started = timezone.now()
        lost = fetch_end.close_lost(self._fetcher, started)
        self._snapshot = snapshots.take(self._client)
        self._cycle = Cycle.objects.create(
            kind=Cycle.Kind.FETCH,
            pop_client=self._client,
            revision_id=self._snapshot.revision_id,
            trigger=self._trigger,
            owner=self._fetcher.lease_owner,
            fence=self._fetcher.fence,
            started_at=started,
        )
        leases.guard(
            self._fetcher,
            revision_id=self._snapshot.revision_id,
            last_try_at=started,
            asked_at=None,
        )
        try:
            if lost:
                self._read()  # whatever the server does today
            outcome = self._run_through()
        except LeaseLost:
            self._drop()
            self._end(Outcome.LOST, Code.LEASE_LOST)
            raise
        except Held:
            self._release_connection()
            self._end(Outcome.PARTIAL)
            leases.release(self._fetcher)
        except MailError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - the one border of the cycle
            logger.exception("fetch cycle %s of %s", self._cycle.pk, self._client)
            busy = isinstance(error, Error)
            if busy and not connection.in_atomic_block:
                connection.close()  # it may be dead; the end is written over another
            self._fail(
                MailError(
                    Code.DATABASE_BUSY if busy else Code.INTERNAL,
                    Stage.STORE,
                    evidence={"error": type(error).__name__},
                )
            )
        else:
            self._succeed(outcome, started)
        self._cycle.refresh_from_db()
        return self._cycle

    # --- the work ---

    def _run_through(self) -> Outcome:
        """The whole work; gone on with by a new token where the old one ends in it."""
        try:
            return self._run()
        except MailError as error:
            if not self._token_ended(error):
                raise
        self._drop()
        tokens.forget(self._snapshot)
        self._renewed = True
        return self._run()

    def _token_ended(self, error: MailError) -> bool:
        """Refused after it had let us in, for the first time in this cycle."""
        refused = error.code in tokens.REFUSED and error.stage in retry.SIGNED_IN_STAGES
        return refused and not self._renewed

    def _run(self) -> Outcome:
        try:
            transport, folder, source, listed = self._listing()
        except ListedInPart as error:
            self._late = error
            self._drop()
            return Outcome.PARTIAL
        outcome = self._fetch(transport, folder, source, listed)
        self._read()
        if self._late is None and self._settle(transport, source):
            return Outcome.PARTIAL
        return outcome

    def _source(self, folder: Folder) -> Source:
        return sources.open_source(self._client, self._snapshot, folder, self._fetcher)

    def _listing(self) -> tuple[InboundTransport, Folder, Source, list[Listed]]:
        """A new numbering is believed when it is seen twice over two connections.

        One of several hosts may be late. Where ids are text, all were looked at.
        """
        for look in (1, 2):
            transport, folder = self._selected()
            try:
                return transport, folder, *self._list(transport, folder)
            except Renumbered:
                if look == 2 or folder.next_id is None:
                    break
                self._drop()
        sources.give_up(self._source(folder), self._fetcher)
        return transport, folder, *self._list(transport, folder)

    def _selected(self) -> tuple[InboundTransport, Folder]:
        transport = self._connected()
        with self._phase("select"):
            return transport, transport.select(self._snapshot["folder-path"])

    def _list(
        self, transport: InboundTransport, folder: Folder
    ) -> tuple[Source, list[Listed]]:
        source = self._source(folder)
        if isinstance(transport, Numbered):
            transport.attach(source, self._fetcher)
        with self._phase("list"):
            limits = sources.limits(source, self._snapshot["maximum-msg-number"])
            fresh = self._cycle.new_connection
            return source, setback.list_new(source, folder, transport, limits, fresh)

    def _fetch(
        self,
        transport: InboundTransport,
        folder: Folder,
        source: Source,
        listed: list[Listed],
    ) -> Outcome:
        wanted = sources.wanted(source, listed)
        self._listed = len(wanted)
        most = self._snapshot["maximum-msg-number"]
        whole = len(wanted) <= most
        more = not whole or sources.cut_off(listed, most)
        matching = {one.id for one in sources.to_match(source, wanted)}
        past = unfinished.past(self._client, source) if wanted else {}
        bodies = Bodies(
            transport,
            self._snapshot["maximum-msg-size"],
            matching=matching,
            known=sources.Known(self._client, source) if matching else None,
            sized=not (matching and sources.rebuilds(self._client)),
            past=past,
        )
        for window in windows(wanted[:most], past=past):
            if self._stop():
                return Outcome.PARTIAL
            instance.require_free()
            began = time.monotonic()
            with self._phase("fetch"):
                got = bodies.get(window)
            if got.cursor is not None:
                self._store(transport, source, got.arrivals, got.cursor)
            if got.failure is not None:
                return self._unfinished(transport, source, got.failure, got.at, began)
        end = sources.end(source, folder, listed, most)
        if whole and int(source.cursor) < end:
            store.skip_to(source, self._fetcher, end)
        return Outcome.PARTIAL if more else Outcome.OK

    def _store(
        self,
        transport: InboundTransport,
        source: Source,
        arrivals: list[Arrival],
        cursor: int,
    ) -> None:
        with self._phase("store"):
            store.write_window(
                self._fetcher,
                self._cycle,
                source,
                arrivals,
                cursor,
                self._settling(transport),
            )
        self._moved = True
        self._read()

    def _read(self) -> None:
        self._quarantined += parse.parse_pending(
            self._client.pk, cycle=self._cycle.pk, until=self._until
        )

    def _unfinished(
        self,
        transport: InboundTransport,
        source: Source,
        failure: MailError,
        message: int,
        began: float,
    ) -> Outcome:
        """Out of time with something stored, the next cycle goes on; else a failure."""
        over = transport.until is not None and time.monotonic() >= transport.until
        how = How.REFUSED
        if failure.code == Code.READ_TIMEOUT and over:
            how = How.LATE
        elif not transport.alive():
            how = How.BROKEN
        unfinished.note(failure, source, message, how, time.monotonic() - began)
        if how is not How.LATE or not self._moved:
            raise failure
        self._late = failure
        self._drop()
        return Outcome.PARTIAL

    def _settling(self, transport: InboundTransport) -> Settling:
        action = AfterFetch(self._snapshot["after-fetch"])
        if action not in transport.supports:
            action = AfterFetch.LEAVE
        target = self._snapshot["after-fetch-folder"]
        return Settling(action, target if action is AfterFetch.MOVE else "")

    def _settle(self, transport: InboundTransport, source: Source) -> bool:
        """True: there was no time for all, so that the next cycle has to go on."""
        instance.require_free()
        wanted = self._settling(transport)
        with self._phase("settle"):
            result = settle.settle_pending(transport, source, wanted, self._cycle.pk)
        self._settled += result.done
        if result.set_back:
            sources.give_up(source, self._fetcher)
        if (failure := result.failure) is not None:
            if self._token_ended(failure):
                raise failure
            self._unsettled = failure
            forgot = settle.forget_token(failure, self._fetcher, self._snapshot)
            if forgot or not transport.alive():
                self._drop()
        return (result.late or result.set_back) and failure is None

    # --- connection ---

    def _connected(self) -> InboundTransport:
        kept = pool.take(self._client.pk, self._snapshot.revision_id, self._until)
        if kept is not None:
            self._transport = kept
            return kept
        with self._phase("token"):
            transport = connect.inbound(self._snapshot, until=self._until)
        self._transport = transport
        transport.open()
        for name, spent in transport.timings.items():
            self._phases[name] = self._phases.get(name, 0) + spent
        self._cycle.new_connection = True
        return transport

    def _release_connection(self) -> None:
        if self._transport is not None and not self._transport.reusable:
            self._drop()
        if self._transport is not None:
            pool.put(self._client.pk, self._snapshot.revision_id, self._transport)
            self._transport = None

    def _drop(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    # --- the end ---

    def _succeed(self, outcome: Outcome, started: datetime) -> None:
        self._release_connection()
        now = timezone.now()
        pause = timedelta(seconds=self._snapshot["cycle-time"])
        # A cycle that ended at a window goes on at once.
        due = now if outcome is Outcome.PARTIAL else max(started + pause, now)
        if self._unsettled is not None:
            self._fetched_only(self._unsettled, now, due)
            return
        recovered = bool(self._fetcher.code)
        self._end(outcome, error=self._late)
        changes = retry.after_success(self._fetcher, now)
        changes["preferred"] = leases.owner()
        if not self._give_back(due, changes):
            raise LeaseLost
        if recovered:
            provider.recovered(self._client, self._fetcher.code)

    def _fetched_only(self, error: MailError, now: datetime, due: datetime) -> None:
        """Settling failed: shown as a failure, and mail comes as often as before."""
        self._end(Outcome.FAILED, error.code, error)
        changes = retry.after_failure(self._fetcher, error, now)
        waits = changes["not_before"] or now
        if changes["state"] != RunState.THROTTLED:
            waits = changes["not_before"] = min(waits, due)
        changes |= {"last_success_at": now, "preferred": leases.owner()}
        if not self._give_back(waits, changes):
            raise LeaseLost

    def _give_back(self, due: datetime, changes: dict[str, Any]) -> bool:
        return fetch_end.release(
            self._fetcher, self._client, self._snapshot, due, changes
        )

    def _fail(self, error: MailError) -> None:
        if self._transport is not None:
            connect.explain(error, self._transport)
        self._drop()
        if error.code in tokens.OUTDATED:
            tokens.forget(self._snapshot)
        if error.code == Code.FOLDER_MISSING:
            error.evidence.setdefault("folder", self._snapshot["folder-path"])
        now = timezone.now()
        shared, probes = provider.shares(self._client, error, now)
        self._end(Outcome.FAILED, error.code, error)
        changes = retry.after_failure(
            self._fetcher, error, now, shared=shared, probes=probes
        )
        pause = timedelta(seconds=self._snapshot["cycle-time"])
        changes["preferred"] = ""
        self._give_back(min(changes["not_before"] or now, now + pause), changes)
        provider.relieve(self._client, error, now)

    def _end(
        self, outcome: Outcome, code: str = "", error: MailError | None = None
    ) -> None:
        Cycle.objects.filter(pk=self._cycle.pk, outcome=Outcome.RUNNING).update(
            outcome=outcome,
            ended_at=timezone.now(),
            listed=self._listed,
            quarantined=self._quarantined,
            settled=F("settled") + self._settled,
            new_connection=self._cycle.new_connection,
            phases={name: round(ms) for name, ms in self._phases.items()},
            code=code,
            stage=error.stage if error else "",
            evidence=error.evidence if error else {},
        )

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            spent = (time.monotonic() - began) * 1000
            self._phases[name] = self._phases.get(name, 0) + spent
