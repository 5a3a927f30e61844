"""New mailbox and new smtp-client: from a template, or as a copy of another set."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ..forms import templates
from ..forms.templates import Template
from ..models import PopClient, SmtpClient
from ..services.options import snapshots
from ..services.secrets.names import looks_secret
from .option_set_edit import FORMS, METHODS, done, entered
from .option_set_lookup import Client, find, may_test, require

NOT_COPIED = ("password", "mailbox")
MOST_TO_COPY = 500


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
    start, copied = _start(request, model, choices)
    form = entered(request, FORMS[model], template=start)
    if form.is_bound and form.is_valid():
        result = form.save_with(request.user)
        if result is not None:
            return done(request, result)
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
            "copied": copied,
            "others": model.objects.filter(revision__gt=0, archived_at=None).order_by(
                "section"
            )[:MOST_TO_COPY],
            "here": here,
            "action": request.get_full_path(),
            "testable": may_test(request, model),
            "back": reverse("option-sets"),
            "nav": "mailbox-new" if model is PopClient else "option-sets",
        },
        status=400 if form.errors else 200,
    )


def _start(
    request: HttpRequest, model: type[Client], choices: tuple[Template, ...]
) -> tuple[Template, Client | None]:
    """What `?template=` or `?copy=` asks for, else the usual template."""
    copied = request.GET.get("copy", "")
    if not (copied.isascii() and copied.isdigit() and len(copied) < 19):
        return templates.find(choices, request.GET.get("template", "")), None
    client = find("pop" if model is PopClient else "smtp", int(copied))
    snapshot = snapshots.take(client)
    kept = {name: v for name, v in snapshot.own.items() if name not in NOT_COPIED}
    what = _("Its options, without log-in name and password.")
    label = _("Copy of %s") % client.section
    extra = {n: v for n, v in snapshot.extra.items() if not looks_secret(n, v)}
    return Template("copy", label, what, kept, extra), client
