"""Editing an option set, and where a save leads. New ones: option_set_new.

The form itself: forms/option_sets. Two people at the same set: option_set_stale. What
a save did: option_set_saved.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ..core.errors import StaleEdit
from ..forms.option_sets import OptionSetForm, PopClientForm, SmtpClientForm
from ..models import PopClient, SmtpClient
from ..services import connection_test
from ..services.connection_test import NotTested
from ..services.option_rules import clean
from ..services.options import snapshots
from ..services.revisions import SaveResult
from .option_set_lookup import Client, find, may_test, require, short_kind, users_of
from .option_set_stale import stale_page

METHODS = ["GET", "HEAD", "POST"]
FORMS: dict[type[Client], type[OptionSetForm]] = {
    PopClient: PopClientForm,
    SmtpClient: SmtpClientForm,
}
TEST = "test"  # name of the button "Save and test"


@require_http_methods(METHODS)
@sensitive_post_parameters("password")
@login_required
def edit(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Edit an option set; a save by somebody else meanwhile is shown, not lost."""
    client = find(kind, pk)
    require(request, "change", type(client))
    form_class = FORMS[type(client)]
    form = entered(request, form_class, client=client)
    if form.is_bound:
        if form.is_stale():
            return stale_page(request, form)
        try:
            result = form.save_with(request.user) if form.is_valid() else None
        except StaleEdit:
            late = form_class(request.POST, client=find(kind, pk))
            return stale_page(request, late)
        if result is not None:
            return done(request, result)
    else:
        _show_findings(form, client)
    return render(
        request,
        "option_sets/edit.html",
        {
            "form": form,
            "client": client,
            "kind": kind,
            "inbound": kind == "pop",
            "mailboxes": users_of(client),
            "pending": [] if form.is_bound else form.pending,
            "action": request.path,
            "testable": may_test(request, type(client)),
            "back": reverse("option-set-compare", args=[kind, pk]),
            "nav": "option-sets",
        },
        status=400 if form.errors else 200,
    )


def _show_findings(form: OptionSetForm, client: Client) -> None:
    """What the newest test found stands at the field that mends it."""
    run = connection_test.newest(client)
    for name, finding in connection_test.finding_at(client, run).items():
        form.fields[name].tested = {"finding": finding, "run": run}


def entered(
    request: HttpRequest, form_class: type[OptionSetForm], **kwargs: Any
) -> OptionSetForm:
    """The form as it was sent, or as it begins.

    After one of its own buttons (Reset to default, and the like) it is as it was typed
    but for what the button changes, not judged and so never saved.
    """
    if request.method != "POST":
        return form_class(None, **kwargs)
    form = form_class(request.POST, **kwargs)
    try:
        changes = form.redraw_of(request.POST)
    except KeyError:
        raise Http404 from None
    if changes is None:
        return form
    redrawn: OptionSetForm = form_class.redrawn(request.POST, changes, **kwargs)
    return redrawn


def done(request: HttpRequest, result: SaveResult) -> HttpResponse:
    """To the page that says what the save did; what only the form knew is said too."""
    kind = short_kind(result.client)
    for notice in result.notices:
        messages.info(request, notice)
    if not result.new:
        if result.changes:
            labels = ", ".join(change.label for change in result.changes)
            messages.success(request, _("Saved, in effect at once: %s.") % labels)
        else:
            messages.info(request, _("Nothing was changed."))
        compare = reverse("option-set-compare", args=[kind, result.client.pk])
        return _next(request, result, compare)
    kept = {p.message for p in _lasting_warnings(result.client)}
    for problem in result.warnings:
        if problem.message not in kept:
            messages.warning(request, problem.message)
    if result.trial:
        messages.success(request, _("A cycle is tried at once with the new options."))
    arguments = [kind, result.client.pk, result.revision.number]
    return _next(request, result, reverse("option-set-saved", args=arguments))


def _next(request: HttpRequest, result: SaveResult, usual: str) -> HttpResponse:
    """Where a save leads; after "Save and test" to the test of what was saved."""
    client = result.client
    if TEST in request.POST and may_test(request, type(client)):
        try:
            run = connection_test.ask(client, request.user)
        except NotTested as refused:
            messages.error(request, str(refused))
        else:
            return redirect("connection-test", run.pk)
    return redirect(usual)


def _lasting_warnings(client: Client) -> list[Any]:
    newest = snapshots.take(client)
    return clean(client.kind, {}, base=newest.own, extra=newest.extra).warnings
