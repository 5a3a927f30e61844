"""Makes option sets of a draft: switched off for a test, switched on at its end.

They are saved as every option set is (services/revisions), so that nothing else knows
of the wizard. What somebody changed in them elsewhere is told, never overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ...core.errors import MailboxesError, StaleEdit
from ...models import (
    Mailbox,
    PopClient,
    Revision,
    SetupDraft,
    SignIn,
    SmtpClient,
    TestRun,
)
from .. import audit, clients, connection_test, revisions, sign_ins
from ..mailbox_fields import suggest_section
from ..options import snapshots
from ..options.changes import Change, Side, compare
from . import drafts
from .modes import POP, SMTP
from .setup import WRITTEN, Client, Setup

User = AbstractBaseUser | None
NOTE = "Saved by the wizard"


@dataclass(eq=False)
class ChangedOutside(MailboxesError):
    """An option set of the draft was changed on its own page since.

    changes: from what the wizard saved to what is saved now, of options it writes.
    """

    client: Client
    revision: Revision
    changes: list[Change]


@dataclass(eq=False)
class NotProven(MailboxesError):
    """No green test of these settings, and nobody asked to do without."""


def save_off(pk: int, user: User) -> Setup:
    """Save the option sets of a draft, switched off; returns it as it is then.

    Raises OptionError, ChangedOutside, StaleEdit.
    """
    with transaction.atomic():
        _save(Setup.load(pk), user, on=False)
    return Setup.load(pk)


def test(
    pk: int, user: User, send_to: str = "", *, go_on: bool = False
) -> list[TestRun]:
    """Save the option sets and ask for a test of each.

    send_to: address that gets a message at the end of the test for sending, "" for
    none. go_on: what the newest test of each has seen of the way to the authority is
    not checked again. Raises OptionError, ChangedOutside, StaleEdit,
    connection_test.NotTested.
    """
    setup = save_off(pk, user)
    found: list[TestRun] = []
    for kind in setup.kinds:
        client = setup.client(kind)
        assert client is not None  # just saved
        to = send_to if kind == SMTP else ""
        # One after the other: a credential that is refused is not tried twice.
        first = found[-1] if found else None
        before = connection_test.of(client).first() if go_on else None
        found.append(
            connection_test.ask(client, user, send_to=to, after=first, going_on=before)
        )
    return found


def ask_for_sign_in(pk: int, user: User, return_url: str) -> SignIn:
    """Save the option sets and ask the owner to sign in for them.

    return_url: as of sign_ins.begin. Raises OptionError, ChangedOutside, StaleEdit,
    sign_ins.CannotSignIn.
    """
    setup = save_off(pk, user)
    client = setup.client(setup.kinds[0])
    assert client is not None  # just saved
    return sign_ins.begin(client, user, return_url, setup.draft)


def turn_on(pk: int, user: User, *, untested: bool = False) -> Setup:
    """Switch the option sets on: the first cycle is due at once, sending is in effect.

    untested: without a green test of these settings; the audit says so. Raises
    NotProven, and as save_off.
    """
    with transaction.atomic():
        _save(Setup.load(pk), user, on=False)
        setup = Setup.load(pk)
        if not setup.missing and not setup.proven and not untested:
            raise NotProven
        on = not setup.missing
        if on:
            _save(setup, user, on=True)
        _end(setup, user, on=on)
    setup = Setup.load(pk)
    client = setup.draft.pop_client
    if on and client is not None and POP in setup.kinds:
        clients.fetch_now(client, user)
    return setup


def take_over(pk: int, kind: str, user: User, *, theirs: bool) -> None:
    """Settle a ChangedOutside: go on from what is saved in the section now.

    theirs: its values replace those of the draft, and where it is switched on it stays
    on; else the draft's are written over them with the next test, switched off.
    """
    setup = Setup.load(pk)
    client = setup.client(kind)
    if client is None:
        return
    newest = snapshots.newest(client)
    changed: dict[str, object] = {_column(kind): newest.number}
    if theirs:
        own = snapshots.of(newest).own
        typed = dict(setup.typed(kind))
        before = setup.own(kind)
        for option in WRITTEN[kind] - {"enable-client", "registration", "password"}:
            if own[option] != before[option]:
                typed[option] = own[option]
        typed["enable-client"] = own["enable-client"]  # a test leaves it running
        changed["values"] = {**setup.draft.values, kind: typed}
        changed["registration"] = client.registration
        if setup.mode is not None and setup.mode.has_credential:
            changed["password_id"] = own["password"]
    with transaction.atomic():
        drafts.write(setup.draft, user, **changed)
        audit.record(
            user, "setup.taken-over", setup.draft, section=str(client), theirs=theirs
        )


def _column(kind: str) -> str:
    return "pop_revision" if kind == POP else "smtp_revision"


def _save(setup: Setup, user: User, *, on: bool) -> None:
    """Both sections, the one for sending first: the mailbox names it."""
    draft = setup.draft
    columns: dict[str, object] = {}
    smtp = _smtp(setup, user, on=on) if SMTP in setup.kinds else None
    if smtp is not None:
        columns |= {"smtp_client": smtp, "smtp_revision": smtp.revision}
    if POP in setup.kinds:
        pop = _pop(setup, user, smtp, on=on)
        columns |= {"pop_client": pop, "pop_revision": pop.revision}
    elif smtp is not None:
        _only_sends(draft.address, smtp)
    for kind, unwanted in ((POP, draft.pop_client), (SMTP, draft.smtp_client)):
        if kind not in setup.kinds and unwanted and not unwanted.enable_client:
            clients.archive(unwanted, user)
    drafts.write(draft, user, **columns)


def _raw(setup: Setup, kind: str, *, on: bool) -> dict[str, object]:
    runs = on or setup.typed(kind).get("enable-client") is True
    return setup.own(kind) | {"enable-client": runs and not setup.missing}


def _smtp(setup: Setup, user: User, *, on: bool) -> SmtpClient:
    client = setup.draft.smtp_client
    _refuse_changed(setup, SMTP, client)
    _bring_back(client, user)
    result = revisions.save_smtp_client(
        client=client,
        section=_section(setup, SMTP, client),
        raw=_raw(setup, SMTP, on=on),
        base_revision=client.revision if client else 0,
        user=user,
        note=NOTE,
    )
    assert isinstance(result.client, SmtpClient)
    if on:
        clients.restart_sending(result.client, user)
    return result.client


def _pop(setup: Setup, user: User, smtp: SmtpClient | None, *, on: bool) -> PopClient:
    client = setup.draft.pop_client
    _refuse_changed(setup, POP, client)
    _bring_back(client, user)
    row = client.mailbox_row if client else None
    known = Mailbox.objects.filter(address__iexact=setup.draft.address).first()
    kept = row or known
    result = revisions.save_pop_client(
        client=client,
        address=setup.draft.address,
        alias=kept.alias if kept else "",
        tags=kept.tags if kept else "",
        smtp_client=smtp or _elsewhere(setup, kept),
        section=_section(setup, POP, client),
        raw=_raw(setup, POP, on=on),
        base_revision=client.revision if client else 0,
        user=user,
        note=NOTE,
    )
    assert isinstance(result.client, PopClient)
    return result.client


def _section(setup: Setup, kind: str, client: Client | None) -> str:
    """The name it has; a new one is made from the address."""
    if client is not None:
        return client.section
    return suggest_section(kind, setup.draft.address)


def _elsewhere(setup: Setup, row: Mailbox | None) -> SmtpClient | None:
    """The way out that the mailbox had before, not one of this draft."""
    if row is None or row.smtp_client_id == setup.draft.smtp_client_id:
        return None
    return row.smtp_client


def _only_sends(address: str, smtp: SmtpClient) -> None:
    """A mailbox that is not read here names its way out all the same."""
    row = Mailbox.objects.filter(address__iexact=address).first()
    if row is None:
        Mailbox.objects.create(address=address, smtp_client=smtp)
    elif row.smtp_client_id != smtp.pk:
        Mailbox.objects.filter(pk=row.pk).update(smtp_client=smtp)


def _bring_back(client: Client | None, user: User) -> None:
    if client is not None and client.archived_at is not None:
        clients.unarchive(client, user)


def _refuse_changed(setup: Setup, kind: str, client: Client | None) -> None:
    """Raises ChangedOutside where somebody changed what the wizard would write."""
    if client is None:
        return
    last = setup.draft.pop_revision if kind == POP else setup.draft.smtp_revision
    if last == snapshots.saved_number(client):
        return
    newest = snapshots.newest(client)
    saved = client.revisions.get(number=last)
    owner = "pop_client" if kind == POP else "smtp_client"
    setattr(saved, owner, client)
    found = [
        change
        for change in compare(type(client), Side.of(saved), Side.of(newest))
        if change.option in WRITTEN[kind] and _own_differs(saved, newest, change.option)
    ]
    if found:
        raise ChangedOutside(client, newest, found)


def _own_differs(one: Revision, other: Revision, option: str) -> bool:
    """Not only what is inherited: a secret that was renewed in the registration."""
    return snapshots.of(one).own[option] != snapshots.of(other).own[option]


def _end(setup: Setup, user: User, *, on: bool) -> None:
    draft = setup.draft
    moved = SetupDraft.objects.filter(
        Q(version=draft.version) | Q(version=draft.version + 1),
        pk=draft.pk,
        state=SetupDraft.State.OPEN,
    ).update(
        state=SetupDraft.State.DONE,
        ended_at=timezone.now(),
        updated_at=timezone.now(),
        updated_by_id=user.pk if user is not None else None,
        password=None,
    )
    if not moved:
        raise StaleEdit(draft.version, 0)
    drafts.forget_password(draft.password_id)
    audit.record(
        user,
        "setup.turned-on" if on else "setup.kept-as-draft",
        draft,
        tests={kind: run.pk for kind, run in setup.proofs.items()},
        untested=on and not setup.proven,
    )
