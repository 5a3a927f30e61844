"""Builds transports from snapshots; nothing else in the product does.

Gets the credential (services/tokens) and the way through the network; opening the
connection, and closing it, is the caller's.
"""

from __future__ import annotations

import socket
import time
from functools import lru_cache

from ..core.choices import ProxyKind, Stage
from ..core.errors import Code, MailError, SecretUnreadable, storable
from ..oauth import microsoft
from ..transports import registry
from ..transports.base import (
    Credential,
    Endpoint,
    InboundTransport,
    NetworkPolicy,
    OutboundTransport,
    Proxy,
    Transport,
)
from . import numbering, secrets, tokens
from .options import pins
from .options.snapshots import Snapshot

Given = tuple[Credential, NetworkPolicy]


def inbound(
    snapshot: Snapshot,
    *,
    fresh: bool = False,
    given: Given | None = None,
    until: float | None = None,
) -> InboundTransport:
    """The unopened inbound transport of a pop-client. Raises MailError.

    given: a credential and a way that the caller has already (connection test).
    until: time.monotonic() by which all ends, the getting of a token too; None for no
    such moment.
    """
    kind = numbering.numbered(registry.inbound(snapshot.protocol))
    made = kind(*_parts(snapshot, fresh=fresh, given=given, until=until))
    made.until = until
    return made


def outbound(
    snapshot: Snapshot,
    *,
    fresh: bool = False,
    margin: float = tokens.RENEW_BEFORE,
    given: Given | None = None,
    until: float | None = None,
) -> OutboundTransport:
    """The unopened outbound transport of an smtp-client. Raises MailError.

    margin: seconds of life that a cached token must have left.
    given, until: as for inbound.
    """
    kind = registry.outbound(snapshot.protocol)
    made = kind(*_parts(snapshot, fresh=fresh, margin=margin, given=given, until=until))
    made.until = until
    return made


def _parts(
    snapshot: Snapshot,
    *,
    fresh: bool,
    margin: float = tokens.RENEW_BEFORE,
    given: Given | None = None,
    until: float | None = None,
) -> tuple[Endpoint, Credential, NetworkPolicy]:
    if not snapshot.server:
        raise MailError(
            Code.CONFIG_INCOMPLETE,
            Stage.FIELDS,
            permanent=True,
            evidence={"option": "server"},
        )
    if given is not None:
        return endpoint(snapshot), *given
    way = policy(snapshot)
    # The transport outlives the cycle that opens it: it gets the way without its end.
    credential, _ = tokens.credential(
        snapshot, way.till(until), fresh=fresh, margin=margin
    )
    return endpoint(snapshot), credential, way


def explain(error: MailError, transport: Transport) -> MailError:
    """Add what a finding needs: the protocol; of a refused token its claims and user.

    A mail server gives no reason for such a refusal (diagnosis.md section 3.1). What
    fails in our own house has no protocol. Of a shared mailbox they need who signs in.
    """
    if error.stage is Stage.STORE:
        return error
    who = transport.credential
    error.evidence.setdefault("protocol", str(transport.protocol))
    by_claims = tokens.REFUSED
    if who.account:
        error.evidence.setdefault("user", who.login)
        error.evidence["account"] = who.account
        by_claims = by_claims | {Code.GRAPH_ACCESS_DENIED}
    if error.code in by_claims and who.is_token:
        error.evidence.setdefault("user", who.login)
        error.evidence["at"] = round(time.time())  # its claims are judged as of now
        error.evidence["claims"] = storable(microsoft.claims(who.token))
    return error


def endpoint(snapshot: Snapshot) -> Endpoint:
    """Where the mail server of a snapshot is."""
    return Endpoint(snapshot.server, snapshot.port, snapshot.security)


def policy(snapshot: Snapshot) -> NetworkPolicy:
    """How the mail server and the authority of a snapshot are reached."""
    pinned = snapshot.pinned.get("proxy") or {}
    return NetworkPolicy(
        connect_timeout=float(snapshot["connect-timeout"]),
        read_timeout=float(snapshot["protocol-timeout"]),
        proxy=_proxy(pins.spoken_proxy(snapshot.pinned)),
        ca_pem=pinned.get("ca_pem", ""),
        local_hostname=_local_hostname(),
    )


def _proxy(pinned: pins.Pinned | None) -> Proxy | None:
    if not pinned:
        return None
    password = ""
    if isinstance(pinned.get("password_id"), int):
        try:
            password = secrets.reveal(int(str(pinned["password_id"])))
        except SecretUnreadable as error:
            raise MailError(
                Code.SECRET_UNREADABLE, Stage.PROXY, permanent=True
            ) from error
    return Proxy(
        host=str(pinned["host"]),
        port=int(str(pinned["port"])),
        username=str(pinned.get("username", "")),
        password=password,
        kind=ProxyKind(str(pinned.get("kind") or ProxyKind.HTTP)),
    )


@lru_cache(maxsize=1)
def _local_hostname() -> str:
    """The name given in EHLO (RFC 5321 4.1.1.1): ASCII, or an address literal."""
    name = socket.gethostname()
    return name if name.isascii() and "." in name else "[127.0.0.1]"
