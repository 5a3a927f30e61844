"""New mailbox, new smtp-client, editing an option set, and what a save did.

The form itself: forms/option_sets. Two people at the same set: option_set_stale.
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
from ..forms import templates
from ..forms.option_fields import initial_text
from ..forms.option_sets import RESET, OptionSetForm, PopClientForm, SmtpClientForm
from ..forms.templates import Template
from ..models import PopClient, SmtpClient
from ..services import changes, snapshots
from ..services.option_rules import clean
from ..services.revisions import SaveResult
from .option_set_lookup import Client, find, require, short_kind, users_of
from .option_set_stale import stale_page

METHODS = ["GET", "HEAD", "POST"]
FORMS: dict[type[Client], type[OptionSetForm]] = {
    PopClient: PopClientForm,
    SmtpClient: SmtpClientForm,
}
NOT_COPIED = ("password", "mailbox")


@require_http_methods(METHODS)
@sensitive_post_parameters("password")
@login_required
def mailbox_new(request: HttpRequest) -> HttpResponse:
    """A new mailbox with its pop-client, all on one page."""
    return _new(request, PopClient, templates.POP, "mailbox-new")


@require_http_methods(METHODS)
@sensitive_post_parameters("password")
@login_required
def smtp_client_new(request: HttpRequest) -> HttpResponse:
    """A new smtp-client."""
    return _new(request, SmtpClient, templates.SMTP, "smtp-client-new")


def _new(
    request: HttpRequest,
    model: type[Client],
    choices: tuple[Template, ...],
    name: str,
) -> HttpResponse:
    require(request, "add", model)
    start = _start(request, model, choices)
    form_class = FORMS[model]
    data = request.POST if request.method == "POST" else None
    if data is not None and RESET in data:
        form = _with_default(form_class, data, template=start)
    else:
        form = form_class(data, template=start)
        if data is not None and form.is_valid():
            result = form.save_with(request.user)
            if result is not None:
                return _done(request, result)
    here = reverse(name)
    return render(
        request,
        "option_sets/new.html",
        {
            "form": form,
            "inbound": model is PopClient,
            "starts": [
                {
                    "label": one.label,
                    "url": f"{here}?template={one.name}",
                    "current": one.name == start.name,
                }
                for one in choices
            ],
            "start": start,
            "action": request.get_full_path(),
            "back": reverse("option-sets"),
            "nav": "mailbox-new" if model is PopClient else "option-sets",
        },
        status=400 if form.is_bound else 200,
    )


def _start(
    request: HttpRequest, model: type[Client], choices: tuple[Template, ...]
) -> Template:
    """What `?template=` or `?copy=` asks for, else the first template."""
    copied = request.GET.get("copy", "")
    if copied.isascii() and copied.isdigit() and len(copied) < 19:
        client = find("pop" if model is PopClient else "smtp", int(copied))
        values = snapshots.take(client).own
        kept = {name: v for name, v in values.items() if name not in NOT_COPIED}
        what = _("Its options, without log-in name and password.")
        return Template("copy", _("Copy of %s") % client.section, what, kept)
    return templates.find(choices, request.GET.get("template", ""))


@require_http_methods(METHODS)
@sensitive_post_parameters("password")
@login_required
def edit(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Edit an option set; a save by somebody else meanwhile is shown, not lost."""
    client = find(kind, pk)
    require(request, "change", type(client))
    form_class = FORMS[type(client)]
    data = request.POST if request.method == "POST" else None
    if data is not None and RESET in data:
        form = _with_default(form_class, data, client=client)
    else:
        form = form_class(data, client=client)
    if form.is_bound:
        if form.is_stale():
            return stale_page(request, form)
        try:
            result = form.save_with(request.user) if form.is_valid() else None
        except StaleEdit:
            return stale_page(request, form_class(data, client=find(kind, pk)))
        if result is not None:
            return _done(request, result)
    return render(
        request,
        "option_sets/edit.html",
        {
            "form": form,
            "client": client,
            "kind": kind,
            "inbound": kind == "pop",
            "mailboxes": users_of(client),
            "action": request.path,
            "back": reverse("option-set-compare", args=[kind, pk]),
            "nav": "option-sets",
        },
        status=400 if form.is_bound else 200,
    )


def _with_default(
    form_class: type[OptionSetForm], data: Any, **kwargs: Any
) -> OptionSetForm:
    """The form as it was typed, with the default in the field that was asked for."""
    typed = form_class(data, **kwargs)
    options = form_class.model.options()
    name = data[RESET]
    if name not in options or options[name].secret:
        raise Http404
    shown = {key: typed[key].value() for key in typed.fields if key != "password"}
    shown[name] = initial_text(options[name], options[name].default)
    return form_class(initial=shown, **kwargs)


def _done(request: HttpRequest, result: SaveResult) -> HttpResponse:
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
        return redirect("option-set-compare", kind, result.client.pk)
    kept = {p.message for p in _lasting_warnings(result.client)}
    for problem in result.warnings:
        if problem.message not in kept:
            messages.warning(request, problem.message)
    if result.trial:
        messages.success(request, _("A cycle is tried at once with the new options."))
    return redirect("option-set-saved", kind, result.client.pk, result.revision.number)


def _lasting_warnings(client: Client) -> list[Any]:
    return clean(client.kind, {}, base=snapshots.take(client).own).warnings


@login_required
def saved(request: HttpRequest, kind: str, pk: int, number: int) -> HttpResponse:
    """What one save changed, when it is in effect, and for which mailboxes."""
    client = find(kind, pk)
    revision = client.revisions.select_related("author").filter(number=number).first()
    if revision is None:
        raise Http404
    before = client.revisions.filter(number=number - 1).first()
    values = snapshots.of(revision).own
    options = client.fields_by_option()
    warnings = [
        {
            "text": problem.message,
            "label": client.options()[options[problem.option]].label,
            "url": reverse("option-set-edit", args=[kind, pk])
            + f"#id_{options[problem.option]}",
        }
        for problem in clean(client.kind, {}, base=values).warnings
    ]
    return render(
        request,
        "option_sets/saved.html",
        {
            "client": client,
            "kind": kind,
            "revision": revision,
            "first": before is None,
            "changes": changes.diff(before, revision),
            "current": changes.in_effect(client),
            "mailboxes": users_of(client),
            "warnings": warnings,
            "nav": "option-sets",
        },
    )
