"""The sandbox as a program: start, list, stop, kill -9, and two at once."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox.clients import BILLING, ORDERS, SUPPORT
from tests.sandbox.waiting import until

ROOT = Path(__file__).resolve().parents[2]
MODULE = ("-m", "mailboxes.sandbox")
COMMAND = ("manage.py", "sandbox")
HOW = [
    pytest.param(MODULE, id="module"),
    pytest.param(COMMAND, id="command", marks=pytest.mark.slow),
]
Start = Callable[..., "Program"]


class Program:
    """One running sandbox."""

    def __init__(self, data: Path, how: tuple[str, ...], *options: str) -> None:
        self.data = data
        self.list = data / "sandbox.json"
        self.list.unlink(missing_ok=True)
        self.starting = 0.0  # seconds that it took to start
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, *how, "--data", str(data), *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> dict[str, Any]:
        until(lambda: self.list.exists() or self.process.poll() is not None, 30)
        self.starting = self.starting or time.monotonic() - self._began
        assert self.process.poll() is None, self.process.communicate()
        return dict(json.loads(self.list.read_text()))

    def mailbox(self, address: str) -> dict[str, Any]:
        port = self.ready()["control"]["port"]
        url = f"http://127.0.0.1:{port}/mailboxes/{address}"
        return dict(requests.get(url, proxies={"http": ""}, timeout=20).json())

    def end(self, number: int = signal.SIGTERM) -> float:
        """Seconds that it takes to stop: less than to start, nothing is waited for."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(10)
        return time.monotonic() - began


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Program] = []

    def begin(how: tuple[str, ...], *options: str) -> Program:
        running.append(Program(tmp_path / "sandbox", how, *options))
        return running[-1]

    yield begin
    for program in running:
        if program.process.poll() is None:
            program.process.kill()
        program.process.communicate()


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_lists_and_stops(
    start: Start, tmp_path: Path, how: tuple[str, ...], number: int
) -> None:
    port_file = tmp_path / "port"
    program = start(how, "--rate", "0.2", "--port-file", str(port_file))
    found = program.ready()
    assert found["pid"] == program.process.pid
    assert found["ca_file"] == str(program.data / "ca.pem")
    assert program.list.stat().st_mode & 0o777 == 0o600
    until(port_file.exists)
    assert int(port_file.read_text()) == found["proxy"]["port"]
    until(lambda: len(program.mailbox(SUPPORT)["messages"]) > 12)
    assert program.end(number) < program.starting
    assert program.process.returncode == 0
    assert program.process.communicate()[1] == ""


def test_the_list_names_what_option_sets_need(start: Start) -> None:
    found = start(MODULE, "--rate", "0").ready()
    support, _, billing = found["mailboxes"][:3]
    assert (support["address"], billing["address"]) == (SUPPORT, BILLING)
    assert support["configured_password"] == support["password"]
    assert billing["configured_password"] != billing["password"]
    assert {name: support[name] for name in ("client_id", "directory_id", "scope")} == {
        "client_id": "8f2b6d10-54ce-4b8e-8d37-c0ffee00b001",
        "directory_id": "3d5a1c9e-7b42-4f0d-9a16-c0ffee00a001",
        "scope": "https://outlook.office.com/.default",
    }


def test_the_list_names_what_app_registrations_need(start: Start) -> None:
    found = start(MODULE, "--rate", "0").ready()
    shared = {
        "directory_id": "3d5a1c9e-7b42-4f0d-9a16-c0ffee00a001",
        "authority": "https://login.microsoftonline.com",
        "scope": "https://outlook.office.com/.default",
    }
    assert found["apps"] == [
        {
            "client_id": "8f2b6d10-54ce-4b8e-8d37-c0ffee00b001",
            "name": "Contoso contact centre mail",
            "secret": None,
            "principal_id": "b7c90e12-61d4-4f3a-8a55-c0ffee00d001",
            "public": True,
            "roles": [],
            **shared,
        },
        {
            "client_id": "8f2b6d10-54ce-4b8e-8d37-c0ffee00b002",
            "name": "Contoso mail gateway",
            "secret": "sandbox~Confidential~Value~0001",
            "principal_id": "b7c90e12-61d4-4f3a-8a55-c0ffee00d002",
            "public": False,
            "roles": [
                "IMAP.AccessAsApp",
                "POP.AccessAsApp",
                "SMTP.SendAsApp",
                "full_access_as_app",
                "Mail.ReadWrite",
                "Mail.Send",
            ],
            **shared,
        },
        {
            "client_id": "8f2b6d10-54ce-4b8e-8d37-c0ffee00b003",
            "name": "Contoso without consent",
            "secret": "sandbox~Unconsented~Value~0002",
            "principal_id": "b7c90e12-61d4-4f3a-8a55-c0ffee00d003",
            "public": True,
            "roles": [],
            **shared,
        },
    ]
    gateway = ["8f2b6d10-54ce-4b8e-8d37-c0ffee00b002"]
    assert [one["app_access"] for one in found["mailboxes"]] == [gateway] * 5
    assert {
        one["address"].partition("@")[0]: one["app_access"]
        for one in found["scenarios"]
        if one["app_access"]
    } == {"norights": gateway, "nosmtp": gateway}


def wait_for_letters(program: Program, more: int) -> None:
    count = len(program.mailbox(ORDERS)["messages"])
    until(lambda: len(program.mailbox(ORDERS)["messages"]) > count + more)


def test_kill_9_loses_and_renumbers_nothing(start: Start) -> None:
    program = start(MODULE, "--rate", "0.02")
    for _ in range(3):
        wait_for_letters(program, 10)
        before = program.mailbox(ORDERS)
        port = program.ready()["proxy"]["port"]
        program.end(signal.SIGKILL)
        program = start(MODULE, "--rate", "0.02")
        after = program.mailbox(ORDERS)
        seen = len(before["messages"])
        assert after["uidvalidity"] == before["uidvalidity"]
        assert after["messages"][:seen] == before["messages"]
        assert [m["uid"] for m in after["messages"]] == list(
            range(1, len(after["messages"]) + 1)
        )
        ids = [m["message_id"] for m in after["messages"] if m["message_id"]]
        assert len(set(ids)) == len(ids)
        assert program.ready()["proxy"]["port"] == port


def test_it_stops_at_once_with_clients_open(start: Start) -> None:
    program = start(MODULE, "--rate", "0.1")
    found = program.ready()
    lines = [
        socket.create_connection(("127.0.0.1", found["listeners"][name]), 10)
        for name in ("imap", "smtp", "imaps", "proxy", "control")
    ]
    assert lines[0].recv(1000) and lines[1].recv(1000)
    assert program.end() < program.starting
    assert program.process.communicate()[1] == ""


def test_two_cannot_share_a_folder(start: Start) -> None:
    first = start(MODULE, "--rate", "0")
    first.ready()
    second = subprocess.run(
        [sys.executable, *MODULE, "--data", str(first.data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (second.returncode, second.stderr) == (
        1,
        f"Another sandbox uses the folder {first.data}.\n",
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--proxy-port", "70000"), "--proxy-port 70000 is not a port (0 to 65535)."),
        (("--rate", "-1"), "--rate -1.0 is not between 0 and 86400 seconds."),
        (("--rate", "nan"), "--rate nan is not between 0 and 86400 seconds."),
    ],
)
@pytest.mark.parametrize("how", HOW)
def test_a_wrong_option_gets_a_sentence(
    tmp_path: Path, how: tuple[str, ...], options: tuple[str, ...], words: str
) -> None:
    done = subprocess.run(
        [sys.executable, *how, "--data", str(tmp_path / "x"), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.removeprefix("CommandError: ") == words + "\n"


def test_a_taken_port_gets_a_sentence(start: Start, tmp_path: Path) -> None:
    port = start(MODULE, "--rate", "0").ready()["proxy"]["port"]
    done = subprocess.run(
        [*(sys.executable, *MODULE), "--data", str(tmp_path / "y")]
        + ["--proxy-port", str(port)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        env=os.environ | {"PYTHONWARNINGS": "error"},
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The sandbox cannot start: ")
    assert len(done.stderr.splitlines()) == 1
