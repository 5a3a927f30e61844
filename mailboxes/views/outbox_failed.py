"""All messages of an smtp-client that failed alike: send them again, or never.

One message is outbox_message; what is done is services/outbox/actions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_http_methods

from ..models import SmtpClient
from ..services.findings import find
from ..services.outbox import actions as outbox_actions
from . import keeps, links

CHANGE = "mailboxes.change_outboundmessage"


@dataclass(frozen=True)
class _Deed:
    """What a person may do with all of them.

    act: does it. asks, done, left: the words for a number of messages. sends: whether
    they wait for the sender afterwards. template: the page that asks.
    """

    act: Callable[[int, str, Any], int]
    asks: Callable[[int], str]
    done: Callable[[int], str]
    left: Callable[[int], str]
    sends: bool
    template: str


_REQUEUE = _Deed(
    outbox_actions.requeue_all,
    lambda n: ngettext("Queue one message again?", "Queue %d messages again?", n),
    lambda n: ngettext(
        "%d message is queued again.", "%d messages are queued again.", n
    ),
    lambda n: ngettext("%d is left.", "%d are left: queue them again, too.", n),
    sends=True,
    template="outbox/requeue.html",
)
_GIVE_UP = _Deed(
    outbox_actions.give_up_all,
    lambda n: ngettext("Give one message up?", "Give %d messages up?", n),
    lambda n: ngettext(
        "%d message is given up. It will not be sent.",
        "%d messages are given up. They will not be sent.",
        n,
    ),
    lambda n: ngettext("%d is left.", "%d are left: give them up, too.", n),
    sends=False,
    template="outbox/give_up.html",
)


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def outbox_requeue(request: HttpRequest, client: int, code: str) -> HttpResponse:
    """Queue them again; a GET asks."""
    return _to_all(request, client, code, _REQUEUE)


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def outbox_give_up(request: HttpRequest, client: int, code: str) -> HttpResponse:
    """Never send them; a GET asks."""
    return _to_all(request, client, code, _GIVE_UP)


def _to_all(request: HttpRequest, client: int, code: str, deed: _Deed) -> HttpResponse:
    row = get_object_or_404(SmtpClient, pk=client)
    failed = outbox_actions.failed(client, code)
    if request.method == "POST":
        done = deed.act(client, code, request.user)
        told = [_counted(deed.done, done)]
        if left := failed.count():
            told.append(_counted(deed.left, left))
        if deed.sends:
            keeps.tell(request, row, " ".join(told), "")
        else:
            messages.success(request, " ".join(told))
        return redirect("outbox")
    count = failed.count()
    first = failed.order_by("pk").first()
    if first is None:
        messages.info(request, _("No message is in this state."))
        return redirect("outbox")
    finding = find(first.code, first.evidence, stage=first.stage)
    return render(
        request,
        deed.template,
        {
            "question": _counted(deed.asks, count),
            "finding": finding,
            "finding_url": links.mend_url(request, row, finding),
            "client": row,
            "most": outbox_actions.MOST_AT_ONCE
            if count > outbox_actions.MOST_AT_ONCE
            else 0,
            "nav": "outbox",
        },
    )


def _counted(words: Callable[[int], str], count: int) -> str:
    said = words(count)
    return said % count if "%d" in said else said
