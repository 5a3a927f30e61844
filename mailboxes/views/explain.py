"""Explain an error: what a pasted text means, and which step of the setup mends it.

No client is known here, so a finding leads to the pages where such a thing is set up in
general. Nothing of the text is stored or logged. As a command: manage.py explain.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy as lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ..core.choices import Step
from ..forms.explain import ExplainForm
from ..services.finding import Certainty, Finding
from ..services.findings import explain as explained
from ..templatetags import words

CERTAINTY = {
    Certainty.CERTAIN: words.Look(lazy("Certain"), "circle-check", "running"),
    Certainty.LIKELY: words.Look(lazy("Likely"), "circle-dashed", "pending"),
    Certainty.UNKNOWN: words.Look(lazy("Not known"), "circle-question-mark", "idle"),
}
# Mended on a page here, though no option is at fault.
HERE = {Step.PROXY, Step.CONSOLE, Step.CLOCK, Step.SECRET, Step.REFRESH_TOKEN}
OF_REGISTRATION = {
    Step.REGISTRATION,
    Step.PUBLIC_CLIENT,
    Step.ACCOUNT_TYPE,
    Step.CLIENT_ID,
    Step.DIRECTORY_ID,
    Step.AUTHORITY,
    Step.SCOPE,
    Step.PERMISSIONS,
    Step.SECRET,
}


@login_required
@never_cache
@sensitive_post_parameters("text")
@require_http_methods(["GET", "HEAD", "POST"])
def explain(request: HttpRequest) -> HttpResponse:
    """The form; after a POST the findings above it, best first."""
    form = ExplainForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        found = explained(
            form.cleaned_data["text"],
            protocol=form.cleaned_data["protocol"],
            stage=form.cleaned_data["stage"],
        )
        context |= {"results": [_result(one) for one in found], "asked": True}
    return render(request, "explain/page.html", context)


def _result(finding: Finding) -> dict[str, Any]:
    return {
        "finding": finding,
        "look": CERTAINTY[finding.certainty],
        "facts": _facts(finding),
        "lines": [
            {"id": f"{finding.id}-{number}", "text": line}
            for number, line in enumerate(finding.copy, 1)
        ],
    }


def _facts(finding: Finding) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = [
        {"label": _("Setup step"), "value": words.step_word(finding.step)}
    ]
    if finding.option or finding.step in HERE:
        url, place = _place(finding)
        facts.append(
            {
                "label": _("On this console"),
                "value": place,
                "url": url,
                "hint": _("option %s") % finding.option if finding.option else "",
            }
        )
    facts += [
        {"label": _("Who can do it"), "value": finding.who},
        {"label": _("Try again"), "value": finding.again},
    ]
    if finding.portal:
        facts.append({"label": _("In the portal"), "value": finding.portal})
    if finding.look_up:
        facts.append(
            {
                "label": _("Microsoft's own words"),
                "value": finding.code,
                "url": finding.look_up,
            }
        )
    return facts


def _place(finding: Finding) -> tuple[str, str]:
    """The page where such a thing is set up, and its name."""
    if finding.option == "proxy" or finding.step == Step.PROXY:
        name, word = "proxy-list", _("Proxies")
    elif finding.step in OF_REGISTRATION:
        name, word = "registration-list", _("App registrations")
    elif finding.step in (Step.CONSOLE, Step.CLOCK):
        name, word = "system", _("System")
    else:
        name, word = "option-sets", _("Option sets")
    return reverse(name), word
