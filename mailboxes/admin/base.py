"""Two kinds of admin pages: read-only ones, and ones that save through a service."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.forms import TextInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from ..core.errors import OptionError, Problem, StaleEdit
from ..services import audit

MOST_EVENTS = 200  # of one row, on its page "History"
STALE = "Somebody else has saved these options since you opened them. Open them again."


class AuditHistory(admin.ModelAdmin):
    """Its history is the audit log, which knows of console and commands too."""

    object_history_template = "admin/audit_history.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        events = audit.of(row) if row is not None else ()
        found = {"events": events[:MOST_EVENTS], "most": MOST_EVENTS}
        return super().history_view(request, object_id, found | (extra_context or {}))


class ReadOnlyAdmin(AuditHistory):
    """Rows that only the machinery writes: nothing is added, changed or deleted."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ServiceAdmin(AuditHistory):
    """Rows that are saved by a service, from a plain form of ours.

    form_class takes (data, files, instance=, initial=) as AdminForm below gives it.
    """

    form_class: type[Any]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return self.form_class

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.instance

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        saved = form.save_through_service(request.user)
        if saved is None:  # the service found what the form could not see yet
            raise OptionError(
                [
                    Problem(name, "", str(message))
                    for name, found in form.errors.items()
                    for message in found
                ]
            )
        obj.__dict__.update(saved.__dict__)
        self.say(request, form)

    def say(self, request: HttpRequest, form: Any) -> None:
        """Tell the person what the save said, if anything."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Somebody else may save between our look and our write: told, not a trace."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except StaleEdit:
            messages.error(request, STALE)
        except OptionError as error:
            words = " ".join(problem.message for problem in error.problems)
            messages.error(request, gettext("Nothing was saved: %s") % words)
        response: HttpResponse = redirect(request.get_full_path())
        return response


class AdminForm:
    """Mixin that gives a plain form the shape that ModelAdmin asks of a form.

    row_argument: name of the form's own argument for the row that is edited.
    """

    row_argument: str
    row_model: type[Any]

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        instance: Any = None,
        initial: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        row = instance if instance is not None and instance.pk else None
        kwargs[self.row_argument] = row
        # The admin reads it for rows that a person may only look at.
        self._meta = SimpleNamespace(labels=None, help_texts=None, model=self.row_model)
        super().__init__(data, initial=initial or {}, **kwargs)  # type: ignore[call-arg]
        self.instance = row or self.row_model()
        for field in self.fields.values():  # type: ignore[attr-defined]
            field.help_text = _help(field)
            if isinstance(field.widget, TextInput) and "size" not in field.widget.attrs:
                field.widget.attrs["class"] = "vTextField"

    def save_m2m(self) -> None:
        """Nothing of ours has many-to-many fields."""

    def save_through_service(self, user: Any) -> Any:
        raise NotImplementedError


def _help(field: Any) -> SafeString:
    """The help of a field and what the console shows beside it, as HTML."""
    sentences = [str(field.help_text)]
    inherited = getattr(field, "inherited", None)
    if inherited is not None:
        text = inherited.text or gettext("not set")
        sentences.append(
            gettext("Inherited from %(name)s: %(text)s.")
            % {"name": inherited.name, "text": text}
        )
    stored = getattr(field, "stored", "")
    if stored:
        sentences.append(f"{stored[0].upper()}{stored[1:]}.")
    return format_html("{}", " ".join(sentences))
