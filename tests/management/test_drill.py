"""`manage.py drill`: one scenario in every run, all of them in the slow tier."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mailboxes.sandbox.scenarios import SCENARIOS
from mailboxes.services import drill
from mailboxes.services.drill.plan import Found, Plan, Result

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, seconds: float = 110, **env: str) -> Any:
    """The command as a person starts it."""
    return subprocess.run(
        [sys.executable, "manage.py", "drill", *arguments],
        cwd=ROOT,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


@pytest.mark.slow  # twenty seconds; services/drill/test_scene has its parts
def test_one_scenario_runs_without_any_installation(tmp_path: Path) -> None:
    """Its own database and sandbox: the data folder named by the settings stays empty,
    and a database that cannot be reached does not matter."""
    data = tmp_path / "data"
    data.mkdir()
    done = run(
        "--json",
        "--only",
        "entra-wrong-password",
        MAILADMIN_DATA=str(data),
        DATABASE_URL="postgres://nobody:x@127.0.0.1:1/none",
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["ok"], report["failed"]) == (1, 0)
    [scenario] = report["scenarios"]
    found = {
        "finding": "entra-wrong-password",
        "step": "password",
        "field": "password",
        "retry": "A",
        "certainty": "certain",
    }
    assert scenario["test"] == found
    assert scenario["cycle"] == found | {"state": "stopped"}
    assert scenario["expected"] == found | {"state": "stopped"}
    assert scenario["ok"] is True
    assert not (data / "sandbox").exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_scenario_is_as_expected_within_ten_minutes() -> None:
    done = run("--json", seconds=590)
    report = json.loads(done.stdout)
    wrong = [one for one in report["scenarios"] if not one["ok"]]
    assert wrong == []
    assert (done.returncode, report["failed"]) == (0, 0)
    assert report["ok"] == len(SCENARIOS)


def fake(monkeypatch: pytest.MonkeyPatch, **found: Any) -> None:
    """Results without any process."""

    def results(wanted: list[Plan], *, jobs: int, say: Any) -> list[Result]:
        made = [
            Result(plan, plan.test, plan.cycle, plan.state, **found) for plan in wanted
        ]
        for one in made:
            say(one)
        return made

    monkeypatch.setattr(drill, "run", results)


def call(*arguments: str) -> str:
    out = StringIO()
    call_command("drill", *arguments, stdout=out)
    return out.getvalue()


def test_a_line_for_each_and_a_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, seconds=0.25)
    lines = call("--only", "entra-wrong-password", "clock-fast").splitlines()
    assert lines[:2] == [
        "ok     entra-wrong-password: entra-wrong-password (0.2 s)",
        "ok     clock-fast: clock-skew (0.2 s)",
    ]
    assert lines[2].endswith("2 as expected, 0 not.")


def test_what_differs_is_told_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, trouble="its process has ended: boom")
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("drill", "--only", "clock-fast", stdout=out)
    assert end.value.code == 1
    assert out.getvalue().splitlines()[:2] == [
        "FAILED clock-fast: clock-skew (0.0 s)",
        "       its process has ended: boom",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--only", "nope", "clock-fast"), "There is no scenario nope."),
        (("--area", "Mars"), "There is no area Mars. There are: Nothing wrong,"),
        (("--jobs", "0"), "--jobs is a number from 1 to 16."),
    ],
)
def test_wrong_use_is_told_in_a_sentence(
    arguments: tuple[str, ...], words: str
) -> None:
    with pytest.raises(CommandError, match=words) as refused:
        call(*arguments)
    assert refused.value.returncode == 2


def test_area_chooses_its_scenarios() -> None:
    found = drill.plans(area="Gmail")
    assert {plan.area for plan in found} == {"Gmail"}
    assert len(found) == sum(one.area == "Gmail" for one in SCENARIOS)


def test_differences_name_both_sides() -> None:
    plan = drill.plans(["clock-fast"])[0]
    result = Result(plan, test=Found("x", "s", "f", "A", "certain"), state="active")
    assert result.differences[0] == "test: finding is x, not clock-skew"
    assert "test: field is f, not none" in result.differences


def test_jobs_see_nothing_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL_FILE", "/run/secret")
    monkeypatch.setenv("MAILADMIN_ENCRYPTION_KEYS", "k")
    monkeypatch.setenv("REDIS_URL", "redis://x")
    seen = drill.environment(Path("/tmp/job"))
    assert seen["MAILADMIN_DATA"] == "/tmp/job"
    assert {name for name in seen if name.startswith(drill.OURS)} == {
        "MAILADMIN_DATA",
        "MAILADMIN_LOG_LEVEL",
        "DJANGO_SETTINGS_MODULE",
    }
