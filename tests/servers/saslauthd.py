"""Stands in for saslauthd: says of every user that one password is right.

Spoken by Cyrus SASL over a Unix socket: user, password, service and realm, each behind
its length in two bytes; the answer likewise (saslauthd/ipc_unix.c).
"""

from __future__ import annotations

import socketserver
import struct
import threading
from pathlib import Path


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        said = [self._text() for _ in range(4)]
        good = said[1] == self.server.password  # type: ignore[attr-defined]
        answer = b"OK" if good else b"NO"
        self.wfile.write(struct.pack("!H", len(answer)) + answer)

    def _text(self) -> bytes:
        (size,) = struct.unpack("!H", self.rfile.read(2))
        return self.rfile.read(size)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class SaslAuthd:
    """Listens at `folder`/mux until it is stopped."""

    def __init__(self, folder: Path, password: str) -> None:
        self._server = _Server(str(folder / "mux"), _Handler)
        self._server.password = password.encode()  # type: ignore[attr-defined]
        (folder / "mux").chmod(0o666)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
