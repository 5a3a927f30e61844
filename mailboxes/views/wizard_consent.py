"""Consent: the public page that an administrator comes back to, and a new link.

The page needs no account here and says nothing of the draft. Coming back is a GET by
the authority's redirect, so this GET writes, as sign_ins does: once for each link.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from ..models import SetupDraft
from ..services.wizard import consent as consents
from .wizard_access import find


@require_GET
@never_cache
def consent(request: HttpRequest) -> HttpResponse:
    """Record the answer; says "Recorded", or why not, in plain words."""
    answer = consents.answer(request)
    response = render(
        request,
        "wizard/consent.html",
        {
            "answer": answer,
            "cancelled": answer.finding is not None
            and answer.finding.code == consents.DENIED,
        },
        status=200 if answer.known else 400,
    )
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_POST
@login_required
def connect_consent(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link in place of the one there is."""
    setup = find(request, pk)
    if setup.draft.state == SetupDraft.State.OPEN:
        with transaction.atomic():
            consents.ensure(setup.draft, request.user, renew=True)  # type: ignore
    return redirect("connect-step", pk, "permissions")
