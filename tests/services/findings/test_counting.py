"""Failures that nobody can explain are counted from the stored tries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.core.choices import CheckState
from mailboxes.core.codes import Code
from mailboxes.models import Attempt, Check, TestRun
from mailboxes.services.findings.counting import Unexplained, generic
from tests import factories

pytestmark = pytest.mark.django_db


def test_tries_without_a_finding_of_their_own_are_counted() -> None:
    pop = factories.pop_client()
    for _ in range(2):
        factories.cycle(pop, code="never-seen", stage="fetch")
    factories.cycle(pop, code=Code.DNS_UNKNOWN, stage="dns")
    factories.cycle(pop)
    smtp = factories.smtp_client()
    revision = smtp.revisions.get()
    now = timezone.now()
    Attempt.objects.create(
        message=factories.outbound(smtp), number=1, revision=revision, owner="o",
        started_at=now, code="odd-reply", stage="data",
    )  # fmt: skip
    run = TestRun.objects.create(smtp_client=smtp, revision=revision, asked_at=now)
    for number, state in enumerate((CheckState.FAILED, CheckState.PASSED)):
        Check.objects.create(
            run=run, number=number, stage="sign-in", state=state, code="odd-answer",
            started_at=now,
        )  # fmt: skip
    assert generic() == [
        Unexplained("never-seen", "fetch", "protocol-error", 2),
        Unexplained("odd-reply", "data", "unexplained-sending", 1),
        Unexplained("odd-answer", "sign-in", "unexplained-sign-in", 1),
    ]


def test_a_telling_answer_is_not_counted() -> None:
    pop = factories.pop_client()
    told = {"protocol": "POP3", "answer": "-ERR Protocol error. 10"}
    factories.cycle(pop, code=Code.PROTOCOL_ERROR, stage="sign-in", evidence=told)
    factories.cycle(pop, code=Code.PROTOCOL_ERROR, stage="sign-in")
    assert generic() == [
        Unexplained("protocol-error", "sign-in", "protocol-error", 1),
    ]


def test_old_tries_are_left_out() -> None:
    pop = factories.pop_client()
    then = timezone.now() - timedelta(days=30)
    factories.cycle(pop, code="never-seen", stage="fetch", started_at=then)
    assert generic() == []
    assert len(generic(then - timedelta(days=1))) == 1
