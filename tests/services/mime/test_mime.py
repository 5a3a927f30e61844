"""Whatever comes is read, or said to be broken; nothing raises."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from mailboxes.services import mime

DEEP = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
    for n in range(200)
)
HOSTILE = {
    "empty": b"",
    "only newlines": b"\r\n\r\n\r\n",
    "no header": b"just words",
    "nul": b"Subject: a\x00b\r\n\r\n\x00\x00",
    "bad encoded word": b"Subject: =?utf-8?b?////?= =?x?q?=ZZ?=\r\n\r\nx",
    "encoded word of five letters": b"Subject: =?utf-8?b?abcde?=\r\n\r\nx",
    "encoded word in utf-7": b"Subject: =?utf-7?q?+AGE-?=\r\n\r\nx",
    "unknown charset": b"Content-Type: text/plain; charset=nonsense-9\r\n\r\n\xe9",
    "charset with newline": b'Content-Type: text/plain; charset="x\n y"\r\n\r\nx',
    "charset empty": b"Content-Type: text/plain; charset=\r\n\r\nx",
    "charset rot13": b"Content-Type: text/plain; charset=rot13\r\n\r\nx",
    "charset hex": b"Content-Type: text/plain; charset=hex\r\n\r\nzz",
    "charset idna": b"Content-Type: text/plain; charset=idna\r\n\r\n\xff" + b"a" * 80,
    "bad base64": b"Content-Transfer-Encoding: base64\r\n\r\n%%%===",
    "odd base64": b"Content-Transfer-Encoding: base64\r\n\r\nQQ",
    "bad encoding": b"Content-Transfer-Encoding: nonsense\r\n\r\nx",
    "uuencode": b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 6 a\r\n!!!\r\n",
    "no boundary": b"Content-Type: multipart/mixed\r\n\r\nx",
    "never begun": b"Content-Type: multipart/mixed; boundary=b\r\n\r\nx",
    "never closed": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx",
    "deep": DEEP,
    "rfc822 empty": b"Content-Type: message/rfc822\r\n\r\n",
    "rfc822 base64": b"Content-Type: message/rfc822\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nQUJD",
    "partial": b"Content-Type: message/partial; number=1\r\n\r\nx",
    "type nonsense": b"Content-Type: ///;;;===\r\n\r\nx",
    "rfc2231 bad": b"Content-Type: text/plain; name*=nonsense'x'%ZZ%E9\r\n\r\nx",
    "rfc2231 parts": b"Content-Disposition: attachment; filename*0*=a''%41;"
    b" filename*2=c\r\n\r\nx",
    "path in name": b"Content-Disposition: attachment; filename=../../x\r\n\r\nx",
    "year 99999": b"Date: Tue, 1 Jan 99999 00:00:00 +0000\r\n\r\nx",
    "zone nonsense": b"Date: Tue, 1 Jan 2026 00:00:00 +9999\r\n\r\nx",
    "date nonsense": b"Date: yesterday\r\n\r\nx",
    "raw utf-8": "Subject: Größe\r\nFrom: Jürgen <j@x.example>\r\n\r\nx".encode(),
    "raw koi8-r": "Subject: Чайник\r\n\r\nx".encode("koi8-r"),
    "huge subject": b"Subject: " + b"a" * 100_000 + b"\r\n\r\nx",
    "3000 recipients": b"To: "
    + b", ".join(b"u%d@x.example" % n for n in range(3000))
    + b"\r\n\r\nx",
    "folded id": b"Message-ID: <a\r\n b@x>\r\n\r\nx",
    "two subjects": b"Subject: a\r\nSubject: b\r\n\r\nx",
    "colon first": b": x\r\nSubject: y\r\n\r\nx",
    "from in front": b"From me Tue\r\nSubject: y\r\n\r\nx",
    "bare cr": b"Subject: a\rSubject: b\r\r\rx",
    "surrogates": "Subject: \udcff\udc80\r\n\r\nx".encode("utf-8", "surrogateescape"),
}


def _exhaust(raw: bytes) -> mime.Parsed:
    parsed = mime.parse(raw)
    for part in mime.parts(parsed.message):
        assert isinstance(part.data(), bytes)
        for text in (part.text(), part.name, part.content_type):
            text.encode()
            assert "\x00" not in text
    for text in (parsed.subject, parsed.sender, parsed.recipients, parsed.message_id):
        text.encode()
        assert "\x00" not in text
        assert "\n" not in text
    assert len(parsed.subject) <= 998
    return parsed


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_mail_is_read_without_raising(raw: bytes) -> None:
    parsed = _exhaust(raw)
    assert mime.message_id(mime.header_of(raw)) == parsed.message_id


def test_a_fault_of_the_parser_is_a_broken_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fault(*args: object) -> None:
        raise RuntimeError("nobody thought of it")

    monkeypatch.setattr(mime, "header", fault)
    parsed = mime.parse(b"Subject: x\r\nMessage-ID: <1@x>\r\n\r\nx")
    assert (parsed.defect, parsed.subject, parsed.message_id) == ("broken-mime", "", "")
    assert (parsed.dated_at, parsed.attachments) == (None, 0)
    assert mime.message_id(b"Message-ID: <1@x>") == ""


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_without_raising(raw: bytes) -> None:
    _exhaust(raw)


@given(st.text(max_size=200))
def test_any_text_in_a_header_is_read_without_raising(text: str) -> None:
    _exhaust(f"Subject: {text}\r\n\r\nx".encode("utf-8", "replace"))


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (b"", "unreadable-header"),
        (b"just words", "unreadable-header"),
        (HOSTILE["no boundary"], "broken-mime"),
        (HOSTILE["never begun"], "broken-mime"),
        (HOSTILE["never closed"], ""),
        (b"Subject: x\r\n\r\nx", ""),
    ],
)
def test_what_is_broken_is_named(raw: bytes, defect: str) -> None:
    assert mime.parse(raw).defect == defect


def test_headers_are_decoded() -> None:
    parsed = mime.parse(
        b"Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe?= =?utf-8?q?_und?= mehr\r\n"
        b"From: =?iso-8859-1?q?J=FCrgen?= <j@x.example>\r\n"
        b"To: a@x.example\r\nCc: b@x.example\r\n"
        b"Date: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
        b"Message-ID: <1@x>\r\nIn-Reply-To: <0@x>\r\n\r\nx"
    )
    assert (parsed.subject, parsed.sender, parsed.recipients) == (
        "Größe und mehr",
        "Jürgen <j@x.example>",
        "a@x.example, b@x.example",
    )
    assert (parsed.message_id, parsed.in_reply_to) == ("<1@x>", "<0@x>")
    assert parsed.dated_at == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_nested_message_is_given_whole() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\n\nwords\n--b--\r\n"
    )
    parts = list(mime.parts(mime.parse(raw).message))
    assert [part.content_type for part in parts] == ["text/plain", "message/rfc822"]
    assert parts[1].data().replace(b"\r", b"").startswith(b"Subject: inner\n\nwords")


@pytest.mark.parametrize(
    "turn", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
def test_file_name_is_read_as_it_stands(turn: str) -> None:
    """Else it reads as another: "Bill_exe.docx"."""
    raw = (
        b"Content-Type: application/pdf\r\n"
        b"Content-Disposition: attachment; filename*=UTF-8''"
        + quote(f"Bill_{turn}xcod.exe").encode()
        + b"\r\n\r\nx"
    )
    [part] = mime.parts(mime.parse(raw).message)
    assert part.name == "Bill_�xcod.exe"
