"""One job of a drill: a sandbox of its own, and scenarios by name from a line each.

Runs in a process with a data folder made for it (drill). For every line that comes it
writes one line of JSON.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from .. import sandbox_control
from ..sandbox_control import World
from ..worker import processes
from . import CannotDrill, manage, names as drill_names, scene as drill_scene
from .plan import Plan, Result

logger = logging.getLogger(__name__)

READY_WITHIN = 60.0  # seconds for the sandbox to start
LOOK = 0.05


def serve(data: Path, lines: Iterable[str], out: TextIO) -> None:
    """Carry out the scenarios that are named, one after the other.

    data: folder of this job alone. Raises CannotDrill when there is no sandbox.
    """
    drill_names.serve()
    with _sandbox(data) as world:
        known = {
            one["name"]: Plan.of(one)
            for one in sandbox_control.scenarios(data / "sandbox")
        }
        for line in lines:
            plan = known[line.strip()]
            try:
                result = drill_scene.carried_out(plan, world)
            except Exception as error:  # noqa: BLE001 - the next one goes on
                logger.exception("scenario %s", plan.name)
                result = Result(plan, trouble=f"{type(error).__name__}: {error}")
            out.write(json.dumps(_told(result)) + "\n")
            out.flush()


def _told(result: Result) -> dict[str, object]:
    return {
        "test": asdict(result.test),
        "cycle": asdict(result.cycle),
        "state": result.state,
        "trouble": result.trouble,
        "seconds": result.seconds,
    }


@contextmanager
def _sandbox(data: Path) -> Iterator[World]:
    """A sandbox in the job's folder that ends with it."""
    folder = data / "sandbox"
    child = processes.start(
        manage("sandbox", "--data", str(folder), "--rate", "0"),
        mark=f"drill {data}",
        pid_file=data / "sandbox.pid",
        log=data / "sandbox.log",
    )
    try:
        until = time.monotonic() + READY_WITHIN
        while (world := sandbox_control.world(folder)) is None:
            if child.poll() is not None or time.monotonic() > until:
                raise CannotDrill("The sandbox of the drill does not start.")
            time.sleep(LOOK)
        yield world
    finally:
        child.terminate()
        child.wait()
