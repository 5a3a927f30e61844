"""Whom the header of a message names, for protocols that send to those (EWS, Graph).

Read leniently: the strict parser of the standard library trips over some headers, and
what is no address is nobody to whom a server could send.
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterable
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32

_FOLD = re.compile(r"\r?\n(?=[ \t])")  # RFC 5322 section 2.2.3


def head_of(head: bytes) -> Message:
    """A header, parsed leniently."""
    return BytesHeaderParser(policy=compat32).parsebytes(head)


def named(header: Message, fields: Iterable[str]) -> set[str]:
    """The addresses in all these fields, in small letters."""
    return {
        address.lower()
        for field in fields
        for value in header.get_all(field, [])
        for _name, address in _addresses(_FOLD.sub("", str(value)))
        if "@" in address
    }


def _addresses(value: str) -> list[tuple[str, str]]:
    """Newer Pythons give nothing at all for a value in which one thing is odd."""
    if getattr(email.utils, "supports_strict_parsing", False):
        return email.utils.getaddresses([value], strict=False)
    return email.utils.getaddresses([value])
