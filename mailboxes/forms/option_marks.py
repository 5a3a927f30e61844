"""What the form of one option set says at each field: words by mode, marks, buttons.

A mark stands only where something is not normal (ux.md section 2.6). The form itself is
option_set, how a field is drawn templates/components/field.html.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from ..core.conditions import Needs, Test
from ..core.options import Group, Option, Target, format_value
from ..models import SecretValue
from ..models.clients import GRAPH_SCOPE, MICROSOFT_AUTHORITY, OUTLOOK_SCOPE
from ..services.options import pins
from ..templatetags.words import EFFECT_SHORT
from .option_choices import choices_of, rows_to_name
from .option_fields import Inherited, OptionField

if TYPE_CHECKING:
    from .option_set import OptionSetForm

RESET = "reset"
OWN = Test(Target.REGISTRATION.value, ("",))  # no registration gives the value


def dress(form: OptionSetForm) -> None:
    """Set everything that fields say of this one option set."""
    values = form.values_shown
    type_ = str(values[form.model.type_option])
    inherited = _inherited(form)
    pending = {state.option: state.effect for state in form.pending}
    changed = set(form.changed_data) if form.is_bound and form.client else set()
    wrong_scope = any(p.option == "scope" for p in form.looked.problems)
    for name, field in form.option_fields():
        option = field.option
        field.clear()
        field.label, field.help_text = option.label_for(values), option.help_for(values)
        field.option_name = option.written_name(type_)
        _offer(field)
        field.inherited = inherited.get(option.name)
        if name in changed:
            word = gettext("Changed here")
            field.marks.append(mark(word, "running", "pencil", "changed"))
        effect = pending.get(option.name)
        if effect is not None:
            word = gettext("Pending: %s") % EFFECT_SHORT[effect]
            field.marks.append(mark(word, "pending", "clock"))
        if option.used and not option.applies(values):
            field.quiet = True
            field.marks.append(quiet_mark())
        if option.secret:
            field.stored = "" if field.inherited else _stored(form, option)
        elif not field.inherited and option.has_default:
            differs = form.looked.values[option.name] != option.default
            field.reset_name = RESET if differs else ""
        field.redraw = option.target is Target.REGISTRATION
        field.needs, field.labels = needs_data(field), labels_data(field)
        if option.name == "scope" and wrong_scope:
            field.correction = needed_scope(values)


def mark(word: str, tone: str, symbol: str, key: str = "") -> dict[str, str]:
    """One mark. key: the name that the page's script knows it by."""
    return {"word": word, "tone": tone, "symbol": symbol, "key": key}


def quiet_mark() -> dict[str, str]:
    """The mark of an option that has no effect now."""
    return mark(gettext("No effect now"), "idle", "circle-minus", "quiet")


def needed_scope(values: Mapping[str, object]) -> str:
    """The one scope that goes with the type at Microsoft; "" where it does not matter.

    National clouds have scopes of their own, which nobody knows here.
    """
    authority = values.get("tenant-authority")
    if not pins.uses_token(values) or authority != MICROSOFT_AUTHORITY:
        return ""
    return GRAPH_SCOPE if pins.protocol(values) == "GRAPH" else OUTLOOK_SCOPE


def needs_data(field: OptionField) -> str:
    """When the field has any effect, for the page's script; "" for always.

    A value that a registration would give has none of its own while one is chosen.
    """
    option = field.option
    needs: Needs = option.condition.needs
    if option.name in pins.INHERITED and field.inherited is None:
        needs = (*needs, (OWN,))
    if not needs or option.group is Group.ADVANCED:
        return ""
    return _json(_data(needs))


def labels_data(field: OptionField) -> str:
    """What the field is called in each mode, for the page's script."""
    option = field.option
    if not option.labels:
        return ""
    words: list[Any] = [[_data(w.needs), w.label, w.help] for w in option.labels]
    return _json([*words, [[], option.label, option.help]])


def _data(needs: Needs) -> list[list[dict[str, object]]]:
    return [[test.as_data() for test in clause] for clause in needs]


def _json(data: object) -> str:
    return json.dumps(data, separators=(",", ":"))


def _offer(field: OptionField) -> None:
    """Choices as they are now."""
    if field.option.target:
        field.widget.choices = rows_to_name(field.option.target)
    elif hasattr(field.widget, "choices"):
        field.widget.choices = choices_of(field.option)


def _inherited(form: OptionSetForm) -> dict[str, Inherited]:
    """By option name, what the chosen registration gives."""
    look = form.looked
    registration = look.pinned.get(Target.REGISTRATION)
    key = look.values.get(Target.REGISTRATION.value)
    if not registration or not isinstance(key, int):
        return {}
    options = {option.name: option for option in form.model.options().values()}
    found = {}
    for name, value in pins.inherited(look.values, look.pinned).items():
        option = options[name]
        text = format_value(option, value)
        if option.secret:
            text = gettext("set") if value else ""
        shown = "" if option.secret else str(value or "")
        found[name] = Inherited(registration["name"], key, text, shown)
    return found


def _stored(form: OptionSetForm, option: Option) -> str:
    rows = SecretValue.objects.select_related("created_by")
    return stored_words(rows.filter(pk=(form.saved or {}).get(option.name)).first())


def stored_words(secret: SecretValue | None) -> str:
    """When a secret was set and by whom; "" for none."""
    if secret is None:
        return ""
    when = f"{secret.created_at:%-d %b %Y}"
    if secret.created_by is None:
        return gettext("set %s; leave empty to keep it") % when
    return gettext("set %(when)s by %(who)s; leave empty to keep it") % {
        "when": when,
        "who": secret.created_by.get_username(),
    }
