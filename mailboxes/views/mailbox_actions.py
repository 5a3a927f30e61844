"""What is done to a mailbox from its page: fetch now, pause, end the pause, resume."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..models import PopClient
from ..services import clients
from . import inputs

OPERATE = "mailboxes.change_fetcher"


def _client(mailbox_pk: int) -> PopClient:
    return get_object_or_404(
        PopClient.objects.select_related("mailbox_row"),
        mailbox_row_id=mailbox_pk,
        archived_at=None,
    )


@require_POST
@login_required
@permission_required(OPERATE, raise_exception=True)
def fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the next cycle due now."""
    if clients.fetch_now(_client(pk), request.user):
        messages.success(request, _("A cycle starts within seconds."))
    else:
        messages.error(
            request,
            _("Nothing is fetched: the mailbox is paused, stopped or a draft."),
        )
    return redirect("mailbox-detail", pk)


@login_required
@permission_required(OPERATE, raise_exception=True)
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a note, then pause."""
    client = _client(pk)
    if request.method == "POST":
        note = inputs.text(request.POST, "note")
        clients.pause(client, request.user, note)
        messages.success(request, _("Paused. No cycle runs until the pause is ended."))
        return redirect("mailbox-detail", pk)
    if request.method != "GET":
        raise Http404
    return render(
        request,
        "console/pause.html",
        {"client": client, "mailbox": client.mailbox_row, "nav": "mailbox-list"},
    )


@require_POST
@login_required
@permission_required(OPERATE, raise_exception=True)
def unpause(request: HttpRequest, pk: int) -> HttpResponse:
    """End a pause."""
    clients.unpause(_client(pk), request.user)
    messages.success(request, _("The pause is over. A cycle starts within seconds."))
    return redirect("mailbox-detail", pk)


@require_POST
@login_required
@permission_required(OPERATE, raise_exception=True)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a stopped mailbox try again."""
    clients.resume_stopped(_client(pk), request.user)
    messages.success(request, _("Resumed: one cycle is tried now."))
    return redirect("mailbox-detail", pk)
