"""Counts who asked for what, and how it ended: for drills that ask "how often?".

Filled by entra, imap/server and smtp_server; read through control and server.
"""

from __future__ import annotations

from collections import Counter


class Tally:
    """Counts by service (token, imap, smtp), account and outcome.

    The account of a token that an application got for itself is its client id.
    """

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def note(self, service: str, account: str, outcome: str) -> None:
        """One more. outcome: ok, or why not."""
        self._counts[service, account.lower(), outcome] += 1

    def of(self, account: str) -> dict[str, dict[str, int]]:
        """{service: {outcome: count}} of one account."""
        found: dict[str, dict[str, int]] = {}
        for (service, name, outcome), count in self._counts.items():
            if name == account.lower():
                found.setdefault(service, {})[outcome] = count
        return found
