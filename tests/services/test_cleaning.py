"""Cleaning HTML costs no more than it may, whatever a mail holds."""

from __future__ import annotations

import time

import pytest

from mailboxes.services import cleaning, content

# Each is within the limits of length and nesting that are looked at beforehand.
UNCLOSED = "".join(f"<b title={number}>" for number in range(500))
COSTLY = {
    "copied for each paragraph": f"<p>{UNCLOSED}" + "<p>x" * 200_000,
    "closed by another name": "<div></b>" * 110_000,
    "items in items": "<dd><li>" * 120_000,
    "closed in a comment": "<div><!--</div>-->" * 55_000,
}


@pytest.mark.parametrize(
    "how",
    [
        "copied for each paragraph",
        "closed by another name",
        pytest.param("items in items", marks=pytest.mark.slow),
        pytest.param("closed in a comment", marks=pytest.mark.slow),
    ],
)
def test_html_that_would_cost_too_much_is_not_cleaned(how: str) -> None:
    source = COSTLY[how]
    assert (len(source) < content.HTML_LIMIT, content.nesting(source) < 512) == (
        True,
        True,
    )
    began = time.monotonic()
    assert content.clean_html(source) is None
    assert time.monotonic() - began < 3 * cleaning.PATIENCE


def test_html_that_grows_too_long_is_not_cleaned() -> None:
    paragraphs = 5_000
    assert cleaning.clean(f"<p>{UNCLOSED}" + "<p>x" * paragraphs) is None


def test_usual_html_of_a_megabyte_is_cleaned() -> None:
    row = "<tr><td style='x:y'><font color=red><b>Hello</b> &amp; more</font></td></tr>"
    source = f"<table>{row * 12_000}</table>"
    shown = "<tr><td><font><b>Hello</b> &amp; more</font></td></tr>"
    assert content.clean_html(source) == (
        f"<table><tbody>{shown * 12_000}</tbody></table>"
    )


def test_letters_beyond_ascii_stay_as_they_are() -> None:
    assert cleaning.clean("<p>Grüße, 世界 \ud800</p>") == "<p>Grüße, 世界 ?</p>"


def test_a_program_that_cannot_start_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr(cleaning.sys, "executable", f"{tmp_path}/none")
    assert cleaning.clean("<p>x</p>") is None
