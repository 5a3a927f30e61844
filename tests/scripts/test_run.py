"""scripts/run as a person uses it: start, second start, Ctrl-C, and what goes wrong."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.fixtures.product import ROOT, free_port, wait_for

READY = re.compile(r"^mailadmin is ready at (http://127\.0\.0\.1:\d+/)$", re.M)
FIRST = re.compile(r"^First start: sign in as admin with the password (\S+) ", re.M)


NOBODY = 65534 if os.getuid() == 0 else None  # root may write everywhere


def _as_from_a_terminal() -> None:
    """A test run in the background ignores SIGINT, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Run:
    """One `scripts/run` with data and port of its own."""

    def __init__(self, data: Path, port: int, *arguments: str, **env: str) -> None:
        self.out = data.parent / f"{data.name}.out"
        kept = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
        before = self.out.read_text() if self.out.exists() else ""
        self._skip = len(before)
        with self.out.open("a") as out:
            self.process = subprocess.Popen(
                ["scripts/run", *arguments],
                cwd=ROOT,
                env=kept | {"MAILADMIN_DATA": str(data), "PORT": str(port)} | env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=_as_from_a_terminal,
            )

    @property
    def said(self) -> str:
        return self.out.read_text()[self._skip :]

    def wait_ready(self, seconds: float = 90) -> str:
        def ready() -> re.Match[str] | None:
            assert self.process.poll() is None, self.said
            return READY.search(self.said)

        return str(wait_for(ready, seconds, "the ready line")[1])

    def descendants(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return list(psutil.Process(self.process.pid).children(recursive=True))
        return []

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(40)


@pytest.fixture
def runs() -> Iterator[list[Run]]:
    started: list[Run] = []
    yield started
    for run in started:
        left = run.descendants()
        if run.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.stop(signal.SIGTERM)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


def refused(
    *arguments: str,
    cwd: Path = ROOT,
    script: str = "scripts/run",
    user: int | None = None,
    **env: str,
) -> str:
    """The one line of stderr of a run that must fail at once."""
    kept = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
    done = subprocess.run(
        [script, *arguments],
        cwd=cwd,
        env=kept | env,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        user=user,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    lines = [
        line
        for line in done.stderr.splitlines()
        if not line.endswith(" ...")  # Making .venv ...
    ]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.kill
@pytest.mark.timeout(300)
def test_a_start_a_kill_an_end_and_a_second_start(
    tmp_path: Path, runs: list[Run]
) -> None:
    """`scripts/run --without-sandbox`: the whole life of one copy."""
    data, port = tmp_path / "data", free_port()
    first = Run(data, port, "--without-sandbox")
    runs.append(first)
    assert first.wait_ready() == f"http://127.0.0.1:{port}/"
    assert len(FIRST.findall(first.said)) == 1

    [serve] = [p for p in first.descendants() if "serve" in p.cmdline()]
    serve.kill()
    wait_for(
        lambda: [
            p
            for p in first.descendants()
            if p.pid != serve.pid and "--resume" in p.cmdline()
        ],
        30,
        "serve to come back",
    )
    assert first.said.count("mailadmin was killed and starts again.") == 1

    other = Run(tmp_path / "other", free_port(), "--without-sandbox")
    runs.append(other)
    other.wait_ready()

    children = first.descendants()
    assert first.stop() == 0
    _, left = psutil.wait_procs(children, timeout=5)
    assert left == []

    second = Run(data, port, "--without-sandbox")
    runs.append(second)
    second.wait_ready()
    assert FIRST.findall(second.said) == []
    assert second.stop(signal.SIGTERM) == 0
    assert other.stop() == 0


def test_an_unknown_argument_is_refused() -> None:
    assert refused("--with-sandbox").startswith("scripts/run does not know")


@pytest.mark.slow  # it makes ready before it looks
def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = refused("--without-sandbox", MAILADMIN_DATA=str(tmp_path), PORT=port)
    assert f"Port {port} of 127.0.0.1 is taken by another program." in said


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = refused(MAILADMIN_DATA=str(tmp_path / "file" / "data"))
    assert said == (
        f"The data folder {tmp_path}/file/data cannot be made; set MAILADMIN_DATA to a"
        " folder that you can write."
    )


def test_a_data_folder_is_meant_from_where_the_caller_stands(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    script = str(ROOT / "scripts" / "run")
    line = refused(script=script, cwd=tmp_path, MAILADMIN_DATA="file/data")
    assert line.startswith(f"The data folder {tmp_path}/file/data cannot be made;")


def test_a_data_folder_that_cannot_be_written_is_one_sentence() -> None:
    said = refused(MAILADMIN_DATA="/", user=NOBODY)
    assert said == (
        "The data folder / cannot be written; set MAILADMIN_DATA to a folder that you"
        " can write."
    )


def test_a_wrong_variable_is_one_sentence(tmp_path: Path) -> None:
    said = refused(MAILADMIN_DATA=str(tmp_path), PORT="eighty")
    assert said.startswith("PORT is 'eighty', not a whole number from 1 to 65535.")


@pytest.mark.slow  # it makes ready before it looks
def test_a_second_copy_on_the_same_data_is_one_sentence(tmp_path: Path) -> None:
    from mailboxes.services.worker import processes

    held = processes.lock(tmp_path / "run" / "serve.lock")
    try:
        said = refused(
            "--without-sandbox", MAILADMIN_DATA=str(tmp_path), PORT=str(free_port())
        )
    finally:
        held.close()
    assert f"Another mailadmin uses the data folder {tmp_path}" in said


def bare_copy(folder: Path, python: str) -> dict[str, str]:
    """scripts/run in an empty folder, with `python` as the only Python there is."""
    shutil.copytree(ROOT / "scripts", folder / "copy" / "scripts")
    (folder / "copy" / "requirements.txt").touch()
    tools = folder / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "mkdir", "rm", "cat", "basename", "tail", "env"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    if python:
        fake = tools / "python3"
        fake.write_text(f"#!/bin/sh\n{python}\n")
        fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    return {"PATH": str(tools)}


def test_no_python_is_one_sentence(tmp_path: Path) -> None:
    env = bare_copy(tmp_path, "")
    said = refused(cwd=tmp_path / "copy", script="scripts/run", **env)
    assert said == (
        "mailadmin needs Python 3.11 or newer; install python3 and python3-venv."
    )


def test_a_python_that_is_too_old_is_one_sentence(tmp_path: Path) -> None:
    env = bare_copy(tmp_path, "exit 1")
    said = refused(cwd=tmp_path / "copy", script="scripts/run", **env)
    assert said.startswith("mailadmin needs Python 3.11 or newer;")


def test_a_missing_venv_module_is_one_sentence(tmp_path: Path) -> None:
    # Debian without python3-venv: `-m venv` fails and there is no ensurepip.
    fake = 'case "$*" in *venv*|*ensurepip*) exit 1;; *) exit 0;; esac'
    env = bare_copy(tmp_path, fake)
    said = refused(cwd=tmp_path / "copy", script="scripts/run", **env)
    assert said == (
        "Python's venv module is missing; install it (Debian and Ubuntu: apt install"
        " python3-venv)."
    )
