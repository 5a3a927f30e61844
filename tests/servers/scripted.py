"""A small server that plays a script, for what no real server does on demand.

def script(talk: Talk) -> None:
    talk.send(b"220 hello\r\n")
    talk.expect(b"EHLO")
    talk.hang_up()

with Scripted(script) as server: ... server.port ... server.heard
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

SECONDS = 20.0


class Talk:
    """One connection, seen from the server."""

    def __init__(self, sock: socket.socket, heard: list[bytes]) -> None:
        self.socket = sock
        self.heard = heard
        self._buffer = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> bytes:
        """The next line without its end, b"" at the end of the connection."""
        while b"\n" not in self._buffer:
            data = self.socket.recv(65536)
            if not data:
                return b""
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        self.heard.append(line.rstrip(b"\r"))
        return self.heard[-1]

    def literal(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end of the connection."""
        while len(self._buffer) < size:
            data = self.socket.recv(65536)
            if not data:
                break
            self._buffer += data
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def expect(self, start: bytes) -> bytes:
        """The next line, which must begin so (letters of any case)."""
        line = self.line()
        assert line.upper().startswith(start.upper()), f"{line!r}, not {start!r}"
        return line

    def until(self, end: bytes) -> list[bytes]:
        """All lines up to the line `end`."""
        lines = []
        while (line := self.line()) != end:
            lines.append(line)
        return lines

    def encrypt(self, context: ssl.SSLContext) -> None:
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def hang_up(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Ends with RST instead of FIN."""
        self.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0"
        )
        self.socket.close()

    def wait_for_end(self) -> None:
        """Reads until the other side closes."""
        while self.line():
            pass


class Scripted:
    """Plays `script` once for each connection. `heard`: all lines, in order.

    connections: how many there were.

    An assertion that fails in the script fails the test at the end of the block.
    """

    def __init__(self, script: Callable[[Talk], None]) -> None:
        self._script = script
        self.heard: list[bytes] = []
        self.connections = 0
        self.failures: list[BaseException] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in [self._accepting, *self._threads]:
            thread.join(SECONDS)
        if self.failures and exc is None:
            raise self.failures[0]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            sock.settimeout(SECONDS)
            thread = threading.Thread(target=self._play, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _play(self, sock: socket.socket) -> None:
        talk = Talk(sock, self.heard)
        try:
            self._script(talk)
        except AssertionError as failure:
            self.failures.append(failure)
        except OSError:
            pass  # the client left; what it saw is the test's matter
        finally:
            talk.socket.close()
            sock.close()
