"""What a customer writes back: a reply that points at the message it answers.

RFC 5322 section 3.6.4 (In-Reply-To, References). When it arrives: delivery.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP
from email.utils import formatdate

from .world import CUSTOMER_DOMAIN

THANKS = (
    "thank you for the quick answer, that is exactly what I needed to know.",
    "great, that helps. I will try it this evening and tell you how it went.",
    "many thanks! One more thing: does this also work on the smaller model?",
    "perfect, thank you. Please close my request.",
    "thanks a lot. Could you also send me the invoice as a PDF?",
)


def reply(content: bytes, *, customer: str, to: str) -> bytes | None:
    """The customer's answer to a letter; None for automatic ones (RFC 3834)."""
    header = BytesHeaderParser().parsebytes(content[: 64 * 1024])
    if str(header.get("Auto-Submitted", "no")).lower() != "no":
        return None
    subject = _decoded(str(header.get("Subject", "")))
    original = str(header.get("Message-ID", "")).strip()
    name = re.split(r"[^a-z]", customer.partition("@")[0])[0].capitalize() or "Anna"
    choice = int(hashlib.sha256(content).hexdigest(), 16) % len(THANKS)
    letter = EmailMessage(policy=SMTP)
    letter["Date"] = formatdate(usegmt=False)
    letter["From"] = f"{name} <{customer}>"
    letter["To"] = to
    letter["Subject"] = subject if _is_reply(subject) else f"Re: {subject}".strip()
    letter["Message-ID"] = f"<{secrets.token_hex(12)}@mail.{CUSTOMER_DOMAIN}>"
    if original:
        earlier = str(header.get("References", "")).split()
        letter["In-Reply-To"] = original
        letter["References"] = " ".join([*earlier[-20:], original])
    day = datetime.now(UTC).strftime("%A")
    letter.set_content(
        f"Hello,\n\n{THANKS[choice]}\n\nHave a nice {day}\n{name}\n\n"
        f"> {subject or '(no subject)'}\n"
    )
    return letter.as_bytes()


def _is_reply(subject: str) -> bool:
    return subject.lower().startswith("re:")


def _decoded(subject: str) -> str:
    try:
        text = str(make_header(decode_header(subject)))
    except (LookupError, UnicodeError, ValueError):  # an unknown or broken charset
        text = subject
    return re.sub(r"[\r\n\t]+", " ", text).strip()
