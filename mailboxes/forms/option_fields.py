"""Form fields made from option declarations; they pass on what was typed, unjudged.

Types, bounds and rules are asked of services/option_rules by the form (option_sets),
so that a mistake has the same words in form, admin, command and import.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..core.options import Group, Kind, Option, format_value
from ..models import Proxy
from ..services.option_rules import in_form_order

WIDE = (Kind.TEXT, Kind.HOST)
SHORT = 12


class RawField(forms.Field):
    """Hands on the text as typed; never judges it. required: for its label only."""

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        super().__init__(required=required, **kwargs)

    def clean(self, value: Any) -> Any:
        return value


class OptionField(RawField):
    """The field of one option. What templates/components/field.html reads is set here.

    marks, stored: set by the form for one option set; reset_name: name of the button
    that puts the default back, "" for no button.
    """

    def __init__(self, option: Option, **kwargs: Any) -> None:
        super().__init__(
            label=option.label, help_text=option.help, widget=_widget(option), **kwargs
        )
        self.option = option
        self.option_name = option.name
        self.marks: list[dict[str, str]] = []
        self.stored = ""
        self.reset_name = ""


def option_fields(options: dict[str, Option]) -> dict[str, OptionField]:
    """Fields by the model's field name, in the order of the form."""
    names = {option.name: field for field, option in options.items()}
    ordered = in_form_order({o.name: o for o in options.values()})
    return {names[option.name]: OptionField(option) for option in ordered}


def grouped(options: dict[str, Option]) -> list[tuple[Group, list[str]]]:
    """Groups of the form with the names of their fields; groups without any left out.

    Fields with the same condition stand together, after those without one.
    """
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


def proxy_choices() -> list[tuple[str, Any]]:
    """Choices of the option `proxy`, as they are now."""
    names = [(str(proxy.pk), proxy.name) for proxy in Proxy.objects.order_by("name")]
    return [("", _("None: direct")), *names]


def _widget(option: Option) -> forms.Widget:
    match option.kind:
        case Kind.CHOICE:
            return forms.Select(choices=option.choices)
        case Kind.REFERENCE:
            return forms.Select(choices=[("", _("None: direct"))])
        case Kind.BOOLEAN:
            return forms.CheckboxInput()
        case Kind.SECRET:
            return forms.PasswordInput(
                render_value=False, attrs={"autocomplete": "new-password"}
            )
    attrs: dict[str, Any] = {"autocomplete": "off", "spellcheck": "false"}
    if option.kind in WIDE:
        attrs["maxlength"] = 1000  # the rules say what is too long
    else:
        attrs |= {"size": SHORT}
    if option.kind in (Kind.INTEGER, Kind.SIZE):
        attrs["inputmode"] = "numeric"
    return forms.TextInput(attrs=attrs)
