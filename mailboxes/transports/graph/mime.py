"""What of a message goes to Graph in which way: its recipients, and its large parts.

Graph sends to whom the header names, so the envelope is written there: whoever stands
neither in To nor in Cc becomes a Bcc. Beyond the size of a request the large parts are
taken out (graph/parts), to be put to a draft one by one. Requests: graph/outbound.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.generator import BytesGenerator
from email.message import Message
from io import BytesIO

from ..addressees import head_of, named
from .parts import Attachment, about, cut, end_of_header, is_attachment

# A field of a header with its continuation lines.
_BCC = re.compile(rb"^bcc:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n", re.I | re.M)
_AS_IT_WAS = policy.compat32.clone(max_line_length=0, linesep="\r\n")
# Taken apart, these would not be what was signed or encrypted.
WHOLE = (
    "multipart/signed",
    "multipart/encrypted",
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
)


class CannotAddress(ValueError):
    """The header names people who are no recipients; the text names one."""


class CannotSplit(ValueError):
    """The message cannot be brought under the size of a request."""


def addressed(message: bytes, recipients: Sequence[str]) -> bytes:
    """`message` with exactly `recipients` in its To, Cc and Bcc.

    Raises CannotAddress where To or Cc name somebody else, to whom Graph would send
    it: taking them out would change what the others read.
    """
    end = end_of_header(message)
    shown = named(head_of(message[:end]), ("To", "Cc"))
    wanted = {one.lower() for one in recipients}
    others = sorted(shown - wanted)
    if others:
        raise CannotAddress(others[0])
    hidden = [one for one in recipients if one.lower() not in shown]
    bcc = b""
    if hidden:
        bcc = b"Bcc: " + ",\r\n ".join(hidden).encode() + b"\r\n"
    head = message[:end]
    if not head.endswith(b"\n"):
        head += b"\r\n"
    return bcc + _BCC.sub(b"", head) + message[end:]


def split(message: bytes, limit: int) -> tuple[bytes, list[Attachment]]:
    """The message without its largest attachments, at most `limit` bytes; and these.

    Raises CannotSplit.
    """
    if head_of(message[: end_of_header(message)]).get_content_type() in WHOLE:
        raise CannotSplit("a signed or encrypted message cannot be taken apart")
    small, taken = cut(message, limit)
    if len(small) > limit:
        small, more = _deeper(small, limit)
        taken += more
    if len(small) > limit:
        raise CannotSplit("the message is too large without its attachments, too")
    return small, taken


def _deeper(message: bytes, limit: int) -> tuple[bytes, list[Attachment]]:
    """The same with the attachments of inner parts, such as pictures of a text."""
    whole = message_from_bytes(message, policy=policy.compat32)
    if not whole.is_multipart() or whole.get_content_maintype() == "message":
        return _single(whole)
    taken: list[Attachment] = []
    left = len(message)
    for size, parent, part in _candidates(whole):
        if left <= limit:
            break
        taken.append(_taken(part))
        siblings = _parts(parent)
        siblings.remove(part)
        if not siblings:
            siblings.append(_empty())
        left -= size
    return _written(whole, message), taken


def _candidates(whole: Message) -> list[tuple[int, Message, Message]]:
    """Attachments with their size on the wire and their parent, largest first."""
    found: list[tuple[int, Message, Message]] = []
    waiting = [whole]
    while waiting:
        parent = waiting.pop()
        for part in _parts(parent):
            if part.get_content_type() in WHOLE:
                continue
            if part.get_content_maintype() == "multipart" and part.is_multipart():
                waiting.append(part)
            elif is_attachment(part):
                found.append((_size(part), parent, part))
    return sorted(found, key=lambda one: one[0], reverse=True)


def _parts(parent: Message) -> list[Message]:
    """The list itself, so that a part can be taken out of it."""
    return parent.get_payload()  # type: ignore[return-value]


def _size(part: Message) -> int:
    payload = part.get_payload()
    return len(payload) if isinstance(payload, str) else len(part.as_bytes())


def _taken(part: Message) -> Attachment:
    if part.get_content_maintype() == "message":
        inner = _parts(part) if part.is_multipart() else []
        content = inner[0].as_bytes() if inner else b""
    else:
        content = bytes(part.get_payload(decode=True) or b"")
    return Attachment(encoded=content, **about(part))  # type: ignore[arg-type]


def _single(whole: Message) -> tuple[bytes, list[Attachment]]:
    """A message that is nothing but one large part: with an empty text in its place."""
    if not is_attachment(whole):
        raise CannotSplit("the text alone is too large")
    taken = _taken(whole)
    for name in [name for name in list(whole) if name.lower().startswith("content-")]:
        del whole[name]
    whole.set_payload("")
    whole["Content-Type"] = "text/plain; charset=us-ascii"
    return whole.as_bytes(policy=_AS_IT_WAS), [taken]


def _empty() -> Message:
    part = Message(policy=policy.compat32)
    part["Content-Type"] = "text/plain; charset=us-ascii"
    part.set_payload("")
    return part


def _written(whole: Message, message: bytes) -> bytes:
    """The rest under the header as it was, byte for byte."""
    made = BytesIO()
    BytesGenerator(made, mangle_from_=False, policy=_AS_IT_WAS).flatten(whole)
    text = made.getvalue()
    return message[: end_of_header(message)] + text[end_of_header(text) :]
