"""serve: the order of its children, and what counts as ready. Children are fakes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from mailboxes.services import demo, serving
from mailboxes.services.serving import Service
from mailboxes.services.worker.supervise import Child


class FakeSupervisor:
    def __init__(self) -> None:
        self.children: dict[str, Child] = {}
        self.died: list[str] = []

    def add(self, child: Child) -> None:
        self.children[child.name] = child

    def poll(self) -> list[str]:
        died, self.died = self.died, []
        return died

    def pid(self, name: str) -> int:
        return 1


class Copy:
    """A Service whose sandbox becomes ready when `seeded` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **options: bool) -> None:
        self.seeded = False
        self.asked: list[Path] = []
        self.said: list[str] = []
        monkeypatch.setattr(demo, "ensure", self._ensure)
        monkeypatch.setattr(serving, "healthy", lambda: True)
        monkeypatch.setattr(serving, "close_old_connections", lambda: None)
        self.supervisor = FakeSupervisor()
        self.service = Service(
            self.supervisor,  # type: ignore[arg-type]
            Path("/data"),
            say=self.said.append,
            **({"sandbox": True, "resume": False} | options),
        )
        self.service.start()

    def _ensure(self, folder: Path, pid: int | None) -> bool:
        self.asked.append(folder)
        return self.seeded

    @property
    def names(self) -> list[str]:
        return list(self.supervisor.children)


def test_the_worker_starts_when_the_sandbox_mailboxes_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy = Copy(monkeypatch)
    copy.service.turn()
    assert copy.names == ["sandbox", "web"]
    copy.seeded = True
    copy.service.turn()
    copy.service.turn()
    assert copy.names == ["sandbox", "web", "worker"]
    assert copy.asked == [Path("/data/sandbox")] * 2


def test_a_sandbox_that_came_back_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy = Copy(monkeypatch)
    copy.seeded = True
    copy.service.turn()
    copy.supervisor.died = ["sandbox"]
    copy.service.turn()
    assert len(copy.asked) == 2


def test_without_sandbox_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    copy = Copy(monkeypatch, sandbox=False)
    copy.service.turn()
    assert (copy.names, copy.asked) == (["web", "worker"], [])


@pytest.mark.parametrize(
    ("resume", "first", "again"),
    [(False, "worker", ("--resume",)), (True, "--resume", ())],
)
def test_only_a_real_start_puts_new_revisions_in_effect(
    monkeypatch: pytest.MonkeyPatch, resume: bool, first: str, again: tuple[str, ...]
) -> None:
    copy = Copy(monkeypatch, sandbox=False, resume=resume)
    copy.service.turn()
    worker = copy.supervisor.children["worker"]
    assert (worker.argv[-1], worker.again) == (first, again)


def test_the_ready_line_is_said_once_and_not_after_a_kill(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.PORT = 8123
    copy = Copy(monkeypatch, sandbox=False)
    copy.service.turn()
    copy.service.turn()
    assert copy.said == ["mailadmin is ready at http://127.0.0.1:8123/"]
    again = Copy(monkeypatch, sandbox=False, resume=True)
    again.service.turn()
    assert again.said == []


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8123/"),
        ("0.0.0.0", "http://127.0.0.1:8123/"),
        ("10.1.2.3", "http://10.1.2.3:8123/"),
        ("::1", "http://[::1]:8123/"),
    ],
)
def test_the_address_is_one_a_browser_can_open(
    bind: str, address: str, settings: Any
) -> None:
    settings.PORT, settings.MAILADMIN_BIND = 8123, bind
    assert serving.address() == address


class Web(HTTPServer):
    """Answers /healthz with what it is told, and notes the Host header."""

    answer: tuple[int, str] = (200, "ok")
    host = ""


class Handler(BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        self.server.host = self.headers["Host"]
        status, word = self.server.answer
        body = json.dumps({"status": word}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web(settings: Any) -> Iterator[Web]:
    server = Web(("127.0.0.1", 0), Handler)
    settings.PORT, settings.MAILADMIN_BIND = server.server_address[1], "127.0.0.1"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}
    )
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("answer", "ready"),
    [
        ((200, "ok"), True),
        ((200, "held"), True),
        ((503, "no-worker"), False),
        ((503, "no-database"), False),
    ],
)
def test_ready_is_what_healthz_says(
    web: Web, answer: tuple[int, str], ready: bool
) -> None:
    web.answer = answer
    assert serving.healthy() is ready


def test_the_question_uses_a_host_name_that_is_allowed(web: Web, settings: Any) -> None:
    settings.ALLOWED_HOSTS = [".example.com"]
    serving.healthy()
    assert web.host == "example.com"


def test_nobody_who_answers_is_not_ready(settings: Any) -> None:
    settings.PORT = 1
    assert serving.healthy() is False
