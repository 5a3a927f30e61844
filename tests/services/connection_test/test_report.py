"""The words of a test: labels, what was learned, the report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q
from django.utils import timezone

from mailboxes.core.choices import Stage
from mailboxes.models import Check
from mailboxes.services import connection_test
from mailboxes.services.connection_test import planning as plan, report, rows
from tests.services.option_sets import saved_pop

SOON = (timezone.now() + timedelta(days=30)).date()


def check(stage: Stage, state: str = "passed", **evidence: Any) -> Check:
    return Check(stage=stage, state=state, evidence=evidence)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (check(Stage.DNS, host="imap.example.com"), "Look up imap.example.com"),
        (check(Stage.DNS, host=""), "Look up the host"),
        (
            check(Stage.TCP, host="h.example", port=993),
            "Connect to h.example, port 993",
        ),
        (check(Stage.TENANT, directory_id=""), "Find the tenant"),
        (check(Stage.SIGN_IN, user="{anna}"), "Sign in as {anna}"),
        (check(Stage.TOKEN, user="anna", grant="password"), "Get a token for anna"),
        (
            check(Stage.TOKEN, user="anna", grant="client_credentials"),
            "Get a token for the application",
        ),
    ],
)
def test_label_says_what_is_done(made: Check, words: str) -> None:
    assert report.label(made) == words


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (check(Stage.FIELDS, revision=4), "Revision 4"),
        (
            check(Stage.FIELDS, revision=4, warnings=["One.", "Two."]),
            "Revision 4. One. Two",
        ),
        (check(Stage.CLOCK, seconds=-0.7), "Less than two seconds apart"),
        (check(Stage.CLOCK, seconds=-42.4), "42 s apart"),
        (check(Stage.DNS, addresses=["10.0.0.1", "::1"]), "10.0.0.1, ::1"),
        (
            check(
                Stage.TLS,
                tls="TLSv1.3",
                cipher="X",
                issuer="CA (Org)",
                certificate_ends=str(SOON),
            ),
            f"TLSv1.3, X. Certificate by CA (Org), valid for 30 days, until {SOON}",
        ),
        (check(Stage.TLS, tls="TLSv1.2"), "TLSv1.2"),
        (
            check(Stage.TOKEN, lifetime=3690, permissions=["a", "b"]),
            "Good for 61 minutes, permits a, b",
        ),
        (
            check(Stage.MAILBOX, messages=0, next_id=1),
            "0 messages, the next one gets the id 1",
        ),
        (check(Stage.MAILBOX, messages=3, next_id=None), "3 messages"),
        (
            check(Stage.MAILBOX, "skipped", skipped=plan.NO_FOLDER),
            "An smtp-client opens no folder.",
        ),
        (check(Stage.TLS, "not-run", host="x"), ""),
        (check(Stage.SIGN_IN, user="anna"), ""),
    ],
)
def test_told_is_what_was_learned(made: Check, words: str) -> None:
    assert report.told(made) == words


def test_every_reason_for_skipping_has_words() -> None:
    reasons = {v for k, v in vars(plan).items() if k.startswith(("NO_", "NOT_"))}
    assert reasons | {plan.OPAQUE} == set(report.SKIPPED)


def test_facts_of_the_wrong_kind_do_no_harm() -> None:
    for stage in report.LABELS:
        odd = check(
            stage, seconds="x", lifetime=None, messages="y", certificate_ends="soon",
            permissions=None, warnings="no list", addresses=None,
        )  # fmt: skip
        assert isinstance(report.told(odd), str)


@pytest.mark.django_db
def test_report_and_json_agree_on_the_failure() -> None:
    run = connection_test.ask(saved_pop(), None)
    rows.close(Q(pk=run.pk), "failed", timezone.now())
    Check.objects.filter(run=run, number=1).update(
        state="failed",
        code="config-incomplete",
        milliseconds=3,
        evidence={"option": "server", "answer": "Enter the server.", "others": []},
    )
    run.refresh_from_db()
    lines = report.text(run).splitlines()
    assert lines[3] == "FAILED: Check the fields (3 ms)"
    assert lines[4] == "    config-incomplete: The option set is not complete"
    assert "    answer: Enter the server." in lines
    assert lines[-1] == "not run: Open the folder INBOX"
    answer = report.as_json(run)
    assert (answer["state"], answer["finding"]["option"]) == ("failed", "server")
    assert answer["checks"][0]["code"] == "config-incomplete"


def test_evidence_shows_facts_of_the_failure_and_no_notes_of_ours() -> None:
    failed = check(
        Stage.TOKEN, "failed", user="anna", answer="No.", side="authority", owner=True
    )
    assert report.evidence(failed) == [("answer", "No."), ("user", "anna")]
