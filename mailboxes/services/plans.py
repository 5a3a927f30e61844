"""How a database finds rows, where it would choose the slow way."""

from __future__ import annotations

from django.db.models import F
from django.db.models.expressions import CombinedExpression


def unindexed(column: str) -> CombinedExpression:
    """A column of numbers to compare with, without the index that it has.

    SQLite takes the index of the client before that of a state or a time, and goes
    through all that the client has ever had: a million messages in each cycle. A sum
    has no index, and the other one is taken.
    """
    return F(column) + 0
