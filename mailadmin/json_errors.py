"""`--json` answers with one JSON value, also when a command fails.

A command that fails writes a sentence to standard error and nothing to standard output,
wherever the failure comes from: the settings, the arguments, the database, the command
itself. What a program reads is then `{"error": that sentence}`. Used by mailadmin/cli.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

OPTION = "--json"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# What Django and argparse put before the sentence.
_BEFORE = re.compile(
    r"\A(?:CommandError: |.*?^\S+ \w+: error: )", re.DOTALL | re.MULTILINE
)


class _Kept:
    """A stream that goes on as it was, and remembers what was written to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.text = ""

    def write(self, text: str) -> int:
        self.text = (self.text + text)[-10_000:]
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def answered(argv: list[str]) -> Iterator[None]:
    """Where JSON is asked for and nothing was answered, the error is the answer."""
    if OPTION not in argv:
        yield
        return
    before = sys.stdout, sys.stderr
    out, err = _Kept(sys.stdout), _Kept(sys.stderr)
    sys.stdout, sys.stderr = out, err  # type: ignore[assignment]
    unexpected = ""
    try:
        yield
    except Exception as error:
        unexpected = f"{type(error).__name__}: {error}"
        raise
    finally:
        sys.stdout, sys.stderr = before
        said = sentence(err.text) or unexpected
        if said and not out.text.strip():
            print(json.dumps({"error": said}))


def sentence(text: str) -> str:
    """What standard error says, without the name of who says it."""
    return _BEFORE.sub("", _COLOUR.sub("", text)).strip()
