"""Saves option sets: every save is one immutable revision (DESIGN D3).

One transaction, no network. Which values are right: option_rules. What differs, in
words: changes. What is in effect: snapshots, and clients.restart_sending.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from ...core.errors import OptionError, Problem, StaleEdit
from ...core.options import Effect
from ...models import Fetcher, PopClient, Revision, Sender, SmtpClient
from .. import audit, secrets
from ..mailbox_fields import (
    change_fields,
    change_section,
    mailbox_problems,
    mailbox_row,
    section_problems,
    suggest_section,
    tidy_fields,
)
from ..option_rules import Cleaned, clean
from ..options import pins, snapshots
from ..options.changes import Change, Side, diff, pending as pending
from ..options.pins import Lookup
from .rows import changes_of, columns, purpose, signs_in_anew, try_at_once

__all__ = [
    "Change",
    "SaveResult",
    "diff",
    "pending",
    "restore",
    "save_pop_client",
    "save_smtp_client",
]


@dataclass
class SaveResult:
    """What a save did.

    revision: the new one, or the newest when no option was changed (`new` is False).
    changes: of options and of the fields beside them. when: one sentence.
    trial: a client that was stopped or waiting tries again at once (DESIGN D9).
    """

    client: PopClient | SmtpClient
    revision: Revision
    changes: list[Change]
    when: str
    new: bool = True
    trial: bool = False
    warnings: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def save_pop_client(
    *,
    client: PopClient | None,
    address: str,
    raw: Mapping[str, object],
    section: str = "",
    alias: str = "",
    tags: str = "",
    smtp_client: SmtpClient | None = None,
    extra: Mapping[str, str] | None = None,
    base_revision: int = 0,
    user: AbstractBaseUser | None = None,
    note: str = "",
) -> SaveResult:
    """Save a pop-client and its mailbox; `client` None makes both.

    raw: values by option name as option_rules.clean takes them; absent ones stay.
    extra: all options that are not ours; None keeps those there are.
    section: "" means the one it has, or a free name made from the address.
    base_revision: the revision that the editor had opened.
    Raises OptionError with all problems; StaleEdit when somebody saved meanwhile.
    """
    fields = tidy_fields(address, alias, tags, smtp_client)
    section = section.strip() or (
        client.section if client else suggest_section(PopClient.kind, fields.address)
    )
    _refuse_stale(client, base_revision)
    problems = mailbox_problems(fields, client) + section_problems(section, client)
    cleaned = _cleaned(PopClient.kind, client, raw, extra, problems, fields.address)
    with transaction.atomic(), _unique():
        if client is None:
            client = PopClient.objects.create(
                section=section, mailbox_row=mailbox_row(fields)
            )
            beside: list[Change] = []
        else:
            beside = change_fields(client, section, fields)
        result = _save(client, cleaned, base_revision, user, note, beside)
        if base_revision == 0:
            Fetcher.objects.create(pop_client=client, next_due=timezone.now())
        elif signs_in_anew(client, result.changes):
            result.trial = bool(try_at_once([client.pk]))
    return result


def save_smtp_client(
    *,
    client: SmtpClient | None,
    section: str,
    raw: Mapping[str, object],
    extra: Mapping[str, str] | None = None,
    base_revision: int = 0,
    user: AbstractBaseUser | None = None,
    note: str = "",
) -> SaveResult:
    """Save an smtp-client; `client` None makes one, in effect at once.

    A later save is in effect after Restart sending: the sender keeps its revision, and
    a stopped one stays stopped, for it would only repeat the old credential.
    Arguments and errors: as save_pop_client.
    """
    section = section.strip() or (
        client.section if client else suggest_section(SmtpClient.kind, "")
    )
    _refuse_stale(client, base_revision)
    problems = section_problems(section, client)
    cleaned = _cleaned(SmtpClient.kind, client, raw, extra, problems)
    with transaction.atomic(), _unique():
        if client is None:
            client = SmtpClient.objects.create(section=section)
            beside: list[Change] = []
        else:
            beside = change_section(client, section)
        result = _save(client, cleaned, base_revision, user, note, beside)
        if base_revision == 0:
            Sender.objects.create(
                smtp_client=client,
                revision=result.revision,
                generation=1,
                enabled=client.enable_client,
                in_effect_since=timezone.now(),
            )
            result.when = "In effect now."
    return result


def restore(
    client: PopClient | SmtpClient,
    number: int,
    user: AbstractBaseUser | None,
    base_revision: int | None = None,
) -> SaveResult:
    """Save the values of revision `number` again, as a new revision.

    A row that it named and that was deleted since is found by its name, where there is
    one of that name again.
    base_revision: the newest that the person saw; default: the newest there is.
    Raises Revision.DoesNotExist, OptionError, StaleEdit.
    """
    wanted = snapshots.of(client.revisions.get(number=number))
    raw = wanted.own | _found_by_name(client, wanted)
    base = client.revision if base_revision is None else base_revision
    note = f"Restored from revision {number}"
    if isinstance(client, PopClient):
        row = client.mailbox_row
        return save_pop_client(
            client=client,
            address=row.address,
            alias=row.alias,
            tags=row.tags,
            smtp_client=row.smtp_client,
            raw=raw,
            extra=wanted.extra,
            base_revision=base,
            user=user,
            note=note,
        )
    return save_smtp_client(
        client=client,
        section="",
        raw=raw,
        extra=wanted.extra,
        base_revision=base,
        user=user,
        note=note,
    )


def _found_by_name(
    client: PopClient | SmtpClient, wanted: snapshots.Snapshot
) -> dict[str, Any]:
    """Rows of the same name for those that are gone. Raises OptionError."""
    found: dict[str, Any] = {}
    problems = []
    for option in client.options().values():
        named = wanted.own[option.name]
        if option.target is None or named is None:
            continue
        rows = pins.ROWS[option.target].objects
        if rows.filter(pk=named).exists():
            continue
        name = wanted.pinned.get(option.target, {}).get("name", "")
        row = rows.filter(name=name).first()
        if row is None:
            message = (
                f"It names {name} as {option.label}, which was deleted. Make one of"
                " that name, or edit the options instead."
            )
            problems.append(Problem(option.name, "X07-deleted", message))
        else:
            found[option.name] = row.pk
    if problems:
        raise OptionError(problems)
    return found


def put_password(
    client: PopClient | SmtpClient,
    secret: int,
    user: AbstractBaseUser | None,
    note: str,
) -> SaveResult:
    """Save unchanged values with another `password`, as a sign-in has given it.

    secret: id of the SecretValue. Rules are not asked: nobody is there to be told.
    """
    snapshot = snapshots.take(client)
    with transaction.atomic():
        cleaned = Cleaned({**snapshot.own, "password": secret}, dict(snapshot.extra))
        cleaned.pinned = _pin(client, cleaned.values)
        result = _save(client, cleaned, client.revision, user, note, [])
        if isinstance(client, PopClient):
            result.trial = bool(try_at_once([client.pk]))
    return result


def _cleaned(
    kind: str,
    client: PopClient | SmtpClient | None,
    raw: Mapping[str, object],
    extra: Mapping[str, str] | None,
    problems: list[Problem],
    address: str = "",
) -> Cleaned:
    base = snapshots.take(client) if client else None
    if extra is None:
        extra = base.extra if base else {}
    own = base.own if base else None
    cleaned = clean(kind, raw, base=own, extra=extra, address=address)
    if problems or cleaned.problems:
        raise OptionError(problems + cleaned.problems)
    return cleaned


def _refuse_stale(client: PopClient | SmtpClient | None, base: int) -> None:
    if client is None:
        assert base == 0
        return
    current = snapshots.saved_number(client)
    if base != current:
        raise StaleEdit(base, current)


class _unique:
    """Somebody took the name or address between our look and our write."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, IntegrityError):
            raise OptionError(
                [
                    Problem(
                        "section",
                        "X05-taken",
                        "Somebody has just made a mailbox or section of this name.",
                    )
                ]
            ) from error


def _save(
    client: PopClient | SmtpClient,
    cleaned: Cleaned,
    base: int,
    user: AbstractBaseUser | None,
    note: str,
    beside: list[Change],
) -> SaveResult:
    """Revision, columns and audit event, in the transaction of the caller."""
    model = type(client)
    newest = snapshots.newest(client) if base else None
    for option, text in cleaned.secrets.items():
        sealed = secrets.seal(text, purpose(cleaned.values), user)
        cleaned.values[option] = sealed.pk
    new = Side(cleaned.values, cleaned.pinned, cleaned.extra)
    changes = changes_of(model, newest, new)
    if newest is not None and not changes:
        # Writes nothing, but still refuses a stale edit, and holds the row.
        _move_on(client, base, {}, base)
        if beside:
            _audit(client, user, "option-set.saved", newest, beside, "")
        return SaveResult(
            client,
            newest,
            beside,
            "At once." if beside else "Nothing was changed.",
            new=False,
            warnings=cleaned.warnings,
            notices=cleaned.notices,
        )
    row = columns(model, cleaned.values) | {"extra": cleaned.extra}
    _move_on(client, base, row, base + 1)
    owner = "pop_client" if isinstance(client, PopClient) else "smtp_client"
    revision = Revision.objects.create(
        **{owner: client},
        number=base + 1,
        values=cleaned.values,
        pinned=cleaned.pinned,
        extra=cleaned.extra,
        note=note[:200],
        author_id=user.pk if user is not None else None,
    )
    client.refresh_from_db()
    action = "option-set.saved" if base else "option-set.created"
    _audit(client, user, action, revision, beside + changes, note)
    return SaveResult(
        client,
        revision,
        beside + changes,
        _when(changes),
        warnings=cleaned.warnings,
        notices=cleaned.notices,
    )


def _move_on(
    client: PopClient | SmtpClient, base: int, columns: dict[str, Any], to: int
) -> None:
    """The conditional update: nobody else has saved since `base`. Raises StaleEdit."""
    moved = (
        type(client)
        .objects.filter(pk=client.pk, revision=base)
        .update(revision=to, **columns)
    )
    if not moved:
        raise StaleEdit(base, snapshots.saved_number(client))


def _pin(
    client: PopClient | SmtpClient, values: Mapping[str, object]
) -> dict[str, Any]:
    options = {option.name: option for option in client.options().values()}
    return pins.pin(options, values, Lookup())


def _when(changes: list[Change]) -> str:
    effects = {change.effect for change in changes}
    parts = []
    if Effect.NEXT_CYCLE in effects:
        parts.append("In effect from the next POP cycle.")
    if Effect.RESTART in effects:
        parts.append("In effect after Restart sending.")
    if Effect.NEXT_CHECK in effects:
        parts.append("The token expiry margin is in effect at the next check.")
    return " ".join(parts)


def _audit(
    client: PopClient | SmtpClient,
    user: AbstractBaseUser | None,
    action: str,
    revision: Revision,
    changes: list[Change],
    note: str,
) -> None:
    audit.record(
        user,
        action,
        client,
        revision=revision.number,
        changes=[change.as_json() for change in changes],
        note=note,
    )
