"""A kept connection is used again only while it fits."""

from __future__ import annotations

import time

import pytest

from mailboxes.core.choices import Security
from mailboxes.services.worker import pool as pools
from mailboxes.services.worker.pool import Pool
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy
from mailboxes.transports.memory import MemoryInbound
from mailboxes.transports.memory_server import MemoryServer
from tests.services.conftest import ADDRESS


def _open(expires_at: float | None = None) -> MemoryInbound:
    transport = MemoryInbound(
        Endpoint("mail.contoso.example", 993, Security.TLS),
        Credential(ADDRESS, password="right", expires_at=expires_at),
        NetworkPolicy(),
    )
    transport.open()
    return transport


def test_connection_is_given_back_to_the_same_revision(memory: MemoryServer) -> None:
    pool, transport = Pool(), _open()
    pool.put(1, 7, transport)
    assert pool.take(2, 7) is None
    assert pool.take(1, 7) is transport
    assert pool.take(1, 7) is None


def test_another_revision_closes_it(memory: MemoryServer) -> None:
    pool = Pool()
    pool.put(1, 7, _open())
    assert pool.take(1, 8) is None
    assert memory.open_connections == 0


def test_token_near_its_end_closes_it(memory: MemoryServer) -> None:
    pool = Pool()
    pool.put(1, 7, _open(expires_at=time.time() + 60))
    assert pool.take(1, 7) is None
    assert memory.open_connections == 0


def test_idle_and_dead_connections_are_not_used(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool()
    transport = _open()
    transport.close()
    pool.put(1, 7, transport)
    assert pool.take(1, 7) is None
    pool.put(1, 7, _open())
    monkeypatch.setattr(pools, "IDLE", -1)
    assert pool.take(1, 7) is None
    assert memory.open_connections == 0


def test_close_all_leaves_none_open(memory: MemoryServer) -> None:
    pool = Pool()
    for client in range(3):
        pool.put(client, 1, _open())
    assert memory.open_connections == 3
    pool.close_all()
    assert memory.open_connections == 0
