"""One step of a draft: what it asks, what it tells, and saving it.

Every step has a stable address and saves at once. What it is about stands in its
template and in services/wizard/steps; who else is in it is told by `here`.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ..core.errors import StaleEdit
from ..forms.wizard import StepForm
from ..models import SetupDraft, SignIn
from ..services.wizard import drafts, grounds, saving, standing
from ..services.wizard.setup import Setup
from ..services.wizard.standing import Row, State
from ..services.wizard.steps import Saver, Step
from .live import live
from .sign_ins import shown
from .wizard import METHODS, NAV
from .wizard_access import (
    UNTESTED,
    find,
    find_step,
    may,
    require,
    rights_to_make,
)
from .wizard_certificate import RIGHTS
from .wizard_facts import Facts

# Never shown again, so what there is to say of one is said where it was typed.
HIDDEN = ("secret", "password")
# What a poll replaces, by step.
REGIONS = {
    "permissions": "wizard/_consent.html",
    "test": "wizard/_tests.html",
    "sign-in": "wizard/_sign_in.html",
    "turn-on": "wizard/_first.html",
}


@require_http_methods(METHODS)
@sensitive_post_parameters("password", "secret")
@login_required
@live
def connect_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """One step, or with `?region=1` what a poll replaces."""
    setup, asked = find(request, pk), find_step(step)
    listed = standing.rows(setup)
    elsewhere = _elsewhere(request, setup, asked, listed)
    if elsewhere is not None:
        return elsewhere
    if "region" in request.GET and step in REGIONS:
        return _region(request, setup, asked, listed)
    form = None
    if asked.saver is not Saver.NOTHING:
        data = request.POST if request.method == "POST" else None
        form = StepForm(data, setup=setup, step=asked)
    if request.method == "POST" and form is not None:
        require(request, *asked.rights)
        saved = _save(request, setup, asked, form)
        if isinstance(saved, HttpResponse):
            return saved
        form, setup = saved, find(request, pk)
        listed = standing.rows(setup)
    return _page(request, setup, asked, listed, form)


def _elsewhere(
    request: HttpRequest, setup: Setup, step: Step, listed: list[Row]
) -> HttpResponse | None:
    """Where a person is sent who cannot work on this step now."""
    draft = setup.draft
    if draft.state == SetupDraft.State.DISCARDED:
        messages.info(request, _("This draft was discarded."))
        return redirect("connect")
    if draft.state == SetupDraft.State.DONE:
        if step.id == "turn-on":
            return None
        return redirect("connect-step", draft.pk, "turn-on")
    row = next((one for one in listed if one.step.id == step.id), None)
    if row is None:
        messages.info(
            request, _("%s is not needed for the way that was chosen.") % step.title
        )
        return redirect("connect-draft", draft.pk)
    if row.first is not None:
        messages.info(
            request,
            _("%(step)s cannot start yet. First: %(first)s.")
            % {"step": step.title, "first": row.first.title},
        )
        return redirect("connect-step", draft.pk, row.first.id)
    return None


def _save(
    request: HttpRequest, setup: Setup, step: Step, form: StepForm
) -> HttpResponse | StepForm:
    """Save, and on to the next step; the form where it has to be shown again."""
    pk = setup.draft.pk
    try:
        if "undo" in request.POST:
            saving.undo(pk, step, request.user)  # type: ignore[arg-type]
            return redirect("connect-step", pk, step.id)
        judged = form.save_with(request.user, done="stay" not in request.POST)
    except StaleEdit:
        again = StepForm(request.POST, setup=find(request, pk), step=step)
        again.say_what_is_saved()
        return again
    if judged is None:
        return form
    for notice in judged.notices:
        messages.info(request, notice)
    for problem in judged.warnings:
        messages.warning(request, problem.message)
    doubted = {one.option for one in judged.warnings if one.option in HIDDEN}
    for name in filter(request.POST.get, doubted):
        messages.info(request, _("It is saved. Enter another one, or save to go on."))
        return redirect(f"{reverse('connect-step', args=[pk, step.id])}#id_{name}")
    if "stay" in request.POST:
        return redirect("connect-step", pk, step.id)
    listed = standing.rows(Setup.load(pk))
    return redirect("connect-step", pk, standing.next_after(listed, step.id).step.id)


def _page(
    request: HttpRequest,
    setup: Setup,
    step: Step,
    listed: list[Row],
    form: StepForm | None,
) -> HttpResponse:
    context = _context(request, setup, step, listed)
    context |= {
        "form": form,
        "number": next(r.number for r in listed if r.step.id == step.id),
        "done": sum(row.done for row in listed),
        "next": standing.next_after(listed, step.id),
        "others": drafts.others(setup.draft, request.user),  # type: ignore[arg-type]
        "may_save": may(request, step.rights),
        "may_save_registration": may(request, RIGHTS),
        "may_untested": may(request, [UNTESTED]),
        "nav": NAV,
    }
    wrong = form is not None and bool(form.errors)
    return render(request, "wizard/step.html", context, status=400 if wrong else 200)


def _context(
    request: HttpRequest, setup: Setup, step: Step, listed: list[Row]
) -> dict[str, Any]:
    row = next(one for one in listed if one.step.id == step.id)
    asked = shown(request, setup.sign_in) if setup.sign_in else None
    return {
        "setup": setup,
        "draft": setup.draft,
        "step": step,
        "row": row,
        "ticked": step.id in setup.draft.steps and grounds.hold(setup, step.id),
        "come_in": [] if row.done else grounds.come_in(setup, step.id),
        "problem": row.why if row.state is State.PROBLEM else "",
        "rows": listed,
        "facts": Facts(request, setup, listed),
        "may_make": may(request, rights_to_make(setup)),
        "sign_in": asked,
        "told_below": step.id == "sign-in" and bool(asked and asked["finding"]),
    }


def _region(
    request: HttpRequest, setup: Setup, step: Step, listed: list[Row]
) -> HttpResponse:
    context = _context(request, setup, step, listed)
    response = render(request, REGIONS[step.id], context)
    signed = setup.sign_in is not None and setup.sign_in.state not in SignIn.OPEN
    over = {
        "test": not setup.testing,
        "sign-in": signed,
        "permissions": not context["facts"].consent_url,
    }
    if over.get(step.id):
        response["HX-Refresh"] = "true"  # buttons and links come with the page
    return response


@require_POST
@login_required
def connect_here(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """A sign of life of a page, every few seconds; answers who else is in the draft."""
    setup, asked = find(request, pk), find_step(step)
    user: Any = request.user
    drafts.visit(setup.draft, user, asked.id)
    context = {
        "draft": setup.draft,
        "setup": setup,
        "others": drafts.others(setup.draft, user),
    }
    return render(request, "wizard/_here.html", context)
