"""An answer with MIME contents, read in pieces of any size."""

from __future__ import annotations

import base64

import pytest

from mailboxes.transports.base import CHUNK_SIZE
from mailboxes.transports.ews.bodies import Got, Reader, Unreadable

OPEN = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/'
    'envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"'
    ' xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Body>'
    "<m:GetItemResponse><m:ResponseMessages>"
)
CLOSE = "</m:ResponseMessages></m:GetItemResponse></s:Body></s:Envelope>"


def item(content: bytes, *, lines: bool = False) -> str:
    written = base64.encodebytes(content) if lines else base64.b64encode(content)
    return (
        '<m:GetItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError'
        f'</m:ResponseCode><m:Items><t:Message><t:MimeContent CharacterSet="UTF-8">'
        f"{written.decode()}</t:MimeContent></t:Message></m:Items>"
        "</m:GetItemResponseMessage>"
    )


def refusal(code: str) -> str:
    return (
        '<m:GetItemResponseMessage ResponseClass="Error"><m:MessageText>no &amp; no'
        f"</m:MessageText><m:ResponseCode>{code}</m:ResponseCode><m:Items/>"
        "</m:GetItemResponseMessage>"
    )


def read(answer: str, largest: int | None = None, step: int = 1 << 16) -> list[Got]:
    data = answer.encode()
    reader, found = Reader(largest), []
    for at in range(0, len(data), step):
        found += reader.feed(data[at : at + step])
    return found + list(reader.close())


@pytest.mark.parametrize("step", [1, 7, 1 << 16])
@pytest.mark.parametrize("lines", [False, True])
def test_contents_come_whole_in_any_pieces(step: int, lines: bool) -> None:
    contents = [b"", b"a", b"ab", b"abc", bytes(range(256)) * 9]
    answer = OPEN + "".join(item(one, lines=lines) for one in contents) + CLOSE
    found = read(answer, step=step)
    assert [b"".join(one.chunks) for one in found] == contents
    assert all(one.complete and one.refusal is None for one in found)


def test_chunks_are_bounded() -> None:
    content = bytes(range(256)) * (CHUNK_SIZE // 256 * 2) + b"x"
    (found,) = read(OPEN + item(content) + CLOSE)
    assert [len(one) for one in found.chunks] == [CHUNK_SIZE, CHUNK_SIZE, 1]
    assert b"".join(found.chunks) == content


@pytest.mark.parametrize("size", [1001, 3 * CHUNK_SIZE])
def test_of_a_body_that_is_too_large_the_beginning_is_kept(size: int) -> None:
    content = b"y" * size
    answer = OPEN + item(content) + item(b"small") + CLOSE
    large, small = read(answer, largest=1000)
    assert not large.complete
    assert 0 < sum(len(one) for one in large.chunks) <= CHUNK_SIZE
    assert content.startswith(b"".join(large.chunks))
    assert (small.complete, small.chunks) == (True, [b"small"])


def test_refused_items_stand_between_the_others() -> None:
    answer = OPEN + item(b"one") + refusal("ErrorItemNotFound") + item(b"two") + CLOSE
    found = read(answer)
    assert [one.code for one in found] == ["NoError", "ErrorItemNotFound", "NoError"]
    refused = found[1].refusal
    assert refused is not None and refused.text == "no & no"


@pytest.mark.parametrize(
    "answer",
    [
        OPEN + item(b"one"),
        "<!DOCTYPE x><a/>",
        "no xml",
        OPEN + item(b"one").replace("b25l", "b25lA") + CLOSE,
    ],
    ids=["cut", "doctype", "text", "base64"],
)
def test_what_is_no_answer_is_told(answer: str) -> None:
    with pytest.raises(Unreadable):
        read(answer)
