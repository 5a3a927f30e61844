"""Guesses from the words of a text: never certain, explained, learnt again alike."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from mailboxes.core.choices import Step
from mailboxes.services.findings import backoff, explain
from mailboxes.services.findings.features import of_text
from mailboxes.services.findings.stand_ins import stand_in

LEARN = Path(__file__).resolve().parents[3] / "scripts" / "learn-vocabulary"
# Rounds that are left out in the test (scripts/learn-vocabulary --measure: all), and
# the share of them that words guess without any sign: 84 % of all rounds.
LEFT_OUT = ("later_eighth", "later_thirteenth", "later_seventeenth")
AT_LEAST = 0.78


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("mail: the peer's certificate chain could not be trusted", Step.PROXY),
        ("Postausgang: Passwort stimmt nicht, Login abgewiesen", Step.PASSWORD),
        ("outlook: the stored refresh token could not be renewed", Step.REFRESH_TOKEN),
        ("smtp gateway: the attachment is larger than permitted", Step.MESSAGE),
        ("imap: label could not be opened, no such folder", Step.FOLDER),
    ],
)
def test_words_of_a_kind_point_to_their_step(text: str, step: Step) -> None:
    assert backoff.guess(of_text(text)).step == step


def test_a_guess_is_likely_at_best_and_names_its_words() -> None:
    found = explain("mailbox reader: peer certificate chain is not to be trusted!")[0]
    assert (found.step, str(found.certainty)) == (Step.PROXY, "likely")
    assert "certificate" in found.reason


def test_words_written_together_are_taken_apart() -> None:
    said = backoff.said(of_text("smtp: MailboxQuotaExceededException"))
    assert {"mailbox", "quota", "limit"} <= set(said)


def test_two_words_that_follow_each_other_count_together() -> None:
    said = backoff.said(of_text("imap: the mailbox is full"))
    assert {"p:the_mailbox", "p:mailbox_is", "p:is_full"} <= set(said)
    assert "p:the_is" not in said


def test_stack_frames_and_addresses_say_nothing() -> None:
    said = backoff.said(
        of_text("mail failed\n\tat com.proxy.Certificate(Proxy.java:8)")
    )
    assert not {"proxy", "certificate"} & set(said)


def test_replies_and_classes_are_read() -> None:
    said = backoff.said(of_text("smtp said: 550 5.7.1 no; HTTP status: 503"))
    assert {"550", "5xx", "x.7", "http-5xx"} <= set(said)


@pytest.mark.parametrize(
    "text",
    [
        "Segmentation fault (core dumped)",
        "Kernel panic - not syncing: VFS unable to mount root fs",
        "npm ERR! peer dep missing: react@^16.0.0",
        "git push rejected: non-fast-forward",
    ],
)
def test_a_text_that_is_no_fault_of_mail_names_no_step_of_mail(text: str) -> None:
    """It has no step, or the program that wrote it is at fault."""
    assert backoff.guess(of_text(text)).step in ("", Step.CONSOLE)
    assert [one.step for one in explain(text)[:1]] in ([], [Step.CONSOLE])


@pytest.mark.parametrize("step", [step for step in Step if step != Step.CONSOLE])
def test_every_step_has_a_finding_of_that_step(step: Step) -> None:
    for words in ({"t:google"}, {"t:graph", "item"}, {"t:smtp", "sign-in"}, set()):
        found = stand_in(step, words)
        assert found is not None
        assert (found.step, found.certain) == (step, False)


def test_a_fault_of_the_program_is_likely_at_best() -> None:
    text = "mail poller: TypeError: fetch() got an unexpected keyword argument 'seen'"
    found = explain(text)[0]
    assert (found.id, found.step) == ("program-fault", Step.CONSOLE)
    assert str(found.certainty) == "likely"


def test_the_frames_of_a_trace_change_nothing() -> None:
    trace = (
        "Traceback (most recent call last):\n"
        '  File "/opt/app/worker.py", line 9, in run\n    self.cursor.execute()\n'
    )
    text = "smtplib.SMTPServerDisconnected: please run connect() first"
    plain, traced = (set(backoff.said(of_text(t))) for t in (text, trace + text))
    assert traced == plain


def test_languages_without_spaces_have_words() -> None:
    assert {"password", "wrong"} <= set(backoff.said(of_text("邮箱密码错误")))


def test_signs_are_named_by_step_weight_and_id() -> None:
    assert backoff.signs_of([("dns-unknown", "server", 100)]) == [
        "s1:server",
        "s1:server:decisive",
        "i1:dns-unknown",
    ]
    assert backoff.signs_of([]) == ["s:none"]


def test_words_of_logs_around_an_error_change_no_step() -> None:
    error = "smtp: 552 5.2.2 mailbox of the recipient is over quota"
    log = f"INFO worker 3 started, queue default\n{error}\nWARN will retry in 60 s"
    assert backoff.guess(of_text(log)).step == backoff.guess(of_text(error)).step


@pytest.mark.slow
@pytest.mark.timeout(900)  # pure Python, on a machine that others use as well
def test_the_table_is_what_the_corpus_teaches() -> None:
    """It is up to date; the last digits may differ with the machine's arithmetic."""
    learn = runpy.run_path(str(LEARN))
    taught = learn["learn"](learn["samples"]())
    held = backoff.weights()
    assert set(taught) == set(held)
    other = [
        (name, step)
        for name, weights in taught.items()
        for step, weight in weights.items()
        if abs(weight / 10 - held[name].get(step, 0.0)) > 0.35
    ]
    assert other == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_words_alone_guess_rounds_that_they_were_not_learnt_from() -> None:
    learn = runpy.run_path(str(LEARN))
    files = sorted(file for file in learn["rounds"]() if file in LEFT_OUT)
    assert learn["measure"](learn["samples"](), files, folds=1) >= AT_LEAST
