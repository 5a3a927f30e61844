"""The fault laboratory: what the sandbox can let go wrong, and for whom it does.

For staff, and only where mailboxes live in a sandbox. As a command: sandbox_scenario.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ..core.choices import RunState
from ..forms.scenario import ScenarioForm
from ..models import Fetcher, PopClient, Sender
from ..services import laboratory
from ..services.drill.plan import Found, Plan
from ..services.findings import by_id
from ..services.laboratory import NONE, SandboxAway, SandboxRefuses, Subject
from ..templatetags.words import step_word
from . import inputs

View = Callable[..., HttpResponse]


def _for_staff(view: View) -> View:
    """403 for others, 404 where there is no sandbox."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        if not request.user.is_staff:
            raise PermissionDenied
        if not laboratory.exists():
            raise Http404
        return view(request, *args, **more)

    return guarded


@require_GET
@login_required
@_for_staff
def sandbox(request: HttpRequest) -> HttpResponse:
    """Mailboxes with what is on them, and the scenarios of one area."""
    plans = [p for p in laboratory.scenarios() if p.rows or p.wire]
    try:
        on, away = laboratory.switched(), ""
    except SandboxAway as error:
        on, away = {}, str(error)
    known = {plan.name: plan for plan in plans}
    areas = {slugify(area): list(of) for area, of in groupby(plans, lambda p: p.area)}
    current = inputs.text(request.GET, "area")
    current = current if current in areas else next(iter(areas), "")
    return render(
        request,
        "sandbox/page.html",
        {
            "away": away,
            "rows": [
                _subject(one, plans, known.get(on.get(one.address, "")), number)
                for number, one in enumerate(laboratory.subjects())
            ],
            "area": areas[current][0].area if current else "",
            "filters": [
                {
                    "label": listed[0].area,
                    "url": f"?area={slug}#scenarios",
                    "current": slug == current,
                    "count": len(listed),
                }
                for slug, listed in areas.items()
            ],
            "scenarios": [_scenario(plan) for plan in areas.get(current, ())],
        },
    )


@require_POST
@login_required
@_for_staff
def switch(request: HttpRequest) -> HttpResponse:
    """Put a scenario on a mailbox, or end the one that is on."""
    plans = laboratory.scenarios()
    form = ScenarioForm(request.POST, plans=plans)
    if not form.is_valid():
        problem = next(iter(form.errors.values()))[0]
        messages.error(request, problem)
        return redirect("sandbox")
    address, name = form.cleaned_data["address"], form.cleaned_data["scenario"]
    try:
        subject = laboratory.switch(address, name, request.user)
    except (SandboxAway, SandboxRefuses) as error:
        messages.error(request, str(error))
        return redirect("sandbox")
    if name == NONE:
        text = _("Nothing goes wrong any more for %s.") % subject.address
    else:
        title = next(plan.title for plan in plans if plan.name == name)
        text = _("%(address)s: %(title)s.") % {
            "address": subject.address,
            "title": title,
        }
    messages.success(request, f"{text} {_next(subject)}")
    return redirect("sandbox")


def _next(subject: Subject) -> str:
    """When it will be seen."""
    if any(_state(client) == RunState.STOPPED for client in subject.clients):
        return _("It is stopped: test its connection, or resume it.")
    return _("The next cycle and every connection test show it.")


def _state(client: laboratory.Client) -> str:
    rows: Any = Fetcher if isinstance(client, PopClient) else Sender
    kind = "pop_client" if isinstance(client, PopClient) else "smtp_client"
    return str(
        rows.objects.filter(**{kind: client}).values_list("state", flat=True).first()
    )


def _subject(
    subject: Subject, plans: list[Plan], on: Plan | None, number: int
) -> dict[str, Any]:
    return {
        "address": subject.address,
        "on": on,
        "found": _finding(on.expected) if on else "",
        "form": ScenarioForm(
            plans=plans,
            number=number,
            initial={
                "address": subject.address,
                "scenario": on.name if on else NONE,
            },
        ),
        "clients": [
            {
                "name": client.section,
                "receives": kind == "pop",
                "state": _state(client),
                "test": reverse("connection-test-start", args=[kind, client.pk]),
            }
            for client in subject.clients
            for kind in ["pop" if isinstance(client, PopClient) else "smtp"]
        ],
    }


def _scenario(plan: Plan) -> dict[str, Any]:
    setup = plan.setup
    needs = [
        word
        for key, word in (
            ("sends", _("sending")),
            ("app", _("client credentials")),
            ("basic", _("a password sign-in")),
        )
        if setup[key]
    ]
    return {
        "plan": plan,
        "needs": needs,
        "finding": _finding(plan.expected),
        "step": step_word(plan.expected.step) if plan.expected.step else "",
    }


def _finding(found: Found) -> str:
    if not found.finding:
        return _("Nothing is wrong")
    return capfirst(str(by_id(found.finding).title))
