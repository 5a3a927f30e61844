"""The forms of the wizard: one for each step, built from its fields.

What is asked stands in services/wizard/fields and steps, rules in judging, writing in
saving. Controls are those of the option-set form.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext, gettext_lazy as _

from ..core.errors import OptionError, Problem
from ..core.options import Option
from ..models import AppRegistration, PopClient, SetupDraft, SmtpClient
from ..models.option_shared import AUTHORITIES
from ..services.wizard import drafts, saving
from ..services.wizard.fields import FIELDS, Field
from ..services.wizard.judging import Judged
from ..services.wizard.modes import offered
from ..services.wizard.setup import Setup
from ..services.wizard.steps import Step
from .option_choices import choices_of, rows_to_name
from .option_fields import OfferedInput, OptionField, RawField
from .option_marks import mark, stored_words
from .registrations import DayInput
from .shared import SECRET, TEXT

DIRECTIONS = (
    (SetupDraft.Direction.BOTH, _("Receive and send")),
    (SetupDraft.Direction.RECEIVE, _("Receive only")),
    (SetupDraft.Direction.SEND, _("Send only")),
)
NONE_YET = _("None of these: I enter its ids in the next step")


class WizardForm(forms.Form):
    """What the form of a step and that of a new draft share."""

    use_required_attribute = False  # mistakes are named by the server

    def typed(self) -> dict[str, str]:
        """What was sent, by field name; what was not sent is left out."""
        found = {}
        for name in self.fields:
            key = self.add_prefix(name)
            if key in self.data:
                found[name] = str(self.data[key])
        return found

    def add_problems(self, problems: list[Problem]) -> None:
        for problem in problems:
            at = problem.option if problem.option in self.fields else None
            self.add_error(at, problem.message)


def _address() -> RawField:
    field = FIELDS["address"]
    return RawField(
        label=field.label,
        help_text=field.help,
        required=True,
        widget=forms.TextInput(attrs=TEXT | {"inputmode": "email"}),
    )


def _account() -> RawField:
    field = FIELDS["account"]
    return RawField(
        label=field.label,
        help_text=field.help,
        widget=forms.TextInput(attrs=TEXT | {"inputmode": "email"}),
    )


def _direction() -> RawField:
    return RawField(
        label=FIELDS["direction"].label,
        required=True,
        widget=forms.RadioSelect(choices=DIRECTIONS),
    )


class NewDraftForm(WizardForm):
    """The first step of a draft that does not exist yet."""

    address = _address()
    direction = _direction()
    account = _account()

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        initial = {"direction": SetupDraft.Direction.BOTH} | kwargs.pop("initial", {})
        super().__init__(data, initial=initial, **kwargs)

    def save_with(self, user: Any) -> SetupDraft | None:
        """Begin the draft; None when it was refused, its problems are added."""
        self.full_clean()
        try:
            return drafts.begin(self.typed(), user)
        except OptionError as error:
            self.add_problems(error.problems)
            return None


class StepForm(WizardForm):
    """One step of a draft."""

    seen = RawField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, setup: Setup, step: Step) -> None:
        self.setup, self.step = setup, step
        initial: dict[str, Any] = {"seen": saving.fingerprint(setup, step)}
        for field in step.asked(setup):
            initial[field.name] = _initial(setup, field)
        super().__init__(data, initial=initial)
        for field in step.asked(setup):
            self.fields[field.name] = _field(setup, field)

    def asked(self) -> list[BoundField]:
        """Its fields as they are drawn."""
        return self.visible_fields()

    def save_with(self, user: Any, *, done: bool) -> Judged | None:
        """Save the step; None when it was refused, its problems are added.

        Raises StaleEdit.
        """
        self.full_clean()
        try:
            return saving.save(
                self.setup.draft.pk,
                self.step,
                self.typed(),
                user,
                seen_then=self.typed().get("seen", ""),
                done=done,
            )
        except OptionError as error:
            self.add_problems(error.problems)
            return None

    def say_what_is_saved(self) -> None:
        """Somebody else has saved this step: each field that differs says so.

        The next save is over that, because this form has seen it then.
        """
        self.data = self.data.copy()
        self.data[self.add_prefix("seen")] = self.initial["seen"]
        self.full_clean()
        typed = self.typed()
        for name, field in self.fields.items():
            saved = str(self.initial.get(name) or "")
            if name != "seen" and typed.get(name, saved) != saved:
                known = dict(getattr(field, "choices", ()))
                told = known.get(saved, saved) or gettext("empty")
                word = gettext("Saved meanwhile: %s") % told
                field.marks = [mark(word, "pending", "users")]  # type: ignore
        self.add_error(
            None,
            _(
                "This step was saved since you opened it, by somebody else or in"
                " another window. What is saved now stands at each field; save again to"
                " replace it."
            ),
        )


def _initial(setup: Setup, field: Field) -> object:
    """What a field begins with: as saved, else a proposal."""
    value = setup.value(field.name)
    if field.name == "proxy" and "network" not in setup.draft.steps and not value:
        return usual_proxy()
    if field.name == "mode" and not value:
        modes = offered(setup.kinds)
        return next((one.name for one in modes if one.advised), "")
    return value.isoformat() if isinstance(value, date) else value


def usual_proxy() -> object:
    """The proxy that every section goes through, "" where they differ."""
    found = set()
    for model in (PopClient, SmtpClient):
        rows = model.objects.filter(archived_at=None)
        found |= set(rows.order_by().values_list("proxy_id", flat=True).distinct())
    return next(iter(found)) or "" if len(found) == 1 else ""


def _field(setup: Setup, field: Field) -> RawField:
    option = field.option(setup.kinds)
    if option is not None:
        return _of_option(setup, field, option)
    made = RawField(label=field.label, help_text=field.help, required=field.required)
    made.widget = _widget(setup, field)
    made.widget.is_required = False
    if field.name == "secret" and setup.registration is not None:
        made.stored = stored_words(setup.registration.secret)  # type: ignore
        made.required = not setup.registration.secret_id
    return made


def _widget(setup: Setup, field: Field) -> forms.Widget:
    match field.name:
        case "address" | "account":
            return forms.TextInput(attrs=TEXT | {"inputmode": "email"})
        case "direction":
            return forms.RadioSelect(choices=DIRECTIONS)
        case "mode":
            names = [(one.name, one.label) for one in offered(setup.kinds)]
            return forms.RadioSelect(choices=names)
        case "registration":
            return forms.Select(choices=[("", NONE_YET), *_registrations()])
        case "tenant_authority":
            microsoft = [pair for pair in AUTHORITIES if "google" not in pair[0]]
            return OfferedInput(microsoft, TEXT)
        case "secret":
            return forms.PasswordInput(attrs=SECRET)
        case "secret_ends_on":
            return DayInput()
    return forms.TextInput(attrs=TEXT)


def _registrations() -> list[tuple[str, str]]:
    rows = AppRegistration.objects.exclude(tenant_authority__icontains="google")
    return [(str(row.pk), f"{row.name} ({row.directory_id})") for row in rows]


def _of_option(setup: Setup, field: Field, option: Option) -> RawField:
    """A field with the control, words and choices of an option."""
    values = setup.own(next(kind for kind in setup.kinds if kind in field.options))
    widget = OptionField(option).widget
    if option.target:
        widget.choices = rows_to_name(option.target)
    elif hasattr(widget, "choices"):
        widget.choices = choices_of(option)
    grant = setup.mode.grant if setup.mode else None
    by_grant = field.help_with.get(grant) if grant else None
    named_anew = option.label_for(values) != option.label  # by what else was chosen
    made = RawField(
        label=field.label or option.label_for(values),
        help_text=by_grant or ("" if named_anew else field.help),
        required=field.required or option.has_default or option.target is not None,
        widget=widget,
    )
    made.help_text = made.help_text or option.help_for(values)
    type_ = str(values.get("type") or values.get("server-type") or "")
    made.option_name = option.written_name(type_)  # type: ignore[attr-defined]
    if option.secret:
        made.stored = stored_words(setup.draft.password)  # type: ignore
        made.required = setup.draft.password_id is None
    return made
