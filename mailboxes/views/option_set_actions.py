"""What is done to an option set from its page: fetch now, restart sending, restore."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ..core.errors import OptionError, StaleEdit
from ..models import PopClient, Revision, SmtpClient
from ..services import clients, revisions
from . import keeps
from .option_set_lookup import find, require, short_kind


@require_POST
@login_required
@permission_required("mailboxes.change_fetcher", raise_exception=True)
def fetch_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the next cycle due now; it takes the newest revision."""
    client = find("pop", pk)
    assert isinstance(client, PopClient)
    if clients.fetch_now(client, request.user):
        keeps.tell(
            request, client, _("Asked for."), _("A cycle starts within seconds.")
        )
    else:
        keeps.tell_nothing_fetched(request, client)
    return redirect("option-set-compare", "pop", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("mailboxes.change_sender", raise_exception=True)
def restart(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then put the newest revision in effect."""
    client = find("smtp", pk)
    assert isinstance(client, SmtpClient)
    if request.method == "POST":
        revision = clients.restart_sending(client, request.user)
        messages.success(
            request,
            _("Sending was restarted: revision %d is in effect.") % revision.number,
        )
        return redirect("option-set-compare", "smtp", pk)
    return render(
        request,
        "option_sets/restart.html",
        {
            "client": client,
            "waiting": clients.waiting_messages(client),
            "pending": revisions.pending(client),
            "nav": "option-sets",
        },
    )


@require_POST
@login_required
def restore(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Save the values of an older revision again."""
    client = find(kind, pk)
    require(request, "change", type(client))
    number, base = (request.POST.get(name, "") for name in ("number", "base_revision"))
    if not all(t.isascii() and t.isdigit() and len(t) < 10 for t in (number, base)):
        raise Http404
    try:
        result = revisions.restore(client, int(number), request.user, int(base))
    except Revision.DoesNotExist:
        raise Http404 from None
    except StaleEdit:
        messages.error(
            request,
            _("Not restored: somebody has saved these options since you opened them."),
        )
    except OptionError as error:
        words = " ".join(problem.message for problem in error.problems)
        messages.error(
            request, _("Revision %s cannot be restored.") % number + " " + words
        )
    else:
        if result.new:
            return redirect(
                "option-set-saved", short_kind(client), pk, result.revision.number
            )
        messages.info(request, _("Nothing to restore: these values are saved already."))
    return redirect("option-set-compare", kind, pk)
