"""One sign of a finding in a text: a tolerant pattern, its weight, and what it needs.

Never an exact sentence: servers, libraries and versions word things differently, so a
pattern holds the few words that all of them keep. A pattern is compiled when a text is
first held against it: all together they are a fifth of what a process costs to start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from .features import Features

DECISIVE = 100  # names its cause
STRONG = 80  # leaves little doubt
FAIR = 60  # the usual cause of these words
LOOSE = 52  # words of a kind; anything more telling goes before it
WEAK = 30  # a consequence, or words that many causes share
SURE = 70  # from here on a finding may be called certain
HEARD = 50  # from here on a finding is shown before "nobody knows"

# Order of causes when several are seen: the earlier one brings the later (3.1).
NETWORK, TOKEN, SIGN_IN, AFTER = range(4)


@dataclass(frozen=True)
class Sign:
    """id: of the finding. needs: see Features.speaks_of; without: spoils it.

    words, without: regular expressions; without is "" where nothing spoils it.
    """

    id: str
    weight: int
    words: str
    needs: str = ""
    without: str = ""
    phase: int = AFTER

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.words)

    @cached_property
    def spoiler(self) -> re.Pattern[str] | None:
        return re.compile(self.without) if self.without else None

    def seen(self, features: Features) -> re.Match[str] | None:
        if not self._fits(features):
            return None
        match = self.pattern.search(features.text)
        if match and self.spoiler and self.spoiler.search(features.text):
            return None
        return match

    def _fits(self, features: Features) -> bool:
        """Whether the text speaks of what the sign needs.

        A text that names nothing was brought here, so it is of mail, if of anything;
        a loose sign of another thing says nothing of it.
        """
        if features.silent and self.weight == LOOSE:
            return features.as_mail().speaks_of(self.needs)
        return features.silent or features.speaks_of(self.needs)


Row = tuple[str, int, str] | tuple[str, int, str, str] | tuple[str, int, str, str, str]


def table(phase: int, rows: Sequence[Row]) -> tuple[Sign, ...]:
    """Signs from rows of id, weight, words, and optionally needs and without."""
    made = []
    for id, weight, words, *more in rows:
        needs, without = (*more, "", "")[:2]
        made.append(Sign(id, weight, words, needs, without, phase))
    return tuple(made)
