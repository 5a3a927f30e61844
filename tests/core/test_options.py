"""Durations and values of options as sections write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailboxes.core.options import (
    Effect,
    Kind,
    Option,
    format_duration,
    format_value,
    parse_duration,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:00:10", 10), ("00:59:59", 3599), ("1:02:03", 3723), (" 24:00:00 ", 86400)],
)
def test_duration_is_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "10", "00:10", "00:60:00", "00:00:60", "-1:00:00", "a:b:c", "٠٠:00:10"]
)
def test_duration_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=3_599_999))
def test_duration_survives_a_round_trip(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


def _option(kind: Kind) -> Option:
    return Option("x", "X", "", Effect.NEXT_CYCLE, kind=kind)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (Kind.SECRET, 7, "********"),
        (Kind.SECRET, None, ""),
        (Kind.DURATION, 75, "00:01:15"),
        (Kind.BOOLEAN, False, "false"),
        (Kind.INTEGER, 0, "0"),
        (Kind.TEXT, "", ""),
    ],
)
def test_value_is_shown(kind: Kind, value: object, shown: str) -> None:
    assert format_value(_option(kind), value) == shown


def test_name_is_written_for_the_type() -> None:
    option = Option("mail.<type>.auth.mechanisms", "M", "", Effect.RESTART)
    assert option.written_name("IMAP") == "mail.imap.auth.mechanisms"
