"""Which step a text points to most, its words and the signs in it taken together.

Every word, every two words that follow each other, every concept that a word stands for
(vocabulary) and every sign that is seen speaks for some steps; how much was learnt from
the errors of public threads and stands in vocabulary_weights.txt, in tenths
(scripts/learn-vocabulary). So a sign counts for what
it was worth on lines that it had never met, in the company of the words around it.
What comes of it is a guess: likely at best, never certain. Which finding stands for a
step: `stand_ins`.
"""

from __future__ import annotations

import functools
import math
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import features as prepared
from .features import Features
from .sign import DECISIVE, FAIR, HEARD, STRONG
from .vocabulary import CONCEPTS, SILENT

WEIGHTS = Path(__file__).with_name("vocabulary_weights.txt")
NONE = "none"  # the "step" of a text that is no fault of mail
ALWAYS = "always"  # the word that every text has: how usual a step is
_KINDS = (
    (DECISIVE, "decisive"),
    (STRONG, "strong"),
    (FAIR, "fair"),
    (HEARD, "loose"),
    (0, "weak"),
)
_ROOM = 6_000  # characters looked at
_STEM = 7  # letters of a word that count
LETTERS = string.ascii_letters  # of the steps, in the table
PAIR = "p:"  # before two words that follow each other
_TOLD = 4  # words named in the reason
_SIGNS = 3  # signs of a text that count
_OURS = 2.0  # what a fault of mail takes from it being none

# Frames of stack traces and addresses name things that have no part in the fault.
_FRAME = re.compile(
    r"\bat [\w.$/<>`\[\], ]{3,200}\([^()\n]{0,120}\)|\bat [\w.$<>]+ in \S+"
    r"|file \"[^\"\n]{1,200}\", line \d+,? ?(?:in \S+)?"
    r"|\bat \S{1,200}\.(?:js|ts|java|cs|php|py):\d+(?::\d+)?"
    r"|\S{1,200}\.(?:rb|ts|js|py|go):\d+:in `[^']{0,80}'?"
    r"|#\d+ \S{1,200}\.php\(\d+\)\S*|\b(?:relay|host|to|from|delays?|conn_use|dsn)="
    r"|https?://[^\s'\"<>]+|[\w.+-]{1,80}@[\w.-]+",
    re.IGNORECASE,
)
# A frame of Python, with the line of the program below it.
_CODE = re.compile(
    r"^.{0,80}\bFile \"[^\"\n]{1,200}\", line \d+.*\n(?:[ \t]+(?!File ).*(?:\n|$))?"
    r"|Traceback \(most recent call last\):",
    re.MULTILINE,
)
_JOINED = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W\d_]+\d{0,2}")
# Chinese and Japanese write no spaces: two signs that follow each other are a word.
_UNSPACED = re.compile(r"(?=([\u3041-\u30ff\u3400-\u9fff]{2}))")
_REPLY = re.compile(r"(?<![\d.:\w])([45][0-5]\d)(?=[ \-,:)'\"]|$)")
_CLASS = re.compile(r"(?<![\d.])[45]\.([1-7])\.\d{1,3}(?![\d.])")
_STATUS = re.compile(
    r"(?:http|status|code|error|\()\W{0,4}(?:\d\.\d )?([45]\d\d)\b"
    r"|\b([45]\d\d) (?:client|bad|unauth|forbid|not f|proxy|too|server|internal|serv"
    r"|gateway)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Guess:
    """A step with its share of the evidence (0 to 1), and the words that speak for it.

    step: "" for a text that is no fault of mail. shares: of every step. said: what the
    text is made of.
    """

    step: str
    share: float
    words: tuple[str, ...]
    shares: Mapping[str, float]
    said: Mapping[str, str]


def guess(features: Features, signs: Iterable[str] = (), faulty: bool = False) -> Guess:
    """The step that a text points to most.

    signs: what `signs_of` makes of the signs in it. faulty: it speaks of mail and of a
    fault, so it is most likely one of ours.
    """
    table = weights()
    seen = said(features)
    sums = dict(table[ALWAYS])
    if faulty:
        sums[NONE] -= _OURS
    for name in (*seen, *signs):
        for step, weight in table.get(name, {}).items():
            sums[step] += weight
    best = max(sums, key=lambda step: (sums[step], step))
    whole = sum(math.exp(value - sums[best]) for value in sums.values())
    shares = {
        step: math.exp(value - sums[best]) / whole for step, value in sums.items()
    }
    told = {
        name: weight
        for name, word in seen.items()
        if word and (weight := table.get(name, {}).get(best, 0.0)) > 0
    }
    words = dict.fromkeys(seen[name] for name in sorted(told, key=lambda n: -told[n]))
    step = "" if best == NONE else best
    return Guess(step, shares[best], tuple(words)[:_TOLD], shares, seen)


def signs_of(found: Iterable[tuple[str, str, int]]) -> list[str]:
    """Names of the signs in a text, as in the table.

    found: id and step of each finding that a sign shows, and its weight, best first.
    """
    names = []
    for place, (id, step, weight) in enumerate(found):
        if place == _SIGNS:
            break
        kind = next(kind for least, kind in _KINDS if weight >= least)
        names += [
            f"s{place + 1}:{step}",
            f"s{place + 1}:{step}:{kind}",
            f"i{place + 1}:{id}",
        ]
    return names or ["s:none"]


def said(features: Features) -> dict[str, str]:
    """What a text is made of: names as in the table, each with the word that shows it.

    A concept by its name, a word as "w:" and its stem, two words as "p:" and their
    stems, a reply or status by its number, a tag of the text as "t:". Nothing is shown
    for pairs (their words are) and tags.
    """
    lines = _CODE.sub("", prepared.telling(features.lines, _ROOM))
    text = _FRAME.sub(" ", prepared.cased(lines))
    words = _WORD.findall(_JOINED.sub(" ", text).lower())
    words += _UNSPACED.findall(text)
    found: dict[str, str] = {f"t:{tag}": "" for tag in features.tags}
    stems, phrases, longest = _stems()
    for word in dict.fromkeys(words):
        if (len(word) > 2 or word > "\u3040") and word not in SILENT:
            found.setdefault(f"w:{word[:_STEM]}", word)
        for length in range(2, min(len(word), longest) + 1):
            for concept in stems.get(word[:length], ()):
                found.setdefault(concept, word)
        for concept in stems.get(f"{word}=", ()):
            found.setdefault(concept, word)
    joined = f" {' '.join(words)} "
    for phrase, concept in phrases:
        if phrase in joined:
            found.setdefault(concept, phrase.strip())
    ends = [word[:_STEM] for word in words]
    for pair in zip(ends, ends[1:], strict=False):
        found[f"{PAIR}{'_'.join(pair)}"] = ""
    for match in _REPLY.finditer(text):
        found.setdefault(match[1], match[1])
        found.setdefault(f"{match[1][0]}xx", match[1])
    for match in _CLASS.finditer(text):
        found.setdefault(f"x.{match[1]}", match[0])
    for match in _STATUS.finditer(text):
        number = match[1] or match[2]
        found.setdefault(f"http-{number if number < '500' else '5xx'}", number)
    return found


@functools.cache
def weights() -> Mapping[str, Mapping[str, float]]:
    """The table: for each name the steps it speaks for."""
    table = {}
    for line in WEIGHTS.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            name, *told = line.split()
            table[name] = {letters()[one[0]]: int(one[1:]) / 10 for one in told}
    return table


@functools.cache
def letters() -> Mapping[str, str]:
    """The steps by the letters that stand for them in the table: its head tells."""
    with WEIGHTS.open(encoding="utf-8") as table:
        heads = [line[2:].split() for line in table if line.startswith("#")]
    return dict(zip(LETTERS, heads[-1], strict=False))


@functools.cache
def _stems() -> tuple[dict[str, tuple[str, ...]], tuple[tuple[str, str], ...], int]:
    """Concepts by stem, phrases with their concept, and the length of the longest."""
    stems: dict[str, tuple[str, ...]] = {}
    phrases = []
    for concept, written in CONCEPTS.items():
        for stem in written.split():
            if "_" in stem.strip("_"):
                end = " " if stem.endswith("=") else ""
                words = stem.rstrip("=").replace("_", " ")
                phrases.append((f" {words}{end}", concept))
            else:
                stems[stem.rstrip("_")] = (*stems.get(stem, ()), concept)
    return stems, tuple(phrases), max(map(len, stems))
