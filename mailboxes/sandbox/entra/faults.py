"""How the fake Entra ID answers while something is wrong with it or with the way there.

Refusals for a reason are entra/checks; when a fault is on: faults.
"""

from __future__ import annotations

import asyncio
from typing import Any

from .. import effects
from ..effects import Effect
from ..http import Answer, DropConnection
from . import errors as entra_errors

RETRY_AFTER = "7"  # seconds, of what passes by itself
PATIENCE = 120.0  # seconds that a silent endpoint keeps its line open


class Unlisted(Exception):
    """A refusal in OAuth's form that is not in our list (entra_errors.unlisted)."""

    def __init__(self, error: str, text: str, number: int = 0) -> None:
        super().__init__(error)
        self.error = error
        self._text = text
        self._number = number

    def body(self, correlation_id: str | None) -> dict[str, Any]:
        """Its JSON."""
        return entra_errors.unlisted(
            self.error, self._text, correlation_id, self._number
        )


async def shown(fault: Effect, correlation_id: str | None) -> Answer:
    """The answer of a fault. Raises DropConnection."""
    if fault.end == effects.SILENT:
        await asyncio.sleep(PATIENCE)
    if fault.end:
        raise DropConnection
    body: dict[str, Any] | str = fault.body
    if fault.error:
        body = entra_errors.unlisted(
            fault.error, fault.text, correlation_id, fault.number
        )
    elif fault.number:
        body = entra_errors.body(fault.number, correlation_id)
    status = fault.status or entra_errors.ERRORS[fault.number].status
    return Answer(status, body, dict(fault.headers))
