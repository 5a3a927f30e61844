"""What is told of one call of `settle`, by how the server answered for each message."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.settling import Answers, PartlySettled

HELD = MailError(
    Code.GRAPH_ACCESS_DENIED, Stage.SETTLE, permanent=True, evidence={"answer": "held"}
)
BUSY = MailError(Code.GRAPH_THROTTLED, Stage.SETTLE, retry_after=7.0)


def partly(said: Answers[str]) -> PartlySettled:
    with pytest.raises(PartlySettled) as caught:
        said.result()
    return caught.value


def test_what_was_gone_is_no_failure() -> None:
    said = Answers[str]()
    said.gone.add("a")
    assert (said.result(), said.over) == ({"a"}, False)


def test_refusal_of_one_message_ends_nothing() -> None:
    said = Answers[str]()
    said.refuse("a", HELD)
    error = partly(said)
    assert (said.over, error.late) == (False, False)
    assert (error.code, error.permanent, error.evidence) == (
        HELD.code,
        True,
        {"answer": "held"},
    )
    assert (error.gone, error.refused, error.later) == (set(), {"a"}, set())


def test_failure_that_all_would_meet_is_told_before_a_refusal() -> None:
    said = Answers[str]()
    said.refuse("a", HELD)
    said.refuse("b", BUSY)
    said.leave(["c"])
    error = partly(said)
    assert (said.over, error.code, error.retry_after) == (True, BUSY.code, 7.0)
    assert (error.refused, error.later, error.late) == ({"a"}, {"b", "c"}, False)


def test_want_of_time_is_told_apart_from_a_failure() -> None:
    said = Answers[str]()
    said.leave(["a"])
    error = partly(said)
    assert (error.late, error.later, error.refused) == (True, {"a"}, set())


def test_same_is_told_under_other_ids() -> None:
    error = PartlySettled(HELD, gone=["a"], refused=["b"], later=["c"], late=True)
    named = error.named({"a": 1, "b": 2, "c": 3}.__getitem__)
    assert (named.code, named.late) == (HELD.code, True)
    assert (named.gone, named.refused, named.later) == ({1}, {2}, {3})
