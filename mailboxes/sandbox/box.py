"""The sandbox's parts put together: mailboxes, servers, proxy, and who writes letters.

Lives in one event loop. From another thread or a test: server.Sandbox. As a program:
__main__.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from . import http, letters
from .ca import Authority, write_private
from .control import Control
from .dead_ports import DeadPorts
from .delivery import Delivery
from .description import described, described_app
from .entra.keys import Keys
from .entra.server import Entra
from .ews.server import EwsServer
from .ews.sign_in import EwsSignIn
from .faults import Faults
from .google.server import Google
from .graph.server import Graph
from .graph.sign_in import SignIn as GraphSignIn
from .imap.server import ImapServer
from .laboratory import Laboratory
from .lines import HOST, Lines
from .mailstore import INBOX, Mailstore
from .pop3.server import Pop3Server
from .proxy import Proxy
from .sasl import SignIn
from .scenarios import SCENARIOS
from .smtp_server import SmtpServer
from .socks import Socks
from .tally import Tally
from .tls_faults import GOOD, Contexts
from .tokens import Tokens
from .tunnel import CHUNK, Tunnels
from .wire import LIMIT, clients_of
from .world import (
    APPS,
    MAILBOXES,
    PROXY_LOGIN,
    SCENARIOS as REFUSING,
    SHARED,
    Account,
    accounts,
)

FIRST_LETTERS = len(letters.FIRST)
FIRST_SPAN = 2 * 86400  # seconds over which the first letters are spread
KEEP = 20_000  # messages in a living INBOX; the generator takes the oldest away
MOST_AT_ONCE = 20  # letters to one mailbox, after a time asleep
AFTER_TROUBLE = 5.0  # seconds
TICK = 0.1  # seconds between looks for letters and answers that are due
FILLED = (*MAILBOXES, *SHARED)  # mailboxes with letters from the first day on

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Options:
    """How to run. rate: seconds between letters to each living mailbox, 0 = none.

    proxy_port: 0 = the one of last time if it is free, else any. token_seconds: life
    of access tokens, None = as Entra. answer_after: seconds until a customer answers.
    """

    data: Path
    proxy_port: int = 0
    rate: float = 5.0
    seed: int = 1
    token_seconds: int | None = None
    answer_after: float = 1.0
    first_letters: int = FIRST_LETTERS


class Box:
    """Everything that runs in the loop."""

    def __init__(self, options: Options) -> None:
        folder = options.data
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.options = options
        self.rate = options.rate
        self.accounts: dict[str, Account] = accounts()
        self.faults = Faults()
        for account in REFUSING:
            if account.fault:
                self.faults.always(account.address, account.fault)
        self.authority = Authority(folder)
        self.contexts = Contexts(self.authority, folder)
        self.lines = Lines()
        self.store = Mailstore(folder / "mail.sqlite3")
        self.delivery = Delivery(
            folder, self.store, self.accounts, options.answer_after
        )
        self.laboratory = Laboratory(
            folder, self.accounts, self.store, self.faults, self.lines
        )
        self.tokens = Tokens(folder)
        self.tally = Tally()
        self.keys = Keys(folder)
        self.entra = Entra(
            self.accounts,
            self.tokens,
            self.faults,
            self.tally,
            options.token_seconds,
            self.keys,
        )
        self.google = Google(
            folder, self.accounts, self.tokens, self.faults, self.tally
        )
        self.graph = Graph(
            self.store,
            GraphSignIn(self.accounts, self.tokens, self.faults, self.tally),
            self.delivery,
            self.faults,
        )
        self.ports: dict[str, int] = {}
        self._writer = letters.Writer(options.seed)
        self._servers: list[asyncio.Server] = []
        self._handlers: dict[str, Handler] = {}
        self._dead = DeadPorts()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Open the listeners, fill new mailboxes, write sandbox.json.

        Raises OSError when a port is taken or the folder cannot be written; whatever
        it raises, nothing stays open.
        """
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        with self.store.together():  # a mailbox that is there is not filled again
            for account in self.accounts.values():
                if self.store.ensure(account.address) and account in FILLED:
                    self._first_letters(account.address)
        self.laboratory.restore()
        self.ports.update(self._dead.open())
        shared = self.faults, self.lines, self.contexts
        imap = ImapServer(self.store, self._sign_in("imap"), *shared)
        pop3 = Pop3Server(self.store, self._sign_in("pop3"), *shared)
        smtp = SmtpServer(self.delivery, self._sign_in("smtp"), *shared)
        ews = self._ews()
        self._handlers = {
            "entra": self._http(self.entra.handle),
            "google": self._http(self.google.handle),
            "graph": self._http(self.graph.handle),
            "ews": self._http(ews.handle),
            "outlook": self._http(self._outlook(ews)),
            "imaps": clients_of(imap, encrypted=True),
            "pop3s": clients_of(pop3, encrypted=True),
            "smtps": clients_of(smtp, encrypted=True),
        }
        for name in self._handlers:
            await self.listener(name)
        await self._listen("imap", clients_of(imap, encrypted=False), limit=LIMIT)
        await self._listen("pop3", clients_of(pop3, encrypted=False), limit=LIMIT)
        await self._listen("smtp", clients_of(smtp, encrypted=False), limit=LIMIT)
        await self._listen("control", self._http(Control(self).handle))
        tunnels = Tunnels(self.listener, self.accounts, self.faults, self.lines)
        await self._listen("socks", Socks(tunnels).handle, limit=4 * CHUNK)
        await self._listen(
            "proxy", Proxy(tunnels).handle, port=self._proxy_port(), limit=4 * CHUNK
        )
        self._write_list()
        self._spawn(self._write_letters())

    async def stop(self) -> None:
        """Close everything at once; clients see their connections end."""
        for server in self._servers:
            server.close()
        self.drop_connections()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._dead.close()
        self.store.close()
        self.delivery.close()

    async def listener(self, name: str, kind: str = GOOD) -> int:
        """The port of a server with a certificate of a kind (tls_faults), opened when
        it is first asked for."""
        full = f"{name} {kind}".strip()
        if full not in self.ports:
            context = self.contexts.get(kind)
            await self._listen(full, self._handlers[name], ssl=context, limit=LIMIT)
        return self.ports[full]

    # What control and tests ask for

    def deliver(self, address: str, contents: Iterable[bytes]) -> list[int]:
        """Put letters into an INBOX; returns their UIDs."""
        return self.store.add(address, INBOX, contents)

    def write(self, address: str, count: int = 1, kind: str | None = None) -> list[int]:
        """Write letters and deliver them. Raises KeyError for an unknown kind."""
        now = time.time()
        return self.deliver(
            address,
            [
                self._writer.write(address, self.store.next_number(address), now, kind)
                for _ in range(count)
            ],
        )

    def listing(self, address: str, folder: str = INBOX) -> dict[str, Any]:
        """What lies in a folder. Raises KeyError when there is none."""
        place = self.store.folder(address, folder)
        if place is None:
            raise KeyError(f"{address} has no folder {folder}")
        return {
            "address": address,
            "folder": folder,
            "uidvalidity": place.uidvalidity,
            "messages": [
                {
                    "uid": entry.uid,
                    "message_id": entry.message_id,
                    "size": entry.size,
                    "sha256": entry.sha256,
                    "flags": entry.flags,
                }
                for entry in self.store.entries(place.id)
            ],
        }

    def reset(self, address: str) -> int:
        """Give the INBOX another UIDVALIDITY; cuts all connections."""
        value = self.store.reset(address)
        self.drop_connections()
        return value

    def drop_connections(self) -> int:
        """Cut every client; returns how many connections there were."""
        return self.lines.cut()

    # Inside

    def _sign_in(self, service: str) -> SignIn:
        return SignIn(self.accounts, self.tokens, self.faults, self.tally, service)

    def _ews(self) -> EwsServer:
        sign_in = EwsSignIn(self.accounts, self.tokens, self.faults, self.tally)
        return EwsServer(self.store, self.delivery, sign_in, self.faults)

    def _outlook(self, ews: EwsServer) -> http.Handler:
        """outlook.office.com has EWS, and the upload sessions of Graph."""

        async def handle(request: http.Request) -> http.Answer:
            of_ews = request.path.lower().startswith("/ews/")
            return await (ews if of_ews else self.graph).handle(request)

        return handle

    def _http(self, handler: http.Handler) -> Handler:
        async def serve(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            await http.serve(reader, writer, handler, self.lines.of(writer))

        return serve

    async def _listen(
        self, name: str, handler: Handler, port: int = 0, **more: Any
    ) -> None:
        async def client(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            task = asyncio.current_task()
            if task:
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            # Whoever sets the fault is not cut by it; the proxies count their own.
            counted = contextlib.nullcontext()
            if name not in ("control", "proxy", "socks"):
                counted = self.lines.held(writer, self.lines.of(writer))
            try:
                with counted:
                    await handler(reader, writer)
            except (OSError, asyncio.CancelledError):
                writer.transport.abort()
            finally:
                writer.close()

        try:
            server = await asyncio.start_server(client, HOST, port, backlog=512, **more)
        except OSError:
            if not port or self.options.proxy_port:
                raise
            server = await asyncio.start_server(client, HOST, 0, backlog=512, **more)
        self._servers.append(server)
        self.ports[name] = server.sockets[0].getsockname()[1]

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _proxy_port(self) -> int:
        """The port asked for, else that of last time, so that settings stay right."""
        if self.options.proxy_port:
            return self.options.proxy_port
        with contextlib.suppress(OSError, ValueError):
            return int((self.options.data / "proxy.port").read_text())
        return 0

    def _first_letters(self, address: str) -> None:
        now = time.time()
        count = self.options.first_letters
        for place in range(count):
            number = self.store.next_number(address)
            when = now - FIRST_SPAN * (count - place) / count
            kind = letters.FIRST[place % len(letters.FIRST)]
            content = self._writer.write(address, number, when, kind)
            self.store.add(address, INBOX, [content], arrived=when)

    async def _write_letters(self) -> None:
        """Deliver what is due: answers, and a letter per living mailbox and rate."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(TICK)
            try:
                self.store.deliver_answers(time.time())
                now = time.monotonic()
                due = int((now - last) / self.rate) if self.rate > 0 else 0
                last = last + due * self.rate if self.rate > 0 else now
                for account in FILLED if due else ():
                    if account.living:
                        self.write(account.address, min(due, MOST_AT_ONCE))
                        self._make_room(account.address)
                        await asyncio.sleep(0)
            except sqlite3.OperationalError as error:  # the disk is full, mostly
                print(f"sandbox: letters wait: {error}", file=sys.stderr, flush=True)
                await asyncio.sleep(AFTER_TROUBLE)

    def _make_room(self, address: str) -> None:
        place = self.store.folder(address, INBOX)
        if place is not None and place.uidnext > KEEP:
            uids = self.store.uids(place.id)
            if len(uids) > KEEP:
                self.store.remove(place.id, uids[: len(uids) - KEEP])

    def _write_list(self) -> None:
        """sandbox.json: ports and CA, and what apps and mailboxes are set up with.

        scenarios.json: what can go wrong, and what has to be found then.
        """
        folder = self.options.data
        write_private(folder / "proxy.port", str(self.ports["proxy"]).encode())
        content = {
            "pid": os.getpid(),
            "proxy": {"host": HOST, "port": self.ports["proxy"]},
            "proxy_login": dict(zip(("user", "password"), PROXY_LOGIN, strict=True)),
            "ca_file": str(self.authority.ca_file),
            "control": {"host": HOST, "port": self.ports["control"]},
            "listeners": self.ports,
            "google": self.google.described(),
            "apps": [described_app(app) for app in APPS.values()],
            "mailboxes": [described(account) for account in MAILBOXES],
            "shared": [described(account) for account in SHARED],
            "scenarios": [described(account) for account in REFUSING],
        }
        told = json.dumps(content, indent=2) + "\n"
        write_private(folder / "scenarios.json", _scenarios())
        write_private(folder / "sandbox.json", told.encode())


@lru_cache(maxsize=1)
def _scenarios() -> bytes:
    known = {"scenarios": [scenario.described() for scenario in SCENARIOS]}
    return (json.dumps(known, indent=2) + "\n").encode()
