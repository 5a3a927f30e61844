"""One large message at a time in this process, over EWS in and out.

Such a message is some 60 MB, and its base64 a third more: two at once in each thread of
a worker would double what it needs. Small ones pass beside it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ...core.choices import Stage
from ...core.errors import Code, MailError

LARGE = 8 << 20  # bytes from which a message is large

_one = threading.Lock()


@contextmanager
def alone(size: int, until: float | None, stage: Stage) -> Iterator[None]:
    """Holds the turn while a message of `size` bytes is handled.

    until: time.monotonic() up to which to wait for it, None = as long as it takes.
    Raises MailError READ_TIMEOUT.
    """
    if size < LARGE:
        yield
        return
    left = -1.0 if until is None else max(until - time.monotonic(), 0.0)
    if not _one.acquire(timeout=left):
        raise MailError(
            Code.READ_TIMEOUT,
            stage,
            evidence={"answer": "another large message took all the time there was"},
        )
    try:
        yield
    finally:
        _one.release()
