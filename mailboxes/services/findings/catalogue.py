"""All findings: by id, by code of ours and by Microsoft's number.

Every row of diagnosis.md has at least one; ids are stable, so scripts and rows may hold
them. The entries stand in rows_*.
"""

from __future__ import annotations

from ...core.codes import Code
from ..finding import Finding
from . import (
    numbers,
    rows_entra_account,
    rows_entra_app,
    rows_entra_consent,
    rows_entra_token,
    rows_ews,
    rows_google,
    rows_graph,
    rows_imap,
    rows_ours,
    rows_pop,
    rows_smtp,
    rows_transport,
)

ENTRIES = (
    *rows_entra_account.ROWS,
    *rows_entra_consent.ROWS,
    *rows_entra_app.ROWS,
    *rows_entra_token.ROWS,
    *rows_google.ROWS,
    *rows_imap.ROWS,
    *rows_pop.ROWS,
    *rows_smtp.ROWS,
    *rows_ews.ROWS,
    *rows_graph.ROWS,
    *rows_transport.ROWS,
    *rows_ours.ROWS,
)
BY_ID: dict[str, Finding] = {entry.finding.id: entry.finding for entry in ENTRIES}
BY_CODE: dict[str, Finding] = {str(code): BY_ID[str(code)] for code in Code}
# Numbers of diagnosis.md, and those that are known from elsewhere.
BY_NUMBER: dict[int, Finding] = {
    number: entry.finding for entry in ENTRIES for number in entry.numbers
}
MORE_NUMBERS: dict[int, Finding] = {
    number: BY_ID[id] for id, listed in numbers.MORE.items() for number in listed
}


def of_number(number: int) -> Finding | None:
    """The finding of Microsoft's number; None when not even its family is known."""
    listed = BY_NUMBER.get(number) or MORE_NUMBERS.get(number)
    return listed or BY_ID.get(numbers.family(number))
