"""When a client is tried again, and when it waits for a person (DESIGN D9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailboxes.core.choices import RunState, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Fetcher
from mailboxes.services import retry

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def pause(error: MailError, **given: object) -> tuple[RunState, float | None]:
    given.setdefault("failures", 1)
    decided = retry.decide(error, NOW, **given)  # type: ignore[arg-type]
    wait = decided.not_before
    return decided.state, None if wait is None else (wait - NOW).total_seconds()


@pytest.mark.parametrize(
    ("code", "stage"),
    [
        ("AADSTS50126", Stage.TOKEN),
        ("AADSTS50076", Stage.TOKEN),
        ("AADSTS65001", Stage.TOKEN),
        ("AADSTS7000222", Stage.TOKEN),
        ("AADSTS90002", Stage.TENANT),
        (Code.TOKEN_INVALID_GRANT, Stage.TOKEN),
    ],
)
def test_refusal_by_the_authority_stops_at_once(code: str, stage: Stage) -> None:
    assert pause(MailError(code, stage, permanent=True)) == (RunState.STOPPED, None)


def test_second_refusal_of_a_password_stops() -> None:
    error = MailError(Code.PASSWORD_REFUSED, Stage.SIGN_IN, permanent=True)
    assert pause(error, sign_in_failures=1) == (RunState.FAILING, 60)
    assert pause(error, failures=2, sign_in_failures=2) == (RunState.STOPPED, None)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(1, 1), (2, 2), (3, 5), (4, 15), (5, 60), (50, 60)]
)
def test_refused_token_is_tried_in_growing_pauses(failures: int, minutes: int) -> None:
    error = MailError(Code.TOKEN_NOT_ACCEPTED, Stage.SIGN_IN)
    assert pause(error, failures=failures) == (RunState.FAILING, minutes * 60)


@pytest.mark.parametrize(
    ("code", "stage", "hint", "seconds"),
    [
        (Code.SERVER_THROTTLED, Stage.SIGN_IN, 200.0, 200),
        (Code.SERVER_THROTTLED, Stage.SIGN_IN, None, 2),
        (Code.TOKEN_THROTTLED, Stage.TOKEN, 30.0, 30),
        ("AADSTS90055", Stage.TOKEN, 45.0, 45),
    ],
)
def test_throttling_waits_as_long_as_the_server_says(
    code: str, stage: Stage, hint: float | None, seconds: float
) -> None:
    error = MailError(code, stage, retry_after=hint)
    assert pause(error) == (RunState.THROTTLED, seconds)


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_lost_line_is_tried_at_once_three_times(failures: int) -> None:
    error = MailError(Code.CONNECTION_LOST, Stage.FETCH)
    state, seconds = pause(error, failures=failures)
    assert state == RunState.FAILING
    assert seconds is not None and 0 < seconds <= 2


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [
        (1, 2),
        (2, 4),
        (5, 32),
        (9, 512),
        (10, 900),
        (99, 900),
        (1024, 900),
        (10**6, 900),
    ],
)
def test_back_off_doubles_up_to_a_quarter_of_an_hour(
    failures: int, seconds: float
) -> None:
    error = MailError(Code.CONNECT_TIMEOUT, Stage.TCP)
    assert pause(error, failures=failures) == (RunState.FAILING, seconds)


@pytest.mark.parametrize("hint", [3601.0, 1e12, 1e308])
@pytest.mark.parametrize("shared", [False, True])
def test_server_may_ask_for_an_hour_at_most(hint: float, shared: bool) -> None:
    error = MailError(Code.SERVER_THROTTLED, Stage.FETCH, retry_after=hint)
    _state, seconds = pause(error, shared=shared)
    assert seconds == 3600


@pytest.mark.parametrize(
    ("failures", "probe"), [(1, 1), (2, 2), (3, 5), (4, 15), (5, 60), (99, 60)]
)
def test_refusal_of_many_stops_nobody_and_one_probes(failures: int, probe: int) -> None:
    error = MailError("AADSTS53003", Stage.TOKEN, permanent=True)
    probing = pause(error, failures=failures, shared=True, probes=True)
    waiting = pause(error, failures=failures, shared=True)
    assert (probing, waiting) == (
        (RunState.FAILING, probe * 60),
        (RunState.FAILING, 3600),
    )


def test_network_fault_of_many_is_tried_every_minute_by_one() -> None:
    error = MailError(Code.CONNECT_TIMEOUT, Stage.TCP)
    assert pause(error, failures=50, shared=True, probes=True) == (RunState.FAILING, 60)
    assert pause(error, failures=50, shared=True) == (RunState.FAILING, 300)


def test_throttling_of_many_is_still_each_ones_own() -> None:
    error = MailError(Code.SERVER_THROTTLED, Stage.FETCH, retry_after=200)
    assert pause(error, shared=True, probes=True) == (RunState.THROTTLED, 200)


@pytest.mark.parametrize(
    ("code", "stage", "kept"),
    [
        (Code.CONNECT_TIMEOUT, Stage.TCP, 1),
        (Code.TLS_HANDSHAKE, Stage.TLS, 1),
        (Code.SERVER_UNAVAILABLE, Stage.SIGN_IN, 1),
        (Code.FOLDER_MISSING, Stage.MAILBOX, 0),
        (Code.CONNECTION_LOST, Stage.FETCH, 0),
        (Code.MESSAGE_REFUSED, Stage.DATA, 0),
        (Code.PASSWORD_REFUSED, Stage.SIGN_IN, 2),
    ],
)
def test_refused_passwords_are_counted_across_faults_of_the_network(
    code: Code, stage: Stage, kept: int
) -> None:
    row = Fetcher(failures=1, sign_in_failures=1)
    after = retry.after_failure(row, MailError(code, stage), NOW)
    assert after["sign_in_failures"] == kept


def test_rows_after_failure_and_success() -> None:
    row = Fetcher(failures=1, sign_in_failures=1, recent="o" * 30)
    error = MailError(
        Code.PASSWORD_REFUSED, Stage.SIGN_IN, evidence={"answer": "NO LOGIN failed."}
    )
    after = retry.after_failure(row, error, NOW)
    assert after == {
        "state": RunState.STOPPED,
        "not_before": None,
        "failures": 2,
        "sign_in_failures": 2,
        "code": "password-refused",
        "stage": "sign-in",
        "evidence": {"answer": "NO LOGIN failed."},
        "failed_since": NOW,
        "recent": "o" * 29 + "f",
    }
    good = retry.after_success(row, NOW + timedelta(minutes=1))
    assert (good["state"], good["failures"], good["code"], good["recent"]) == (
        RunState.ACTIVE,
        0,
        "",
        "o" * 30,
    )
