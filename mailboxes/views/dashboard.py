"""The dashboard: is mail flowing, and if not, what to do first (ux.md section 2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext

from ..core.choices import HEALTH_NEEDS_ATTENTION, Health
from ..services import ends_soon, status
from ..services.findings import Finding
from ..services.status import ClientStatus, Machinery, Numbers
from ..services.worker import activity
from ..templatetags.ui import number, spell_duration
from . import links
from .live import live

ROWS = 20  # worst first; the lists have them all
PROBLEMS = 3
NAMED = 5  # clients of one problem


@dataclass(frozen=True)
class Problem:
    """Clients that fail for the same reason, told once."""

    finding: Finding
    clients: list[ClientStatus]
    since: datetime | None
    answer: str
    trace: str
    fix_url: str

    @property
    def first(self) -> ClientStatus:
        return self.clients[0]

    @property
    def others(self) -> int:
        return len(self.clients) - 1

    @property
    def named(self) -> list[dict[str, str]]:
        """The first of them: mailboxes by address, smtp-clients by section.

        Both by address would be twice the same name for a mailbox that does neither.
        """
        return [
            {
                "name": one.address if one.mailbox_pk else one.name,
                "url": links.client_url(one),
            }
            for one in self.clients[:NAMED]
        ]

    @property
    def more(self) -> int:
        return len(self.clients) - NAMED if len(self.clients) > NAMED else 0

    @property
    def stopped(self) -> bool:
        return self.first.health is Health.STOPPED


@login_required
@live
def dashboard(request: HttpRequest) -> HttpResponse:
    """The page, or with `?region=1` what a poll replaces."""
    now = timezone.now()
    inbound = status.pop_clients(now)
    outbound = status.smtp_clients(now)
    machinery = status.machinery(now)
    request.machinery = machinery  # type: ignore[attr-defined]
    request.pop_clients = inbound  # type: ignore[attr-defined]
    numbers = status.numbers(now)
    request.quarantined = numbers.quarantined  # type: ignore[attr-defined]
    runs = machinery.alive and not machinery.held
    context = {
        "answer": _answer(inbound, outbound, machinery),
        "machinery": machinery,
        "problems": problems(request, [*inbound, *outbound]),
        "late": sum(s.health is Health.LATE for s in inbound) if runs else 0,
        "numbers": _numbers(numbers, now),
        "rows": rows(inbound[:ROWS], now),
        "total": len(inbound),
        "outbound": outbound[:ROWS],
        "outbound_total": len(outbound),
        "ending": ends_soon.soon(now),
        "today": now.date(),
        "nav": "dashboard",
    }
    context["region"] = region = "region" in request.GET
    name = "console/_dashboard.html" if region else "console/dashboard.html"
    return render(request, name, context)


def _answer(
    inbound: list[ClientStatus], outbound: list[ClientStatus], machinery: Machinery
) -> str:
    if not inbound and not outbound:
        return _("No mailbox yet")
    if machinery.stuck:
        return _("The queue stands still: no mail is fetched or sent")
    if machinery.starting:
        return _("The worker is starting: mail is fetched and sent within seconds")
    if not machinery.alive:
        return _("No worker is running: no mail is fetched or sent")
    if machinery.held:
        return _("Held: nothing is fetched or sent")
    bad = sum(s.health in HEALTH_NEEDS_ATTENTION for s in inbound)
    if bad:
        return ngettext(
            "%(bad)d of %(all)d mailboxes needs attention",
            "%(bad)d of %(all)d mailboxes need attention",
            bad,
        ) % {"bad": bad, "all": len(inbound)}
    fetches, sends = (_runs(statuses) for statuses in (inbound, outbound))
    bad = sum(s.health in HEALTH_NEEDS_ATTENTION for s in outbound)
    if bad:
        words = (
            _("Mail is fetched, but %(bad)d of %(all)d smtp-clients cannot send")
            if fetches
            else _("%(bad)d of %(all)d smtp-clients cannot send")
        )
        return words % {"bad": bad, "all": len(outbound)}
    return _answer_without_failures(inbound, outbound, fetches, sends)


def _answer_without_failures(
    inbound: list[ClientStatus],
    outbound: list[ClientStatus],
    fetches: bool,
    sends: bool,
) -> str:
    if not fetches and not sends:
        return _("Nothing runs: all paused or drafts")
    if inbound and not fetches:
        return _("Nothing is fetched: every mailbox is paused or a draft")
    if outbound and not sends:
        return _("Mail is fetched, but every smtp-client is paused or a draft")
    return _("Mail is flowing")


def _runs(statuses: list[ClientStatus]) -> bool:
    """Whether any of them may fetch or send."""
    return any(s.health not in (Health.PAUSED, Health.DRAFT) for s in statuses)


def problems(request: HttpRequest, statuses: list[ClientStatus]) -> list[Problem]:
    """At most three, equal causes merged, the most widespread first."""
    groups: dict[str, list[ClientStatus]] = {}
    for one in statuses:
        code = one.runner.code if one.runner is not None else ""
        if code and one.health in HEALTH_NEEDS_ATTENTION:
            groups.setdefault(code, []).append(one)
    widest = sorted(
        groups.values(),
        key=lambda clients: (-len(clients), clients[0].health is not Health.STOPPED),
    )
    return [_problem(request, clients) for clients in widest[:PROBLEMS]]


def _problem(request: HttpRequest, clients: list[ClientStatus]) -> Problem:
    first = clients[0]
    assert first.finding is not None and first.runner is not None
    return Problem(
        finding=first.finding,
        clients=clients,
        since=first.runner.failed_since,
        answer=str(first.runner.evidence.get("answer", "")),
        trace=str(first.runner.evidence.get("trace_id", "")),
        fix_url=links.fix_url(request, first),
    )


def _numbers(n: Numbers, now: datetime) -> list[dict[str, Any]]:
    age = _("nothing waits")
    if n.oldest_unsent:
        age = _("oldest %s") % spell_duration((now - n.oldest_unsent).total_seconds())
    quarantine = _("nothing set aside")
    if n.oldest_quarantined:
        quarantine = _("oldest %s") % spell_duration(
            (now - n.oldest_quarantined).total_seconds()
        )
    outbox = reverse("outbox")
    sent_hint = _("%s at this time last week") % number(n.sent_last_week)
    open_ = [
        words % number(count)
        for words, count in (
            (_("%s unconfirmed"), n.unconfirmed),
            (_("%s failed"), n.failed),
        )
        if count
    ]
    if open_:
        sent_hint = ", ".join(open_)
    undecided = "unconfirmed" if n.unconfirmed else "failed" if n.failed else ""
    return [
        {
            "label": _("Fetched today"),
            "value": number(n.fetched_today),
            "hint": _("%s at this time last week") % number(n.fetched_last_week),
        },
        {
            "label": _("Sent today"),
            "value": number(n.sent_today),
            "hint": sent_hint,
            "url": outbox + (f"?state={undecided}" if undecided else ""),
        },
        {
            "label": _("Waiting to be sent"),
            "value": number(n.unsent),
            "hint": age,
            "url": outbox,
        },
        {
            "label": _("Quarantined"),
            "value": number(n.quarantined),
            "hint": quarantine,
            "url": reverse("quarantine"),
        },
    ]


def rows(statuses: list[ClientStatus], now: datetime) -> list[dict[str, Any]]:
    """Rows of a mailbox table, with what they draw."""
    hourly = activity.messages_by_hour([s.client.pk for s in statuses], now)
    return [
        {
            "status": one,
            "url": links.client_url(one),
            "outcomes": activity.outcomes(one.runner.recent if one.runner else ""),
            "hourly": hourly[one.client.pk],
            "fetched": sum(hourly[one.client.pk]),
        }
        for one in statuses
    ]
