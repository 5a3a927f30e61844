"""What the queue runs: ids in, one service call each. Truth and retries: services."""

from __future__ import annotations

from .services import fetch, outbox
from .services.connection_test import batch as connection_test_batch
from .services.worker import heartbeat


def fetch_batch(batch_id: int) -> None:
    """Up to a minute of fetching mailboxes that are due."""
    fetch.run_fetch_batch(batch_id)


def send_batch(batch_id: int) -> None:
    """Up to a minute of sending queued messages."""
    outbox.run_send_batch(batch_id)


def test_batch(batch_id: int) -> None:
    """Up to a minute of connection tests that persons wait for, and their ends."""
    connection_test_batch.run_test_batch(batch_id)


def probe(worker: str, sent: str) -> None:
    """Answer of the cluster to its supervisor. sent: ISO time of the question."""
    heartbeat.answer(worker, sent)
