"""Letters to the living mailboxes: well-formed ones of every common build.

Each kind is a function of a Draft. Odd charsets and broken mail: odd_letters. When
and to whom: generator.
"""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from functools import lru_cache

from . import attachments, odd_letters, phrases
from .odd_letters import Draft
from .world import CUSTOMER_DOMAIN

POLICY = policy.SMTP
TEAL, AMBER, PLUM = (15, 118, 110), (180, 110, 20), (120, 60, 120)


def _base(draft: Draft) -> EmailMessage:
    letter = EmailMessage(policy=POLICY)
    letter["Received"] = (
        f"from mail.{CUSTOMER_DOMAIN} (mail.{CUSTOMER_DOMAIN} [192.0.2.17]) by "
        f"mx.contoso.example with ESMTPS; {formatdate(draft.when)}"
    )
    letter["Date"] = formatdate(draft.when)
    letter["From"] = Address(draft.name, addr_spec=draft.address)
    letter["To"] = draft.to
    letter["Subject"] = draft.subject
    letter["Message-ID"] = draft.message_id
    letter["X-Mailer"] = "Contoso sandbox letters"
    return letter


def plain(draft: Draft) -> bytes:
    """Text alone."""
    letter = _base(draft)
    letter.set_content(draft.text)
    return letter.as_bytes()


def _page(draft: Draft, picture: str = "") -> str:
    paragraphs = "".join(
        f"<p>{html.escape(part)}</p>" for part in draft.text.split("\n\n")
    )
    image = (
        f'<p><img src="cid:{picture}" alt="Photo" width="64"></p>' if picture else ""
    )
    return (
        "<html><head><style>p { margin: 0 0 1em }</style></head>"
        f'<body style="font-family: sans-serif">{paragraphs}{image}</body></html>'
    )


def html_with_picture(draft: Draft) -> bytes:
    """Text, HTML, and a picture inside the HTML (multipart/related)."""
    letter = _base(draft)
    letter.set_content(draft.text)
    picture = f"photo.{draft.number}@mail.{CUSTOMER_DOMAIN}"
    letter.add_alternative(_page(draft, picture), subtype="html")
    page = letter.get_payload()[1]  # type: ignore[index]
    page.add_related(  # type: ignore[union-attr]
        attachments.png(AMBER), "image", "png", cid=f"<{picture}>", filename="photo.png"
    )
    return letter.as_bytes()


def html_only(draft: Draft) -> bytes:
    """HTML without a text part, with a picture on the web that must not be loaded."""
    letter = _base(draft)
    beacon = f'<img src="https://tracker.{CUSTOMER_DOMAIN}/open.gif" width="1" alt="">'
    page = _page(draft).replace("</body>", beacon + "</body>")
    letter.set_content(page, subtype="html")
    return letter.as_bytes()


def with_pdf(draft: Draft) -> bytes:
    """A PDF beside the text."""
    letter = _base(draft)
    letter.set_content(draft.text)
    content = attachments.pdf(f"Receipt {draft.number}")
    name = f"receipt-{draft.number}.pdf"
    letter.add_attachment(content, "application", "pdf", filename=name)
    return letter.as_bytes()


def with_files(draft: Draft) -> bytes:
    """A document and a picture; one file name in another script (RFC 2231)."""
    letter = _base(draft)
    letter.set_content(draft.text)
    letter.add_attachment(
        attachments.docx(draft.text),
        "application",
        "vnd.openxmlformats-officedocument.wordprocessingml.document",
        filename="Größe und Maße – Überblick.docx",
    )
    letter.add_attachment(attachments.png(PLUM), "image", "png", filename="写真.png")
    return letter.as_bytes()


def nested(draft: Draft) -> bytes:
    """A forwarded letter inside a letter, beside alternatives and a file."""
    inner = _base(draft)
    del inner["Message-ID"]
    inner["Message-ID"] = draft.message_id.replace("<", "<inner.")
    inner.set_content("Original request.\n\n" + draft.text)
    inner.add_alternative(_page(draft), subtype="html")
    letter = _base(draft)
    letter.replace_header("Subject", f"Fwd: {draft.subject}")
    letter.set_content(draft.text)
    letter.add_alternative(_page(draft), subtype="html")
    letter.add_attachment(attachments.pdf("Forwarded"), "application", "pdf")
    letter.add_attachment(inner)
    return letter.as_bytes()


def no_subject(draft: Draft) -> bytes:
    """An empty subject."""
    letter = _base(draft)
    letter.replace_header("Subject", "")
    letter.set_content(draft.text)
    return letter.as_bytes()


def follow_up(draft: Draft) -> bytes:
    """Part of a conversation: In-Reply-To, References, a quoted text."""
    letter = _base(draft)
    letter.replace_header("Subject", f"Re: {draft.subject}")
    first = draft.message_id.replace("<", "<first.")
    letter["In-Reply-To"] = first
    letter["References"] = first
    quoted = "\n".join(f"> {line}" for line in draft.text.splitlines())
    letter.set_content(f"Hello again,\n\nis there any news on this?\n\n{quoted}\n")
    return letter.as_bytes()


Kind = Callable[[Draft], bytes]
KINDS: dict[str, tuple[int, Kind]] = {
    "plain": (30, plain),
    "html-with-picture": (12, html_with_picture),
    "with-pdf": (10, with_pdf),
    "follow-up": (8, follow_up),
    "html-only": (6, html_only),
    "with-files": (6, with_files),
    "nested": (4, nested),
    "no-subject": (2, no_subject),
    **odd_letters.KINDS,
}
# The first letters of every mailbox show each common build once.
FIRST = (
    "plain",
    "with-pdf",
    "html-with-picture",
    "iso-2022-jp",
    "follow-up",
    "koi8-r",
    "with-files",
    "mislabelled",
    "html-only",
    "nested",
    "long-line",
    "plain",
)


# The date of a letter that is kept to be dated anew; folding may part it.
_UNDATED = re.compile(
    rb"\s+".join(re.escape(part) for part in formatdate(0).encode().split())
)


@dataclass(frozen=True)
class Writer:
    """Writes letters that depend on the seed, the mailbox and their number only."""

    seed: int

    def write(
        self, to: str, number: int, when: float, kind: str | None = None
    ) -> bytes:
        """Letter `number` to a mailbox. Raises KeyError for an unknown kind.

        kind: see KINDS; None draws one by weight. when: seconds since 1970.
        """
        letter = _undated(self.seed, to, number, kind)
        parts = formatdate(when).encode().split()

        def dated(match: re.Match[bytes]) -> bytes:
            between = re.findall(rb"\s+", match[0])
            return parts[0] + b"".join(
                map(b"".join, zip(between, parts[1:], strict=True))
            )

        return _UNDATED.sub(dated, letter)


@lru_cache(maxsize=256)  # the first letters of all mailboxes, for the next sandbox
def _undated(seed: int, to: str, number: int, kind: str | None) -> bytes:
    """A letter of 1970: writing one is most of what the start of a sandbox costs."""
    dice = random.Random(f"{seed}:{to}:{number}")
    if kind is None:
        weights = [weight for weight, _ in KINDS.values()]
        kind = dice.choices(list(KINDS), weights)[0]
    name, local = dice.choice(phrases.CUSTOMERS)
    question = dice.choice(phrases.for_mailbox(to))
    reference = str(dice.randrange(100_000, 1_000_000))
    first = name.split()[0]
    draft = Draft(
        number=number,
        to=to,
        name=name,
        address=f"{local}@{CUSTOMER_DOMAIN}",
        subject=question.subject.format(n=reference),
        text=(
            f"Hello Contoso team,\n\n{question.body.format(n=reference)}\n\n"
            f"Kind regards\n{first}\n"
        ),
        message_id=(
            f"<{number}.{dice.randrange(1 << 48):012x}.{to.partition('@')[0]}"
            f"@mail.{CUSTOMER_DOMAIN}>"
        ),
        when=0,
    )
    return KINDS[kind][1](draft)
