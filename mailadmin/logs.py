"""Keeps out of the logs what tells nothing (settings.LOGGING)."""

from __future__ import annotations

import logging

HEALTH = "/healthz"
UNAVAILABLE = 503


class WithoutHealth(logging.Filter):
    """Drops "Service Unavailable" of /healthz: monitors ask it many times a minute.

    What is wrong stands in the answer, and in the log of the worker.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        status = getattr(record, "status_code", 0)
        return not (path == HEALTH and status == UNAVAILABLE)
