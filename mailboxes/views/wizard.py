"""Drafts of the wizard: the list, a new one, discarding one (ux.md section 2.8).

One step of a draft: wizard_step. Test and turning on: wizard_test.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ..forms.wizard import NewDraftForm
from ..models import SetupDraft
from ..services.wizard import drafts, standing
from ..services.wizard.modes import BY_NAME, Mode
from .wizard_access import find, require

METHODS = ["GET", "HEAD", "POST"]
NAV = "connect"


@dataclass(frozen=True)
class Listed:
    """One draft in the list. done: steps that were saved."""

    draft: SetupDraft
    mode: Mode | None

    @property
    def done(self) -> int:
        return len(self.draft.steps)


@require_http_methods(METHODS)
@login_required
def connect(request: HttpRequest) -> HttpResponse:
    """What is being connected, and the first step of the next one."""
    require(request)
    form = NewDraftForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        draft = form.save_with(request.user)
        if draft is not None:
            return redirect("connect-step", draft.pk, "mode")
    return render(
        request,
        "wizard/list.html",
        {
            "form": form,
            "drafts": [
                Listed(draft, BY_NAME.get(draft.mode)) for draft in drafts.open_drafts()
            ],
            "nav": NAV,
        },
        status=400 if form.errors else 200,
    )


@require_safe
@login_required
def connect_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """To the step that is next."""
    setup = find(request, pk)
    if setup.draft.state == SetupDraft.State.DISCARDED:
        return _is_discarded(request)
    if setup.draft.state == SetupDraft.State.DONE:
        return redirect("connect-step", pk, "turn-on")
    listed = standing.rows(setup)
    return redirect("connect-step", pk, standing.next_after(listed, "").step.id)


def _is_discarded(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("This draft was discarded."))
    return redirect("connect")


@require_http_methods(METHODS)
@login_required
def connect_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then discard a draft."""
    setup = find(request, pk)
    if setup.draft.state != SetupDraft.State.OPEN:
        return redirect("connect-draft", pk)
    if request.method == "POST":
        if drafts.discard(setup.draft, request.user):
            messages.success(
                request, _("The draft for %s was discarded.") % setup.draft.address
            )
        return redirect("connect")
    return render(request, "wizard/discard.html", {"setup": setup, "nav": NAV})
