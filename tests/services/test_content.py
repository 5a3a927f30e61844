"""The safe view: nothing active, nothing from elsewhere, nothing that hangs."""

from __future__ import annotations

import pytest

from mailboxes.services import content, signatures
from tests import factories


@pytest.mark.parametrize(
    ("source", "cleaned"),
    [
        ("<p>Hi</p>", "<p>Hi</p>"),
        ("<script>alert(1)</script>x", "x"),
        ("<style>p{}</style><p>x</p>", "<p>x</p>"),
        ("<p onclick=alert(1) style=color:red class=c>x</p>", "<p>x</p>"),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="https://evil.example/">x</a>', "<a>x</a>"),
        ('<img src="https://evil.example/pixel.gif">', ""),
        ("<svg><script>1</script></svg><math>x</math>y", "y"),
        ("<iframe src=x></iframe><form><input></form>z", "z"),
        ("<!-- c --><b>x", "<b>x</b>"),
        ('<td colspan="2">x</td>', "x"),
        (
            '<table><tr><td colspan="2" background="http://x">x</td></tr></table>',
            '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>',
        ),
    ],
)
def test_html_is_cleaned(source: str, cleaned: str) -> None:
    assert content.clean_html(source) == cleaned


@pytest.mark.parametrize(
    ("source", "depth"),
    [("", 0), ("<div><b></b></div>", 2), ("<p>" * 900, 0), ("<div>" * 600, 600)],
)
def test_nesting_is_counted(source: str, depth: int) -> None:
    assert content.nesting(source) == depth


@pytest.mark.parametrize("source", ["<div>" * 20_000, "x" * 1_000_001])
@pytest.mark.timeout(10)
def test_too_deep_or_too_large_html_is_not_cleaned(source: str) -> None:
    assert content.clean_html(source) is None


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("a.pdf", b"%PDF-1.7", None),
        ("a.docx", b"PK\x03\x04", None),
        ("a.pdf", b"MZ\x90", ("program", "Windows program")),
        ("a.pdf", b"PK\x03\x04", ("not-what-it-says", "ZIP archive")),
        ("a.html", b"<html>", ("risky", "html")),
        ("a.url", b"[InternetShortcut]", ("risky", "url")),
        ("a.js. ", b"words", ("risky", "js")),
        ("a.txt", b"words", None),
        ("", b"", None),
    ],
)
def test_attachment_is_compared_with_its_name(
    name: str, data: bytes, found: tuple[str, str] | None
) -> None:
    assert signatures.mismatch(name, data) == found


RAW = (
    b"Subject: Hello\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<b onclick=x>html</b>\r\n"
    b"--b\r\nContent-Type: application/pdf\r\n"
    b'Content-Disposition: attachment; filename="in\\"voice.pdf"\r\n\r\nMZ\r\n--b--\r\n'
)


@pytest.mark.django_db
def test_message_is_taken_apart() -> None:
    message = factories.message(factories.pop_client(), RAW)
    view = content.view(message)
    assert (view.text.strip(), (view.html or "").strip()) == ("plain", "<b>html</b>")
    [file] = view.attachments
    assert (file.index, file.name, file.type, file.size, file.warning) == (
        2,
        'in"voice.pdf',
        "application/pdf",
        2,
        "This is a program: Windows program.",
    )
    assert content.attachment(message, 2) == ('in"voice.pdf', b"MZ")
    assert content.attachment(message, 9) is None
    assert b"".join(content.raw(message)) == RAW
    assert view.headers[0] == ("Subject", "Hello")


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        (
            'x"\r\nSet-Cookie: y',
            'attachment; filename="x___Set-Cookie_ y";'
            " filename*=UTF-8''x%22%0D%0ASet-Cookie%3A%20y",
        ),
        ("ß.pdf", "attachment; filename=\"_.pdf\"; filename*=UTF-8''%C3%9F.pdf"),
    ],
)
def test_file_name_cannot_break_the_header(name: str, header: str) -> None:
    assert content.disposition(name) == header
