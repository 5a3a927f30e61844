"""Conditions: clauses that must all hold, each a list of tests of which one must."""

from __future__ import annotations

import json

import pytest

from mailboxes.core.conditions import ALWAYS, NEVER, Condition, Test

IMAP_OR_POP3 = Test("type", ("IMAP", "POP3"))
NOT_GOOGLE = Test("authority", contains="google", negated=True)
BOTH = Condition(((IMAP_OR_POP3, Test("on", ("true",))), (NOT_GOOGLE,)), "Only so.")


@pytest.mark.parametrize(
    ("test", "values", "holds"),
    [
        (IMAP_OR_POP3, {"type": "imap"}, True),
        (IMAP_OR_POP3, {"type": "POP3"}, True),
        (IMAP_OR_POP3, {"type": "IMAP4"}, False),
        (IMAP_OR_POP3, {}, False),
        (Test("type", ("IMAP",), negated=True), {"type": "imap"}, False),
        (Test("type", ("IMAP",), negated=True), {}, True),
        (Test("authority", contains="Google"), {"authority": "my GOOGLE"}, True),
        (NOT_GOOGLE, {"authority": "https://accounts.google.com"}, False),
        (NOT_GOOGLE, {"authority": None}, True),
        (Test("mode", ("",)), {"mode": ""}, True),
        (Test("mode", ("",)), {"mode": None}, True),
        (Test("on", ("true",)), {"on": True}, True),
        (Test("on", ("true",)), {"on": False}, False),
        (Test("port", ("0",)), {"port": 0}, True),
        (Test("x"), {"x": "anything"}, False),
    ],
)
def test_one_look_at_a_value(test: Test, values: dict[str, object], holds: bool):
    assert test.holds(values) is holds


@pytest.mark.parametrize(
    ("values", "applies"),
    [
        ({"type": "IMAP", "authority": "x"}, True),
        ({"type": "EWS", "on": True, "authority": "x"}, True),
        ({"type": "EWS", "on": False, "authority": "x"}, False),
        ({"type": "IMAP", "authority": "google"}, False),
    ],
)
def test_every_clause_must_hold(values: dict[str, object], applies: bool):
    assert BOTH.applies(values) is applies


def test_always_and_never():
    assert (ALWAYS.applies({}), NEVER.applies({"type": "IMAP"})) == (True, False)


def test_data_for_the_page_are_lower_case_and_json():
    data = json.loads(json.dumps(BOTH.as_data()))
    assert data == [
        [
            {
                "option": "type",
                "values": ["imap", "pop3"],
                "contains": "",
                "negated": False,
            },
            {"option": "on", "values": ["true"], "contains": "", "negated": False},
        ],
        [
            {
                "option": "authority",
                "values": [],
                "contains": "google",
                "negated": True,
            }
        ],
    ]
    assert (ALWAYS.as_data(), NEVER.as_data()) == ([], [[]])
