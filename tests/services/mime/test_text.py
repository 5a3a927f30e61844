"""Bytes become text by the charset they have, in a time that holds."""

from __future__ import annotations

import charset_normalizer
import pytest

from mailboxes.services import mime
from mailboxes.services.mime import text as mime_text

MIXED = b"Content-Type: multipart/mixed; boundary=B\r\n\r\n"
STRANGE = b"\xe9t\xe9 na\xefve \xfcber se\xf1or"  # neither UTF-8 nor ASCII


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("é".encode(), "utf-8", "é"),
        ("é".encode(), "", "é"),
        (b"\x80 10", "iso-8859-1", "€ 10"),
        ("Чайник".encode("koi8-r"), "koi8-r", "Чайник"),
        ("注文".encode("iso-2022-jp"), "iso-2022-jp", "注文"),
        (b"a\x00b", "ascii", "a�b"),
    ],
)
def test_bytes_become_text(data: bytes, charset: str, text: str) -> None:
    assert mime_text.decode(data, charset) == text


def test_charsets_are_guessed_a_few_times_in_a_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guesses = []
    real = charset_normalizer.from_bytes
    monkeypatch.setattr(
        charset_normalizer,
        "from_bytes",
        lambda data: (guesses.append(data), real(data))[1],
    )
    words = b"".join(b"=?x%d?q?=E9=E8?= " % (n % 2) for n in range(500))
    assert len(mime.parse(b"Subject: " + words + b"\r\n\r\nx").subject) > 900
    assert len(guesses) == 1
    guesses.clear()
    one = b"--B\r\nContent-Type: text/plain; charset=x\r\n\r\n" + STRANGE + b"\r\n"
    texts = [
        part.text()
        for part in mime.parts(mime.parse(MIXED + one * 300 + b"--B--\r\n").message)
    ]
    assert (len(texts), len(guesses)) == (300, mime.GUESSED_PARTS)
    assert texts[-1] == "été naïve über señor"


@pytest.mark.parametrize(
    ("charset", "data"),
    [
        ("punycode", b"abc-"),
        ("IDNA", b"xn--bcher-kva"),
        ("unicode_escape", b"a\\x41"),
        ("raw-unicode-escape", b"a\\u0041"),
    ],
)
def test_charset_of_python_alone_is_not_used(charset: str, data: bytes) -> None:
    assert mime_text.decode(data, charset) == data.decode("ascii")


def test_long_value_is_cut_before_it_is_decoded() -> None:
    word = "=?utf-8?q?Gr=C3=BC=C3=9Fe?= "
    whole = mime_text.WORDS_LIMIT // len(word)
    assert mime_text.words(word * whole * 3).startswith("Grüße" * whole)
    assert len(mime_text.words(word * whole * 3)) < 5 * whole + len(word)


def test_name_that_is_no_charset_is_not_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    real = mime_text.codecs.lookup
    monkeypatch.setattr(
        mime_text.codecs, "lookup", lambda name: (asked.append(name), real(name))[1]
    )
    assert mime_text.decode("é".encode(), "x" * 61) == "é"
    assert asked == ["utf-8"]
