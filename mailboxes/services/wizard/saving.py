"""Saves one step of a draft, at once: values, app registration, or that it was done.

One transaction, conditional on what the person had before them. Rules: judging. Option
sets are made of the draft only for a test or to turn it on (making).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ...core.errors import OptionError, Problem, StaleEdit
from ...models import AppRegistration, SecretValue, SetupDraft
from .. import audit, registrations, secrets, sign_ins
from ..fetch import seen
from ..options.values import tidy
from . import consent, drafts, grounds, signer
from .judging import Judged, judge, of_registration
from .setup import Setup
from .steps import BY_ID as STEPS_BY_ID, Saver, Step

# Done by hand for another application, or for another way of connecting.
OF_APPLICATION = ("certificate", "permissions", "exchange")
TRIES = 3
User = AbstractBaseUser | None
Changes = dict[str, Any]


def fingerprint(setup: Setup, step: Step) -> str:
    """Of what a person who opens the step has before them."""
    draft = setup.draft
    parts: list[object] = [draft.state]
    # What is only proposed for a registration may change while the page is open.
    proposed = step.saver is Saver.IDS and draft.registration is None
    names = () if proposed else [field.name for field in step.asked(setup)]
    parts += [setup.value(name) for name in names]
    if step.saver is Saver.PASSWORD:
        parts.append(draft.password_id)
    if step.saver in (Saver.IDS, Saver.SECRET) or step.id == "certificate":
        parts.append(seen.fingerprint(setup.registration, registrations.SEEN))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def save(
    pk: int,
    step: Step,
    typed: Mapping[str, str],
    user: User,
    *,
    seen_then: str = "",
    done: bool = True,
) -> Judged:
    """Save a step of the draft; returns what there is to say of it.

    typed: texts by field name. seen_then: `fingerprint` of when it was opened, "" asks
    nothing. done: the step is finished with that; False only keeps what was typed.
    Raises OptionError with problems at the fields, StaleEdit when another person saved
    this step since, SetupDraft.DoesNotExist.
    """
    for left in reversed(range(TRIES)):
        setup = Setup.load(pk)
        if setup.draft.state != SetupDraft.State.OPEN:
            raise StaleEdit(0, setup.draft.version)
        if seen_then and fingerprint(setup, step) != seen_then:
            raise StaleEdit(0, setup.draft.version)
        judged = judge(setup, step, typed)
        if judged.problems:
            raise OptionError(judged.problems)
        try:
            with transaction.atomic():
                _save(setup, step, typed, user, judged, done)
        except StaleEdit:  # somebody saved another step at this moment
            if not left:
                raise
            continue
        return judged
    raise AssertionError("unreachable")


def undo(pk: int, step: Step, user: User) -> None:
    """Take back that a step was done by hand."""
    setup = Setup.load(pk)
    kept = {key: v for key, v in setup.draft.steps.items() if key != step.id}
    with transaction.atomic():
        drafts.write(setup.draft, user, steps=kept)
        audit.record(user, "setup.step-undone", setup.draft, step=step.id)


def _save(
    setup: Setup,
    step: Step,
    typed: Mapping[str, str],
    user: User,
    judged: Judged,
    done: bool,
) -> None:
    draft, signs_in = setup.draft, signer.of(setup)
    steps = grounds.noted(setup, draft.steps)
    consent.remember(setup)
    changes = SAVERS[step.saver](setup, step, typed, user, judged)
    steps.pop(step.id, None)
    if done:
        steps[step.id] = drafts.stamp(user, timezone.now())
    for gone in changes.pop("undone", ()):
        steps.pop(gone, None)
    old_password = draft.password_id
    drafts.write(draft, user, steps=steps, **changes)
    _follow(Setup.load(draft.pk), step, signs_in)
    draft.refresh_from_db()
    if draft.password_id != old_password:
        drafts.forget_password(old_password)
    consent.ensure(draft, user)
    if user is not None:
        drafts.visit(draft, user, step.id)
    audit.record(user, "setup.step-saved", draft, step=step.id, done=done)


def _follow(now: Setup, step: Step, signs_in: tuple[str, ...] | None) -> None:
    """What follows from what was just written: grounds of the step, a sign-in dropped.

    signs_in: whose credential the draft held before (signer.of).
    """
    draft = now.draft
    steps = grounds.noted(now, draft.steps)
    changes: Changes = {}
    # The step of the password says itself whether it is another person's.
    if step.saver is not Saver.PASSWORD and signer.of(now) != signs_in:
        for client in (draft.pop_client, draft.smtp_client):
            if client is not None:
                sign_ins.end_open(client, timezone.now())
        if draft.password_id is not None:
            changes["password"] = None
            steps.pop("password", None)
    if steps != draft.steps or changes:
        mine = SetupDraft.objects.filter(pk=draft.pk, version=draft.version)
        if not mine.update(steps=steps, **changes):
            raise StaleEdit(draft.version, draft.version + 1)


def _nothing(
    setup: Setup, step: Step, typed: Mapping[str, str], user: User, judged: Judged
) -> Changes:
    return {}


def _values(
    setup: Setup, step: Step, typed: Mapping[str, str], user: User, judged: Judged
) -> Changes:
    """Own options, as they were cleaned."""
    if not step.fields:
        return {}
    values = {kind: dict(setup.typed(kind)) for kind in setup.draft.values}
    for kind, cleaned in judged.values.items():
        values.setdefault(kind, {}).update(cleaned)
    return {"values": values}


def _password(
    setup: Setup, step: Step, typed: Mapping[str, str], user: User, judged: Judged
) -> Changes:
    """Own options, and the password sealed at once."""
    changes = _values(setup, step, typed, user, judged)
    if judged.secrets:
        text = judged.secrets["password"]
        sealed = secrets.seal(text, SecretValue.Purpose.PASSWORD, user)
        changes["password"] = sealed
    return changes


def _draft(
    setup: Setup, step: Step, typed: Mapping[str, str], user: User, judged: Judged
) -> Changes:
    """Columns of the draft."""
    if step.id != "mailbox":
        return dict(judged.values.get("", {}))
    draft = setup.draft
    draft.address = tidy(typed["address"])
    draft.direction = typed["direction"]
    draft.account = tidy(typed.get("account", draft.account))
    drafts.adopt(draft)
    changes: Changes = {
        "address": draft.address,
        "direction": draft.direction,
        "account": draft.account,
    }
    changes["pop_client"], changes["pop_revision"] = (
        draft.pop_client,
        draft.pop_revision,
    )
    changes["smtp_client"] = draft.smtp_client
    changes["smtp_revision"] = draft.smtp_revision
    return changes


def _mode(
    setup: Setup, step: Step, typed: Mapping[str, str], user: User, judged: Judged
) -> Changes:
    """Another way of connecting: what was done for the one before is to do again."""
    if typed["mode"] == setup.draft.mode:
        return {}
    by_hand = (one.id for one in STEPS_BY_ID.values() if one.by_hand)
    again = [name for name in by_hand if name != "certificate"] + [
        "network",
        "password",
        "google-client",
    ]
    kept = {
        kind: {
            option: value
            for option, value in setup.typed(kind).items()
            if option in KEPT_BETWEEN_MODES
        }
        for kind in setup.draft.values
    }
    return {"mode": typed["mode"], "values": kept, "undone": again}


KEPT_BETWEEN_MODES = frozenset(
    {
        "enable-client",  # where somebody switched the section on meanwhile
        "proxy",
        "folder-path",
        "first-fetch",
        "first-fetch-days",
        "after-fetch",
        "after-fetch-folder",
    }
)


def _register(
    setup: Setup, step: Step, typed: Mapping[str, str], user: User, judged: Judged
) -> Changes:
    """Choose an app registration that is there, or none: then it is entered next."""
    chosen = typed.get("registration", "")
    before = setup.draft.registration_id
    if chosen == "":
        if before is None or setup.draft.registration_made:
            return {}
        return _of_registration(None, made=False)
    row = None
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        row = AppRegistration.objects.filter(pk=int(chosen)).first()
    if row is None or row.google:
        message = _("Choose an app registration of Microsoft that is set up here.")
        raise OptionError([Problem("registration", "W07-registration", message)])
    if row.pk == before:
        return {}
    return _of_registration(row, made=False)


def _of_registration(row: AppRegistration | None, *, made: bool) -> Changes:
    return {
        "registration": row,
        "registration_made": made,
        "principal_id": "",
        "undone": OF_APPLICATION,
    }


def _ids(
    setup: Setup, step: Step, typed: Mapping[str, str], user: User, judged: Judged
) -> Changes:
    """Make the app registration, or change the one that was made here."""
    row = setup.registration
    if row is not None and not setup.draft.registration_made:
        return {}  # it belongs to other sections too: changed on its own page
    before = (row.client_id, row.directory_id) if row else None
    given = of_registration(setup, typed) | {"secret": ""}
    grant = setup.mode.grant if setup.mode else None
    saved = registrations.save(registration=row, user=user, grant=grant, **given)
    judged.notices = [one for one in judged.notices if one]
    made = saved.registration
    if before == (made.client_id, made.directory_id):
        return {}
    if before is not None:
        return _of_registration(made, made=True)
    return {"registration": made, "registration_made": True}


def _secret(
    setup: Setup, step: Step, typed: Mapping[str, str], user: User, judged: Judged
) -> Changes:
    """A new client secret, or another last day of the one there is."""
    row = setup.registration
    assert row is not None  # steps: needs ids
    given: Changes = {**of_registration(setup, typed)}
    registrations.save(registration=row, user=user, **given)
    return {}


Save = Callable[[Setup, Step, Mapping[str, str], User, Judged], Changes]
SAVERS: dict[Saver, Save] = {
    Saver.VALUES: _values,
    Saver.DRAFT: _draft,
    Saver.MODE: _mode,
    Saver.REGISTER: _register,
    Saver.IDS: _ids,
    Saver.SECRET: _secret,
    Saver.PASSWORD: _password,
    Saver.NOTHING: _nothing,
}
