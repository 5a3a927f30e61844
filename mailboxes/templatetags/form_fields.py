"""Tags of form fields: the field itself, and the summary of mistakes.

They are loaded with `ui`. Signatures with examples: templates/components/README.md.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from mailboxes.core.options import Option, format_value

register = template.Library()

# What the form sets on its fields (forms/option_fields), "" where it does not.
FROM_FIELD = (
    *("inherited", "stored", "correction", "redraw", "tested"),
    *("needs", "labels"),
)


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField,
    option: Option | None = None,
    marks: tuple[dict[str, str], ...] | None = None,
    reset_name: str = "",
    alone: bool = False,
) -> dict[str, Any]:
    """One form field: label, option name, help, error, control, marks, meta line.

    option: default `bound.field.option` where the form sets it. marks: list of dicts
    word, tone, symbol; default `bound.field.marks`. alone: the condition of the option
    stands in its meta line, not at a group. Hidden fields come out bare.
    """
    declared = option or getattr(bound.field, "option", None)
    shown = {
        "bound": bound,
        "option": declared,
        "option_name": getattr(bound.field, "option_name", "")
        or (declared.name if declared else ""),
        "default": format_value(declared, declared.default) if declared else "",
        "marks": getattr(bound.field, "marks", ()) if marks is None else marks,
        "condition": declared.condition.sentence if declared and alone else "",
        "reset_name": reset_name or getattr(bound.field, "reset_name", ""),
        "checkbox": getattr(bound.field.widget, "input_type", "") == "checkbox"
        and not bound.use_fieldset,
    }
    for name in (
        "inherited",
        "stored",
        "correction",
        "redraw",
        "tested",
        "needs",
        "labels",
    ):
        shown[name] = getattr(bound.field, name, "")
    return shown | {"control": _control(bound, shown), "was": _was(bound)}


def _was(bound: BoundField) -> str | None:
    """What is saved, where something else was typed; for the page's script."""
    form = bound.form
    known = form.is_bound and getattr(form, "client", None) is not None
    if not known or bound.name not in form.changed_data:
        return None
    saved = bound.initial
    return str(saved).lower() if isinstance(saved, bool) else str(saved or "")


def _control(bound: BoundField, shown: dict[str, Any]) -> SafeString:
    """The control; a screen reader says option name, default, help, then the rest."""
    if bound.is_hidden or bound.use_fieldset or not bound.auto_id:
        return bound.as_widget()
    told = {
        "option": shown["option_name"],
        "default": shown["option"],
        "helptext": bound.help_text,
        "error": bound.errors,
        "marks": shown["option"] or shown["marks"],  # the script adds some
    }
    ids = [f"{bound.auto_id}_{name}" for name, there in told.items() if there]
    return bound.as_widget(attrs={"aria-describedby": " ".join(ids)} if ids else None)


def error_links(form: Any) -> list[dict[str, str]]:
    """One entry per message of a bound form: the words and the id to jump to."""
    links = [{"target": "", "text": str(text)} for text in form.non_field_errors()]
    for bound in form:
        target = bound.id_for_label or bound.auto_id
        if bound.use_fieldset:
            target = f"{bound.auto_id}_0"
        # Django's own sentence names no field: in a list of links it would say nothing.
        links += [
            {
                "target": target,
                "text": f"{bound.label}: {text}"
                if str(text) == _("This field is required.")
                else str(text),
            }
            for text in bound.errors
        ]
    return links


@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms: Any) -> dict[str, Any]:
    """Summary of the mistakes of bound forms, with a link per message; takes focus."""
    return {
        "links": [
            link
            for form in forms
            if form is not None and getattr(form, "is_bound", False) and form.errors
            for link in error_links(form)
        ]
    }
