"""Where each step of a draft stands: done, to do, in progress, problem, not yet.

Read from the draft, its app registration, its consent link and its tests. The words are
those of ux.md section 2.2; only a problem is red.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _

from ...core.choices import TestState
from ...models import ConsentLink, TestRun
from .. import connection_test, registrations, sign_ins
from ..finding import Finding
from . import consent, faults, grounds, steps
from .setup import Setup
from .steps import Step


class State(StrEnum):
    DONE = "done"
    TO_DO = "to-do"
    IN_PROGRESS = "in-progress"
    PROBLEM = "problem"
    BLOCKED = "blocked"  # cannot start yet


@dataclass(frozen=True)
class Row:
    """One step of the list. number: from 1. first: what it waits for (blocked).

    why: what is wrong (problem), in one sentence. finding: of a test or of a refused
    consent, if it was found there.
    """

    step: Step
    number: int
    state: State
    first: Step | None = None
    why: str = ""
    finding: Finding | None = None

    @property
    def done(self) -> bool:
        return self.state is State.DONE

    @property
    def open(self) -> bool:
        """It can be worked on."""
        return self.state is not State.BLOCKED


def rows(setup: Setup) -> list[Row]:
    """All steps of a draft with their states."""
    listed = steps.of(setup)
    done = {step.id: step.done(setup, step) for step in listed}
    troubles = _troubles(setup)
    found = []
    for number, step in enumerate(listed, start=1):
        lacking = next((one for one in step.needs if not done.get(one, True)), None)
        first, why, finding = None, "", None
        if lacking is not None:
            state, first = State.BLOCKED, steps.BY_ID[lacking]
        elif step.id in troubles:
            state, (why, finding) = State.PROBLEM, troubles[step.id]
        elif done[step.id]:
            state = State.DONE
        elif _begun(setup, step):
            state = State.IN_PROGRESS
        else:
            state = State.TO_DO
        if step.id == "test" and setup.missing and state is not State.BLOCKED:
            state = State.BLOCKED
        found.append(Row(step, number, state, first, why, finding))
    return found


def next_after(listed: list[Row], step_id: str) -> Row:
    """The step to go to from one: the next that is not done, else the first such.

    When all is done it is the last.
    """
    place = next((n for n, row in enumerate(listed) if row.step.id == step_id), -1)
    ahead, behind = listed[place + 1 :], listed[: place + 1]
    left = [row for row in (*ahead, *behind) if row.open and not row.done]
    others = [row for row in left if row.step.id != step_id]
    return (others or left or listed[-1:])[0]


def _begun(setup: Setup, step: Step) -> bool:
    if step.id == "test":
        return setup.testing
    if step.id == "sign-in":
        row = setup.sign_in
        return row is not None and sign_ins.is_open(row, timezone.now())
    if step.id == "exchange":
        return bool(setup.draft.principal_id)
    noted = step.id in setup.draft.steps and grounds.hold(setup, step.id)
    return noted and not steps.wrong(setup, step)


def _troubles(setup: Setup) -> dict[str, tuple[str, Finding | None]]:
    """What is wrong, in one sentence, by id of the step where it is mended."""
    found: dict[str, tuple[str, Finding | None]] = {}
    link = setup.consent
    refusal = None if link is None else refused(setup, link)
    if refusal is not None:
        found["permissions"] = (str(refusal.title), refusal)
    row = setup.registration
    today = timezone.now().date()
    if row is not None:
        grant = setup.mode.grant if setup.mode else None
        for problem in registrations.wrong_ids(row, grant) if grant else ():
            found.setdefault("ids", (problem.message, None))
        ended = row.secret_ends_on
        if ended is not None and ended < today:
            found["secret"] = (_("The client secret ended on %s.") % ended, None)
        ended = row.certificate_ends_on
        if ended is not None and ended < today:
            words = _("The certificate ended on %s. Make a new one, and upload it.")
            if row.next_certificate_id is not None:
                words = _("The certificate ended on %s. Upload the new one and use it.")
            found["certificate"] = (words % ended, None)
    asked = setup.sign_in
    came = None if asked is None else sign_ins.finding(asked)
    if came is not None:
        found["sign-in"] = (str(came.title), came)
    for kind in setup.kinds:
        fault = fault_of(setup, kind)
        if fault is not None:
            told = (str(fault.finding.title), fault.finding)
            found.setdefault(fault.step.id, told)
    return found


def refused(setup: Setup, link: ConsentLink) -> Finding | None:
    """Why consent was refused, while nobody has done the step by hand since."""
    if link.outcome != ConsentLink.Outcome.REFUSED or link.answered_at is None:
        return None
    if setup.saved_since("permissions", link.answered_at):
        return None
    return consent.finding(link)


@dataclass(frozen=True)
class Fault:
    """What a test found, and the step and field where it is mended."""

    run: TestRun
    finding: Finding
    step: Step
    field: str = ""


def fault_of(setup: Setup, kind: str) -> Fault | None:
    """What the newest test of a direction found, unless it was mended since."""
    run = setup.runs.get(kind)
    if run is None or run.state != TestState.FAILED or run.ended_at is None:
        return None
    check = connection_test.failed_check(run)
    if check is None:
        return None
    shown = faults.finding_of(check)
    place = faults.place(setup, kind, shown)
    if place is None or mended_since(setup, place[0], run.ended_at):
        return None
    return Fault(run, shown, *place)


def mended_since(setup: Setup, step: Step, when: datetime) -> bool:
    """The step was saved after that moment, here or on the registration's page."""
    row = setup.registration
    asked = setup.sign_in if step.id == "sign-in" else None
    if asked is not None and asked.ended_at is not None and asked.ended_at > when:
        return asked.state == asked.State.DONE
    secret = row.secret if row is not None and step.id == "secret" else None
    if secret is not None and secret.created_at > when:
        return True
    return setup.saved_since(step.id, when)
