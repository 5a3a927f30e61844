"""Numbers and waits in the words of servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from mailboxes.transports import numerals


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("1048576", 1_048_576),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("٣", None),
        (" 1", None),
    ],
)
def test_number_is_ascii_digits_that_a_column_holds(
    text: str, number: int | None
) -> None:
    assert numerals.number(text) == number


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12", 12.0),
        (" 7 ", 7.0),
        ("999999", 3600.0),
        ("9" * 500, 3600.0),
        ("", None),
        ("²", None),
        ("soon", None),
        ("-3", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
        ("Mon, 01 Jan 0001 00:00:00 +2300", 0.0),
    ],
)
def test_retry_after_is_seconds_up_to_an_hour(text: str, seconds: float | None) -> None:
    assert numerals.retry_after(text) == seconds


def test_retry_after_may_be_a_date() -> None:
    later = datetime.now(UTC) + timedelta(seconds=100)
    found = numerals.retry_after(format_datetime(later, usegmt=True))
    assert found is not None
    assert 90 <= found <= 100


@pytest.mark.parametrize(
    ("seconds", "wait"),
    [(1.5, 1.5), (-1.0, 0.0), (1e300, 3600.0), (float("nan"), None)],
)
def test_wait_is_never_over_an_hour(seconds: float, wait: float | None) -> None:
    assert numerals.wait(seconds) == wait
