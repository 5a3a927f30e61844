"""Sign-ins of mailbox owners: begun and watched here, done on a page of the authority.

Two pages are public, for an owner without an account here: the one that a link of ours
names, and the one that the authority sends the browser back to. They say nothing but
what this person has to do. Coming back is a GET by the authority's redirect, so it
writes, as that of wizard_consent does: once for each link.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from ..core.codes import Code
from ..models import SignIn
from ..services import sign_ins
from ..services.sign_ins import CannotSignIn
from . import links
from .live import live
from .option_set_lookup import find, may, require, short_kind
from .return_address import ANSWER, ReturnAddress, return_url


@require_POST
@login_required
def sign_in_start(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Ask for a sign-in, in place of an older one."""
    client = find(kind, pk)
    require(request, "change", type(client))
    back = return_url(request, ANSWER)
    try:
        row = sign_ins.begin(client, request.user, back)  # type: ignore[arg-type]
    except CannotSignIn as refused:
        messages.error(request, str(refused))
        return redirect("option-set-compare", kind, pk)
    return redirect("sign-in", row.pk)


def _row(pk: int) -> SignIn:
    rows = SignIn.objects.select_related(
        "pop_client__mailbox_row", "smtp_client", "created_by"
    )
    return get_object_or_404(rows, pk=pk)


@require_safe
@login_required
@live
def sign_in(request: HttpRequest, pk: int) -> HttpResponse:
    """One sign-in and what has become of it, or with `?region=1` what a poll wants."""
    row = _row(pk)
    client = row.client
    context = shown(request, row)
    context["may_start"] = client is not None and may(request, "change", type(client))
    if "region" in request.GET:
        response = render(request, "sign_in/_state.html", context)
        if not context["open"]:
            response["HX-Refresh"] = "true"
        return response
    return render(
        request,
        "sign_in/page.html",
        context
        | {"client": client, "kind": short_kind(client) if client else "pop"}
        | {"nav": "option-sets"},
    )


@require_POST
@login_required
def sign_in_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Call it off: its link and its code are not good any more."""
    row = _row(pk)
    if row.client is not None:
        require(request, "change", type(row.client))
    sign_ins.cancel(row, request.user)  # type: ignore[arg-type]
    return redirect("sign-in", pk)


def shown(request: HttpRequest, row: SignIn) -> dict[str, Any]:
    """What the pages show of a sign-in.

    moving: it changes without anybody here. back: where the owner's browser comes back
    to, as it was asked for. fix_url: the field for another account.
    """
    is_open = sign_ins.is_open(row, timezone.now())
    by_itself = row.state != SignIn.State.SHOWN or row.due_at is not None
    token = sign_ins.token_of(row)
    found = sign_ins.finding(row)
    other = found is not None and found.code == Code.SIGN_IN_OTHER
    return {
        "row": row,
        "open": is_open,
        "moving": is_open and by_itself,
        "address": sign_ins.address(row) if is_open else "",
        "public_url": return_url(request, "sign-in-owner", token),
        "back": ReturnAddress(row.redirect_uri),
        "finding": found,
        "fix_url": links.mend_url(request, row.client, found)
        if other and row.client
        else "",
    }


@require_GET
@never_cache
def sign_in_answer(request: HttpRequest) -> HttpResponse:
    """Record the answer, and go to an address that holds nothing of it."""
    row = sign_ins.answer(request).row
    if row is None:
        return _public(request, {"row": None}, 400)
    response = redirect("sign-in-owner", sign_ins.token_of(row))
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
@never_cache
def sign_in_owner(request: HttpRequest, token: str) -> HttpResponse:
    """What the owner has to do, or what has become of it; without an account here.

    `?was=STATE` is the poll of a page that shows that state: another one is loaded
    whole.
    """
    row = sign_ins.of_token(token)
    if row is None or row.state == SignIn.State.REPLACED:
        return _public(request, {"row": None}, 404)
    if "was" in request.GET:
        response = HttpResponse(status=204)
        if request.GET["was"] != row.state or not sign_ins.is_open(row, timezone.now()):
            response["HX-Refresh"] = "true"
        return response
    context = shown(request, row) | {"region": f"?was={row.state}"}
    late = context["finding"] is not None and row.state in SignIn.OPEN
    return _public(request, context | {"late": late}, 410 if late else 200)


def _public(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    response = render(request, "sign_in/owner.html", context, status=status)
    response["Referrer-Policy"] = "no-referrer"
    return response
