"""Whom the header of a message names, for protocols that send to those (EWS, Graph).

Read leniently: the strict parser of the standard library trips over some headers, and
what is no address is nobody to whom a server could send.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

_FOLD = re.compile(r"\r?\n(?=[ \t])")  # RFC 5322 section 2.2.3


def head_of(head: bytes) -> Message:
    """A header, parsed leniently."""
    return BytesHeaderParser(policy=compat32).parsebytes(head)


def named(header: Message, fields: Iterable[str]) -> set[str]:
    """The addresses in all these fields, in small letters."""
    values = [
        _FOLD.sub("", str(value))
        for field in fields
        for value in header.get_all(field, [])
    ]
    return {
        address.lower() for _name, address in getaddresses(values) if "@" in address
    }
