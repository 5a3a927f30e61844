"""Drafts of the wizard: begun, listed, visited, discarded. Saving a step: saving.

Every write is a conditional update on the draft's version, so that two people who work
on one draft are told and never overwrite each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ...core.errors import OptionError, StaleEdit
from ...models import (
    ConsentLink,
    Revision,
    SecretValue,
    SetupDraft,
    SetupVisit,
    SignIn,
)
from .. import audit, clients, sign_ins
from ..options.values import tidy
from . import judging

PRESENT = timedelta(seconds=90)  # since the last sign of a visitor
FORGOTTEN = timedelta(days=1)
User = AbstractBaseUser | None


def begin(typed: Mapping[str, str], user: User) -> SetupDraft:
    """A new draft for an address. Raises OptionError."""
    judged = judging.new_draft(typed)
    if judged.problems:
        raise OptionError(judged.problems)
    now = timezone.now()
    draft = SetupDraft(
        address=tidy(typed["address"]),
        direction=typed["direction"],
        account=tidy(typed.get("account", "")),
        steps={"mailbox": stamp(user, now)},
        owner_id=user.pk if user else None,
        updated_by_id=user.pk if user else None,
        created_at=now,
        updated_at=now,
    )
    adopt(draft)
    with transaction.atomic():
        draft.save(force_insert=True)
        audit.record(user, "setup.begun", draft, direction=draft.direction)
    return draft


def adopt(draft: SetupDraft) -> None:
    """Go on with the option sets of a draft that was discarded; not saved here."""
    found = judging.adoptable(draft.address)
    if found is None or draft.pop_client_id is not None:
        return
    draft.pop_client = found.pop_client
    draft.pop_revision = found.pop_client.revision
    sender = found.smtp_client
    if sender is not None and sender.archived_at is not None:
        draft.smtp_client, draft.smtp_revision = sender, sender.revision


def stamp(user: User, now: datetime) -> dict[str, str]:
    """What is noted of a step that was saved."""
    return {"at": now.isoformat(), "by": user.get_username() if user else ""}


def write(draft: SetupDraft, user: User, **changes: Any) -> None:
    """The conditional update of an open draft. Raises StaleEdit."""
    moved = SetupDraft.objects.filter(
        pk=draft.pk, version=draft.version, state=SetupDraft.State.OPEN
    ).update(
        version=F("version") + 1,
        updated_at=timezone.now(),
        updated_by_id=user.pk if user is not None else None,
        **changes,
    )
    if not moved:
        current = SetupDraft.objects.filter(pk=draft.pk).values_list("version").first()
        raise StaleEdit(draft.version, current[0] if current else 0)


def open_drafts() -> list[SetupDraft]:
    """Every draft that is not ended, the one saved last first."""
    rows = SetupDraft.objects.filter(state=SetupDraft.State.OPEN)
    return list(rows.select_related("owner", "updated_by"))


def visit(draft: SetupDraft, user: AbstractBaseUser, step: str) -> None:
    """Note that somebody has a step of the draft open now."""
    now = timezone.now()
    SetupVisit.objects.update_or_create(
        draft=draft, user_id=user.pk, defaults={"step": step[:40], "seen_at": now}
    )
    SetupVisit.objects.filter(seen_at__lt=now - FORGOTTEN).delete()


def others(draft: SetupDraft, user: AbstractBaseUser) -> list[SetupVisit]:
    """Who else has it open now."""
    since = timezone.now() - PRESENT
    rows = draft.visits.filter(seen_at__gt=since).exclude(user_id=user.pk)
    return list(rows.select_related("user").order_by("seen_at"))


def discard(draft: SetupDraft, user: User) -> bool:
    """End a draft without a mailbox; False when it was over already.

    Option sets that it made, and that nobody switched on, go into the archive. The app
    registration stays: another mailbox may use it. A password that nothing else holds
    is deleted. Links for consent and for a sign-in of the owner are good no more.
    """
    now = timezone.now()
    with transaction.atomic():
        ended = SetupDraft.objects.filter(
            pk=draft.pk, state=SetupDraft.State.OPEN
        ).update(state=SetupDraft.State.DISCARDED, ended_at=now, password=None)
        if not ended:
            return False
        for row in draft.sign_ins.filter(state__in=SignIn.OPEN):
            sign_ins.end(row, SignIn.State.REPLACED, now)
        for client in (draft.pop_client, draft.smtp_client):
            if client is not None and not client.enable_client:
                clients.archive(client, user)
        ConsentLink.objects.filter(draft=draft, answered_at=None).update(
            answered_at=now, outcome=ConsentLink.Outcome.REPLACED
        )
        forget_password(draft.password_id)
        audit.record(user, "setup.discarded", draft)
    return True


def forget_password(secret: int | None) -> None:
    """Delete a sealed password that no revision and no draft holds."""
    if secret is None:
        return
    used = Revision.objects.filter(values__password=secret).exists()
    if not used and not SetupDraft.objects.filter(password_id=secret).exists():
        SecretValue.objects.filter(pk=secret).delete()
