"""Durations and values of options as sections write them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from mailboxes.core.conditions import NEVER, Test
from mailboxes.core.options import (
    Certainty,
    Effect,
    Kind,
    Label,
    Option,
    Origin,
    Target,
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
    "text",
    [
        "",
        "10",
        "00:10",
        "1:0",
        "-1",
        "00:60:00",
        "00:00:60",
        "-1:00:00",
        "a:b:c",
        "٠٠:00:10",
    ],
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


@pytest.mark.parametrize(
    ("option", "unset"),
    [
        (Option("x", "X", "", Effect.RESTART, default="a"), "a"),
        (Option("x", "X", "", Effect.RESTART), ""),
        (Option("x", "X", "", Effect.RESTART, kind=Kind.BOOLEAN, default=False), False),
        (Option("x", "X", "", Effect.RESTART, kind=Kind.SECRET), None),
        (
            Option(
                "x", "X", "", Effect.RESTART, kind=Kind.REFERENCE, target=Target.PROXY
            ),
            None,
        ),
    ],
    ids=["default", "none", "false", "secret", "reference"],
)
def test_value_where_a_section_does_not_name_the_option(option: Option, unset: object):
    assert option.unset == unset


def test_default_of_zero_or_false_is_one() -> None:
    off = Option("x", "X", "", Effect.RESTART, kind=Kind.BOOLEAN, default=False)
    zero = Option("x", "X", "", Effect.RESTART, kind=Kind.INTEGER, default=0)
    assert [off.has_default, zero.has_default, _option(Kind.TEXT).has_default] == [
        True,
        True,
        False,
    ]


def test_label_and_help_are_those_of_the_first_that_fits() -> None:
    option = Option(
        "password",
        "Password",
        "Plain.",
        Effect.RESTART,
        labels=(
            Label(((Test("mode", ("app",)),),), "Client secret", "Of the app."),
            Label(((Test("mode", ("app", "token")),),), "Token", "Of the owner."),
        ),
    )
    said = [
        (option.label_for({"mode": mode}), option.help_for({"mode": mode}))
        for mode in ("app", "token", "")
    ]
    assert said == [
        ("Client secret", "Of the app."),
        ("Token", "Of the owner."),
        ("Password", "Plain."),
    ]


def test_whose_option_it_is_and_whether_it_is_used() -> None:
    ours = Option("x", "X", "", Effect.RESTART, certainty=Certainty.OURS)
    kept = Option("x", "X", "", Effect.RESTART, condition=NEVER)
    assert [(o.origin, o.used) for o in (ours, kept)] == [
        (Origin.OURS, True),
        (Origin.VENDOR, False),
    ]
