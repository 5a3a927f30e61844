"""A line in the log when a client begins to fail, stops, or works again.

For those who watch logs; what it means and what to do stands on the pages. Nothing is
written while it stays as it is, and never what a server said.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ...models import Fetcher, PopClient, Sender, SmtpClient

logger = logging.getLogger(__name__)


def note(
    client: PopClient | SmtpClient, row: Fetcher | Sender, changes: Mapping[str, Any]
) -> None:
    """row: the runner as it was. changes: what was written on it (services/retry)."""
    state, code = str(changes["state"]), str(changes["code"])
    if (row.state, row.code) == (state, code):
        return
    if code:
        logger.warning("%s: %s, %s at %s", client, state, code, changes["stage"])
    elif row.code:
        logger.info("%s: works again after %s", client, row.code)
