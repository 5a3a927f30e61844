"""Writes a message: the form, and what stands in the way of sending from a mailbox.

The fields are forms/compose; building and queueing are services/outbox/compose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..forms.compose import ComposeForm, senders
from ..models import Mailbox, OutboundMessage, SmtpClient
from ..services.outbox import compose, content as outbox_content
from ..services.outbox.compose import Composed, MessageError
from . import inputs, keeps, links


@dataclass(frozen=True)
class Refusal:
    """Why a mailbox cannot send, and the link that mends it."""

    title: str
    why: str
    url: str = ""
    link: str = ""


@login_required
@permission_required("mailboxes.add_outboundmessage", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def outbox_compose(request: HttpRequest) -> HttpResponse:
    """Write a message; it is queued, and sent by the next batch.

    `?from=` names the mailbox that sends. Where it cannot, nobody else is put in its
    place: the person chooses.
    """
    initial: dict[str, Any] = {}
    refusal = None
    if wanted := inputs.text(request.GET, "from"):
        known = inputs.key(wanted)
        able = senders().filter(pk=known).first()
        initial["sender"] = able
        refusal = None if able else _refusal(known)
    form = ComposeForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        row = _queue(request, form)
        if row is not None:
            return redirect("outbox-message", row.pk)
    return render(
        request,
        "outbox/compose.html",
        {
            "form": form,
            "refusal": refusal,
            "can_send": senders().exists(),
            "nav": "outbox",
        },
    )


def _queue(request: HttpRequest, form: ComposeForm) -> OutboundMessage | None:
    """The message in the outbox; None where the form says why there is none."""
    composed = form.composed
    known = OutboundMessage.objects.filter(
        message_id=composed.message["Message-ID"]
    ).first()
    if known is not None:
        if _is_same(known, composed):
            messages.info(request, _("This message is in the outbox already."))
            return known
        form.renew(_renewed(bool(form.cleaned_data["attachments"])))
        return None
    try:
        row = compose.queue(
            message=composed.message,
            mailbox=form.cleaned_data["sender"],
            envelope_from=composed.sender,
            recipients=composed.recipients,
            user=request.user,  # type: ignore[arg-type]  # signed in
        )
    except MessageError as error:
        form.add_problems(error)
        return None
    soon = _("It is sent within seconds.")
    keeps.tell(request, row.smtp_client, _("Queued."), soon)
    return row


def _is_same(known: OutboundMessage, composed: Composed) -> bool:
    """Sent twice by accident, and not changed meanwhile."""
    envelope = known.envelope_from, [one["address"] for one in known.recipients]
    return envelope == (
        composed.sender,
        composed.recipients,
    ) and outbox_content.says_the_same(known, composed.message.as_bytes())


def _renewed(files: bool) -> str:
    told = _(
        "Another message was sent from this form already. Nothing of this one is lost:"
        " press Send to send it as well."
    )
    if files:
        told += " " + _("Choose its files again first.")
    return told


def _refusal(pk: int) -> Refusal:
    """Why the mailbox is none of `senders`."""
    rows = Mailbox.objects.select_related("pop_client", "smtp_client__sender")
    mailbox = rows.filter(pk=pk).first()
    if mailbox is None:
        return Refusal(_("The mailbox is not known here"), _("Choose another sender."))
    title = _("%s cannot send") % mailbox.address
    pop_client = getattr(mailbox, "pop_client", None)
    if mailbox.archived_at is not None:
        return Refusal(
            title,
            _("It is in the archive."),
            reverse("option-set-compare", args=["pop", pop_client.pk])
            if pop_client
            else "",
            _("Open its options to restore it"),
        )
    if mailbox.smtp_client is None:
        return Refusal(
            title,
            _("It has no smtp-client to send with."),
            reverse("option-set-edit", args=["pop", pop_client.pk]) + "#id_smtp_client"
            if pop_client
            else reverse("option-sets"),
            _("Choose the smtp-client that sends for it"),
        )
    return _refusal_of_client(title, mailbox.smtp_client)


def _refusal_of_client(title: str, client: SmtpClient) -> Refusal:
    if client.archived_at is not None:
        return Refusal(
            title,
            _("Its smtp-client %s is in the archive.") % client.section,
            reverse("option-set-compare", args=["smtp", client.pk]),
            _("Open its options to restore it"),
        )
    if client.enable_client and getattr(client, "sender", None) is not None:
        return Refusal(
            title,
            _("Its smtp-client %s is switched on, which is not in effect yet.")
            % client.section,
            reverse("option-set-restart", args=[client.pk]),
            _("Restart sending"),
        )
    return Refusal(
        title,
        _("Its smtp-client %s is a draft.") % client.section,
        links.option_url(client, "enable-client"),
        _("Switch it on in its options"),
    )
