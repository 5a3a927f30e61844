"""What a person does to a client: pause, resume, fetch now, restart sending, archive.

Each is one conditional update with its audit event; pages and commands call these.
Changing options is services/revisions.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from ..core.choices import OUTBOX_UNSENT, RunState
from ..models import (
    Fetcher,
    Mailbox,
    OutboundMessage,
    PopClient,
    Revision,
    Sender,
    SmtpClient,
)
from . import audit, sign_ins
from .options import snapshots
from .options.changes import diff

Client = PopClient | SmtpClient
User = AbstractBaseUser | None


def pause(client: Client, user: User, note: str = "") -> bool:
    """No cycle starts until `unpause`. False when it was paused already."""
    return _change(
        client,
        user,
        "client.paused",
        Q(paused_at=None),
        {
            "paused_at": timezone.now(),
            "paused_by_id": user.pk if user is not None else None,
            "pause_note": note[:200],
        },
        note=note[:200],
    )


def unpause(client: Client, user: User) -> bool:
    """End a pause; the next cycle is due now. False when it was not paused."""
    changes: dict[str, object] = {
        "paused_at": None,
        "paused_by_id": None,
        "pause_note": "",
    }
    if isinstance(client, PopClient):
        changes["next_due"] = timezone.now()
    return _change(client, user, "client.unpaused", ~Q(paused_at=None), changes)


def resume_stopped(client: Client, user: User) -> bool:
    """Let a stopped client try again, now. False when it was not stopped."""
    changes: dict[str, object] = {
        "state": RunState.ACTIVE,
        "failures": 0,
        "sign_in_failures": 0,
        "not_before": None,
    }
    if isinstance(client, PopClient):
        changes["next_due"] = timezone.now()
    return _change(client, user, "client.resumed", Q(state=RunState.STOPPED), changes)


def resume_tested(client: Client, revision: Revision, user: User, test: int) -> bool:
    """Let a client that is stopped or waits after failures try again: a test is green.

    Only where its next try uses what was tested: the newest revision of a pop-client,
    the one in effect of an smtp-client. False when nothing was changed.
    """
    waiting = Q(state__in=(RunState.STOPPED, RunState.FAILING))
    changes: dict[str, object] = {
        "state": RunState.ACTIVE,
        "failures": 0,
        "sign_in_failures": 0,
        "not_before": None,
    }
    if isinstance(client, PopClient):
        changes["next_due"] = timezone.now()
        waiting &= Q(pop_client__revision=revision.number)
    else:
        waiting &= Q(revision=revision)
    return _change(client, user, "client.resumed", waiting, changes, test=test)


def fetch_now(client: PopClient, user: User) -> bool:
    """Make the next cycle due now, also while it waits after a failure.

    False when no cycle may run: a draft, archived, paused, stopped, or the server
    itself has asked for a pause that is not over.
    """
    now = timezone.now()
    throttled = Q(state=RunState.THROTTLED, not_before__gt=now)
    allowed = Q(
        paused_at=None,
        pop_client__enable_client=True,
        pop_client__archived_at=None,
    )
    return _change(
        client,
        user,
        "client.fetch-asked",
        allowed & ~Q(state=RunState.STOPPED) & ~throttled,
        {"asked_at": now, "next_due": now, "not_before": None},
    )


def waiting_messages(client: SmtpClient) -> int:
    """How many messages wait to be sent by it."""
    return OutboundMessage.objects.filter(
        smtp_client=client, state__in=OUTBOX_UNSENT
    ).count()


def restart_sending(client: SmtpClient, user: User) -> Revision:
    """Put the newest revision in effect; open connections are dropped (DESIGN D3).

    A person asks for it, so a stopped or waiting sender tries again at once.
    Returns the revision that is in effect now.
    """
    with transaction.atomic():
        sender, newest = _sender(client), snapshots.newest(client)
        _put_in_effect(sender, newest, again=True)
        audit.record(
            user,
            "sending.restarted",
            client,
            revision=newest.number,
            before=sender.revision.number if sender.revision else None,
        )
    return newest


def restart_all_sending() -> int:
    """At a start of the worker service: every newest revision is in effect.

    A stopped sender tries again only where a sign-in option has changed (DESIGN D9).
    Returns how many senders took another revision.
    """
    moved = 0
    for client in SmtpClient.objects.filter(archived_at=None, revision__gt=0):
        with transaction.atomic():
            sender, newest = _sender(client), snapshots.newest(client)
            again = sender.revision is not None and _signs_in_anew(
                sender.revision, newest
            )
            moved += sender.revision_id != newest.pk
            _put_in_effect(sender, newest, again=again)
    return moved


def archive(client: Client, user: User) -> bool:
    """Take a client out of use; everything it fetched or sent stays.

    What waits in its outbox goes on waiting, and a sign-in of its owner that is open is
    called off. False when it was archived already.
    """
    now = timezone.now()
    with transaction.atomic():
        rows: object = type(client).objects.filter(pk=client.pk, archived_at=None)
        if not rows.update(archived_at=now):  # type: ignore[attr-defined]
            return False
        if isinstance(client, PopClient):
            Mailbox.objects.filter(pk=client.mailbox_row_id).update(archived_at=now)
        else:
            Sender.objects.filter(smtp_client=client).update(enabled=False)
        sign_ins.end_open(client, now)
        audit.record(user, "client.archived", client)
    client.archived_at = now
    return True


def unarchive(client: Client, user: User) -> bool:
    """Bring a client back as it was: a pop-client's next cycle is due now.

    An smtp-client sends with the revision that was in effect; what was saved meanwhile
    waits for Restart sending. False when it was not archived.
    """
    with transaction.atomic():
        rows: object = type(client).objects.filter(
            pk=client.pk, archived_at__isnull=False
        )
        if not rows.update(archived_at=None):  # type: ignore[attr-defined]
            return False
        if isinstance(client, PopClient):
            Mailbox.objects.filter(pk=client.mailbox_row_id).update(archived_at=None)
            Fetcher.objects.filter(pop_client=client).update(next_due=timezone.now())
        else:
            sender = _sender(client)
            on = sender.revision and snapshots.of(sender.revision)["enable-client"]
            Sender.objects.filter(pk=sender.pk).update(enabled=bool(on))
        audit.record(user, "client.unarchived", client)
    client.archived_at = None
    return True


def _change(
    client: Client,
    user: User,
    action: str,
    allowed: Q,
    changes: dict[str, object],
    **details: object,
) -> bool:
    """The conditional update of the fetcher or sender, and its audit event."""
    with transaction.atomic():
        if isinstance(client, PopClient):
            changed = Fetcher.objects.filter(allowed, pop_client=client).update(
                **changes
            )
        else:
            changed = Sender.objects.filter(allowed, smtp_client=client).update(
                **changes
            )
        if changed:
            audit.record(user, action, client, **details)
    return bool(changed)


def _sender(client: SmtpClient) -> Sender:
    """The sender, its row held till the end of the transaction."""
    return Sender.objects.select_for_update().get(smtp_client=client)


def _put_in_effect(sender: Sender, newest: Revision, *, again: bool) -> None:
    now: datetime = timezone.now()
    fresh: dict[str, object] = {}
    if again:
        fresh = {
            "state": RunState.ACTIVE,
            "failures": 0,
            "sign_in_failures": 0,
            "not_before": None,
        }
    if sender.revision_id != newest.pk or sender.in_effect_since is None:
        fresh["in_effect_since"] = now
    kept = newest.client.archived_at is not None
    enabled = bool(snapshots.of(newest)["enable-client"]) and not kept
    moved = Sender.objects.filter(pk=sender.pk, generation=sender.generation).update(
        revision=newest, enabled=enabled, generation=F("generation") + 1, **fresh
    )
    assert moved == 1  # the row is held


def _signs_in_anew(old: Revision, new: Revision) -> bool:
    names = {o.name for o in new.client.options().values() if o.sign_in}
    return any(change.option in names for change in diff(old, new))
