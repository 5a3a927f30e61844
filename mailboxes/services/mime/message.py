"""Takes the bytes of a message apart at a cost that grows with their length alone.

The standard library's parser is quadratic on hostile input: `_parseparam` counts the
quotes anew at each semicolon, and each line is held against the boundary of every
level that it lies in. One such mail kept a process busy until it was killed. What
becomes of the parts: services/mime.
"""

from __future__ import annotations

import email.message
import email.policy
from collections.abc import Iterator
from email.feedparser import BytesFeedParser
from email.parser import BytesParser
from functools import partial
from itertools import count
from typing import Any

DEPTH_LIMIT = 40  # parts within parts
PART_LIMIT = 1000  # parts, those that hold others too
LINE_LIMIT = 1_000_000  # 30 MB of base64 have 400,000
HEADER_LIMIT = 1 << 20  # bytes of a header that are read
PLAIN_LIMIT = 1 << 20  # bytes of a body that is not taken apart
VALUE_LIMIT = 8192  # characters of a header with parameters
PARAMETER_LIMIT = 100
AT_ONCE = 1 << 16  # bytes given to the parser, which holds their lines
_WITH_PARAMETERS = frozenset({"content-type", "content-disposition"})


class TooComplex(Exception):
    """The message has more parts or lines than are taken apart."""


class BoundedMessage(email.message.Message):
    """A message or a part of one whose accessors cost no more than they have to.

    made: numbers, shared by all parts of a message, of which each takes one.
    depth: how many others it lies in. From DEPTH_LIMIT on it is text, whatever it says
    to be, so that the parser goes no deeper. Raises TooComplex.
    """

    def __init__(
        self,
        made: Iterator[int],
        policy: email.policy.Policy[Any] = email.policy.compat32,
    ) -> None:
        super().__init__(policy)
        self.depth = 0
        # The parser makes one to try the factory, and the outermost is no part.
        if next(made) > PART_LIMIT + 1:
            raise TooComplex

    def attach(self, payload: Any) -> None:
        payload.depth = self.depth + 1
        super().attach(payload)

    def get(self, name: str, failobj: Any = None) -> Any:
        found = super().get(name, failobj)
        if found is failobj or name.lower() not in _WITH_PARAMETERS:
            return found
        pieces = str(found)[:VALUE_LIMIT].split(";", PARAMETER_LIMIT)
        return ";".join(pieces[:PARAMETER_LIMIT])

    def get_content_type(self) -> str:
        kind = super().get_content_type()
        if self.depth >= DEPTH_LIMIT and kind.startswith(("multipart/", "message/")):
            return "text/plain"
        return kind


def whole(raw: bytes) -> BoundedMessage:
    """All parts of a message. Raises TooComplex, and what the parser trips over."""
    if max(raw.count(b"\n"), raw.count(b"\r")) > LINE_LIMIT:
        raise TooComplex
    parser: BytesFeedParser[BoundedMessage] = BytesFeedParser(_factory())
    for start in range(0, len(raw), AT_ONCE):
        parser.feed(raw[start : start + AT_ONCE])
    return parser.close()


def header_alone(header: bytes) -> BoundedMessage:
    """The header of a message, which may go on with its body."""
    parser = BytesParser(_factory())
    return parser.parsebytes(header[:HEADER_LIMIT], headersonly=True)


def plain(header: bytes, body: bytes) -> BoundedMessage:
    """A message whose body is text as it came, at most 1 MB of it."""
    message = header_alone(header)
    message.depth = DEPTH_LIMIT
    text = body[:PLAIN_LIMIT].lstrip(b"\r\n").decode("ascii", "surrogateescape")
    message.set_payload(text)
    return message


def _factory() -> Any:
    return partial(BoundedMessage, count())
