"""The letters: same again for the same seed, and as odd as they claim to be."""

from __future__ import annotations

import email
import email.policy
from email.utils import formatdate

import pytest

from mailboxes.sandbox import odd_letters
from mailboxes.sandbox.letters import FIRST, KINDS, Writer
from tests.sandbox.clients import SUPPORT

WHEN = 1_795_500_000.0
BROKEN = ("headless", "garbled")


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"headless"}))
def test_a_letter_depends_on_seed_and_number_only(kind: str) -> None:
    def headers(seed: int, number: int) -> str:
        raw = Writer(seed).write(SUPPORT, number, WHEN, kind)
        found = email.message_from_bytes(raw)
        return f"{found['Message-ID']}{found['Subject']}"

    assert headers(1, 5) == headers(1, 5) != headers(1, 6)
    assert headers(1, 5) != headers(2, 5)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(BROKEN)))
def test_a_letter_has_the_time_it_is_written_with(kind: str) -> None:
    for when in (WHEN, WHEN + 86_400.0):
        raw = Writer(1).write(SUPPORT, 1, when, kind)
        found = email.message_from_bytes(raw, policy=email.policy.default)
        assert found["Date"].datetime.timestamp() == when
        for part in found.walk():
            received = str(part["Received"] or f"; {formatdate(when)}")
            assert received.endswith(f"; {formatdate(when)}")
        assert b"1970" not in raw


@pytest.mark.parametrize("kind", KINDS)
def test_lines_end_with_crlf(kind: str) -> None:
    raw = Writer(1).write(SUPPORT, 1, WHEN, kind)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(BROKEN)))
def test_a_whole_letter_parses_without_defects(kind: str) -> None:
    raw = Writer(1).write(SUPPORT, 1, WHEN, kind)
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert [part.defects for part in found.walk() if part.defects] == []
    assert found["To"] == SUPPORT
    assert found["Message-ID"].endswith("@mail.customers.example>")


def test_broken_letters_are_broken() -> None:
    writer = Writer(1)
    garbled = email.message_from_bytes(writer.write(SUPPORT, 1, WHEN, "garbled"))
    assert garbled.defects or any(part.defects for part in garbled.walk())
    headless = email.message_from_bytes(writer.write(SUPPORT, 1, WHEN, "headless"))
    assert (headless["From"], headless["Message-ID"]) == (None, None)


def test_attachments_have_their_names_and_content() -> None:
    raw = Writer(1).write(SUPPORT, 1, WHEN, "with-files")
    found = email.message_from_bytes(raw, policy=email.policy.default)
    document, picture = found.iter_attachments()
    assert document.get_filename() == "Größe und Maße – Überblick.docx"
    assert document.get_content()[:2] == b"PK"
    assert picture.get_filename() == "写真.png"
    assert picture.get_content()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("iso-2022-jp", odd_letters.JAPANESE),
        ("koi8-r", odd_letters.RUSSIAN),
    ],
)
def test_odd_charsets_decode(kind: str, text: str) -> None:
    raw = Writer(1).write(SUPPORT, 1, WHEN, kind)
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert found.get_content().strip() == text


def test_mislabelled_and_undeclared_are_what_they_say() -> None:
    writer = Writer(1)
    assert odd_letters.GERMAN.encode("cp1252") in writer.write(
        SUPPORT, 1, WHEN, "mislabelled"
    )
    assert odd_letters.GREEK.encode() in writer.write(SUPPORT, 1, WHEN, "undeclared")


def test_long_lines_are_long() -> None:
    def longest(kind: str) -> int:
        raw = Writer(1).write(SUPPORT, 1, WHEN, kind)
        return max(len(line) for line in raw.split(b"\r\n"))

    assert longest("long-line") > 8192
    assert 2048 < longest("longish-line") < 8192


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        Writer(1).write(SUPPORT, 1, WHEN, "nonsense")
    assert set(FIRST) <= set(KINDS)
