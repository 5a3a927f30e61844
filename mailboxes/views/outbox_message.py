"""One message of the outbox: its tries, what may be done with it, its content.

Reading content is a right of its own (`mailboxes.read_content`) and is audited.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _, gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from ..core.choices import OUTBOX_CLAIMABLE, OutboxState, Outcome
from ..models import Attempt, OutboundMessage
from ..services import audit
from ..services.findings import Finding, find
from ..services.outbox import actions as outbox_actions, content as outbox_content
from ..templatetags.words import look, stage_word
from . import keeps, links
from .messages import kept_nowhere

READ = "mailboxes.read_content"
CHANGE = "mailboxes.change_outboundmessage"
DONE = {
    "cancel": lazy("Cancelled. It will not be sent."),
    "send-now": lazy("The pause is over."),
    "requeue": lazy("Queued again."),
    "send-again": lazy("Queued again, with the same Message-ID."),
    "mark-sent": lazy("Marked as sent."),
}
# Of a message that went out for all that:
SOME_REFUSED = lazy("The server refused some of the recipients")
TO_THEM_ALONE = lazy("Send a new message to the corrected addresses alone.")
TRIES = 50  # the newest ones, on the page of a message
SENDS = ("send-now", "requeue", "send-again")
ASK_FIRST = {
    "send-again": (
        lazy("Send this message again?"),
        lazy(
            "It may have been sent already; then it arrives twice. Look in Sent Items"
            " of the mailbox first. The Message-ID stays the same, so that some mail"
            " programs show it once."
        ),
        lazy("Send again"),
    ),
}


def _message(pk: int) -> OutboundMessage:
    return get_object_or_404(
        OutboundMessage.objects.select_related(
            "smtp_client__sender", "mailbox", "created_by", "decided_by"
        ),
        pk=pk,
    )


@login_required
@require_safe
@kept_nowhere
def outbox_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts for everyone who is signed in; content for those who may read it.

    `?was=` is the poll of a page that shows what `_stands` says: another one is loaded
    whole, so that only what a person sees is written down as read.
    """
    row = _message(pk)
    if "was" in request.GET:
        response = HttpResponse(status=204)
        if request.GET["was"] != _stands(row):
            response["HX-Refresh"] = "true"
        return response
    may_read, is_kept = request.user.has_perm(READ), outbox_content.is_kept(row)
    view = None
    if may_read and is_kept:
        audit.record(request, "outbox.read", row)
        view = outbox_content.view(row)
    finding = find(row.code, row.evidence, stage=row.stage) if row.code else None
    if finding is not None and row.state == OutboxState.SENT:
        finding = _of_some(finding)
    sender = getattr(row.smtp_client, "sender", None)
    tries = list(row.attempts.select_related("revision").order_by("-number")[:TRIES])
    tries.reverse()
    waits = row.state in OUTBOX_CLAIMABLE
    kept_by = None
    if waits and sender is not None and sender.code:
        kept_by = find(sender.code, sender.evidence, stage=sender.stage)
    return render(
        request,
        "outbox/message.html",
        {
            "message": row,
            "finding": finding,
            "finding_url": links.mend_url(request, row.smtp_client, finding),
            "kept_by": kept_by,
            "kept": keeps.why(row.smtp_client) if waits else "",
            "kept_url": links.mend_url(request, row.smtp_client, kept_by),
            "sender": sender,
            "stands": _stands(row),
            "moving": row.state in (OutboxState.QUEUED, OutboxState.SENDING),
            "timeline": [_item(one) for one in tries],
            "earlier": tries[0].number - 1 if tries else 0,
            "actions": outbox_actions.allowed(row)
            if request.user.has_perm(CHANGE)
            else frozenset(),
            "view": view,
            "may_read": may_read,
            "is_kept": is_kept,
            "is_erased": outbox_content.is_erased(row),
            "days": settings.MAILADMIN_SENT_DAYS,
            "nav": "outbox",
        },
    )


def _stands(row: OutboundMessage) -> str:
    """Its state, and the failure of its sender, which keeps it in that state."""
    sender = getattr(row.smtp_client, "sender", None)
    if row.state not in OUTBOX_CLAIMABLE or sender is None or not sender.code:
        return str(row.state)
    return f"{row.state}-{sender.state}-{sender.code}"


def _of_some(finding: Finding) -> Finding:
    """Of a message that went out all the same; another cause keeps its own words."""
    if finding.id != "recipient-refused":
        return finding
    return replace(finding, title=SOME_REFUSED, fix=TO_THEM_ALONE)


def _item(attempt: Attempt) -> dict[str, Any]:
    shown = look("outcome", attempt.outcome)
    text = _("Revision %(number)d, process %(owner)s") % {
        "number": attempt.revision.number,
        "owner": attempt.owner,
    }
    if attempt.code:
        finding = find(attempt.code, attempt.evidence, stage=attempt.stage)
        if attempt.outcome == Outcome.OK:
            finding = _of_some(finding)
        text = f"{finding.title} · {stage_word(attempt.stage)} · {text}"
    elif attempt.outcome == Outcome.RUNNING:
        text = _("Not ended yet. %s") % text
    return {
        "at": attempt.started_at,
        "title": f"{_('Try')} {attempt.number}: {shown.word}",
        "tone": shown.tone,
        "symbol": shown.icon,
        "text": text,
        "evidence": attempt.answer,
    }


@login_required
@require_safe
@kept_nowhere
def outbox_raw(request: HttpRequest, pk: int) -> HttpResponse:
    """The final bytes, as a file."""
    row = _message(pk)
    if not request.user.has_perm(READ):
        return render(
            request,
            "console/content_forbidden.html",
            {"nav": "outbox", "permission": READ},
            status=403,
        )
    if not outbox_content.is_kept(row):
        raise Http404
    audit.record(request, "outbox.download", row)
    response = StreamingHttpResponse(
        outbox_content.raw(row), content_type="message/rfc822"
    )
    response["Content-Disposition"] = f'attachment; filename="outbound-{pk}.eml"'
    return response


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def outbox_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Do one of outbox/actions; a GET asks first, where there is something to ask."""
    row = _message(pk)
    act = outbox_actions.ACTIONS.get(action)
    if act is None or (request.method != "POST" and action not in ASK_FIRST):
        raise Http404
    if request.method != "POST":
        question, what, button = ASK_FIRST[action]
        return render(
            request,
            "outbox/confirm.html",
            {
                "message": row,
                "question": question,
                "what": what,
                "button": button,
                "nav": "outbox",
            },
        )
    if act(row, request.user):
        if action in SENDS:
            soon = _("It is sent within seconds.")
            keeps.tell(request, row.smtp_client, str(DONE[action]), soon)
        else:
            messages.success(request, str(DONE[action]))
    else:
        messages.error(
            request, _("Nothing was changed: the message has moved on meanwhile.")
        )
    return redirect("outbox-message", pk)
