"""npm `oidc-provider` as an authority: node, a folder of packages, a way to it.

A small CONNECT proxy of our own leads the names of Microsoft and Google to it, so that
requests and certificates are those of production.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from mailboxes.core import certificates
from mailboxes.sandbox.ca import Authority
from tests.servers.process import ServerMissing, free_port

SCRIPT = Path(__file__).parent.parent / "foreign" / "authority.mjs"
PACKAGES = Path(os.environ.get("MAILADMIN_TEST_NPM", "/tmp/mailadmin-npm"))
VERSION = "9"
INSTALL_SECONDS = 240
TENANT = "3d5a1c9e-7b42-4f0d-9a16-c0ffee00f001"
# The mailbox that is told of a token that an application got for itself.
OWNED = "desk@example.org"
PERSON = "owner@example.org"  # who signs in where no name was given, as by a device
BACK = "https://console.example/owner-sign-in/answer/"


@dataclass(frozen=True)
class Foreign:
    """Where it is. certificate: of the client `certificate`.

    introspection: address for mail servers, with their login; it tells `mailbox`.
    """

    proxy_port: int
    ca_pem: str
    ca_file: Path
    certificate: certificates.Certificate
    version: str
    introspection: str


def installed() -> str:
    """The version of the package, installed once into a folder that is kept.

    Raises ServerMissing.
    """
    for command in ("node", "npm"):
        if shutil.which(command) is None:
            raise ServerMissing(f"{command} is not installed (apt install nodejs npm)")
    PACKAGES.mkdir(parents=True, exist_ok=True)
    # Of tests that run side by side one installs, and none meets half of it.
    with (PACKAGES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _installed()


def _installed() -> str:
    found = PACKAGES / "node_modules" / "oidc-provider" / "package.json"
    if not found.exists():
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix"]
        done = subprocess.run(
            [*command, str(PACKAGES), f"oidc-provider@{VERSION}"],
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
        if done.returncode or not found.exists():
            raise ServerMissing("npm cannot install oidc-provider")
    return str(json.loads(found.read_text())["version"])


@contextmanager
def running(folder: Path) -> Iterator[Foreign]:
    """Start it and the way to it. Raises ServerMissing."""
    version = installed()
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder)
    authority.context()  # writes server.pem
    made = certificates.make("Foreign")
    port, plain = free_port(), free_port()
    server = subprocess.Popen(
        [
            "node",
            str(SCRIPT),
            str(PACKAGES),
            str(port),
            str(folder / "server.pem"),
            TENANT,
            BACK,
            json.dumps({"keys": [_jwk(made)]}),
            str(plain),
            OWNED,
            PERSON,
        ],
        stdout=subprocess.PIPE,
        stderr=(folder / "stderr").open("wb"),
        text=True,
    )
    proxy = socket.create_server(("127.0.0.1", 0))
    try:
        assert server.stdout is not None
        if server.stdout.readline().strip() != "ready":
            raise ServerMissing((folder / "stderr").read_text()[-500:])
        threading.Thread(target=_lead, args=(proxy, port), daemon=True).start()
        yield Foreign(
            proxy.getsockname()[1],
            authority.ca_file.read_text(),
            authority.ca_file,
            made,
            version,
            f"http://mailserver:mail-secret@127.0.0.1:{plain}/introspect",
        )
    finally:
        proxy.close()
        server.terminate()
        server.wait(10)


def _jwk(made: certificates.Certificate) -> dict[str, str]:
    numbers = x509.load_pem_x509_certificate(made.public.encode()).public_key()
    public = numbers.public_numbers()  # type: ignore[union-attr]
    return {
        "kty": "RSA",
        "alg": "PS256",
        "use": "sig",
        "n": _number(public.n),  # type: ignore[union-attr]
        "e": _number(public.e),  # type: ignore[union-attr]
    }


def _number(value: int) -> str:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _lead(proxy: socket.socket, port: int) -> None:
    """Answer CONNECT for any name with a line to the server."""
    while True:
        try:
            client, _ = proxy.accept()
        except OSError:
            return
        threading.Thread(target=_line, args=(client, port), daemon=True).start()


def _line(client: socket.socket, port: int) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        if not byte:
            return
        head += byte
    server = socket.create_connection(("127.0.0.1", port))
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    threading.Thread(target=_pump, args=(server, client), daemon=True).start()
    _pump(client, server)


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
