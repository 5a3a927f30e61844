"""Foreign programs against the sandbox: curl behind its proxies, and any other."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailboxes.sandbox.server import Sandbox
from tests.servers.process import output, search_path

SECONDS = 60


@dataclass(frozen=True)
class Ran:
    """How a program ended: its code, what it wrote."""

    code: int
    out: bytes
    err: str


def version(command: str, *arguments: str) -> str:
    """The first word of the answer that looks like a version; skips without it."""
    try:
        words = output(command, *(arguments or ("--version",))).split()
    except FileNotFoundError:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{command} is not installed (scripts/test-servers)")
        pytest.skip(f"{command} is not installed (scripts/test-servers)")
    return next(word.strip("v,") for word in words if word.strip("v,")[:1].isdigit())


def run(*command: str, given: bytes = b"", **env: str) -> Ran:
    """Run a program to its end. Variables of proxies do not reach it."""
    plain = {"PATH": search_path(), "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command,
        input=given,
        capture_output=True,
        timeout=SECONDS,
        env=plain | env,
    )
    return Ran(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def fetchmail(folder: Path, settings: Path, *arguments: str) -> Ran:
    """One run of fetchmail, all its state in `folder`.

    As root its lock is /run/fetchmail.pid: two tests at once would end with code 8.
    """
    return run(
        *("fetchmail", "--nosyslog", "--fetchmailrc", str(settings)),
        *("--pidfile", str(folder / "pid"), "--idfile", str(folder / "ids")),
        *arguments,
        HOME=str(folder),
        FETCHMAILHOME=str(folder),
    )


def curl(box: Sandbox, url: str, *arguments: str, proxy: str = "") -> Ran:
    """curl behind a proxy of the sandbox (the HTTP one), under its CA alone."""
    way = proxy or f"http://{box.host}:{box.proxy_port}"
    return run(
        "curl",
        "--disable",
        "--silent",
        "--show-error",
        "--proxytunnel",
        "--proxy",
        way,
        "--cacert",
        str(box.ca_file),
        "--max-time",
        "30",
        *arguments,
        url,
    )
