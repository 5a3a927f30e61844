"""Gets the MIME of messages from Graph: four requests at a time, in bounded memory.

The bodies of one call share the memory of one spool, because Graph may not have told
their sizes. Which messages: graph/inbound. Source: learn.microsoft.com, "Get MIME
content of a message".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from ...core.choices import Stage
from ...core.errors import Code, MailError
from ..base import CHUNK_SIZE
from ..channel import Answer
from ..keyed import Body, Remote
from ..spool import Room, Spool, chunked
from .client import AT_ONCE, GraphClient, segment

# What may be said of one message, while the others can be had; not with a pause.
OF_ONE = frozenset(
    {Code.GRAPH_UNAVAILABLE, Code.PROTOCOL_ERROR, Code.GRAPH_ACCESS_DENIED}
)
PLAIN = {"Accept": "*/*", "Accept-Encoding": "identity"}

Work = Callable[[Remote], Body | None]


class Bodies:
    """largest: bytes of a body; of a larger one only the first chunk is kept."""

    def __init__(self, client: GraphClient, largest: int | None) -> None:
        self._client = client
        self._largest = largest
        self._room = Room()
        self._ended = False

    def get(self, wanted: Sequence[Remote]) -> Iterator[Body]:
        """Bodies as they come; a refusal of one is raised after all the others."""
        return self._each(self._body, wanted)

    def heads(self, wanted: Sequence[Remote]) -> Iterator[Body]:
        """As `get`, only the header of each, cut from the beginning of its MIME."""
        return self._each(self._head, wanted)

    def _each(self, work: Work, wanted: Sequence[Remote]) -> Iterator[Body]:
        if len(wanted) == 1:
            body = work(wanted[0])
            if body is not None:
                yield body
            return
        failure: MailError | None = None
        left = list(reversed(wanted))
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="graph") as threads:
            running: set[Future[Body | None]] = set()
            try:
                while left or running:
                    while left and len(running) < AT_ONCE:
                        running.add(threads.submit(work, left.pop()))
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for one in done:
                        error = one.exception()
                        if isinstance(error, MailError):
                            if failure is None or _of_one(failure):
                                failure = error
                            if not _of_one(error):
                                left.clear()
                            continue
                        body = one.result()
                        if body is not None:
                            yield body
            finally:
                self._ended = True  # a caller that wants no more ends the others too
        if failure is not None:
            raise failure

    def _body(self, one: Remote) -> Body | None:
        answer = self._asked(one)
        if answer is None:
            return None
        chunks = Spool(self._room)
        size = 0
        for chunk in chunked(self._client.pieces(answer, Stage.FETCH)):
            chunks.append(chunk)
            size += len(chunk)
            too_large = self._largest is not None and size > self._largest
            if too_large or self._ended:
                answer.close()
                chunks.shorten()
                return Body(one.key, chunks, complete=False)
        return Body(one.key, chunks)

    def _head(self, one: Remote) -> Body | None:
        answer = self._asked(one)
        if answer is None:
            return None
        found = b""
        for piece in self._client.pieces(answer, Stage.FETCH):
            found += piece
            if b"\r\n\r\n" in found or len(found) >= CHUNK_SIZE:
                # The rest is not wanted, and may be long.
                answer.close()
                break
        head, _, _ = found.partition(b"\r\n\r\n")
        return Body(one.key, [head[:CHUNK_SIZE] + b"\r\n\r\n"], complete=False)

    def _asked(self, one: Remote) -> Answer | None:
        """The answer with the message, None when it is gone."""
        path = f"{self._client.root}/messages/{segment(one.key)}/$value"
        try:
            return self._client.ask("GET", path, Stage.FETCH, headers=PLAIN)
        except MailError as error:
            if error.code == Code.GRAPH_ITEM_GONE:
                return None
            raise


def _of_one(error: MailError) -> bool:
    """Other messages may be had though this was said, at once."""
    return error.code in OF_ONE and error.retry_after is None


def header_of(told: object) -> bytes:
    """A header in MIME from Graph's internetMessageHeaders, b"" where it has none."""
    if not isinstance(told, list):
        return b""
    lines = [
        f"{one.get('name', '')}: {' '.join(str(one.get('value', '')).split())}\r\n"
        for one in told
        if isinstance(one, dict) and one.get("name")
    ]
    return ("".join(lines) + "\r\n").encode("utf-8", "replace") if lines else b""
