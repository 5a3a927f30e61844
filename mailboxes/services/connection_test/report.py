"""The words of a connection test: what each check does, what it learned, the report.

Rows hold ids and evidence only. Page, command and report to copy all take their words
from here; findings have theirs in services/findings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy as lazy

from ...core.choices import CheckState, Grant, Stage, TestState
from ...models import Check, TestRun
from .. import connection_test
from . import planning as plan

WITHIN = 2.0  # seconds; an HTTP Date tells no more
STATES = {
    CheckState.NOT_RUN: lazy("not run"),
    CheckState.RUNNING: lazy("running"),
    CheckState.PASSED: lazy("passed"),
    CheckState.FAILED: lazy("FAILED"),
    CheckState.SKIPPED: lazy("skipped"),
}
RESULTS = {
    TestState.QUEUED: lazy("The test waits for a worker."),
    TestState.RUNNING: lazy("The test runs."),
    TestState.PASSED: lazy("Everything works."),
    TestState.FAILED: lazy("Something does not work."),
    TestState.CANCELLED: lazy("The test was cancelled."),
    TestState.LOST: lazy("The process that ran the test is gone."),
}
# With the facts of the check filled in; without them the plain word.
LABELS: dict[Stage, tuple[Any, Any]] = {
    Stage.FIELDS: (lazy("Check the fields"), lazy("Check the fields")),
    Stage.CLOCK: (lazy("Compare our clock with {host}"), lazy("Compare the clock")),
    Stage.DNS: (lazy("Look up {host}"), lazy("Look up the host")),
    Stage.TCP: (lazy("Connect to {host}, port {port}"), lazy("Connect to the host")),
    Stage.PROXY: (
        lazy("Reach {host}, port {port}, through the proxy {proxy}"),
        lazy("Go through the proxy"),
    ),
    Stage.TLS: (lazy("Encrypt the connection to {host}"), lazy("Encrypt with TLS")),
    Stage.TENANT: (lazy("Find the tenant {directory_id}"), lazy("Find the tenant")),
    Stage.TOKEN: (lazy("Get a token for {user}"), lazy("Get a token")),
    Stage.CLAIMS: (lazy("Read the token's claims"), lazy("Read the token's claims")),
    Stage.GREETING: (lazy("Read the greeting of {host}"), lazy("Read the greeting")),
    Stage.SIGN_IN: (lazy("Sign in as {user}"), lazy("Sign in")),
    Stage.MAILBOX: (lazy("Open the folder {folder}"), lazy("Open the mailbox")),
    Stage.DATA: (lazy("Send a message to {send_to}"), lazy("Send a message")),
}
# An application gets a token of its own, nobody's.
AS_APPLICATION = {Stage.TOKEN: lazy("Get a token for the application")}
SKIPPED = {
    plan.NOT_ENCRYPTED: lazy("The connection is not encrypted."),
    plan.NO_LOGIN: lazy("There is no log-in name: nobody signs in."),
    plan.NO_FOLDER: lazy("An smtp-client opens no folder."),
    plan.NO_DATE: lazy("The authority told no time."),
    plan.OPAQUE: lazy("The token cannot be read, which is no fault."),
    plan.NOT_REACHED: lazy("The conversation ended before."),
    plan.NOT_AGAIN: lazy("Not tried: a refused sign-in is not repeated."),
}


def label(check: Check) -> str:
    """What a check does: "Connect to outlook.office365.com, port 993"."""
    full, plain = LABELS[Stage(check.stage)]
    if check.evidence.get("grant") == Grant.CLIENT_CREDENTIALS:
        full = AS_APPLICATION.get(Stage(check.stage), full)
    try:
        known = {name: v for name, v in check.evidence.items() if v not in ("", None)}
        return str(full).format_map(known)
    except KeyError:
        return str(plain)


def told(check: Check) -> str:
    """What a check that ended well has learned, as one line; "" for nothing."""
    facts = check.evidence
    if check.state == CheckState.SKIPPED:
        return str(SKIPPED.get(facts.get("skipped", ""), ""))
    if check.state != CheckState.PASSED:
        return ""
    words = _WORDS.get(Stage(check.stage))
    parts = words(facts) if words else []
    if "seen_by" in facts:
        parts.append(_("Seen by test %d") % facts["seen_by"])
    return ". ".join([*parts, *(str(one).rstrip(".") for one in _warnings(facts))])


def _warnings(facts: Mapping[str, Any]) -> list[Any]:
    found = facts.get("warnings")
    return found if isinstance(found, list) else []


def _fields(facts: Mapping[str, Any]) -> list[str]:
    return [_("Revision %s") % facts.get("revision", "?")]


def _clock(facts: Mapping[str, Any]) -> list[str]:
    seconds = facts.get("seconds")
    if not isinstance(seconds, int | float):
        return []
    if abs(seconds) < WITHIN:
        return [_("Less than two seconds apart")]
    return [_("%d s apart") % round(abs(seconds))]


def _addresses(facts: Mapping[str, Any]) -> list[str]:
    return [", ".join(str(one) for one in facts.get("addresses") or ())]


def _address(facts: Mapping[str, Any]) -> list[str]:
    return [str(facts["address"])] if facts.get("address") else []


def _tls(facts: Mapping[str, Any]) -> list[str]:
    named = ", ".join(str(facts[n]) for n in ("tls", "cipher") if facts.get(n))
    parts = [named] if named else []
    if facts.get("issuer"):
        parts.append(_("Certificate by %s") % facts["issuer"])
    if facts.get("certificate_ends"):
        try:
            ends = date.fromisoformat(str(facts["certificate_ends"]))
        except ValueError:
            return parts
        days = (ends - timezone.now().date()).days
        parts.append(_("valid for %d days, until %s") % (days, ends))
    return [", ".join(parts[:1]), ", ".join(parts[1:])] if parts[1:] else parts


def _tenant(facts: Mapping[str, Any]) -> list[str]:
    parts = []
    if facts.get("tenant"):
        parts.append(_("Tenant %s") % facts["tenant"])
    if facts.get("tenant_region_scope"):
        parts.append(_("region %s") % facts["tenant_region_scope"])
    return [", ".join(parts)] if parts else []


def _token(facts: Mapping[str, Any]) -> list[str]:
    parts = []
    if isinstance(facts.get("lifetime"), int):
        parts.append(_("Good for %d minutes") % math.floor(facts["lifetime"] / 60))
    granted = facts.get("permissions")
    if granted:
        parts.append(_("permits %s") % ", ".join(str(one) for one in granted))
    return [", ".join(parts)] if parts else []


def _claims(facts: Mapping[str, Any]) -> list[str]:
    parts = []
    if facts.get("aud"):
        parts.append(_("Made for %s") % facts["aud"])
    if facts.get("upn"):
        parts.append(_("belongs to %s") % facts["upn"])
    return [", ".join(parts)] if parts else []


def _answer(facts: Mapping[str, Any]) -> list[str]:
    return [str(facts["answer"])] if facts.get("answer") else []


def _mailbox(facts: Mapping[str, Any]) -> list[str]:
    if not isinstance(facts.get("messages"), int):
        return []
    if facts.get("next_id") is None:  # ids are text, without an order
        return [_("%d messages") % facts["messages"]]
    return [
        _("%(count)d messages, the next one gets the id %(next)s")
        % {"count": facts["messages"], "next": facts["next_id"]}
    ]


def _sent(facts: Mapping[str, Any]) -> list[str]:
    return [_("From %s") % facts.get("from", "?"), *_answer(facts)]


_WORDS = {
    Stage.FIELDS: _fields,
    Stage.CLOCK: _clock,
    Stage.DNS: _addresses,
    Stage.TCP: _address,
    Stage.TLS: _tls,
    Stage.TENANT: _tenant,
    Stage.TOKEN: _token,
    Stage.CLAIMS: _claims,
    Stage.GREETING: _answer,
    Stage.MAILBOX: _mailbox,
    Stage.DATA: _sent,
}


def line(check: Check) -> str:
    """One check as one line of the report and the command."""
    spent = "" if check.milliseconds is None else f" ({check.milliseconds} ms)"
    more = told(check)
    return f"{STATES[CheckState(check.state)]}: {label(check)}{spent}" + (
        f" - {more}" if more else ""
    )


def text(run: TestRun) -> str:
    """The whole run as text to copy; it holds no secret."""
    client = run.client
    when = run.started_at or run.asked_at
    lines = [
        _("Connection test %(number)d of %(kind)s %(name)s, revision %(revision)d")
        % {
            "number": run.pk,
            "kind": client.kind,
            "name": client.section,
            "revision": run.revision.number,
        },
        f"{when:%Y-%m-%d %H:%M:%S} UTC. {RESULTS[TestState(run.state)]}",
        "",
    ]
    for check in run.checks.all():
        lines.append(line(check))
        if check.state == CheckState.FAILED:
            lines += [f"    {one}" for one in failure(run, check)]
    return "\n".join(lines) + "\n"


def failure(run: TestRun, check: Check) -> list[str]:
    """The finding of a failed check and the evidence for it, in lines."""
    found = connection_test.finding(run, check)
    lines = [
        f"{found.code}: {found.title}",
        str(found.cause),
        str(found.fix),
        _("Who can mend it: %s") % found.who,
    ]
    if found.option:
        lines.append(_("Option: %s") % found.option)
    if found.look_up:
        lines.append(found.look_up)
    return lines + [f"{name}: {value}" for name, value in evidence(check)]


def evidence(check: Check) -> list[tuple[str, str]]:
    """Raw facts of a failed check, the server's answer first."""
    hidden = (
        "side", "owner", "limit", "skipped", "revision", "option", "claims", "seen_by",
    )  # fmt: skip
    pairs = [
        (name, ", ".join(map(str, v)) if isinstance(v, list) else str(v))
        for name, v in check.evidence.items()
        if name not in hidden and v not in ("", None, [], {})
    ]
    return sorted(pairs, key=lambda pair: pair[0] != "answer")


def as_json(run: TestRun) -> dict[str, Any]:
    """The run for programs: name, kind, state, finding, checks."""
    found = connection_test.finding_of(run)
    return {
        "name": run.client.section,
        "kind": run.client.kind,
        "state": run.state,
        "finding": None
        if found is None
        else {
            "code": found.code,
            "title": str(found.title),
            "cause": str(found.cause),
            "step": str(found.step),
            "option": found.option,
            "fix": str(found.fix),
            "who": str(found.who_id),
            "retry": str(found.retry),
            "certain": found.certain,
        },
        "checks": [
            {
                "stage": check.stage,
                "state": check.state,
                "ms": check.milliseconds,
                "evidence": check.evidence,
                "code": check.code,
            }
            for check in run.checks.all()
        ],
    }
