"""What a sign-in has come to: a refresh token for its sections, or a failure.

Every section of the same account at the same application gets it, so that the owner
signs in once for receiving and sending. Each gets a new revision, which is a changed
sign-in option: a stopped pop-client tries again at once (DESIGN D9).
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ...core.choices import Grant, Stage
from ...core.errors import Code, MailError, StaleEdit
from ...models import PopClient, SecretValue, SetupDraft, SignIn, SmtpClient
from ...oauth.base import TokenOutcome
from .. import audit, revisions, secrets, sign_ins
from ..options import pins, snapshots
from ..options.snapshots import Snapshot
from ..wizard.modes import BY_NAME

NOTE = "The owner has signed in"
TRIES = 3
Client = PopClient | SmtpClient


def keep(row: SignIn, snapshot: Snapshot, outcome: TokenOutcome) -> list[Client]:
    """Store the refresh token; returns the sections that use it now.

    Where none does any more (archived or changed meanwhile), nothing is stored and the
    sign-in counts as called off. Raises MailError when another account has signed in
    than was asked for; nothing is stored then.
    """
    account = outcome.account
    if account and account.lower() != row.login.lower():
        by_person = pins.signs_in_as_person(snapshot.values)
        raise MailError(
            Code.SIGN_IN_OTHER,
            Stage.TOKEN,
            permanent=True,
            evidence={
                "account": account,
                "user": row.login,
                # Where it may differ from the address it has an option of its own.
                "option": "account" if by_person else "mailbox",
            },
        )
    for left in reversed(range(TRIES)):
        try:
            return _kept(row, snapshot, outcome)
        except StaleEdit:  # somebody has saved one of the sections at this moment
            if not left:
                raise
    raise AssertionError("unreachable")


def _kept(row: SignIn, snapshot: Snapshot, outcome: TokenOutcome) -> list[Client]:
    user, account = row.created_by, outcome.account
    with transaction.atomic():
        now = timezone.now()
        moved = same_account(snapshot)
        if not moved:
            sign_ins.end(row, SignIn.State.REPLACED, now)
            return []
        if not sign_ins.end(row, SignIn.State.DONE, now, account=account[:254]):
            return []  # called off meanwhile
        sealed = secrets.seal(
            outcome.refresh_token, SecretValue.Purpose.REFRESH_TOKEN, user
        )
        for client in moved:
            revisions.put_password(client, sealed.pk, user, NOTE)
            audit.record(user, "sign-in.done", client, sign_in=row.pk, account=account)
        _tell_draft(row, snapshot, sealed, moved)
    return moved


def fail(row: SignIn, error: MailError) -> None:
    """End it with what was found."""
    with transaction.atomic():
        ended = sign_ins.end(
            row,
            SignIn.State.FAILED,
            timezone.now(),
            code=error.code,
            stage=error.stage,
            evidence=error.evidence,
        )
        if ended and row.client is not None:
            audit.record(
                None, "sign-in.failed", row.client, sign_in=row.pk, code=error.code
            )


def same_account(snapshot: Snapshot) -> list[Client]:
    """Sections, not archived, in which this account signs in to this application."""
    who = snapshot.account
    live = Q(archived_at=None, revision__gt=0)
    pops = PopClient.objects.filter(
        live,
        Q(account__iexact=who)
        | Q(mailbox__iexact=who)
        | Q(mailbox="", mailbox_row__address__iexact=who),
    ).select_related("mailbox_row")
    smtps = SmtpClient.objects.filter(
        live, Q(account__iexact=who) | Q(mailbox__iexact=who)
    )
    found: list[Client] = [*pops, *smtps]
    return [one for one in found if _key(snapshots.take(one)) == _key(snapshot)]


def _key(snapshot: Snapshot) -> tuple[object, ...]:
    return (
        snapshot.uses_token,
        snapshot.grant if snapshot.uses_token else None,
        snapshot["tenant-authority"],
        snapshot["directory-id"],
        snapshot["client-id"],
        snapshot.account.lower(),
    )


def _tell_draft(
    row: SignIn, snapshot: Snapshot, sealed: SecretValue, moved: list[Client]
) -> None:
    """The wizard goes on from the revisions that were just made.

    A draft that is about another person by now takes no token of this one, and one in
    which nobody signs in any more none at all: it would be told a mail server.
    """
    for draft in SetupDraft.objects.filter(
        Q(pk=row.draft_id)
        | Q(pop_client__in=_of(moved, PopClient))
        | Q(smtp_client__in=_of(moved, SmtpClient)),
        state=SetupDraft.State.OPEN,
    ):
        numbers: dict[str, object] = {}
        for name, client in (
            ("pop_revision", draft.pop_client),
            ("smtp_revision", draft.smtp_client),
        ):
            if client is not None and client in moved:
                numbers[name] = snapshots.saved_number(client)
        if row.login.lower() in _people(draft, snapshot.grant):
            numbers["password"] = sealed
        SetupDraft.objects.filter(pk=draft.pk, state=SetupDraft.State.OPEN).update(
            version=draft.version + 1, **numbers
        )


def _people(draft: SetupDraft, grant: Grant) -> set[str]:
    """Who may sign in by `grant` for a draft as it stands, in lower case."""
    mode = BY_NAME.get(draft.mode)
    if mode is None or not mode.signs_in or mode.grant is not grant:
        return set()
    if mode.by_person and draft.account:
        return {draft.account.lower()}
    typed = [options.get("mailbox") for options in draft.values.values()]
    return {str(name).lower() for name in (draft.address, *typed) if name}


def _of(clients: list[Client], model: type[Client]) -> list[int]:
    return [client.pk for client in clients if isinstance(client, model)]
