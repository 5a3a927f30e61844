"""A small HTTP/1.1 server side over asyncio streams: read a request, write an answer.

For entra, graph and control. No chunked requests, no compression: their clients need
none.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

MAX_BODY = 256 * 1024 * 1024
IDLE_SECONDS = 120


@dataclass
class Request:
    """One request. path is unquoted; query and form hold the first value of a name.

    target: path and query as they came. who: the mailbox whose line it came on, as far
    as known.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    who: str | None = None
    target: str = ""

    @property
    def form(self) -> dict[str, str]:
        return parameters(self.body.decode("utf-8", "replace"))


@dataclass
class Answer:
    """One answer. body: a dict or list becomes JSON; None has no content and no type.

    cut: bytes of the body after which the connection is cut, None = it is whole.
    """

    status: int
    body: dict[str, Any] | list[Any] | str | bytes | None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


class DropConnection(Exception):
    """End the connection without an answer."""


Handler = Callable[[Request], Awaitable[Answer]]


async def serve(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    handler: Handler,
    who: str | None = None,
) -> None:
    """Answer requests on one connection until either side closes it."""
    while True:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                request = await _read(reader)
        except (ValueError, TimeoutError, asyncio.LimitOverrunError):
            writer.write(_bytes(Answer(400, {"error": "bad request"}), close=True))
            await writer.drain()
            return
        if request is None:
            return
        request.who = who
        try:
            answer = await handler(request)
        except DropConnection:
            writer.transport.abort()
            return
        close = request.headers.get("connection", "").lower() == "close"
        content = _bytes(answer, close=close)
        if answer.cut is not None:
            head = content.index(b"\r\n\r\n") + 4
            writer.write(content[: head + answer.cut])
            await writer.drain()
            return
        writer.write(content)
        await writer.drain()
        if close:
            return


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name:
            headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= MAX_BODY:
        raise ValueError("length")
    try:
        body = await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return None
    url = urlsplit(target if target.startswith("http") else f"http://x{target}")
    query = parameters(url.query)
    return Request(method, unquote(url.path), query, headers, body, target=target)


def parameters(text: str) -> dict[str, str]:
    """The first value of each name of a query or a form."""
    found = parse_qs(text, keep_blank_values=True)
    return {name: values[0] for name, values in found.items()}


def _bytes(answer: Answer, *, close: bool) -> bytes:
    if isinstance(answer.body, str):
        body, kind = answer.body.encode(), "text/html; charset=utf-8"
    elif isinstance(answer.body, bytes):
        body, kind = answer.body, "application/octet-stream"
    elif answer.body is None:
        body, kind = b"", ""
    else:
        body, kind = json.dumps(answer.body).encode(), "application/json; charset=utf-8"
    headers = {
        "Cache-Control": "no-store, no-cache",
        **({"Content-Type": kind} if kind else {}),
        "Content-Length": str(len(body)),
        "Date": formatdate(usegmt=True),
        "Connection": "close" if close else "keep-alive",
        **answer.headers,
    }
    known = answer.status in set(HTTPStatus)
    phrase = HTTPStatus(answer.status).phrase if known else "Unknown"
    head = f"HTTP/1.1 {answer.status} {phrase}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode("latin-1") + b"\r\n" + body
