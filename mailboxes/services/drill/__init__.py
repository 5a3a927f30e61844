"""Runs scenarios in processes of their own, each with its database and sandbox.

Nothing of this installation is read or written: the jobs live in a folder that is made
for them and removed. One scenario is drill/scene; what a job does is drill/job.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from ...core.errors import MailboxesError
from .plan import Found, Plan, Result

JOBS = 2
ONE_WITHIN = 120.0  # seconds for one scenario, then its job is given up
OURS = ("MAILADMIN_", "DATABASE_URL", "REDIS_URL", "DJANGO_")
TAIL = 400  # characters of a job's log that are shown when it ends


class CannotDrill(MailboxesError):
    """The drill cannot begin; the text says why, in one sentence."""


def plans(only: Iterable[str] = (), area: str = "") -> list[Plan]:
    """The scenarios of those names or of that area; all without either.

    Raises CannotDrill where there is none of a name.
    """
    told = subprocess.run(
        [sys.executable, "-m", "mailboxes.sandbox", "--scenarios"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    known = [Plan.of(one) for one in json.loads(told.stdout)]
    names = list(only)
    missing = set(names) - {plan.name for plan in known}
    if missing:
        raise CannotDrill(f"There is no scenario {', '.join(sorted(missing))}.")
    areas = list(dict.fromkeys(plan.area for plan in known))
    if area and area not in areas:
        raise CannotDrill(f"There is no area {area}. There are: {', '.join(areas)}.")
    return [
        plan
        for plan in known
        if (not names or plan.name in names) and (not area or plan.area == area)
    ]


def run(
    wanted: Sequence[Plan],
    *,
    jobs: int = JOBS,
    say: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Carry out scenarios; results in the order of `wanted`.

    say: gets each as it ends, from one thread at a time. Raises CannotDrill.
    """
    folder = Path(tempfile.mkdtemp(prefix="mailadmin-drill-"))
    try:
        folders = _prepared(folder, min(jobs, len(wanted)))
        return _Run(wanted, say).run(folders)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def described(results: Sequence[Result]) -> dict[str, Any]:
    """The report as JSON."""
    told = [result.described() for result in results]
    good = sum(one["ok"] for one in told)
    return {"scenarios": told, "ok": good, "failed": len(told) - good}


def environment(folder: Path) -> dict[str, str]:
    """Of a job: nothing of this installation's settings, a data folder of its own."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(OURS)
    }
    return kept | {
        "MAILADMIN_DATA": str(folder),
        "MAILADMIN_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "mailadmin.settings",
    }


def manage(*arguments: str) -> list[str]:
    """The command line of a management command."""
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]


def _prepared(folder: Path, jobs: int) -> list[Path]:
    """Data folders with a new database each; one is made, the others are copied."""
    first = folder / "job-1"
    first.mkdir()
    made = subprocess.run(
        manage("migrate", "--verbosity=0"),
        env=environment(first),
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise CannotDrill(f"No database can be made: {made.stderr[-TAIL:].strip()}")
    folders = [first]
    for number in range(2, jobs + 1):
        folders.append(shutil.copytree(first, folder / f"job-{number}"))
    return folders


class _Run:
    """Gives scenarios to jobs, the next one when one is done."""

    def __init__(self, wanted: Sequence[Plan], say: Callable[[Result], None]) -> None:
        self._wanted = wanted
        self._say = say
        self._results: dict[str, Result] = {}
        self._waiting: queue.SimpleQueue[Plan] = queue.SimpleQueue()
        self._lock = threading.Lock()
        # What waits longest goes first, so that nobody waits for it at the end.
        for plan in sorted(wanted, key=lambda plan: not plan.setup["waits"]):
            self._waiting.put(plan)

    def run(self, folders: list[Path]) -> list[Result]:
        children = [self._started(folder) for folder in folders]
        try:
            threads = [
                threading.Thread(target=self._feed, args=(child, folder))
                for child, folder in zip(children, folders, strict=True)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            for child in children:
                child.terminate()
                child.wait()
        lost = "no process was left to carry it out"
        return [
            self._results.get(plan.name) or Result(plan, trouble=lost)
            for plan in self._wanted
        ]

    def _started(self, folder: Path) -> subprocess.Popen[str]:
        with (folder / "job.log").open("w") as log:
            return subprocess.Popen(
                manage("drill", "--job"),
                env=environment(folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def _feed(self, child: subprocess.Popen[str], folder: Path) -> None:
        """One scenario after the other, until none waits or the job has ended."""
        while True:
            try:
                plan = self._waiting.get_nowait()
            except queue.Empty:
                return
            told = _asked(child, plan.name)
            if told is None:
                tail = (folder / "job.log").read_text()[-TAIL:].strip()
                self._note(Result(plan, trouble=f"its process has ended: {tail}"))
                return
            self._note(_read(plan, told))

    def _note(self, result: Result) -> None:
        with self._lock:
            self._results[result.plan.name] = result
            self._say(result)


def _asked(child: subprocess.Popen[str], name: str) -> dict[str, Any] | None:
    """What a job says of one scenario; None when it has ended or hangs."""
    assert child.stdin is not None and child.stdout is not None
    watch = threading.Timer(ONE_WITHIN, child.kill)
    watch.start()
    try:
        child.stdin.write(f"{name}\n")
        child.stdin.flush()
        line = child.stdout.readline()
    except OSError:
        return None
    finally:
        watch.cancel()
    return dict(json.loads(line)) if line else None


def _read(plan: Plan, told: dict[str, Any]) -> Result:
    return Result(
        plan,
        test=Found(**told["test"]),
        cycle=Found(**told["cycle"]),
        state=told["state"],
        trouble=told["trouble"],
        seconds=told["seconds"],
    )
