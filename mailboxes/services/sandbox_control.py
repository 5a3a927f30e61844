"""Asks a sandbox on this machine to let things go wrong, and how often it was asked.

Speaks its control API over loopback only; no mail and no token passes here. The lists
of what can go wrong lie beside it as files. Who uses it: laboratory, drill.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.errors import MailboxesError

ANSWER_WITHIN = 10.0  # seconds


class SandboxAway(MailboxesError):
    """No sandbox answers; the text says so in one sentence."""


class SandboxRefuses(MailboxesError):
    """The sandbox cannot do what it was asked for; the text is its own sentence."""


@dataclass(frozen=True)
class World:
    """What a sandbox has written down of itself at its start (sandbox.json).

    listeners: port by name. proxy: host and port. proxy_password: good for the address
    of every mailbox, which then says whose line it is. google: its client and its
    service account.
    """

    control_port: int
    listeners: dict[str, int]
    proxy_host: str
    proxy_port: int
    proxy_password: str
    ca_pem: str
    apps: list[dict[str, Any]]
    google: dict[str, str]
    pid: int


@dataclass(frozen=True)
class Made:
    """What signs in to a mailbox that was made: password, refresh tokens by `by`."""

    password: str = field(repr=False)
    refresh_tokens: dict[str, str] = field(repr=False)


def world(folder: Path) -> World | None:
    """What the sandbox of a data folder says of itself; None while it has not."""
    try:
        told = json.loads((folder / "sandbox.json").read_text(encoding="utf-8"))
        return World(
            control_port=int(told["control"]["port"]),
            listeners=dict(told["listeners"]),
            proxy_host=str(told["proxy"]["host"]),
            proxy_port=int(told["proxy"]["port"]),
            proxy_password=str(told["proxy_login"]["password"]),
            ca_pem=Path(told["ca_file"]).read_text(encoding="ascii"),
            apps=list(told["apps"]),
            google=dict(told["google"]),
            pid=int(told["pid"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def scenarios(folder: Path) -> list[dict[str, Any]]:
    """All scenarios that this sandbox knows (sandbox/scenario); [] without one."""
    try:
        told = json.loads((folder / "scenarios.json").read_text(encoding="utf-8"))
        return list(told["scenarios"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


class SandboxControl:
    """The control API of one sandbox. Every call raises SandboxAway, SandboxRefuses."""

    def __init__(self, port: int) -> None:
        self._port = port

    def switched(self) -> dict[str, str]:
        """Scenarios that are on, by address."""
        return dict(self._ask("GET", "/scenarios")["on"])

    def switch(self, address: str, name: str) -> dict[str, str]:
        """Put a scenario on a mailbox, "" ends it. Returns what is on then."""
        given = {"account": address, "scenario": name}
        return dict(self._ask("POST", "/scenarios", given)["on"])

    def make(self, address: str, *, basic: bool, opened: bool, **rights: Any) -> Made:
        """Make a mailbox for a drill; returns what signs in to it.

        basic: it lets a password sign in. opened: to the application with a secret.
        rights: shared, and addresses in full_access and send_as (sandbox/world).
        """
        given = {"address": address, "basic": basic, "opened": opened, **rights}
        told = self._ask("POST", "/accounts", given)
        return Made(str(told["password"]), dict(told["refresh_tokens"]))

    def agree(self, address: str, link: str, *, accept: bool) -> str:
        """Let the owner answer Google's page; returns where the browser is sent."""
        given = {"account": address, "link": link, "accept": accept}
        return str(self._ask("POST", "/agree", given)["location"])

    def deliver(self, address: str, count: int = 1) -> None:
        """Let the letter writer deliver."""
        self._ask("POST", "/deliver", {"to": address, "count": count})

    def trust(self, client_id: str, certificate: str) -> None:
        """Upload a certificate (PEM) to an application, as on its page at Entra."""
        given = {"client_id": client_id, "certificate": certificate}
        self._ask("POST", "/certificates", given)

    def token_life(self, seconds: int) -> None:
        """How long access tokens are good from now on; 0 for as long as usual."""
        self._ask("POST", "/tokens", {"seconds": seconds})

    def requests(self, who: str) -> dict[str, dict[str, int]]:
        """How often somebody signed in, by service and outcome."""
        return dict(self._ask("GET", f"/requests/{who}"))

    def _ask(
        self, method: str, path: str, given: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        line = http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=ANSWER_WITHIN
        )
        try:
            body = None if given is None else json.dumps(given)
            line.request(method, path, body=body)
            answer = line.getresponse()
            told = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SandboxAway("The sandbox does not answer.") from error
        finally:
            line.close()
        if answer.status != 200:
            raise SandboxRefuses(str(told.get("error", answer.status)))
        return dict(told)
