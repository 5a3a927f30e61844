"""What the rules say of one step: those of the options, restricted to what it asks.

Words and rules are those of the option-set form and of the app registrations; here is
only which field of the wizard each belongs to. Writing: saving.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from ...core.errors import Problem
from ...models import Mailbox, SetupDraft
from .. import option_rules, registrations
from ..mailbox_fields import mailbox_problems, tidy_fields
from ..option_rules import Cleaned
from ..option_rules.rule import GUID, NIL_GUID
from ..option_rules.sign_in import ADDRESS
from ..options.values import tidy
from .fields import FIELDS, OF_REGISTRATION
from .modes import BY_NAME, POP, SMTP
from .setup import KINDS, Setup
from .steps import Saver, Step

LONGEST_ACCOUNT = 254  # characters, as of the draft's column


@dataclass
class Judged:
    """What there is to say of a step; `option` of a problem is a field of the wizard.

    values: of own options, by kind of section and option name, cleaned.
    secrets: plain text of new ones by field, never stored as such.
    """

    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def judge(setup: Setup, step: Step, typed: Mapping[str, str]) -> Judged:
    """Judge what was typed, by field name; what is absent stays as it is."""
    match step.saver:
        case Saver.DRAFT if step.id == "mailbox":
            return _mailbox(typed, setup.draft)
        case Saver.DRAFT:
            return _principal(setup, typed)
        case Saver.MODE:
            return _mode(setup, typed)
        case Saver.IDS | Saver.SECRET:
            return _registration(setup, step, typed)
        case Saver.NOTHING | Saver.REGISTER:
            return Judged()
    return _options(setup, step, typed)


def new_draft(typed: Mapping[str, str]) -> Judged:
    """Judge the first step of a draft that does not exist yet."""
    return _mailbox(typed, None)


def _mailbox(typed: Mapping[str, str], draft: SetupDraft | None) -> Judged:
    judged = Judged()
    address = tidy(typed.get("address", ""))
    kinds = KINDS.get(typed.get("direction", ""), ())  # type: ignore[call-overload]
    if not kinds:
        message = _("Choose what the mailbox is for.")
        judged.problems.append(Problem("direction", "W01-direction", message))
    fields = tidy_fields(address, "", "", None)
    mine = draft.pop_client if draft is not None else None
    taken = None if POP in kinds and not adoptable(address) else False
    judged.problems[:0] = mailbox_problems(fields, mine, taken=taken)
    if not judged.problems:
        judged.problems += _busy(address, kinds, draft)
    judged.problems += _account(tidy(typed.get("account", "")), address)
    return judged


def _account(account: str, address: str) -> list[Problem]:
    """Who signs in for a shared mailbox: a user principal name, and not its own."""
    message = ""
    if account and not ADDRESS.fullmatch(account):
        message = _("Enter the user principal name, such as anna@contoso.com.")
    elif len(account) > LONGEST_ACCOUNT:
        message = _("Enter at most %d characters.") % LONGEST_ACCOUNT
    elif account and account.lower() == address.lower():
        message = _(
            "This is the mailbox itself. Enter the account that opens it, or nothing."
        )
    return [Problem("account", "W08-account", message)] if message else []


def adoptable(address: str) -> Mailbox | None:
    """The mailbox of a draft that was discarded: it may be connected anew.

    In the archive, made by the wizard, and nothing was ever fetched from it.
    """
    return Mailbox.objects.filter(
        address__iexact=address,
        archived_at__isnull=False,
        pop_client__drafts__state=SetupDraft.State.DISCARDED,
        pop_client__fetcher__messages=0,
        pop_client__fetcher__last_try_at=None,
    ).first()


def _busy(
    address: str, kinds: tuple[str, ...], draft: SetupDraft | None
) -> list[Problem]:
    others = SetupDraft.objects.filter(
        address__iexact=address, state=SetupDraft.State.OPEN
    ).exclude(pk=draft.pk if draft else 0)
    other = others.select_related("owner").first()
    if other is not None:
        who = other.owner.get_username() if other.owner else _("somebody")
        message = _(
            "There is a draft for %(address)s already, by %(who)s. Go on with that one,"
            " or discard it first."
        ) % {"address": address, "who": who}
        return [Problem("address", "W02-draft", message)]
    row = Mailbox.objects.filter(address__iexact=address, archived_at=None).first()
    sends = row is not None and row.smtp_client is not None
    mine = draft is not None and row is not None
    mine = mine and row.smtp_client_id == draft.smtp_client_id  # type: ignore[union-attr]
    if SMTP in kinds and sends and not mine:
        message = _("This mailbox sends through %s already. Choose Receive only.") % (
            row.smtp_client  # type: ignore[union-attr]
        )
        return [Problem("direction", "W03-sends", message)]
    return []


def _mode(setup: Setup, typed: Mapping[str, str]) -> Judged:
    if typed.get("mode", "") in BY_NAME:
        return Judged()
    message = _("Choose how the mailbox is connected.")
    return Judged(problems=[Problem("mode", "W04-mode", message)])


def _principal(setup: Setup, typed: Mapping[str, str]) -> Judged:
    """The Object ID of the enterprise application: not one of the other ids."""
    text = tidy(typed.get("principal_id", setup.draft.principal_id)).strip("{}").lower()
    row = setup.registration
    message = ""
    if text and (not GUID.fullmatch(text) or text == NIL_GUID):
        message = _("Enter a GUID such as 11111111-2222-3333-4444-555555555555.")
    elif row is not None and text and text == row.client_id:
        message = _(
            "This is the Application (client) ID. Copy the Object ID from the page of"
            " the enterprise application."
        )
    elif row is not None and text and text == row.directory_id:
        message = _(
            "This is the Directory (tenant) ID. Copy the Object ID from the page of the"
            " enterprise application."
        )
    problems = [Problem("principal_id", "W05-object-id", message)] if message else []
    return Judged(values={"": {"principal_id": text}}, problems=problems)


def of_registration(setup: Setup, typed: Mapping[str, str]) -> dict[str, str]:
    """All fields of the app registration: as typed, else as they are."""
    given = {
        name: str(typed.get(name, setup.value(name) or "")) for name in OF_REGISTRATION
    }
    return given


def _registration(setup: Setup, step: Step, typed: Mapping[str, str]) -> Judged:
    cleaned = registrations.clean(
        registration=setup.registration,
        grant=setup.mode.grant if setup.mode else None,
        **of_registration(setup, typed),
    )
    judged = Judged(
        problems=[p for p in cleaned.problems if p.option in step.fields],
        warnings=[p for p in cleaned.warnings if p.option in step.fields],
        notices=list(cleaned.notices),
    )
    if step.saver is Saver.SECRET and not typed.get("secret"):
        known = setup.registration is not None and setup.registration.secret_id
        if not known:
            message = _("Enter the Value of the client secret.")
            judged.problems.append(Problem("secret", "W06-secret", message))
    return judged


def _options(setup: Setup, step: Step, typed: Mapping[str, str]) -> Judged:
    """Own options: judged on each section that has them, said once at the field."""
    judged = Judged()
    for kind in setup.kinds:
        raw = {
            one.options[kind]: typed[one.name]
            for one in step.asked(setup)
            if kind in one.options and one.name in typed
        }
        given = dict(raw)
        if kind == SMTP and raw.get("mailbox") == "" and _signs_in(setup, typed):
            given["mailbox"] = setup.draft.address  # as an empty one of a pop-client
        cleaned = option_rules.clean(
            kind,
            given,
            base=setup.own(kind),
            lookup=setup.lookup,
            address=setup.draft.address if kind == POP else "",
        )
        names = {FIELDS[name].options.get(kind): name for name in step.fields}
        _take(judged, kind, cleaned, raw, names)
    return judged


def _signs_in(setup: Setup, typed: Mapping[str, str]) -> bool:
    """The smtp-client needs a log-in name."""
    token = setup.mode is not None and setup.mode.uses_token
    return token or bool(typed.get("password") or setup.draft.password_id)


def _take(
    judged: Judged,
    kind: str,
    cleaned: Cleaned,
    raw: Mapping[str, str],
    names: Mapping[str | None, str],
) -> None:
    judged.values[kind] = {
        # Empty stays empty, so that it follows the address.
        option: cleaned.values[option] if raw[option] or option != "mailbox" else ""
        for option in raw
        if option != "password"
    }
    if "password" in cleaned.secrets:
        judged.secrets["password"] = cleaned.secrets["password"]
    for found, kept in (
        (cleaned.problems, judged.problems),
        (cleaned.warnings, judged.warnings),
    ):
        for problem in found:
            name = names.get(problem.option)
            if name and all(one.option != name for one in kept):
                kept.append(replace(problem, option=name))
    judged.notices += [one for one in cleaned.notices if one not in judged.notices]
