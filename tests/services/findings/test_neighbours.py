"""The errors that are most like a text: how near they are, and how they are held."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from mailboxes.core.choices import Step
from mailboxes.services.findings import backoff, neighbours
from mailboxes.services.findings.features import of_text

LEARN = Path(__file__).resolve().parents[3] / "scripts" / "learn-vocabulary"


def voices(text: str) -> dict[str, float]:
    names = backoff.said(of_text(text))
    return neighbours.voices(names, tuple(backoff.weights()), backoff.letters())


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("imap: mailbox is full, cannot append (quota)", Step.QUOTA),
        ("smtp said: 550 no such user here", Step.MESSAGE),
        ("the refresh token was revoked, sign in to gmail again", Step.REFRESH_TOKEN),
    ],
)
def test_errors_like_a_text_speak_for_their_step(text: str, step: Step) -> None:
    found = voices(text)
    assert max(found, key=lambda one: found[one]) == step


def test_a_text_that_is_like_none_hears_no_voice() -> None:
    assert voices("zyx qwv") == {}


def test_words_beside_an_error_make_it_less_like() -> None:
    error = "smtp said: 550 no such user here"
    more = f"{error}, kitchen garden weather bicycle while proxy clock licence quota"
    assert voices(more)[Step.MESSAGE] < voices(error)[Step.MESSAGE]


def test_an_error_is_held_by_the_places_of_its_names() -> None:
    assert neighbours.written([0.0, 1.0], [("ab", [0, 1]), ("c", [95])]) == (
        '!)\nab !!!"\nc ""\n'
    )


def test_what_is_held_is_of_the_corpus() -> None:
    learn = runpy.run_path(str(LEARN))
    held = backoff.weights()
    steps = list(backoff.letters().values())
    always = {step: int(held[backoff.ALWAYS][step] * 10) for step in steps}
    table = {name: {} for name in held} | {backoff.ALWAYS: always}
    lines = neighbours.HELD.read_text("utf-8")
    assert learn["near"](table, learn["samples"]()) == lines
