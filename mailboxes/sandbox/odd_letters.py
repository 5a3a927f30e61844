"""Letters as the world really sends them: old charsets, wrong labels, long lines, junk.

Written as raw bytes, because a mail library would put them right. Well-formed ones and
the choice among all: letters.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

JAPANESE = (
    "こんにちは。注文したコーヒーカップがまだ届いていません。確認をお願いします。"
)
RUSSIAN = (
    "Здравствуйте! Мой чайник перестал выключаться. Что мне делать? С уважением, Ольга"
)
GERMAN = (
    "Guten Tag, die Rechnung über 24,90 € ist „doppelt“ abgebucht. Schöne Grüße, Zoë"
)
GREEK = "Καλημέρα, πότε θα έρθει η παραγγελία μου; Ευχαριστώ!"
LONG = 9_000  # bytes in one line; poplib stops at 2,048, many others at 8,192


@dataclass(frozen=True)
class Draft:
    """What a letter says, before it has a form."""

    number: int
    to: str
    name: str
    address: str
    subject: str
    text: str
    message_id: str
    when: float


def _raw(
    draft: Draft, headers: str, body: bytes, subject: bytes | None = None
) -> bytes:
    line = draft.subject.encode() if subject is None else subject
    top = (
        f"Date: {formatdate(draft.when)}\r\nFrom: <{draft.address}>\r\n"
        f"To: {draft.to}\r\nMessage-ID: {draft.message_id}\r\n"
    )
    return (
        top.encode()
        + b"Subject: "
        + line
        + b"\r\nMIME-Version: 1.0\r\n"
        + headers.replace("\n", "\r\n").encode()
        + b"\r\n\r\n"
        + body
    )


def _word(text: str, charset: str) -> bytes:
    """An encoded word of RFC 2047."""
    encoded = base64.b64encode(text.encode(charset)).decode()
    return f"=?{charset}?B?{encoded}?=".encode()


def iso_2022_jp(draft: Draft) -> bytes:
    """Japanese mail as older phones write it."""
    subject = _word("注文について", "iso-2022-jp")
    body = JAPANESE.encode("iso-2022-jp") + b"\r\n"
    kind = (
        "Content-Type: text/plain; charset=ISO-2022-JP\nContent-Transfer-Encoding: 7bit"
    )
    return _raw(draft, kind, body, subject)


def koi8_r(draft: Draft) -> bytes:
    """Russian mail in KOI8-R, base64."""
    body = base64.encodebytes(RUSSIAN.encode("koi8-r")).replace(b"\n", b"\r\n")
    kind = "Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: base64"
    return _raw(draft, kind, body, _word("Чайник", "koi8-r"))


def mislabelled(draft: Draft) -> bytes:
    """windows-1252 that says it is iso-8859-1."""
    kind = (
        "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit"
    )
    return _raw(draft, kind, GERMAN.encode("cp1252") + b"\r\n")


def undeclared(draft: Draft) -> bytes:
    """UTF-8 without a word about it, in the subject too."""
    body = GREEK.encode() + b"\r\n"
    return _raw(draft, "Content-Type: text/plain", body, "Παραγγελία".encode())


def unknown_charset(draft: Draft) -> bytes:
    """A charset that nobody knows."""
    kind = (
        "Content-Type: text/plain; charset=x-contoso-9\nContent-Transfer-Encoding: 8bit"
    )
    return _raw(draft, kind, b"Hello, just a short question: " + b"\xe9\xe8" + b"?\r\n")


def long_line(draft: Draft) -> bytes:
    """One line of more than 8,192 bytes."""
    sentence = b"Please forgive the long mail. "
    page = (
        b"<html><body><p>" + sentence * (LONG // len(sentence)) + b"</p></body></html>"
    )
    kind = "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit"
    return _raw(draft, kind, page + b"\r\n")


def longish_line(draft: Draft) -> bytes:
    """One line of more than 2,048 bytes, and a very long sender name."""
    words = b"and then it blinked again, " * 90
    name = f"Sender: {'Contoso Friends and Family Club ' * 8}<{draft.address}>\n"
    kind = name + "Content-Type: text/plain; charset=us-ascii"
    return _raw(draft, kind, words + b"\r\n")


def long_names(draft: Draft) -> bytes:
    """A file name in pieces (RFC 2231) and a subject of several encoded words."""
    half = "Rechnungs%C3%BCbersicht-" + "sehr-lang-" * 12
    headers = 'Content-Type: multipart/mixed; boundary="long-names"'
    body = (
        "--long-names\nContent-Type: text/plain\n\nPlease find the list attached.\n"
        "--long-names\nContent-Type: application/octet-stream\n"
        "Content-Transfer-Encoding: base64\nContent-Disposition: attachment;\n"
        f" filename*0*=utf-8''{half};\n filename*1*={half};\n filename*2=end.csv\n\n"
        "YTtiO2MKMTsyOzMK\n--long-names--\n"
    )
    subject = b"\r\n ".join(
        _word("Überblick über alle Rechnungen ", "utf-8") for _ in "123"
    )
    return _raw(draft, headers, body.replace("\n", "\r\n").encode(), subject)


def garbled(draft: Draft) -> bytes:
    """MIME that never ends: boundary without a close, base64 cut short."""
    headers = 'Content-Type: multipart/mixed; boundary="lost"'
    body = (
        '--lost\r\nContent-Type: text/plain; charset="utf-8\r\n\r\nHello, see below\r\n'
        "--lost\r\nContent-Type: image/png; name=\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=AAA!!\r\n--los"
    )
    return _raw(draft, headers, body.encode())


def headless(draft: Draft) -> bytes:
    """No From, no Date, no Message-ID; a line that is no header."""
    return (
        f"To: {draft.to}\r\nthis line is no header\r\n"
        f"Subject: (none {draft.number})\r\n"
        "\r\nsent from my coffee machine\r\n"
    ).encode()


KINDS: dict[str, tuple[int, Callable[[Draft], bytes]]] = {
    "iso-2022-jp": (3, iso_2022_jp),
    "koi8-r": (3, koi8_r),
    "mislabelled": (3, mislabelled),
    "undeclared": (3, undeclared),
    "unknown-charset": (1, unknown_charset),
    "long-line": (2, long_line),
    "longish-line": (2, longish_line),
    "long-names": (2, long_names),
    "garbled": (1, garbled),
    "headless": (1, headless),
}
