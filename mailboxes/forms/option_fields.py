"""Form fields made from option declarations; they pass on what was typed, unjudged.

Types, bounds and rules are asked of services/option_rules by the form (option_sets),
so that a mistake has the same words in form, admin, command and import. Words of
choices: option_choices. Options that this console does not know: extra_options.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms

from ..core.options import Group, Kind, Option, format_value
from ..services.option_rules import in_form_order

WIDE = (Kind.TEXT, Kind.HOST)
SHORT = 12
# Hidden from people, and an autofill of a browser never reaches a shown field.
PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class OfferedInput(forms.TextInput):
    """A text field that offers values and takes any other (`<datalist>`)."""

    template_name = "components/offered.html"

    def __init__(self, offered: Any = (), attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.offered = list(offered)

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        listed = {"list": f"{(attrs or {}).get('id') or name}_offered"}
        context = super().get_context(name, value, (attrs or {}) | listed)
        return context | {"offered": self.offered}


class RawField(forms.Field):
    """Hands on the text as typed; never judges it. required: for its label only."""

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        super().__init__(required=required, **kwargs)

    def clean(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class Inherited:
    """What an option has from an app registration: its name and key, and the value.

    text: as a person reads it. value: as conditions compare it, "" for a secret.
    """

    name: str
    pk: int
    text: str
    value: str


class OptionField(RawField):
    """The field of one option. What templates/components/field.html reads is set here.

    Set by the form for one option set:
    marks: what is not normal. quiet: without effect now. stored: of a secret.
    reset_name: name of the button that puts the default back, "" for no button.
    inherited: from a registration. correction: the value that one click puts in.
    redraw: offers to show the form for what was chosen here. tested: finding and run of
        a connection test that failed here, set by the page. needs, labels: when it has
        any effect, and its words in each mode, for the page's script.
    """

    def __init__(self, option: Option, **kwargs: Any) -> None:
        super().__init__(
            label=option.label, help_text=option.help, widget=_widget(option), **kwargs
        )
        self.option = option
        self.option_name = option.name
        self.clear()

    def clear(self) -> None:
        """As for no option set in particular."""
        self.marks: list[dict[str, str]] = []
        self.quiet = False
        self.stored = ""
        self.reset_name = ""
        self.inherited: Inherited | None = None
        self.correction = ""
        self.redraw = False
        self.tested: Any = None
        self.needs = ""
        self.labels = ""


def option_fields(options: dict[str, Option]) -> dict[str, OptionField]:
    """Fields by the model's field name, in the order of the form."""
    names = {option.name: field for field, option in options.items()}
    ordered = in_form_order({o.name: o for o in options.values()})
    return {names[option.name]: OptionField(option) for option in ordered}


def grouped(options: dict[str, Option]) -> list[tuple[Group, list[str]]]:
    """Groups of the form with the names of their fields; empty ones are left out."""
    found = []
    for group in Group:
        names = [name for name, option in options.items() if option.group is group]
        if names:
            found.append((group, names))
    return found


def initial_text(option: Option, value: object) -> object:
    """A stored value as its control shows it; never a secret."""
    if option.secret:
        return ""
    if option.kind is Kind.BOOLEAN:
        return bool(value)
    return format_value(option, value)


def _widget(option: Option) -> forms.Widget:
    match option.kind:
        case Kind.CHOICE:
            return forms.Select(choices=option.choices)  # the form adds remarks
        case Kind.REFERENCE:
            return forms.Select()
        case Kind.BOOLEAN:
            return forms.CheckboxInput()
        case Kind.SECRET:
            return forms.PasswordInput(
                render_value=False, attrs={"autocomplete": "new-password"}
            )
    attrs: dict[str, Any] = dict(PLAIN)
    if option.kind in WIDE:
        attrs["maxlength"] = 1000  # the rules say what is too long
    else:
        attrs |= {"size": SHORT}
    if option.kind in (Kind.INTEGER, Kind.SIZE):
        attrs["inputmode"] = "numeric"
    if option.choices:
        return OfferedInput(option.choices, attrs)
    return forms.TextInput(attrs=attrs)
