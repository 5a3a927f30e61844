"""What the forms of both kinds of option set share (option_sets has the two).

Built from the declarations (option_fields); rules come from services/option_rules and
services/mailbox_fields, saving is services/revisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ..core.errors import OptionError, Problem
from ..core.options import Group, Kind, Option
from ..models import PopClient, SecretValue, SmtpClient
from ..services import changes, revisions, snapshots
from ..services.option_rules import Cleaned, clean, defaults
from ..templatetags.words import EFFECT_SHORT
from .option_fields import (
    OptionField,
    grouped,
    initial_text,
    proxy_choices,
)
from .templates import Template

Client = PopClient | SmtpClient
RESET = "reset"  # name of the buttons that put a default back


@dataclass(frozen=True)
class Block:
    """Fields of a group under one condition. quiet: it is not met now."""

    condition: str
    quiet: bool
    fields: list[BoundField]


class OptionSetForm(forms.Form):
    """What both kinds share; PopClientForm and SmtpClientForm are to be used.

    client: the option set that is edited, None for a new one. Its values are those of
    the newest revision. template: starting point of a new one.
    """

    model: type[Client]
    beside: tuple[str, ...] = ()
    use_required_attribute = False  # mistakes are named by the server

    base_revision = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0
    )

    def __init__(
        self,
        data: Any = None,
        *,
        client: Client | None = None,
        template: Template | None = None,
        **kwargs: Any,
    ) -> None:
        self.client = client
        self.saved = snapshots.take(client).own if client else None
        self.start = defaults(self.model.kind) | dict(
            template.values if template else {}
        )
        self.cleaned: Cleaned | None = None
        initial = self._initial() | kwargs.pop("initial", {})
        super().__init__(data, initial=initial, **kwargs)
        self._dress()

    # --- what is shown ---------------------------------------------------------

    def _initial(self) -> dict[str, Any]:
        values = self.saved or self.start
        shown = {
            name: initial_text(option, values[option.name])
            for name, option in self.model.options().items()
        }
        return shown | {"base_revision": self.client.revision if self.client else 0}

    def _dress(self) -> None:
        """Marks, stored secrets, proxies and reset buttons of this one option set."""
        self.fields["proxy"].widget.choices = proxy_choices()
        current = changes.in_effect(self.client) if self.client else None
        waiting = revisions.pending(self.client) if self.client and current else []
        pending = {change.option: change for change in waiting}
        values = self._values_shown()
        for name, field in self._option_fields():
            option = field.option
            field.marks, field.stored, field.reset_name = [], "", ""
            field.option_name = option.written_name(str(values[self.model.type_option]))
            if self.is_bound and name in self.changed_data and self.client:
                field.marks.append(_mark(gettext("Changed here"), "running", "pencil"))
            if option.name in pending:
                word = gettext("Pending: %s") % EFFECT_SHORT[option.effect]
                field.marks.append(_mark(word, "pending", "clock"))
            if not option.applies(values):
                word = gettext("No effect now")
                field.marks.append(_mark(word, "idle", "circle-minus"))
            if option.secret:
                field.stored = self._stored(option)
            elif option.has_default and values[option.name] != option.default:
                field.reset_name = RESET

    def _values_shown(self) -> dict[str, object]:
        """Complete values, those that were typed where the form is bound."""
        if self.is_bound:
            return clean(self.model.kind, self._raw(), base=self.saved).values
        return self.saved or self.start

    def _stored(self, option: Option) -> str:
        secret = SecretValue.objects.filter(
            pk=(self.saved or {}).get(option.name)
        ).first()
        if secret is None:
            return ""
        when = f"{secret.created_at:%-d %b %Y}"
        if secret.created_by is None:
            return gettext("set %s; leave empty to keep it") % when
        return gettext("set %(when)s by %(who)s; leave empty to keep it") % {
            "when": when,
            "who": secret.created_by.get_username(),
        }

    def _option_fields(self) -> Iterator[tuple[str, OptionField]]:
        for name, field in self.fields.items():
            if isinstance(field, OptionField):
                yield name, field

    def beside_fields(self) -> list[BoundField]:
        """The fields beside the options: address, name, section."""
        return [self[name] for name in self.beside]

    def groups(self) -> list[tuple[Group, list[Block]]]:
        """The form by its questions, and in each by condition."""
        values = self._values_shown()
        found = []
        for group, names in grouped(self.model.options()):
            blocks: dict[str, Block] = {}
            for name in names:
                option = self.fields[name].option
                sentence = option.condition.sentence
                block = blocks.setdefault(
                    sentence, Block(sentence, not option.applies(values), [])
                )
                block.fields.append(self[name])
            found.append((group, list(blocks.values())))
        return found

    def changed_words(self) -> str:
        """ "3 changes", for the save button; "" for none or a new option set."""
        count = len([n for n in self.changed_data if n != "base_revision"])
        if not self.is_bound or not self.client or not count:
            return ""
        return ngettext("%d change", "%d changes", count) % count

    # --- what was typed --------------------------------------------------------

    def _raw(self) -> dict[str, object]:
        """Values by option name as typed; what was not sent is left out."""
        raw: dict[str, object] = {}
        for name, field in self._option_fields():
            key = self.add_prefix(name)
            sent = key in self.data or field.option.kind is Kind.BOOLEAN
            if sent:
                value = field.widget.value_from_datadict(self.data, self.files, key)
                if value is not None:
                    raw[field.option.name] = value
        return raw

    def text(self, name: str) -> str:
        """What was typed beside the options; what was not sent stays."""
        value = self.data.get(self.add_prefix(name), self.initial.get(name, ""))
        return str(value or "")

    def clean(self) -> dict[str, Any]:
        """Ask the rules; every problem stands at its field."""
        if self.client and self.is_stale():
            raise forms.ValidationError(
                _(
                    "Somebody else has saved these options since you opened them."
                    " Open them again."
                )
            )
        self.cleaned = clean(self.model.kind, self._raw(), base=self.saved)
        self.add_problems(self.problems_beside() + self.cleaned.problems)
        return self.cleaned_data

    def is_stale(self) -> bool:
        """Another revision is the newest than the one that was opened."""
        return self.client is not None and self.base() != self.client.revision

    def base(self) -> int:
        text = self.text("base_revision")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1

    def problems_beside(self) -> list[Problem]:
        raise NotImplementedError

    def add_problems(self, problems: list[Problem]) -> None:
        names = self.model.fields_by_option()
        for problem in problems:
            field = names.get(problem.option, problem.option)
            self.add_error(field if field in self.fields else None, problem.message)

    def save_with(self, user: Any, note: str = "") -> revisions.SaveResult | None:
        """Save through the service; None when it refused, its problems are added then.

        Raises StaleEdit.
        """
        try:
            return self._save(user, note)
        except OptionError as error:
            self.add_problems(error.problems)
            return None

    def _save(self, user: Any, note: str) -> revisions.SaveResult:
        raise NotImplementedError


def _mark(word: str, tone: str, symbol: str) -> dict[str, str]:
    return {"word": word, "tone": tone, "symbol": symbol}
