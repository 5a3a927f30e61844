"""Reading hostile mail costs no more than its length; none keeps a process busy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailboxes.services import mime
from mailboxes.services.mime import message as mime_message
from tests.fixtures.cost import cost

HEAD = (
    b"From: a@x.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Message-ID: <1@x>\r\n"
)
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=B\r\n\r\n"


def in_a_part(n: int) -> bytes:
    name = b'Content-Type: text/plain; name="' + b";" * n
    return MIXED + b"--B\r\n" + name + b"\r\n\r\nhello\r\n--B--\r\n"


def in_folded_lines(n: int) -> bytes:
    return in_a_part(0).replace(b'name="', b'name="' + b";;;;;;;;;\r\n " * (n // 10))


def in_the_main_header(n: int) -> bytes:
    return HEAD + b'Content-Type: multipart/mixed; boundary="' + b";" * n + b"\r\n\r\nx"


def in_levels(n: int) -> bytes:
    """As many levels as they lie in, and lines within them all."""
    levels = b"".join(
        b"Content-Type: multipart/mixed; boundary=B%d\r\n\r\n--B%d\r\n" % (i, i)
        for i in range(n // 100)
    )
    return b"From: a@x.example\r\n" + levels + b"\r\n" + b"x\r\n" * n


def everything(raw: bytes) -> None:
    parsed = mime.parse(raw)
    mime.message_id(mime.header_of(raw))
    for part in mime.parts(parsed.message):
        part.text()


@pytest.mark.parametrize(
    "hostile",
    [in_a_part, in_folded_lines, in_the_main_header, in_levels],
    ids=lambda case: case.__name__,
)
def test_work_grows_with_the_length_of_hostile_mail(
    hostile: Callable[[int], bytes],
) -> None:
    """Four times as long is sixteen times the work where that is quadratic."""
    little, much = hostile(6_000), hostile(24_000)
    assert cost(everything, much) < 9 * cost(everything, little)


def test_parameters_of_a_usual_header_are_whole() -> None:
    name = "x" * 2000 + ".pdf"
    raw = b'Content-Type: text/plain; a=1; name="%s"\r\n\r\nx' % name.encode()
    [part] = mime.parts(mime.parse(raw).message)
    assert part.name == name


def of_parts(number: int) -> bytes:
    one = b"--B\r\nContent-Disposition: attachment\r\n\r\nx\r\n"
    return MIXED + one * number + b"--B--\r\n"


def read(raw: bytes) -> tuple[str, str, str, int]:
    parsed = mime.parse(raw)
    return parsed.defect, parsed.subject, parsed.message_id, parsed.attachments


def test_more_parts_than_are_taken_apart_leave_header_and_plain_text() -> None:
    most = mime_message.PART_LIMIT
    assert read(of_parts(most)) == ("", "Grüße", "<1@x>", most)
    raw = of_parts(most + 1)
    assert read(raw) == ("too-complex", "Grüße", "<1@x>", 0)
    [part] = mime.parts(mime.parse(raw).message)
    assert (part.content_type, part.attached) == ("text/plain", False)
    assert part.data() == raw.partition(b"\r\n\r\n")[2]


def test_the_parser_makes_no_more_parts_than_are_taken_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []
    real = mime_message.BoundedMessage.attach
    monkeypatch.setattr(
        mime_message.BoundedMessage,
        "attach",
        lambda self, payload: (made.append(1), real(self, payload))[1],
    )
    assert mime.parse(of_parts(20_000)).defect == "too-complex"
    assert len(made) == mime_message.PART_LIMIT


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_more_lines_than_are_taken_apart_leave_header_and_plain_text(
    end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mime_message, "LINE_LIMIT", 20)
    assert read(HEAD + b"\r\n" + end * 16) == ("", "Grüße", "<1@x>", 0)
    assert read(HEAD + b"\r\n" + end * 17) == ("too-complex", "Grüße", "<1@x>", 0)


def test_no_part_is_parsed_deeper_than_the_limit() -> None:
    depths = [part.depth for part in mime.parse(in_levels(20_000)).message.walk()]
    assert depths == [*range(mime_message.DEPTH_LIMIT + 1)]


def test_what_the_parser_trips_over_leaves_the_header() -> None:
    digits = b"boundary*" + b"1" * 5000 + b"=x"
    raw = HEAD + b"Content-Type: multipart/mixed; " + digits + b"\r\n\r\nwords"
    assert read(raw) == ("broken-mime", "Grüße", "<1@x>", 0)
    [part] = mime.parts(mime.plain(raw))
    assert part.text() == "words"
