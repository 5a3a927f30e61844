"""Pages that app registrations, secrets and proxies have in common.

Which sections use one and where each stands, what a save did, Restart sending of all
its smtp-clients, deleting. What is their own: registrations, named_secrets, proxies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from ..core.errors import OptionError
from ..models import AppRegistration, AuditEvent, NamedSecret, Proxy
from ..services import clients, proxies, registrations, uses
from ..services.secrets import named as named_secrets
from ..services.uses import Shared

METHODS = ["GET", "HEAD", "POST"]
PER_PAGE = 50


@dataclass(frozen=True)
class What:
    """One kind of such rows. word: in addresses. page: name of a row's own address."""

    word: str
    model: type[Shared]
    list_page: str
    page: str
    title: str | Promise
    delete: Callable[[Any, Any], None]


WHATS = {
    one.word: one
    for one in (
        What(
            "registrations",
            AppRegistration,
            "registration-list",
            "registration-detail",
            gettext_lazy("App registrations"),
            registrations.delete,
        ),
        What(
            "secrets",
            NamedSecret,
            "secret-list",
            "secret-edit",
            gettext_lazy("Secrets"),
            named_secrets.delete,
        ),
        What(
            "proxies",
            Proxy,
            "proxy-list",
            "proxy-edit",
            gettext_lazy("Proxies"),
            proxies.delete_proxy,
        ),
    )
}


def require(request: HttpRequest, verb: str, model: type[Shared]) -> None:
    """Raises PermissionDenied unless the person may `verb` such rows."""
    if not request.user.has_perm(f"mailboxes.{verb}_{model._meta.model_name}"):
        raise PermissionDenied


def use_context(request: HttpRequest, what: What, row: Shared) -> dict[str, Any]:
    """What setup/_uses.html shows of the sections that use a row."""
    found = uses.of(row)
    waits = [use for use in found if use.effect is not None and not use.idle]
    restart = uses.to_restart(found)
    return {
        "what": what,
        "row": row,
        "uses": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "sections": len(found),
        "next_cycle": sum(use.inbound for use in waits),
        "after_restart": len(restart),
        "waiting": sum(uses.waiting(restart).values()),
        "restart_url": reverse("shared-restart", args=[what.word, row.pk]),
        "delete_url": reverse("shared-delete", args=[what.word, row.pk]),
        "may_restart": request.user.has_perm("mailboxes.change_sender"),
        "nav": what.list_page,
    }


def after_save(
    request: HttpRequest, what: What, row: Shared, before: AuditEvent | None
) -> HttpResponse:
    """To the page that says what the save did. before: the newest event until then."""
    event = uses.last_save(row)
    if event is None or event == before:
        messages.info(request, _("Nothing was changed."))
        return redirect(what.page, row.pk)
    return redirect("shared-saved", what.word, row.pk, event.pk)


def _find(word: str, pk: int) -> tuple[What, Shared]:
    if word not in WHATS:
        raise Http404
    what = WHATS[word]
    row: Shared = get_object_or_404(what.model, pk=pk)
    return what, row


@login_required
def shared_saved(request: HttpRequest, word: str, pk: int, event: int) -> HttpResponse:
    """What one save changed, and what each section that uses it does now."""
    what, row = _find(word, pk)
    made = get_object_or_404(
        AuditEvent.objects.select_related("actor"),
        pk=event,
        object_type=row._meta.model_name,
        object_id=str(pk),
        action=uses.SAVED[what.model],
    )
    fields = [str(name) for name in made.details.get("fields", [])]
    return render(
        request,
        "setup/saved.html",
        use_context(request, what, row)
        | {
            "event": made,
            "fields": [_field_word(what.model, name) for name in fields],
            "secret": "secret" in fields or "password" in fields,
            "moved_pops": made.details.get("pop_clients", 0),
            "moved_smtps": made.details.get("smtp_clients", 0),
            "page_url": reverse(what.page, args=[pk]),
        },
    )


def _field_word(model: type[Shared], name: str) -> str:
    if model is NamedSecret and name == "password":
        return _("secret")
    return str(model._meta.get_field(name).verbose_name)


@require_http_methods(METHODS)
@login_required
@permission_required("mailboxes.change_sender", raise_exception=True)
def shared_restart(request: HttpRequest, word: str, pk: int) -> HttpResponse:
    """Ask, then put the newest revision of each of its smtp-clients in effect."""
    what, row = _find(word, pk)
    found = uses.to_restart(uses.of(row))
    back = reverse(what.page, args=[pk])
    if request.method == "POST":
        for client in found:
            clients.restart_sending(client, request.user)
        messages.success(
            request,
            ngettext(
                "Sending of %d smtp-client was restarted.",
                "Sending of %d smtp-clients was restarted.",
                len(found),
            )
            % len(found),
        )
        return redirect(back)
    waiting = uses.waiting(found)
    return render(
        request,
        "setup/restart.html",
        {
            "what": what,
            "row": row,
            "clients": [(one, waiting.get(one.pk, 0)) for one in found],
            "waiting": sum(waiting.values()),
            "back": back,
            "nav": what.list_page,
        },
    )


@require_http_methods(METHODS)
@login_required
def shared_delete(request: HttpRequest, word: str, pk: int) -> HttpResponse:
    """Ask, then delete; refused with the list of sections while it is in use."""
    what, row = _find(word, pk)
    require(request, "delete", what.model)
    refusal = ""
    if request.method == "POST":
        name = str(row)
        try:
            what.delete(row, request.user)
        except OptionError as error:
            refusal = " ".join(problem.message for problem in error.problems)
        else:
            messages.success(request, _("%s was deleted.") % name)
            return redirect(what.list_page)
    return render(
        request,
        "setup/delete.html",
        {
            "what": what,
            "row": row,
            "refusal": refusal,
            "uses": uses.of(row),
            "back": reverse(what.page, args=[pk]),
            "nav": what.list_page,
        },
        status=409 if refusal else 200,
    )
