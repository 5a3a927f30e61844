"""What a line tells while it is opened, and what is left when the listener ends it."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
import trustme

from mailboxes.core.choices import Stage
from mailboxes.transports import net
from tests.transports.test_net import encrypted, tls_server, trusting


class Enough(Exception):
    """What a listener raises that has heard enough."""


@pytest.mark.parametrize("last", ["dns", "tcp", "tls"])
def test_progress_that_ends_an_opening_leaves_no_socket(
    authority: trustme.CA, last: str
) -> None:
    def enough(stage: Stage, ms: int, facts: object) -> None:
        if stage == last:
            raise Enough

    made: list[socket.socket] = []
    with tls_server(authority.issue_cert("localhost")) as server:
        line = net.Line(encrypted(server.port), trusting(authority), {}, enough)
        with pytest.raises(Enough):
            line.open()
        made += [line._socket] if line._socket else []
    assert [sock.fileno() for sock in made] == [-1] * len(made)


def test_progress_tells_what_belongs_to_a_stage(authority: trustme.CA) -> None:
    told: dict[Stage, Mapping[str, object]] = {}
    past_any_doubt = datetime(2031, 5, 6, tzinfo=UTC)
    certificate = authority.issue_cert("localhost", not_after=past_any_doubt)
    with tls_server(certificate) as server:
        line = net.Line(
            encrypted(server.port),
            trusting(authority),
            {},
            lambda stage, ms, facts: told.update({stage: facts}),
        )
        line.open().close()
    assert list(told) == ["dns", "tcp", "tls"]
    assert "127.0.0.1" in told[Stage.DNS]["addresses"]  # type: ignore[operator]
    tls_facts = told[Stage.TLS]
    assert (tls_facts["tls"], tls_facts["certificate_ends"]) == (
        "TLSv1.3",
        "2031-05-06",
    )
    assert str(tls_facts["cipher"]).startswith("TLS_")
    assert "cipher" not in line.evidence
