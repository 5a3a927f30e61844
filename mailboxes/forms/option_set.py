"""What the forms of both kinds of option set share (option_sets has the two).

Built from the declarations (option_fields); rules come from services/option_rules and
services/mailbox_fields, saving is services/revisions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.forms import BoundField
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _, ngettext

from ..core.errors import OptionError, Problem
from ..core.options import Group, Kind
from ..models import PopClient, SmtpClient
from ..services import revisions
from ..services.option_rules import Cleaned, clean, defaults
from ..services.options import snapshots
from ..services.revisions import comparison
from ..services.revisions.comparison import OptionState
from . import extra_options, option_marks
from .extra_options import ExtraOptions
from .option_blocks import Block, blocks_of
from .option_fields import OptionField, RawField, grouped, initial_text
from .templates import Template

Client = PopClient | SmtpClient
RESET = "reset"  # name of the buttons that put a default back
CORRECT = "correct"  # of those that put the right value in
REDRAW = "redraw"  # of those that show the form for what was chosen
EXTRA = "extra"
WAS = "beside_was"


class ExtraField(RawField):
    """All options that are not ours, as lines; the ends of lines do not count."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(initial or "").splitlines() != str(data or "").splitlines()


class ExtraArea(forms.Textarea):
    """Lines that come as one text, or each under a name of its own (stale edits)."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        texts = [data.get(name, "")]
        texts += [data[key] for key in data if key.startswith(f"{name}:")]
        return "\n".join(text for text in texts if text)


class OptionSetForm(forms.Form):
    """What both kinds share; PopClientForm and SmtpClientForm are to be used.

    client: the option set that is edited, None for a new one. Its values are those of
    the newest revision. template: starting point of a new one.
    """

    model: type[Client]
    beside: tuple[str, ...] = ()
    only_drawn = False  # by one of the buttons in it: shown again, never saved
    use_required_attribute = False  # mistakes are named by the server

    base_revision = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0
    )
    # What stands beside the options when the form is opened, as JSON: no revision
    # tells that somebody else has changed it.
    beside_was = RawField(widget=forms.HiddenInput)
    extra = ExtraField(
        label=_("Other options"),
        help_text=_(
            "mail.* properties and other options of the old server, one in a line:"
            " name = value. They are kept for export and have no effect here."
        ),
        widget=ExtraArea(attrs={"rows": 4, "class": "mono", "spellcheck": "false"}),
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
        self.newest = snapshots.take(client) if client else None
        self.saved = self.newest.own if self.newest else None
        self.saved_extra = self.newest.extra if self.newest else {}
        self.start = defaults(self.model.kind) | dict(
            template.values if template else {}
        )
        initial = self._initial(template)
        initial[WAS] = json.dumps({n: initial.get(n) or "" for n in self.beside})
        initial |= kwargs.pop("initial", {})
        super().__init__(data, initial=initial, **kwargs)
        self.dress()

    def dress(self) -> None:
        """Words, marks and choices of this one option set."""
        option_marks.dress(self)

    @classmethod
    def redrawn(cls, data: Any, changes: Mapping[str, object], **kwargs: Any) -> Any:
        """The form as it was typed, but for `changes`; nothing is judged yet.

        changes: by field name; a boolean for a check box.
        """
        typed = data.copy()
        for name, value in changes.items():
            if value is False:
                typed.pop(name, None)
            else:
                typed[name] = "on" if value is True else str(value)
        form = cls(typed, **kwargs)
        form._errors, form.only_drawn = ErrorDict(), True
        return form

    def is_valid(self) -> bool:
        return super().is_valid() and not self.only_drawn

    # --- what is shown ---------------------------------------------------------

    def _initial(self, template: Template | None) -> dict[str, Any]:
        values = self.saved or self.start
        shown = {
            name: initial_text(option, values[option.name])
            for name, option in self.model.options().items()
        }
        extra = self.saved_extra or (template.extra if template else {})
        return shown | {
            "base_revision": self.client.revision if self.client else 0,
            EXTRA: extra_options.show(extra),
        }

    @cached_property
    def pending(self) -> list[OptionState]:
        """What is saved and not in effect yet."""
        return comparison.of(self.client).pending if self.client else []

    @cached_property
    def looked(self) -> Cleaned:
        """What the rules say of what is shown: typed, saved, or the starting point."""
        if self.is_bound:
            return clean(
                self.model.kind, self._raw(), base=self.saved, extra=self.extras.values
            )
        return clean(self.model.kind, {}, base=self.saved or self.start)

    @cached_property
    def values_shown(self) -> dict[str, object]:
        """Complete values, with what is inherited from the registration."""
        return self.looked.effective

    @cached_property
    def extras(self) -> ExtraOptions:
        """The options that are not ours, as typed; those stored if untouched."""
        text = self[EXTRA].data if self._sent(EXTRA) else None
        stored = extra_options.show(self.saved_extra)
        if text is None or text.splitlines() == stored.splitlines():
            lines = {name: n for n, name in enumerate(self.saved_extra, start=1)}
            return ExtraOptions(dict(self.saved_extra), lines)
        return extra_options.read(text, self._own_names(), self.saved_extra)

    def _own_names(self) -> Iterator[str]:
        type_ = str(self._raw().get(self.model.type_option) or "")
        for option in self.model.options().values():
            yield option.name
            yield option.written_name(type_)

    def _sent(self, name: str) -> bool:
        if not self.is_bound:
            return False
        key = self.add_prefix(name)
        return any(sent == key or sent.startswith(f"{key}:") for sent in self.data)

    def option_fields(self) -> Iterator[tuple[str, OptionField]]:
        for name, field in self.fields.items():
            if isinstance(field, OptionField):
                yield name, field

    def beside_fields(self) -> list[BoundField]:
        """The fields beside the options: address, name, section."""
        return [self[name] for name in self.beside]

    def groups(self) -> list[tuple[Group, list[Block]]]:
        """The form by its questions, and in each by condition."""
        return [
            (group, blocks_of(self, names))
            for group, names in grouped(self.model.options())
        ]

    @property
    def kept(self) -> list[str]:
        """Fields of the options that are only kept for the old server."""
        options = self.model.options()
        return [name for name in options if options[name].group is Group.ADVANCED]

    @property
    def kept_set(self) -> int:
        """How many of those have another value than their default."""
        options, values = self.model.options(), self.looked.values
        own = [(options[name], values[options[name].name]) for name in self.kept]
        return sum(value != option.default for option, value in own)

    @property
    def kept_open(self) -> bool:
        """A person has something to see there."""
        return any(name in self.errors for name in self.kept)

    def changed_count(self) -> int:
        """How many fields were changed; 0 for a new option set."""
        if not self.is_bound or not self.client:
            return 0
        hidden = ("base_revision", WAS)
        return len([n for n in self.changed_data if n not in hidden])

    def changed_words(self) -> str:
        """ "3 changes", for the save button; "" for none or a new option set."""
        count = self.changed_count()
        return ngettext("%d change", "%d changes", count) % count if count else ""

    # --- what was typed --------------------------------------------------------

    def _raw(self) -> dict[str, object]:
        """Values by option name as typed; what was not sent is left out."""
        raw: dict[str, object] = {}
        for name, field in self.option_fields():
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
        self.add_problems(self.problems_beside() + self.looked.problems)
        for sentence in self.extras.problems:
            self.add_error(EXTRA, sentence)
        return self.cleaned_data

    def is_stale(self) -> bool:
        """Another revision is the newest than the one that was opened, or somebody
        else has changed what stands beside the options."""
        if self.client is None:
            return False
        return self.base() != self.client.revision or self._beside_moved()

    def _beside_moved(self) -> bool:
        was, now = self.beside_before(), json.loads(self.initial[WAS])
        return bool(was) and was != now

    def beside_before(self) -> dict[str, str]:
        """What stood beside the options when the form was opened; {} if not sent."""
        try:
            was = json.loads(self.text(WAS))
        except (ValueError, RecursionError):
            return {}
        texts = isinstance(was, dict) and set(was) == set(self.beside)
        return {name: str(text or "") for name, text in was.items()} if texts else {}

    def base(self) -> int:
        text = self.text("base_revision")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1

    def problems_beside(self) -> list[Problem]:
        raise NotImplementedError

    def add_problems(self, problems: list[Problem]) -> None:
        """Put each at its field; those of options that are not ours at `extra`."""
        names = self.model.fields_by_option()
        for problem in problems:
            field = names.get(problem.option, problem.option)
            message = problem.message
            if problem.option in self.extras.values:
                field, message = EXTRA, self.extras.at(problem.option, message)
            self.add_error(field if field in self.fields else None, message)

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

    def redraw_of(self, asked: Mapping[str, str]) -> dict[str, object] | None:
        """What the button that was pressed changes in the form, by field name.

        None when no such button was pressed. Raises KeyError for a field that has no
        such button.
        """
        options = self.model.options()
        if RESET in asked:
            option = options[asked[RESET]]
            if option.secret:
                raise KeyError(option.name)
            return {asked[RESET]: initial_text(option, option.default)}
        if CORRECT in asked:
            needed = option_marks.needed_scope(self.values_shown)
            if asked[CORRECT] != "scope" or not needed:
                raise KeyError(asked[CORRECT])
            return {"scope": needed}
        return {} if REDRAW in asked else None
