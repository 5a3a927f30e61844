"""One send cycle: one sender, one connection, its messages one after the other.

What a try means for its message is outbox/outcome; rows are written in outbox/rows;
threads and batches are outbox. Crash safety, step by step:

1. Sender claimed, cycle row written: a death here is seen by the reaper (cycle LOST).
2. Connection opened: no message is claimed yet, so none becomes unconfirmed.
3. Message claimed and attempt written, one commit. From here to 5 a death leaves a
   `sending` row whose lease runs out: unconfirmed, and a person decides.
4. The message is handed over, outside of any transaction.
5. The outcome is committed, on the fence. After that the message is never claimed
   again unless it is waiting for recipients that the server has put off.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from ...core.choices import Outcome, Protocol, Stage
from ...core.errors import Code, LeaseLost, MailError
from ...models import Cycle, Sender
from ...transports.base import OutboundTransport, SendResult
from .. import connect, tokens
from ..option_rules import options_by_name
from ..options import snapshots
from ..worker import leases
from . import (
    lookup as outbox_lookup,
    open_connections as outbox_connections,
    outcome as outbox_outcome,
    rows as outbox_rows,
    senders as outbox_senders,
)
from .open_connections import Key
from .rows import Claim

logger = logging.getLogger(__name__)
T = TypeVar("T")

# Seconds between tries to read a claimed message and to write how it ended: a database
# that restarts, or is locked for a moment, must not make it unconfirmed.
ASK_AGAIN = (0.5, 1.0, 2.0, 4.0, 8.0)
MOST_PUT_OFF = 5  # messages in a row before the sender itself pauses


class SendCycle:
    """Runs in a thread of a batch; `renew` is called from the batch's own thread.

    stop: asked before each message.
    until: time.monotonic() by which every call to the server ends (transports.base).
    """

    def __init__(
        self, sender: int, stop: Callable[[], bool], until: float | None = None
    ) -> None:
        self._pk = sender
        self._stop = stop
        self._until = until
        self._held: Sender | None = None
        self._claimed: Claim | None = None
        self._transport: OutboundTransport | None = None
        self._used = 0  # messages sent over this connection
        self._put_off = 0  # messages in a row
        self._took = False  # the server has taken a message
        self._opened = False
        self._looked = False  # for messages that are unconfirmed
        self._renewed = False  # a token that ended between messages
        self._proved = False  # the server has let us in, or taken a message

    def renew(self) -> None:
        """Renew the leases that this cycle holds now."""
        held, claimed = self._held, self._claimed
        if held is not None:
            leases.renew(held)
        if claimed is not None:
            outbox_rows.renew(claimed)

    def run(self) -> None:
        """Send until nothing is due, `stop` says so, or the sender fails.

        With nothing to send it signs in only, where a person's sign-in was long unused.
        """
        sender = self._held = outbox_senders.claim(self._pk)
        if sender is None:
            return
        now = timezone.now()
        lost = outbox_lookup.due(now, sender.smtp_client_id)
        waits = outbox_rows.due(sender.smtp_client_id, now).exists() or lost.exists()
        if waits or outbox_senders.is_unused(sender, now):
            self._run(sender)
        # Not in a `finally`: what ends a process skips this too, and is found so.
        leases.release(sender)
        self._held = None

    def _run(self, sender: Sender) -> None:
        assert sender.revision is not None  # outbox_senders.due
        self._sender = sender
        self._client = sender.smtp_client_id
        self._snapshot = snapshots.of(sender.revision)
        self._key = Key(self._client, sender.revision.pk, sender.generation)
        self._phases: dict[str, int] = {}
        self._cycle = Cycle.objects.create(
            kind=Cycle.Kind.SEND,
            smtp_client_id=self._client,
            revision=sender.revision,
            owner=sender.lease_owner,
            fence=sender.fence,
            started_at=timezone.now(),
        )
        self._transport = outbox_connections.connections.take(self._key)
        try:
            self._end(self._send_all())
        except LeaseLost:
            # Somebody else works with this sender: nothing of it is ours to write.
            self._end(Outcome.LOST)
        except MailError as error:
            self._end(Outcome.FAILED, error)
        except Exception as error:  # noqa: BLE001 - the border of the cycle
            # A message that was claimed stays `sending` until its lease runs out.
            logger.exception("send cycle %s", self._cycle.pk)
            self._drop()
            evidence: dict[str, object] = {"error": type(error).__name__}
            self._end(
                Outcome.FAILED,
                MailError(Code.INTERNAL, Stage.DATA, evidence=evidence),
            )
        if self._transport is not None:
            outbox_connections.connections.put(self._key, self._transport)
            self._transport = None

    def _send_all(self) -> Outcome:
        while not self._stop():
            now = outbox_senders.standing(self._pk, self._sender.fence)
            if now.paused:
                return Outcome.OK
            if now.generation != self._key.generation:
                # Restart sending: the next cycle takes what is in effect now.
                self._drop()
                return Outcome.OK
            transport = self._connected(self._counts(now.margin))
            if not self._looked:
                self._looked = True
                outbox_lookup.look(transport, self._client)
            claimed = outbox_rows.claim(self._client, self._cycle)
            if claimed is None:
                return Outcome.OK
            self._claimed = claimed
            self._send(transport, claimed)
            self._claimed = None
        return Outcome.PARTIAL

    def _send(self, transport: OutboundTransport, claimed: Claim) -> None:
        """One message. Raises MailError when the sender cannot go on."""
        content = _surely(lambda: outbox_rows.Chunks(claimed.pk))
        begun = time.monotonic()
        try:
            result = transport.send(claimed.envelope_from, claimed.pending, content)
        except MailError as error:
            why = connect.explain(error, transport)
            self._forget_refused(error)
            go_on = _surely(lambda: outbox_outcome.failed(claimed, why))
            self._claimed = None
            # Whose mail it is stands on the message alone, where it can be erased.
            error.evidence.pop("recipients", None)
            used = self._used
            outdated = error.code in tokens.OUTDATED
            if error.handed_over or outdated or not transport.alive():
                self._drop()
            ended = error.code in outbox_outcome.LINE_ENDED and not error.handed_over
            go_on = go_on and not self._is_put_off(error)
            if go_on or (ended and used) or self._renews(error):
                # Servers close a line after some messages: a new one is made.
                return
            raise
        spent = int((time.monotonic() - begun) * 1000)
        self._phases["send"] = self._phases.get("send", 0) + spent
        self._used += 1
        self._proved = True
        self._renewed = False
        self._put_off = 0
        self._took = True
        _surely(lambda: self._note_taken(claimed, result, content.size))

    def _note_taken(self, claimed: Claim, result: SendResult, size: int) -> None:
        with transaction.atomic():
            outbox_outcome.taken(claimed, result)
            outbox_rows.count_sent(self._pk, self._cycle, size)

    # connection

    def _counts(self, margin: float) -> float:
        """The margin, or its default where the option has no effect (GRAPH alone)."""
        option = options_by_name(self._snapshot.kind)["token-expiry-margin-time"]
        of_graph = self._snapshot.protocol is Protocol.GRAPH
        if of_graph and not option.applies(self._snapshot.values):
            return float(str(option.default))
        return margin

    def _connected(self, margin: float) -> OutboundTransport:
        """The open connection, made or made anew where that is due."""
        kept = self._transport
        if kept is not None:
            kept.until = self._until
        if kept is not None and (
            _expires(kept, margin) or (self._used == 0 and not kept.alive())
        ):
            self._drop()
        if self._transport is None:
            try:
                self._open(margin)
            except MailError as error:
                self._forget_refused(error)
                outbox_rows.note_failure(
                    self._client,
                    self._cycle,
                    code=error.code,
                    stage=error.stage,
                    evidence=error.evidence,
                )
                raise
        assert self._transport is not None
        return self._transport

    def _open(self, margin: float) -> None:
        transport = connect.outbound(
            self._snapshot,
            margin=max(margin, tokens.RENEW_BEFORE),
            until=self._until,
        )
        try:
            transport.open()
        except MailError as error:
            connect.explain(error, transport)
            raise
        self._transport = transport
        self._used = 0
        self._opened = self._proved = True
        for phase, spent in transport.timings.items():
            self._phases[phase] = self._phases.get(phase, 0) + spent

    def _forget_refused(self, error: MailError) -> None:
        if error.code in tokens.OUTDATED:
            tokens.forget(self._snapshot)

    def _renews(self, error: MailError) -> bool:
        """The token that let us in has ended meanwhile, and a new one was not got yet.

        Over HTTP each message is signed.
        """
        if error.code not in tokens.REFUSED or error.handed_over or self._renewed:
            return False
        self._renewed = True
        self._drop()
        return True

    def _is_put_off(self, error: MailError) -> bool:
        """The server has put off so many messages in a row for its own sake that it
        takes none.

        Trying them all would be the burst that makes it shut us out. What it puts off
        for another reason may be of one mailbox, and the others of the client go on.
        """
        self._put_off += outbox_outcome.is_of_the_server(error)
        return self._put_off >= MOST_PUT_OFF

    def _drop(self) -> None:
        if self._transport is not None:
            self._transport.close()
        self._transport = None
        self._used = 0

    # end

    def _end(self, outcome: Outcome, error: MailError | None = None) -> None:
        """Close the cycle row; write on the sender how it went, where it is ours."""
        now = timezone.now()
        Cycle.objects.filter(pk=self._cycle.pk, ended_at=None).update(
            outcome=outcome,
            ended_at=now,
            new_connection=self._opened,
            phases=self._phases,
            code=error.code if error else "",
            stage=error.stage if error else "",
            evidence=error.evidence if error else {},
        )
        if error is not None:
            outbox_senders.note_failure(self._sender, error, now)
        elif self._put_off and not self._took:
            pass  # it lets us in and takes nothing: neither a failure nor a success
        elif outcome is not Outcome.LOST and self._proved:
            outbox_senders.note_success(self._sender, now)


def _surely(ask: Callable[[], T]) -> T:
    """What `ask` returns; again, over a new connection, while the database is away.

    Writing twice does no harm: the second one finds the row changed (LeaseLost).
    """
    for pause in ASK_AGAIN:
        try:
            return ask()
        except (OperationalError, InterfaceError) as error:
            logger.warning("the database does not answer about a message: %s", error)
            if not connection.in_atomic_block:
                connection.close()
            time.sleep(pause)
    return ask()


def _expires(transport: OutboundTransport, margin: float) -> bool:
    """The token ends within the margin (option token-expiry-margin-time)."""
    ends = transport.credential.expires_at
    return ends is not None and ends - clock() <= margin


def clock() -> float:
    """Now as a Unix time in seconds; tests set it."""
    return time.time()
