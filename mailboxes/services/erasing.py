"""Erases the mail of one person from this console (DESIGN D12): `manage.py erase`.

What goes: bytes, subject, names and addresses of every message from or to an address,
received or sent, and the subjects in the audit log. What stays: that there was such a
message, its Message-ID, digest and place on the server; without them it would be
fetched again. Mail that is still to be sent is left: it is sent or cancelled first.

Not looked into: bodies, and headers other than From, To and Cc. Copies on mail servers
and in backups are not ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ..core.choices import OutboxState, ParseState
from ..models import (
    Attempt,
    AuditEvent,
    Mailbox,
    Message,
    MessageChunk,
    OutboundChunk,
    OutboundMessage,
)
from . import audit

ERASED = "erased"  # in Message.reason, and in place of an address
PORTION = 200  # messages in one transaction
ENDED = (OutboxState.SENT, OutboxState.FAILED, OutboxState.CANCELLED)


class CannotErase(Exception):
    """One sentence: why not."""


@dataclass(frozen=True)
class Erased:
    """Messages that were erased, or would be. unsent: of those to be sent, left."""

    received: int
    sent: int
    unsent: int


def erase(address: str, *, dry_run: bool = False) -> Erased:
    """Erase what is from or to `address`. May be run again. Raises CannotErase."""
    address = address.strip()
    if not re.fullmatch(r"[^\s@,<>]+@[^\s@,<>]+", address):
        raise CannotErase(f"{address!r} is not an e-mail address.")
    own = (Q(address__iexact=one) for one in _spellings(address))
    if Mailbox.objects.filter(reduce(or_, own)).exists():
        raise CannotErase(
            f"{address} is a mailbox of this console: all of its mail would go."
        )
    if not dry_run:
        _overwrite()
    received = sum(
        len(pks) if dry_run else _erase_received(pks) for pks in _received(address)
    )
    sent = unsent = 0
    for rows in _sent(address):
        ended = [row for row in rows if row.state in ENDED]
        done = len(ended) if dry_run else _erase_sent(ended, address)
        sent, unsent = sent + done, unsent + len(rows) - done
    if not dry_run:
        _empty_log()
        audit.record(None, "mail.erased", received=received, sent=sent)
    return Erased(received, sent, unsent)


def _spellings(address: str) -> list[str]:
    """The address as it is given, and with its domain in ASCII and in letters.

    The outbox has it in ASCII, a header field may have either (RFC 5890, RFC 6532).
    """
    local, _at, domain = address.rpartition("@")
    found = {address}
    with suppress(UnicodeError):
        ascii_domain = domain.encode("idna")
        found |= {f"{local}@{ascii_domain.decode(how)}" for how in ("ascii", "idna")}
    return sorted(found)


def _holds(field: str, spellings: list[str]) -> Q:
    return reduce(or_, (Q(**{f"{field}__icontains": one}) for one in spellings))


def _names(address: str) -> re.Pattern[str]:
    """Finds the address among others, not as a part of a longer one."""
    any_of = "|".join(map(re.escape, _spellings(address)))
    return re.compile(rf"(?<![\w.+%-])(?:{any_of})(?![\w-]|\.\w)", re.IGNORECASE)


def _received(address: str) -> Iterator[list[int]]:
    """Ids of received messages, by portions."""
    names, last = _names(address), 0
    spellings = _spellings(address)
    wanted = _holds("sender", spellings) | _holds("recipients", spellings)
    rows = Message.objects.filter(wanted).order_by("pk")
    columns = rows.values_list("pk", "sender", "recipients")
    while found := list(columns.filter(pk__gt=last)[:PORTION]):
        last = found[-1][0]
        pks = [pk for pk, *texts in found if any(map(names.search, texts))]
        if pks:
            yield pks


def _erase_received(pks: list[int]) -> int:
    with transaction.atomic():
        MessageChunk.objects.filter(message__in=pks).delete()
        _erase_log(Message, pks)
        return Message.objects.filter(pk__in=pks).update(
            parse_state=ParseState.PARSED,
            reason=ERASED,
            reason_detail="",
            subject="",
            sender="",
            recipients="",
            attachments=0,
        )


def _sent(address: str) -> Iterator[list[OutboundMessage]]:
    """Outbound messages to the address, by portions."""
    last = 0
    wanted = _holds("recipients", _spellings(address))
    rows = OutboundMessage.objects.filter(wanted).order_by("pk")
    while found := list(rows.filter(pk__gt=last)[:PORTION]):
        last = found[-1].pk
        rows_of_hers = [row for row in found if _is_to(row, address)]
        if rows_of_hers:
            yield rows_of_hers


def _is_to(row: OutboundMessage, address: str) -> bool:
    return any(_is_same(one["address"], address) for one in row.recipients)


def _is_same(one: str, address: str) -> bool:
    return one.lower() in (spelling.lower() for spelling in _spellings(address))


def _erase_sent(rows: list[OutboundMessage], address: str) -> int:
    """A failed one is cancelled with that: nothing is left that could be sent again."""
    now, done = timezone.now(), 0
    for row in rows:
        recipients = [
            one | {"address": ERASED, "text": ""}
            if _is_same(one["address"], address)
            else one
            for one in row.recipients
        ]
        with transaction.atomic():
            same = OutboundMessage.objects.filter(pk=row.pk, state=row.state)
            changes: dict[str, object] = {}
            if row.state == OutboxState.FAILED:
                changes = {"state": OutboxState.CANCELLED, "state_since": now}
            if not same.update(
                recipients=recipients, subject="", evidence={}, **changes
            ):
                continue  # somebody has queued it again
            OutboundChunk.objects.filter(message=row).delete()
            Attempt.objects.filter(message=row).update(answer="", evidence={})
            _erase_log(OutboundMessage, [row.pk])
            done += 1
    return done


def _erase_log(model: type[Message | OutboundMessage], pks: list[int]) -> None:
    """The audit log names a message by its subject."""
    events: QuerySet[AuditEvent] = AuditEvent.objects.filter(
        object_type=model._meta.model_name, object_id__in=[str(pk) for pk in pks]
    )
    events.update(object_name=ERASED)


def _overwrite() -> None:
    """SQLite would leave the bytes in pages that are free."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _empty_log() -> None:
    """And in its log of writes."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
