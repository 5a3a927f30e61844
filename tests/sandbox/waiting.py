"""Waits for a condition instead of for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Return when it is true; AssertionError after `seconds`."""
    pause = threading.Event()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError(f"not within {seconds} s")
