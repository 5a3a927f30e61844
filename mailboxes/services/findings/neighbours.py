"""Which step the errors had that are most like a text: a further voice of `backoff`.

Errors of public threads are held by what tells each of them apart, its rarest names
(backoff.said, backoff.signs_of), and by the steps that were right. Written together
with the table of weights by scripts/learn-vocabulary; no words of their own are in the
file: two characters stand for a line of vocabulary_weights.txt. A text is as near to an
error as the angle between the two is small, rare names counting more (tf-idf, cosine).
"""

from __future__ import annotations

import functools
import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HELD = Path(__file__).with_name("vocabulary_neighbours.txt")
PAIRED = 0.5  # what two words that follow each other count
MOST = 15  # names that an error is held by
_FIRST = 33  # of the characters that are written: the first that is seen
_BASE = 94  # of them
ROOM = _BASE * _BASE  # names that can be written
_EIGHTHS = 8  # parts of a rarity that are written
_NEAREST = 20  # errors that have a voice
_POWER = 3  # of likeness: the nearest speak loudest
_VOICE = 9.0  # what an error that is just like the text adds to its steps


@dataclass(frozen=True)
class _Errors:
    """rarity: by name. at: errors with a name, and its part in each. steps: theirs."""

    rarity: Mapping[str, float]
    at: Mapping[str, Sequence[tuple[int, float]]]
    steps: Sequence[str]


def voices(
    names: Iterable[str], table: Sequence[str], letters: Mapping[str, str]
) -> dict[str, float]:
    """What the nearest errors add to each step.

    names: of a text. table: the names of vocabulary_weights.txt, in its order. letters:
    the steps by their letters there.
    """
    errors = _held(tuple(table[:ROOM]))
    rarity = errors.rarity
    known = [name for name in dict.fromkeys(names) if name in rarity]
    whole = math.sqrt(sum(rarity[name] ** 2 for name in known)) or 1.0
    likeness: dict[int, float] = defaultdict(float)
    for name in known:
        for place, part in errors.at.get(name, ()):
            likeness[place] += part * rarity[name] / whole
    nearest = heapq.nsmallest(
        _NEAREST, likeness.items(), key=lambda item: (-item[1], item[0])
    )
    found: dict[str, float] = defaultdict(float)
    for place, like in nearest:
        steps = errors.steps[place]
        for letter in steps:
            found[letters[letter]] += _VOICE * like**_POWER / len(steps)
    return found


def written(rarity: Sequence[float], errors: Iterable[tuple[str, list[int]]]) -> str:
    """The lines of the file.

    rarity: of the names, in the order of the table. errors: letters of the steps of
    each, and the places of its names in the table.
    """
    lines = ["".join(_shown(round(value * _EIGHTHS)) for value in rarity)]
    for letters, places in errors:
        codes = (_shown(place // _BASE) + _shown(place % _BASE) for place in places)
        lines.append(f"{letters} {''.join(codes)}")
    return "\n".join(dict.fromkeys(lines)) + "\n"


def _shown(number: int) -> str:
    return chr(_FIRST + min(number, _BASE - 1))


@functools.lru_cache(1)
def _held(table: tuple[str, ...]) -> _Errors:
    first, *lines = (
        line for line in HELD.read_text("utf-8").split("\n") if line[:2] != "# "
    )
    values = ((ord(sign) - _FIRST) / _EIGHTHS for sign in first)
    rarity = dict(zip(table, values, strict=True))
    at: dict[str, list[tuple[int, float]]] = defaultdict(list)
    steps: list[str] = []
    for line in filter(None, lines):
        letters, _space, codes = line.partition(" ")
        numbers = [ord(sign) - _FIRST for sign in codes]
        names = [
            table[high * _BASE + low]
            for high, low in zip(numbers[::2], numbers[1::2], strict=True)
        ]
        whole = math.sqrt(sum(rarity[name] ** 2 for name in names)) or 1.0
        for name in names:
            at[name].append((len(steps), rarity[name] / whole))
        steps.append(letters)
    return _Errors(rarity, at, steps)
