"""Which class speaks which protocol; a module is imported when it is first needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import cast

from ..core.choices import Protocol, Stage
from ..core.errors import Code, MailError
from .base import InboundTransport, OutboundTransport
from .keyed import KeyedInbound

INBOUND: dict[Protocol, str] = {
    Protocol.IMAP: "mailboxes.transports.imap.ImapTransport",
    Protocol.POP3: "mailboxes.transports.pop3.Pop3Transport",
    Protocol.GRAPH: "mailboxes.transports.graph.inbound.GraphInbound",
    Protocol.EWS: "mailboxes.transports.ews.EwsInbound",
}
OUTBOUND: dict[Protocol, str] = {
    Protocol.SMTP: "mailboxes.transports.smtp.SmtpTransport",
    Protocol.GRAPH: "mailboxes.transports.graph.outbound.GraphOutbound",
    Protocol.EWS: "mailboxes.transports.ews.EwsOutbound",
}

Inbound = type[InboundTransport] | type[KeyedInbound]
Outbound = type[OutboundTransport]
_inbound: dict[Protocol, Inbound] = {}
_outbound: dict[Protocol, Outbound] = {}


def inbound(protocol: Protocol) -> Inbound:
    """The class that reads mail by `protocol`. Raises MailError TRANSPORT_MISSING."""
    if protocol in _inbound:
        return _inbound[protocol]
    return cast(Inbound, _load(INBOUND, protocol))


def outbound(protocol: Protocol) -> Outbound:
    """The class that sends mail by `protocol`. Raises MailError TRANSPORT_MISSING."""
    if protocol in _outbound:
        return _outbound[protocol]
    return cast(Outbound, _load(OUTBOUND, protocol))


def _load(known: Mapping[Protocol, str], protocol: Protocol) -> object:
    path = known.get(protocol)
    if path is None:
        raise MailError(
            Code.TRANSPORT_MISSING,
            Stage.FIELDS,
            permanent=True,
            evidence={"protocol": str(protocol)},
        )
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


@contextmanager
def override(
    inbound: Mapping[Protocol, Inbound] | None = None,
    outbound: Mapping[Protocol, Outbound] | None = None,
) -> Iterator[None]:
    """Other classes inside the block, for tests; in every thread of this process."""
    before = dict(_inbound), dict(_outbound)
    _inbound.update(inbound or {})
    _outbound.update(outbound or {})
    try:
        yield
    finally:
        for table, old in ((_inbound, before[0]), (_outbound, before[1])):
            table.clear()
            table.update(old)  # type: ignore[arg-type]
