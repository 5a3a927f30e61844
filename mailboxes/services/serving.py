"""Everything on one machine: web, worker and sandbox under one supervisor.

`manage.py serve` calls `run`. Children: services/worker/supervise. What the sandbox's
mailboxes are: services/demo.
"""

from __future__ import annotations

import http.client
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from . import demo
from .instance import startup
from .worker import cluster
from .worker.supervise import Child, Supervisor

logger = logging.getLogger(__name__)

TURN = 0.25  # seconds
ASK_EVERY = 0.5  # seconds between questions to /healthz until we are ready
SLOW_AFTER = 60.0  # seconds without being ready that are worth a word
ANSWER_WITHIN = 2.0  # seconds for an answer of /healthz


class PortTaken(Exception):
    """Another program listens on our port."""


def run(*, sandbox: bool, resume: bool, data: Path, say: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT.

    resume: a serve that was killed goes on, so the worker service does not start anew.
    say: gets the one ready line. Raises AlreadyRunning, PortTaken.
    """
    supervisor = Supervisor("serve", data)
    supervisor.watch_signals()
    supervisor.end_leftovers()
    if not startup.port_is_free(settings.MAILADMIN_BIND, settings.PORT):
        raise PortTaken
    if not resume:
        cluster.forget_start(data)
    service = Service(supervisor, data, sandbox=sandbox, resume=resume, say=say)
    service.start()
    while not supervisor.stopping:
        service.turn()
        supervisor.wait(TURN)
    supervisor.stop()


class Service:
    """The children in their order, and the ready line."""

    def __init__(
        self,
        supervisor: Supervisor,
        data: Path,
        *,
        sandbox: bool,
        resume: bool,
        say: Callable[[str], None],
    ) -> None:
        self._supervisor = supervisor
        self._sandbox = data / "sandbox" if sandbox else None
        self._resume = resume
        self._say = say
        self._began = time.monotonic()
        self._ask_at = 0.0
        self._ready = self._slow = False
        self._seed_due = sandbox
        self._worker_started = False

    def start(self) -> None:
        """Start what needs nothing else."""
        if self._sandbox is not None:
            self._supervisor.add(
                Child("sandbox", _manage("sandbox", "--data", str(self._sandbox)))
            )
        gunicorn = ("-m", "gunicorn", "-c", "python:mailadmin.gunicorn")
        argv = (sys.executable, *gunicorn, "mailadmin.wsgi:application")
        self._supervisor.add(Child("web", argv, grace=5.0))

    def turn(self) -> None:
        """Restart what died; the worker starts when the sandbox's mailboxes stand."""
        if "sandbox" in self._supervisor.poll():
            self._seed_due = True
        if self._seed_due and self._sandbox is not None:
            self._seed(self._sandbox)
        if not self._seed_due and not self._worker_started:
            resume = ("--resume",) if self._resume else ()
            again = () if self._resume else ("--resume",)
            argv = _manage("worker", *resume)
            self._supervisor.add(Child("worker", argv, grace=16.0, again=again))
            self._worker_started = True
        if not self._ready:
            self._look()

    def _seed(self, folder: Path) -> None:
        close_old_connections()
        try:
            if demo.ensure(folder, self._supervisor.pid("sandbox")):
                self._seed_due = False
        except DatabaseError as error:
            logger.error("the sandbox's mailboxes cannot be written yet: %s", error)

    def _look(self) -> None:
        now = time.monotonic()
        if now < self._ask_at:
            return
        self._ask_at = now + ASK_EVERY
        if healthy():
            self._ready = True
            if not self._resume:
                self._say(f"mailadmin is ready at {address()}")
        elif not self._slow and now - self._began > SLOW_AFTER:
            self._slow = True
            logger.error(
                "not ready after %d s; the reason stands in %s",
                SLOW_AFTER,
                settings.MAILADMIN_DATA / "log",
            )


def address() -> str:
    """Where a browser on this machine finds the console."""
    host = settings.MAILADMIN_BIND
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return (
        f"http://[{host}]:{settings.PORT}/"
        if ":" in host
        else (f"http://{host}:{settings.PORT}/")
    )


def healthy() -> bool:
    """/healthz answers that web, database and worker do their work."""
    host = settings.MAILADMIN_BIND
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    names = [name for name in settings.ALLOWED_HOSTS if name not in ("", "*")]
    header = names[0].lstrip(".") if names else host
    connection = http.client.HTTPConnection(host, settings.PORT, timeout=ANSWER_WITHIN)
    try:
        connection.request("GET", "/healthz", headers={"Host": header})
        answer = connection.getresponse()
        body = answer.read(10_000)
        return answer.status == 200 and json.loads(body)["status"] in ("ok", "held")
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return False
    finally:
        connection.close()


def _manage(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments)
