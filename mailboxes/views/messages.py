"""One received message: a safe view, its attachments, and the bytes as received.

Reading content is a right of its own (`mailboxes.read_content`) and is audited,
by a GET too.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from mailadmin.csp import POLICY

from ..core.choices import ParseState
from ..models import Message
from ..services import audit, content, parse
from ..services.numbering import listings
from . import keeps
from .live import live
from .mailbox_actions import OPERATE

READ = "mailboxes.read_content"
FRAME_FOLLOWS = timedelta(minutes=5)
FRAME_POLICY = f"{POLICY}; frame-src 'self'"
# What a mail may do in its frame: nothing but show its own words.
MAIL_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'none'; sandbox;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

# A browser keeps pages for Back, also after its person has signed out.
kept_nowhere = cache_control(private=True, no_store=True)


def _message(pk: int) -> Message:
    return get_object_or_404(
        Message.objects.select_related("pop_client__mailbox_row", "cycle"), pk=pk
    )


def _can_be_read_again(message: Message) -> bool:
    aside = message.parse_state == ParseState.QUARANTINED and message.complete
    return aside and message.pop_client.archived_at is None


def _forbidden(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "console/content_forbidden.html",
        {"nav": "mailbox-list", "permission": READ},
        status=403,
    )


@login_required
@live
@kept_nowhere
def message_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts for everyone who is signed in; content for those who may read it."""
    message = _message(pk)
    may_read = request.user.has_perm(READ)
    view = None
    if may_read:
        audit.record(request, "message.read", message)
        view = content.view(message)
    response = render(
        request,
        "console/message.html",
        {
            "message": message,
            "mailbox": message.pop_client.mailbox_row,
            "view": view,
            "may_read": may_read,
            "may_read_again": _can_be_read_again(message)
            and request.user.has_perm(OPERATE),
            "locations": listings.of_message(message),
            "nav": "mailbox-list",
        },
    )
    response["Content-Security-Policy"] = FRAME_POLICY
    return response


@require_POST
@login_required
@permission_required(OPERATE, raise_exception=True)
def message_read_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a message out of quarantine; the next cycle reads it anew."""
    message = _message(pk)
    if parse.read_again(pk):
        audit.record(request, "message.read-again", message)
        keeps.tell(
            request,
            message.pop_client,
            _("The message is no longer set aside."),
            _("The next cycle reads it."),
        )
    else:
        words = _("Nothing was changed: the message is not set aside, or not whole.")
        messages.info(request, words)
    return redirect("message-detail", pk)


@login_required
@kept_nowhere
@xframe_options_sameorigin
def message_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The cleaned HTML of a message, for the frame of its page only."""
    message = _message(pk)
    if not request.user.has_perm(READ):
        return _forbidden(request)
    html = content.view(message).html
    if html is None:
        raise Http404
    if not _in_its_frame(request, message):
        audit.record(request, "message.read", message)
    response = render(request, "console/message_html.html", {"html": html})
    response["Content-Security-Policy"] = MAIL_POLICY
    return response


def _in_its_frame(request: HttpRequest, message: Message) -> bool:
    """Asked for by the page of the message, which has written that it was read.

    The header alone proves nothing: a script can send it.
    """
    return request.headers.get("Sec-Fetch-Dest") == "iframe" and audit.recorded(
        request, "message.read", message, FRAME_FOLLOWS
    )


@login_required
@kept_nowhere
def message_raw(request: HttpRequest, pk: int) -> HttpResponse:
    """The bytes as received, as a file."""
    message = _message(pk)
    if not request.user.has_perm(READ):
        return _forbidden(request)
    audit.record(request, "message.download", message)
    response = StreamingHttpResponse(
        content.raw(message), content_type="message/rfc822"
    )
    response["Content-Disposition"] = f'attachment; filename="message-{pk}.eml"'
    return response


@login_required
@kept_nowhere
def message_attachment(request: HttpRequest, pk: int, index: int) -> HttpResponse:
    """One attachment, always as a file and never shown by the browser itself."""
    message = _message(pk)
    if not request.user.has_perm(READ):
        return _forbidden(request)
    found = content.attachment(message, index)
    if found is None:
        raise Http404
    audit.record(request, "message.attachment", message)
    name, data = found
    response = HttpResponse(data, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content.disposition(name)
    return response
