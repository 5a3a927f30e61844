"""What is done to a mailbox from its page: fetch now, pause, end the pause, resume."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _, gettext_lazy as lazy
from django.views.decorators.http import require_POST

from ..models import Mailbox, PopClient
from ..services import clients
from . import inputs, keeps

OPERATE = "mailboxes.change_fetcher"
CYCLE = lazy("A cycle starts within seconds.")


def _client(mailbox_pk: int) -> PopClient:
    # By the mailbox first: a number that is too large for any key matches none there.
    mailbox = get_object_or_404(Mailbox, pk=mailbox_pk)
    return get_object_or_404(
        PopClient.objects.select_related("mailbox_row"),
        mailbox_row=mailbox,
        archived_at=None,
    )


@require_POST
@login_required
@permission_required(OPERATE, raise_exception=True)
def fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the next cycle due now."""
    client = _client(pk)
    if clients.fetch_now(client, request.user):
        keeps.tell(request, client, _("Asked for."), CYCLE)
    else:
        keeps.tell_nothing_fetched(request, client)
    return redirect("mailbox-detail", pk)


@login_required
@permission_required(OPERATE, raise_exception=True)
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a note, then pause."""
    client = _client(pk)
    if request.method == "POST":
        note = inputs.text(request.POST, "note")
        if clients.pause(client, request.user, note):
            messages.success(
                request, _("Paused. No cycle runs until the pause is ended.")
            )
        else:
            messages.info(
                request,
                _("Nothing was changed: the mailbox is paused already, with its note."),
            )
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
    client = _client(pk)
    if clients.unpause(client, request.user):
        keeps.tell(request, client, _("The pause is over."), CYCLE)
    else:
        messages.info(request, _("Nothing was changed: the mailbox is not paused."))
    return redirect("mailbox-detail", pk)


@require_POST
@login_required
@permission_required(OPERATE, raise_exception=True)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a stopped mailbox try again."""
    client = _client(pk)
    if clients.resume_stopped(client, request.user):
        keeps.tell(request, client, _("Resumed."), _("One cycle is tried now."))
    else:
        messages.info(request, _("Nothing was changed: the mailbox is not stopped."))
    return redirect("mailbox-detail", pk)
