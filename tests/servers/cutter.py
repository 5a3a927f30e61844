"""Stands between a client and a line-based server, and cuts the connection on demand.

    with Cutter(port) as between:
        between.cut(at=3, when="before")   # the third line that the client says

Only the next connection is cut; those after it pass. Without TLS.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

When = Literal["before", "amid", "after"]
SECONDS = 20.0


class Cutter:
    """`said`: the first words of all lines that clients have said, in order."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.said: list[bytes] = []
        self._at = 0
        self._when: When = "before"
        self._threads: list[threading.Thread] = []

    def cut(self, at: int, when: When) -> None:
        """Cut the next connection at the line with this number, from 1.

        before: the server does not hear it. amid: of its answer half is heard, at most.
        after: the server has answered, and the client hears nothing of it.
        """
        self._at, self._when = at, when

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(SECONDS)

    def _spawn(self, work: object, *given: object) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            at, self._at = self._at, 0
            self._spawn(self._serve, client, at, self._when)

    def _serve(self, client: socket.socket, at: int, when: When) -> None:
        server = socket.create_connection(("127.0.0.1", self._target), SECONDS)
        client.settimeout(SECONDS)
        deaf = threading.Event()
        heard = threading.Event()
        self._spawn(self._back, server, client, deaf, heard, when)
        try:
            for number, line in enumerate(client.makefile("rb"), start=1):
                self.said.append(line.split()[0] if line.split() else b"")
                if number == at:
                    if when != "before":
                        heard.clear()
                        deaf.set()
                        server.sendall(line)
                        heard.wait(SECONDS)
                    return
                server.sendall(line)
        except OSError:
            pass
        finally:
            _close(server)
            _close(client)

    def _back(
        self,
        server: socket.socket,
        client: socket.socket,
        deaf: threading.Event,
        heard: threading.Event,
        when: When,
    ) -> None:
        try:
            while data := server.recv(65536):
                if not deaf.is_set():
                    client.sendall(data)
                    continue
                if when == "amid":
                    client.sendall(data[: len(data) // 2])
                    return  # nothing after a part that is missing: no TCP does that
                heard.set()
        except OSError:
            pass
        finally:
            heard.set()
            _close(client)


def _close(sock: socket.socket) -> None:
    """Also for a thread that waits for it."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
