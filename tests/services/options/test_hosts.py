"""The parts of a server that is an address."""

from __future__ import annotations

import pytest

from mailboxes.services.options.hosts import host_of, port_of


@pytest.mark.parametrize(
    ("server", "host", "port"),
    [
        ("mail.contoso.com", "mail.contoso.com", 0),
        ("https://mail.contoso.com/EWS/Exchange.asmx", "mail.contoso.com", 443),
        ("https://mail.contoso.com:4443/EWS/Exchange.asmx", "mail.contoso.com", 4443),
        ("http://127.0.0.1:8080/EWS", "127.0.0.1", 8080),
        ("http://[::1]/EWS", "::1", 80),
    ],
)
def test_host_and_port_of_an_address(server: str, host: str, port: int) -> None:
    assert (host_of(server), port_of(server)) == (host, port)
