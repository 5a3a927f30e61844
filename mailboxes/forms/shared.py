"""What the forms of rows share that many sections name: a write-only secret, and that
two people never overwrite each other in silence.

The forms themselves: registrations, named_secrets, proxies. Rules and saving are in the
services of the same names.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from ..core.errors import OptionError, Problem, StaleEdit
from ..services.fetch import seen
from .option_fields import PLAIN, RawField
from .option_marks import mark, stored_words

TEXT = PLAIN | {"maxlength": 1000}
SECRET = {"autocomplete": "new-password"}


class SharedForm(forms.Form):
    """row: what is edited, None for a new one.

    shown: columns that are filled in. secret_field: name of the write-only one, "" for
    none, and secret_column: of its foreign key. compared: columns whose change by
    somebody else is told.
    """

    use_required_attribute = False  # mistakes are named by the server
    shown: tuple[str, ...] = ()
    secret_field = ""
    secret_column = ""
    compared: tuple[str, ...] = ()
    result: Any = None

    seen = RawField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, row: Any = None, **kwargs: Any) -> None:
        self.row = row
        initial = {name: _text(getattr(row, name)) for name in self.shown if row}
        initial["seen"] = seen.fingerprint(row, self.compared)
        super().__init__(data, initial=initial | kwargs.pop("initial", {}), **kwargs)
        if row is not None and self.secret_field in self.fields:
            stored = getattr(row, self.secret_column)
            self.fields[self.secret_field].stored = stored_words(stored)  # type: ignore

    def typed(self) -> dict[str, str]:
        """What was sent, by field name; what was not sent is as it was."""
        names = [name for name in self.fields if name != "seen"]
        return {
            name: str(self.data.get(self.add_prefix(name), self.initial.get(name, "")))
            for name in names
        }

    def clean(self) -> dict[str, Any]:
        """Ask the rules; every problem stands at its field."""
        if self._is_stale():
            self._say_what_is_saved()
            self.add_problems([seen.stale_problem()])
        self.add_problems(self.problems())
        return self.cleaned_data

    def _seen(self) -> str:
        return str(self.data.get(self.add_prefix("seen"), ""))

    def _is_stale(self) -> bool:
        now = seen.fingerprint(self.row, self.compared)
        return self.row is not None and bool(self._seen()) and self._seen() != now

    def _say_what_is_saved(self) -> None:
        """Each field that differs says what is saved; the next save is over that."""
        typed = self.typed()
        for name in self.shown:
            text = str(_text(getattr(self.row, name)))
            if text != typed.get(name, text):
                word = gettext("Saved meanwhile: %s") % (text or gettext("empty"))
                self.fields[name].marks = [mark(word, "pending", "users")]  # type: ignore
        self.data = self.data.copy()
        self.data[self.add_prefix("seen")] = seen.fingerprint(self.row, self.compared)

    def problems(self) -> list[Problem]:
        raise NotImplementedError

    def add_problems(self, problems: list[Problem]) -> None:
        for problem in problems:
            at = problem.option if problem.option in self.fields else None
            self.add_error(at, problem.message)

    def save_with(self, user: Any) -> Any | None:
        """Save through the service; None when it refused, its problems are added."""
        try:
            return self._save(user, self._seen())
        except OptionError as error:
            self.add_problems(error.problems)
        except StaleEdit:
            self.add_error(
                None,
                _("Somebody saved a section that uses it at this moment. Save again."),
            )
        return None

    def _save(self, user: Any, seen_then: str) -> Any:
        raise NotImplementedError


def _text(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else value
