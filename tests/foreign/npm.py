"""Packages of npm in a folder that outlives the tests, for foreign clients and servers.

`packages` installs what is missing, once, though several tests ask at the same time;
without npm, or where the registry cannot be reached, the test is skipped and says why.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

WITHIN = 180  # seconds for an installation
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mailadmin"


def packages(*wanted: str) -> Path:
    """node_modules with these packages (name@version). Skips the test."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        _missing("npm is not installed: apt-get install nodejs npm")
    # A folder for each set: npm takes apart what is there while it installs more.
    folder = CACHE / "npm" / re.sub(r"[^\w.@-]+", "_", "+".join(wanted))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _installed(folder, wanted)


def _installed(folder: Path, wanted: tuple[str, ...]) -> Path:
    modules = folder / "node_modules"
    if all(_is_there(modules, one) for one in wanted):
        return modules
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            [*command, *wanted], capture_output=True, text=True, timeout=WITHIN
        )
    except subprocess.TimeoutExpired:
        _missing(f"npm did not install {' '.join(wanted)} in {WITHIN} s")
    if done.returncode:
        _missing(f"npm cannot install {' '.join(wanted)}: {done.stderr[-300:]}")
    return modules


def _missing(why: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def _is_there(modules: Path, wanted: str) -> bool:
    name, _, version = wanted.rpartition("@")
    try:
        told = json.loads((modules / name / "package.json").read_text())
    except OSError:
        return False
    return bool(told["version"] == version)
