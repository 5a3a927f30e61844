"""The sandbox's CA: kept, private, and on every provider's name."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from mailboxes.sandbox.ca import Authority
from mailboxes.sandbox.world import PROVIDER_NAMES


def _handshake(server: ssl.SSLContext, ca_file: Path, name: str) -> None:
    """A whole handshake in memory. Raises ssl.SSLError."""
    client = ssl.create_default_context(cafile=str(ca_file))
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(10):
        waiting = []
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                waiting.append(end)
        if not waiting:
            return
    raise AssertionError("no handshake")


@pytest.mark.parametrize("name", [*PROVIDER_NAMES, "localhost", "127.0.0.1"])
def test_every_provider_name_is_good(tmp_path: Path, name: str) -> None:
    authority = Authority(tmp_path)
    _handshake(authority.context(), authority.ca_file, name)


def test_another_name_is_not(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(authority.context(), authority.ca_file, "example.com")


def test_the_ca_is_used_again(tmp_path: Path) -> None:
    Authority(tmp_path).context()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    Authority(tmp_path).context()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert set(before) == {"ca.pem", "ca.key", "server.pem"}


def test_keys_are_private(tmp_path: Path) -> None:
    Authority(tmp_path).context()
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "ca.pem": 0o644,
        "ca.key": 0o600,
        "server.pem": 0o600,
    }


def test_a_ca_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    Authority(tmp_path).context()
    (tmp_path / "ca.pem").write_text("-----BEGIN CERT")
    authority = Authority(tmp_path)
    _handshake(authority.context(), authority.ca_file, PROVIDER_NAMES[0])
