"""Which checks a connection test will make, in the order of diagnosis.md section 3.1.

Known from the revision alone, so that all rows stand there from the start. Making the
checks is connection_test/run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...core.choices import USUAL_PORTS, Protocol, Security, Stage
from ...models import Check, PopClient
from ...oauth import probe
from ..findings.authority import AUTHORITY
from ..options import pins
from ..options.hosts import host_of, is_url, port_of
from ..options.snapshots import Snapshot
from ..tokens.requests import authority_of, directory_of

SERVER = "server"
# Why a check is skipped; its evidence["skipped"]. Words: connection_test/report.
NOT_ENCRYPTED = "not-encrypted"
NO_LOGIN = "no-login"
NO_FOLDER = "no-folder"
NO_DATE = "no-date"
OPAQUE = "opaque"
NOT_REACHED = "not-reached"
NOT_AGAIN = "not-again"  # a refused sign-in is not repeated (DESIGN D9)

HTTP = frozenset({Protocol.EWS, Protocol.GRAPH})  # no greeting of their own


@dataclass(frozen=True)
class Planned:
    """One check to come. skipped: why it will not be made, "" where it will.

    evidence: what is known before: side, host, port, proxy, ...
    seen, seen_by: the check of an earlier test that stands for it, and the number of
        the test that made it; connection_test/resuming sets them.
    """

    stage: Stage
    evidence: dict[str, Any] = field(default_factory=dict)
    skipped: str = ""
    seen: Check | None = None
    seen_by: int = 0


def plan(snapshot: Snapshot, send_to: str = "") -> list[Planned]:
    """All checks of one revision. send_to: address for a message, "" for none."""
    found = [Planned(Stage.FIELDS, {"revision": snapshot.number})]
    if snapshot.uses_token:
        found += _authority(snapshot)
    found += _server(snapshot)
    if send_to:
        found.append(Planned(Stage.DATA, {"side": SERVER, "send_to": send_to}))
    return found


def _authority(snapshot: Snapshot) -> list[Planned]:
    end = probe.endpoint(authority_of(snapshot))
    known = {"side": AUTHORITY, "host": end.host, "port": end.port}
    tenant = {**known, "directory_id": directory_of(snapshot)}
    user = {**known, "user": snapshot.account}
    return [
        *_way(snapshot, known),
        Planned(Stage.TLS, known),
        Planned(Stage.CLOCK, known),
        Planned(Stage.TENANT, tenant),
        Planned(Stage.TOKEN, {**user, "grant": str(snapshot.grant)}),
        Planned(Stage.CLAIMS, user),
    ]


def _server(snapshot: Snapshot) -> list[Planned]:
    usual = USUAL_PORTS.get((snapshot.protocol, snapshot.security), 0)
    graph = snapshot.protocol is Protocol.GRAPH
    server = snapshot.server
    port = port_of(server) or snapshot["port"] or usual
    known = {
        "side": SERVER,
        "host": host_of(server),
        "port": probe.HTTPS if graph else port,
    }
    encrypted = snapshot.security is not Security.NONE
    if is_url(server):
        encrypted = not server.startswith("http://")
    inbound = snapshot.kind == PopClient.kind
    signs_in = snapshot.uses_token or bool(snapshot.login and snapshot["password"])
    greeting = [] if snapshot.protocol in HTTP else [Planned(Stage.GREETING, known)]
    return [
        *_way(snapshot, known),
        Planned(Stage.TLS, known, "" if encrypted else NOT_ENCRYPTED),
        *greeting,
        Planned(
            Stage.SIGN_IN,
            {**known, "user": snapshot.login, **_account(snapshot)},
            "" if signs_in or inbound else NO_LOGIN,
        ),
        Planned(
            Stage.MAILBOX,
            {**known, "folder": snapshot.values.get("folder-path") or "INBOX"}
            if inbound
            else known,
            "" if inbound else NO_FOLDER,
        ),
    ]


def _account(snapshot: Snapshot) -> dict[str, Any]:
    """Who signs in for a shared mailbox."""
    return {"account": snapshot.account} if snapshot.is_shared else {}


def _way(snapshot: Snapshot, known: dict[str, Any]) -> list[Planned]:
    """Through a proxy the proxy looks up the name, and one check covers the way."""
    proxy = pins.spoken_proxy(snapshot.pinned)
    if proxy:
        way = {**known, "proxy": f"{proxy['host']}:{proxy['port']}"}
        return [Planned(Stage.PROXY, way)]
    return [Planned(Stage.DNS, known), Planned(Stage.TCP, known)]
