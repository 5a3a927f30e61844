"""Which class speaks which protocol."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mailboxes.core.choices import Protocol
from mailboxes.core.errors import Code, MailError
from mailboxes.transports import registry
from mailboxes.transports.ews import EwsInbound, EwsOutbound
from mailboxes.transports.graph.inbound import GraphInbound
from mailboxes.transports.graph.outbound import GraphOutbound
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.memory import MemoryInbound, MemoryOutbound
from mailboxes.transports.pop3 import Pop3Transport
from mailboxes.transports.smtp import SmtpTransport


def test_known_protocols_have_a_class() -> None:
    assert registry.inbound(Protocol.IMAP) is ImapTransport
    assert registry.inbound(Protocol.POP3) is Pop3Transport
    assert registry.outbound(Protocol.SMTP) is SmtpTransport
    assert registry.inbound(Protocol.EWS) is EwsInbound
    assert registry.outbound(Protocol.EWS) is EwsOutbound
    assert registry.inbound(Protocol.GRAPH) is GraphInbound
    assert registry.outbound(Protocol.GRAPH) is GraphOutbound


def test_every_listed_class_loads_and_says_its_protocol() -> None:
    for protocol in registry.INBOUND:
        assert registry.inbound(protocol).protocol is protocol
    for protocol in registry.OUTBOUND:
        assert registry.outbound(protocol).protocol is protocol


def test_protocol_of_the_other_direction_is_missing() -> None:
    for find, protocol in (
        (registry.inbound, Protocol.SMTP),
        (registry.outbound, Protocol.IMAP),
    ):
        with pytest.raises(MailError) as caught:
            find(protocol)
        assert (caught.value.code, caught.value.stage) == (
            Code.TRANSPORT_MISSING,
            "fields",
        )
        assert caught.value.permanent
        assert caught.value.evidence == {"protocol": str(protocol)}


def test_override_holds_inside_its_block() -> None:
    with registry.override(
        inbound={Protocol.IMAP: MemoryInbound},
        outbound={Protocol.SMTP: MemoryOutbound},
    ):
        assert registry.inbound(Protocol.IMAP) is MemoryInbound
        assert registry.outbound(Protocol.SMTP) is MemoryOutbound
    assert registry.inbound(Protocol.IMAP) is ImapTransport
    assert registry.outbound(Protocol.SMTP) is SmtpTransport


def test_a_transport_is_imported_when_first_needed() -> None:
    code = (
        "import sys; from mailboxes.transports import registry;"
        "sys.exit(any(name in sys.modules for name in"
        " ('imapclient', 'smtplib', 'exchangelib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
