"""The refusals of Entra ID: number, status, error, words, and the JSON around them.

When which is given: entra/server. The words: entra/texts_account, entra/texts_app.
Source: "Microsoft Entra authentication and authorization error codes"
(learn.microsoft.com) and diagnosis.md 3.3; the words are shortened.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ..world import AUTHORITY_HOST
from . import texts_account as entra_texts_account, texts_app as entra_texts_app


class Entry(NamedTuple):
    """One refusal as the token endpoint gives it."""

    status: int
    error: str
    text: str
    suberror: str | None = None


ERRORS: dict[int, Entry] = {
    number: Entry(status, error, text, suberror or None)
    for number, status, error, suberror, text in (
        *entra_texts_account.ROWS,
        *entra_texts_app.ROWS,
    )
}
_PLACES = (
    "user", "tenant", "client", "app", "resource", "scope", "grant", "parameter",
    "reason",
)  # fmt: skip
_USUAL = {"reason": "The key was not found."}


def body(
    number: int, correlation_id: str | None = None, **facts: str
) -> dict[str, Any]:
    """The JSON of a refusal, as Entra writes it. facts fill the words."""
    entry = ERRORS[number]
    text = entry.text.format_map(dict.fromkeys(_PLACES, "") | _USUAL | facts)
    answer = unlisted(entry.error, text, correlation_id, number)
    if entry.suberror:
        answer["suberror"] = entry.suberror
    return answer


def unlisted(
    error: str, text: str, correlation_id: str | None = None, number: int = 0
) -> dict[str, Any]:
    """The JSON of a refusal that is not in our list; number 0 = it has none."""
    trace = str(uuid.uuid4())
    correlation = correlation_id or str(uuid.uuid4())
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    code = f"AADSTS{number}: " if number else ""
    answer: dict[str, Any] = {
        "error": error,
        "error_description": (
            f"{code}{text} Trace ID: {trace} "
            f"Correlation ID: {correlation} Timestamp: {stamp}"
        ),
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
    }
    if number:
        answer["error_codes"] = [number]
        answer["error_uri"] = f"https://{AUTHORITY_HOST}/error?code={number}"
    return answer
