"""Option sets from a file: check first, then import just that.

Between the two the file lies sealed in the page itself (services/sections/drafts), in
no session and on no disk. The way out: export_options.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from ..forms.import_options import ImportForm
from ..services.sections import drafts, importing, table, text
from ..services.sections.drafts import Draft
from ..services.sections.report import Report, grouped

RIGHTS = ("add_popclient", "change_popclient", "add_smtpclient", "change_smtpclient")
MOST_SHOWN = 200  # of each list; the command prints all


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("text", "sealed")
@login_required
def options_import(request: HttpRequest) -> HttpResponse:
    """The form, the report of a check, and the import of what was checked."""
    _require(request)
    if "sealed" in request.POST:
        return _import(request)
    if request.method != "POST":
        return _page(request, ImportForm())
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    return _check(request, form)


@require_safe
@login_required
def options_template(request: HttpRequest) -> HttpResponse:
    """An empty table to fill in."""
    _require(request)
    response = HttpResponse(table.TEMPLATE, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="option-sets.csv"'
    return response


def _require(request: HttpRequest) -> None:
    """Whoever may make or change option sets; the file says which rights it needs."""
    if not may_import(request):
        raise PermissionDenied


def may_import(request: HttpRequest) -> bool:
    """Whether the page lets the person in."""
    return any(_may(request, right) for right in RIGHTS)


def _may(request: HttpRequest, right: str) -> bool:
    return request.user.has_perm(f"mailboxes.{right}")


def _check(request: HttpRequest, form: ImportForm) -> HttpResponse:
    """Say what would happen; hand out the sealed file when it can come in."""
    choices = {
        name: form.cleaned_data[name] for name in ("as_drafts", "make_registrations")
    }
    report, bases = importing.check(
        form.content,
        file_name=form.file_name,
        may=lambda right: _may(request, right),
        **choices,
    )
    if report.errors:
        return _refused(request, form, report)
    draft = Draft(text.as_text(form.content), form.file_name, bases=bases, **choices)
    sealed = drafts.seal(draft, _pk(request))
    return _page(request, form, report, sealed=sealed, too_long=sealed is None)


def _import(request: HttpRequest) -> HttpResponse:
    draft = drafts.open_(request.POST.get("sealed", ""), _pk(request))
    if draft is None:
        words = _("The check is older than an hour, or another person's. Check again.")
        return _page(request, _form_that_says(words))
    report = importing.run(
        draft.content,
        file_name=draft.file_name,
        user=request.user,  # type: ignore[arg-type]
        as_drafts=draft.as_drafts,
        make_registrations=draft.make_registrations,
        may=lambda right: _may(request, right),
        bases=draft.bases,
    )
    if report.errors:
        return _refused(request, _form_that_says(), report)
    messages.success(
        request,
        ngettext(
            "%(sections)d section was imported: %(new)d new, %(changed)d changed.",
            "%(sections)d sections were imported: %(new)d new, %(changed)d changed.",
            report.imported,
        )
        % {
            "sections": report.imported,
            "new": report.new,
            "changed": report.changed,
        },
    )
    return redirect("option-sets")


def _form_that_says(words: str = "") -> ImportForm:
    """An empty form that stands there as refused."""
    form = ImportForm({})
    form.errors.clear()
    if words:
        form.add_error(None, words)
    return form


def _refused(request: HttpRequest, form: ImportForm, report: Report) -> HttpResponse:
    count = len(report.errors)
    words = ngettext(
        "The file has %d mistake: nothing was imported. It stands below, with its"
        " line.",
        "The file has %d mistakes: nothing was imported. They stand below, each with"
        " its line.",
        count,
    )
    form.add_error(None, words % count)
    return _page(request, form, report)


def _pk(request: HttpRequest) -> int:
    return int(request.user.pk or 0)


def _page(
    request: HttpRequest,
    form: ImportForm,
    report: Report | None = None,
    **context: Any,
) -> HttpResponse:
    return render(
        request,
        "option_sets/import.html",
        {
            "form": form,
            "report": report,
            "nav": "options-import",
            **(_shown(report) if report else {}),
            **context,
        },
        status=400 if form.errors else 200,
    )


def _shown(report: Report) -> dict[str, Any]:
    """The parts of a report, each cut to what a page can hold."""
    lists = [
        {
            "id": id_,
            "title": title,
            "count": len(entries),
            "groups": grouped(entries)[:MOST_SHOWN],
        }
        for id_, title, entries in (
            ("warnings", _("Warnings"), report.warnings),
            ("cleaned", _("Cleaned values"), report.cleaned),
            ("unknown", _("Kept without effect"), report.unknown),
        )
        if entries
    ]
    changes = [(name, one) for name, some in report.changes.items() for one in some]
    return {
        "errors": report.errors[:MOST_SHOWN],
        "lists": lists,
        "changes": changes[:MOST_SHOWN],
        "most": MOST_SHOWN,
        "numbers": [
            {"label": _("Sections"), "value": report.sections},
            {"label": _("New"), "value": report.new},
            {"label": _("Changed"), "value": report.changed},
            {"label": _("Mistakes"), "value": len(report.errors)},
        ],
    }
