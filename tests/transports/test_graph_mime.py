"""Who a message goes to by Graph, and what is taken out of a large one."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from mailboxes.transports.graph.mime import CannotAddress, CannotSplit, addressed, split

A, B, C = "a@x.example", "b@x.example", "c@x.example"
HEAD = b"From: me@x.example\r\nTo: A <a@x.example>\r\nCc: b@x.example\r\n"


@pytest.mark.parametrize(
    ("recipients", "bcc"),
    [([A, B], b""), (["A@X.example", B], b""), ([A, B, C], b"Bcc: c@x.example\r\n")],
)
def test_envelope_stands_in_the_header(recipients: list[str], bcc: bytes) -> None:
    rest = b"Subject: s\r\n\r\nBcc: no header\r\n"
    for old in (b"", b"bcc: old@x.example,\r\n more@x.example\r\n"):
        assert addressed(HEAD + old + rest, recipients) == bcc + HEAD + rest


def test_header_that_names_others_cannot_be_sent() -> None:
    with pytest.raises(CannotAddress, match=B):
        addressed(HEAD + b"\r\nHi\r\n", [A])


def test_name_may_be_folded_within_its_quotes() -> None:
    letter = f'To: "Anna,\r\n Lee" <{A}>,\r\n\t{B}\r\n\r\nHi\r\n'.encode()
    assert addressed(letter, [A, B]) == letter


@pytest.mark.parametrize(
    "message", [b"", b"\r\nbody\r\n", b"Subject: no body", b"Subject: s\n\nunix\n"]
)
def test_odd_messages_get_recipients_too(message: bytes) -> None:
    read = message_from_bytes(addressed(message, [A]))
    assert read["Bcc"] == A


def made(*attached: tuple[str, bytes], text: str = "Hi") -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["Subject"] = "me@x.example", "Grüße"
    message.set_content(text)
    for name, content in attached:
        message.add_attachment(
            content, maintype="application", subtype="pdf", filename=name
        )
    return message


def read(content: bytes) -> Any:
    return message_from_bytes(content, policy=policy.SMTP)


def test_only_as_much_is_taken_out_as_is_needed() -> None:
    big, middle, small = b"b" * 9000, b"m" * 4000, b"s" * 100
    message = made(("s.pdf", small), ("b.pdf", big), ("m.pdf", middle)).as_bytes()
    rest, taken = split(message, 8000)
    assert [(one.name, one.kind, one.content) for one in taken] == [
        ("b.pdf", "application/pdf", big)
    ]
    found = read(rest)
    assert [part.get_filename() for part in found.iter_attachments()] == [
        "s.pdf",
        "m.pdf",
    ]
    assert found.get_body().get_content() == "Hi\r\n"
    assert rest.startswith(message.partition(b"\r\n\r\n")[0])
    assert len(rest) <= 8000


def test_message_of_attachments_only_keeps_an_empty_text() -> None:
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = "s"
    message.make_mixed()
    for name in ("one.pdf", "two.pdf"):
        message.add_attachment(
            b"x" * 5000, maintype="application", subtype="pdf", filename=name
        )
    rest, taken = split(message.as_bytes(), 2000)
    assert {one.name for one in taken} == {"one.pdf", "two.pdf"}
    [part] = read(rest).get_payload()
    assert (part.get_content_type(), part.get_content().strip()) == ("text/plain", "")


def test_message_that_is_one_file_becomes_an_empty_text() -> None:
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = "s"
    message.set_content(
        b"x" * 9000, maintype="application", subtype="pdf", filename="a.pdf"
    )
    rest, [taken] = split(message.as_bytes(), 2000)
    assert (taken.name, taken.content) == ("a.pdf", b"x" * 9000)
    assert (read(rest)["Subject"], read(rest).get_content_type()) == ("s", "text/plain")


def test_picture_of_a_text_is_taken_out_as_one() -> None:
    message = made()
    message.add_alternative("<img src='cid:logo'>", subtype="html")
    html: Any = message.get_payload(1)
    html.add_related(b"p" * 9000, maintype="image", subtype="png", cid="<logo>")
    rest, [taken] = split(message.as_bytes(), 3000)
    assert (taken.kind, taken.inline, taken.content_id) == ("image/png", True, "logo")
    assert taken.content == b"p" * 9000
    assert "cid:logo" in read(rest).get_body(("html",)).get_content()


def test_forwarded_message_is_taken_out_as_a_file() -> None:
    inner = made(text="x" * 6000)
    message = made()
    message.add_attachment(inner)
    _, [taken] = split(message.as_bytes(), 3000)
    assert (taken.name, taken.kind) == ("message.eml", "message/rfc822")
    assert read(taken.content)["Subject"] == "Grüße"


def test_quoted_printable_attachment_is_decoded() -> None:
    message = made()
    message.add_attachment("Größe=" * 900, filename="a.csv", cte="quoted-printable")
    _, [taken] = split(message.as_bytes(), 3000)
    assert taken.content.decode().replace("\r\n", "").strip() == "Größe=" * 900


@pytest.mark.parametrize(
    "message",
    [
        made(text="x" * 9000).as_bytes(),
        b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n" + b"x" * 9000,
        b"Content-Type: application/pkcs7-mime\r\n\r\n" + b"x" * 9000,
        made(("a.pdf", b"x" * 9000), text="x" * 9000).as_bytes(),
    ],
)
def test_what_cannot_be_taken_apart_is_told(message: bytes) -> None:
    with pytest.raises(CannotSplit):
        split(message, 4000)
