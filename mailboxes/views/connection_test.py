"""Connection tests: ask for one, watch it, cancel it (ux.md section 2.8, Live checks).

A POST makes the run and redirects, so that Back and reload never repeat one. The page
shows rows only; while the run is open it asks for its region again, and at the end htmx
loads it anew, as it is without JavaScript.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ..core.choices import TEST_OPEN, CheckState, TestState
from ..models import Check, PopClient, TestRun
from ..services import connection_test, status
from ..services.connection_test import NotTested, report, resuming
from ..services.finding import Finding
from . import inputs, links
from .live import live
from .option_set_lookup import Client, find, may_test, short_kind

PATIENCE = 3  # seconds of silence that need no word


@require_POST
@login_required
def start(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Ask for a test of what is saved; an open one is shown instead.

    from: number of the test that failed, where this one is to go on.
    """
    client = find(kind, pk)
    if not may_test(request, type(client)):
        raise PermissionDenied
    now = timezone.now()
    number = inputs.key(inputs.text(request.POST, "from"))
    try:
        run = connection_test.ask(
            client,
            request.user,
            send_to=inputs.text(request.POST, "send_to"),
            going_on=connection_test.ended(client, number),
        )
    except NotTested as refused:
        messages.error(request, str(refused))
        return redirect("option-set-compare", kind, pk)
    if run.asked_at < now:
        messages.info(request, _("A test was running already: this is it."))
    return redirect("connection-test", run.pk)


def _run(pk: int) -> TestRun:
    runs = TestRun.objects.select_related(
        "pop_client__mailbox_row", "smtp_client", "revision", "asked_by"
    ).prefetch_related("checks")
    return get_object_or_404(runs, pk=pk)


@require_POST
@login_required
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """End an open run."""
    run = _run(pk)
    if not may_test(request, type(run.client)):
        raise PermissionDenied
    if not connection_test.cancel(run, request.user):
        messages.info(request, _("The test was over already."))
    return redirect("connection-test", pk)


@dataclass
class Row:
    """One check as the page shows it. waits: a sentence once it takes long."""

    check: Check
    label: str
    told: str
    waits: str = ""
    finding: Finding | None = None
    evidence: list[tuple[str, str]] = field(default_factory=list)
    fix_url: str = ""


@require_safe
@login_required
@live
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """One run, or with `?region=1` what a poll replaces."""
    run, now = _run(pk), timezone.now()
    is_open = run.state in TEST_OPEN
    context = shown(run, now)
    rows = context["rows"]
    for row in rows:
        if row.finding is not None:
            row.fix_url = links.mend_url(request, run.client, row.finding, run.pk)
    if "region" in request.GET:
        response = render(request, "connection_test/_run.html", context)
        if not is_open:
            response["HX-Refresh"] = "true"
        return response
    client = run.client
    may_ask = may_test(request, type(client)) and client.archived_at is None
    context |= {
        "client": client,
        "kind": short_kind(client),
        "finding": next((row.finding for row in rows if row.finding), None),
        "newer": client.revision > run.revision.number,
        "may_test": may_ask,
        "goes_on": may_ask and resuming.can_go_on(run),
        "report": "" if is_open else report.text(run),
        "history": history(client),
        "nav": "option-sets",
    }
    return render(request, "connection_test/page.html", context)


def shown(run: TestRun, now: datetime) -> dict[str, Any]:
    """What templates say of a run whose checks are loaded: its rows, how far it is.

    Where a failure is mended is for the page to add to its row.
    """
    rows = [_row(run, check, now) for check in run.checks.all()]
    _say_what_is_missing(run, rows)
    return {
        "run": run,
        "rows": rows,
        "open": run.state in TEST_OPEN,
        "progress": _progress(run, rows),
        "trouble": _trouble(run, now),
    }


def _row(run: TestRun, check: Check, now: datetime) -> Row:
    row = Row(check, report.label(check), report.told(check))
    if check.state == CheckState.RUNNING:
        row.waits = _waits(check, now)
    elif check.state == CheckState.FAILED:
        row.finding = connection_test.finding(run, check)
        row.evidence = report.evidence(check)
    return row


def _say_what_is_missing(run: TestRun, rows: list[Row]) -> None:
    """At the first check that a failure has kept from being made."""
    waiting = [row for row in rows if row.check.state == CheckState.NOT_RUN]
    if run.state == TestState.FAILED and waiting:
        waiting[0].told = _("This and what follows need the check above.")


def _waits(check: Check, now: datetime) -> str:
    seconds = int((now - check.started_at).total_seconds()) if check.started_at else 0
    if seconds < PATIENCE:
        return ""
    limit = check.evidence.get("limit")
    if not isinstance(limit, int) or limit < seconds:
        return _("Still waiting, %d s so far.") % seconds
    return _("Still waiting, %(so_far)d s of %(limit)d s.") % {
        "so_far": seconds,
        "limit": limit,
    }


def _progress(run: TestRun, rows: list[Row]) -> str:
    """One line for screen readers, new with each check that ends."""
    good = (CheckState.PASSED, CheckState.SKIPPED)
    done = sum(row.check.state in good for row in rows)
    counts = {"done": done, "all": len(rows)}
    if run.state == TestState.RUNNING and done:
        return _("%(done)d of %(all)d checks are done.") % counts
    if run.state == TestState.FAILED:
        return _("%(done)d of %(all)d checks are done, then one failed.") % counts
    if run.state == TestState.QUEUED and _waits_for_another(run):
        return _("This test begins when the one before it is over.")
    return str(report.RESULTS[TestState(run.state)])


def _waits_for_another(run: TestRun) -> bool:
    """A test that has to end first is not over."""
    return run.after is not None and run.after.state in TEST_OPEN


def _trouble(run: TestRun, now: datetime) -> str:
    """Why nothing has begun: "no-worker", "slow", or "" while that is usual."""
    waited = (now - run.asked_at).total_seconds()
    if run.state != TestState.QUEUED or waited < PATIENCE or _waits_for_another(run):
        return ""
    return "slow" if status.machinery(now).alive else "no-worker"


@dataclass(frozen=True)
class Past:
    """One run in the history."""

    run: TestRun
    finding: Finding | None


def history(client: Client) -> list[Past]:
    """The last runs of a client with what they found."""
    found = []
    for run in connection_test.history(client):
        check = connection_test.failed_check(run)
        if isinstance(client, PopClient):
            run.pop_client = client
        else:
            run.smtp_client = client
        found.append(Past(run, connection_test.finding(run, check) if check else None))
    return found
