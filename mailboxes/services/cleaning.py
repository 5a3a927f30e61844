"""HTML of a mail without anything active or remote, cleaned in a process of its own.

A parser of HTML does what browsers do with broken HTML, and that can be made to cost
far more than its length: 26 KB of unclosed <b> became 47 MB, 360 KB of <div></b> took
seconds and a megabyte minutes. No look at the text from outside tells these apart for
sure, so the system bounds the work. This file is also the program of that process,
which imports nothing of ours. What is shown where nothing comes of it: content.
"""

from __future__ import annotations

import logging
import resource
import subprocess
import sys

import nh3

logger = logging.getLogger(__name__)

SECONDS = 3  # of processor time
PATIENCE = 15.0  # seconds on the clock: the machine may be busy
MEMORY = 512 << 20  # bytes of address space; 1 MB of usual HTML takes half of it
LARGEST = 5_000_000  # bytes of what is shown; "&" grows to "&amp;"
TAGS = {
    "a", "abbr", "address", "b", "bdi", "bdo", "blockquote", "br", "caption", "center",
    "cite", "code", "col", "colgroup", "dd", "del", "div", "dl", "dt", "em", "font",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "ins", "kbd", "li", "mark", "ol",
    "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var",
}  # fmt: skip
ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign"},
    "ol": {"start", "type"},
}


def clean(source: str) -> str | None:
    """The HTML cleaned; None where it would cost too much time, memory or length."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", __file__],
            input=source.encode("utf-8", "replace"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            env={},  # it has no use for what ours may hold
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        # Without its text, which quotes the mail.
        logger.warning(
            "HTML of %d characters was not cleaned: %s %s",
            len(source),
            type(error).__name__,
            getattr(error, "returncode", ""),
        )
        return None
    return done.stdout.decode("utf-8")


def _bound() -> None:
    """From here on the system ends this process where it takes too much."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _main() -> int:
    source = sys.stdin.buffer.read().decode("utf-8")
    _bound()
    cleaned = nh3.clean(
        source,
        tags=TAGS,
        attributes=ATTRIBUTES,
        clean_content_tags={"script", "style", "title", "svg", "math", "template"},
        strip_comments=True,
        url_schemes=set(),
        link_rel=None,
    ).encode("utf-8")
    if len(cleaned) > LARGEST:
        return 1
    sys.stdout.buffer.write(cleaned)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
