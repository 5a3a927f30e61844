"""With --json standard output is one JSON value, whatever goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailadmin.json_errors import sentence
from tests.test_settings import run

UNPREPARED = "The database is not prepared"


@pytest.mark.parametrize(
    ("arguments", "env", "code", "said"),
    [
        (("status", "--json"), {}, 1, UNPREPARED),
        (("fetch", "nobody", "--json"), {}, 1, UNPREPARED),
        (("status", "--json"), {"PORT": "x"}, 2, "PORT is 'x', not a whole number"),
        (("fetch", "--json"), {}, 2, "the following arguments are required: name"),
        (("status", "--json", "--bogus"), {}, 2, "unrecognized arguments: --bogus"),
        (("explain", "--json", " "), {}, 1, "There is no text to explain."),
    ],
)
def test_error_is_one_json_object(
    tmp_path: Path,
    arguments: tuple[str, ...],
    env: dict[str, str],
    code: int,
    said: str,
) -> None:
    done = run(*arguments, data=tmp_path, **env)
    answer = json.loads(done.stdout)
    assert (done.returncode, list(answer)) == (code, ["error"])
    assert answer["error"].startswith(said)
    assert said in done.stderr


def test_answer_of_a_command_is_left_alone(tmp_path: Path) -> None:
    done = run("explain", "--json", "AADSTS50126", "--stage", "none", data=tmp_path)
    assert list(json.loads(done.stdout)) == ["findings"]
    assert done.stderr == "There is no stage none; it is left out.\n"


def test_without_json_nothing_is_added(tmp_path: Path) -> None:
    done = run("explain", " ", data=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")


def test_sentence_is_told_without_the_name_of_who_says_it() -> None:
    usage = (
        "usage: manage.py fetch [-h]\n   name\nmanage.py fetch: error: no: error: x\n"
    )
    assert sentence(usage) == "no: error: x"
    assert sentence("\x1b[31;1mCommandError: Not so.\x1b[0m\n") == "Not so."
    assert sentence("Not so.\n") == "Not so."
