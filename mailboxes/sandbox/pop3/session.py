"""A signed-in POP3 client: the INBOX as it was at sign-in (RFC 1939 sections 5 to 7).

What is marked by DELE leaves the store at QUIT only. As at Exchange Online nobody is
kept out while another session is open. Sign-in: pop3/server.
"""

from __future__ import annotations

from .. import effects
from ..mailstore import INBOX, Entry, Mailstore
from ..wire import Wire

BUFFER = 256 * 1024
NO_SUCH = "-ERR The specified message is out of range."


class Pop3Session:
    """The state of one signed-in connection."""

    def __init__(self, wire: Wire, store: Mailstore, account: str) -> None:
        self._wire = wire
        self._store = store
        folder = store.folder(account, INBOX)
        assert folder is not None
        self._folder = folder
        self._entries = store.entries(folder.id)
        self._deleted: set[int] = set()  # places in _entries

    async def command(self, name: str, words: list[str]) -> bool:
        """Run one command; False when the connection is over. Raises Gone."""
        fault = self._wire.fault(effects.COMMAND)
        if fault is None and name != "RETR":  # which stops in the middle of a body
            fault = self._wire.fault(name.lower())
        if fault:
            await self._wire.show(fault)
            return True
        run = getattr(self, f"_do_{name.lower()}", None) if name.isalpha() else None
        if name == "QUIT":
            await self._quit()
            return False
        if run is None:
            await self._say("-ERR Protocol error. 18")
        else:
            await run(words)
        return True

    async def _say(self, *lines: str) -> None:
        await self._wire.send("".join(f"{line}\r\n" for line in lines).encode())

    def _there(self) -> list[tuple[int, Entry]]:
        """Number and entry of what is not marked."""
        return [
            (place + 1, entry)
            for place, entry in enumerate(self._entries)
            if place not in self._deleted
        ]

    def _place(self, words: list[str]) -> int | None:
        """Of the message that is meant; None when there is none."""
        place = int(words[0]) - 1 if words and words[0].isdecimal() else -1
        if place in range(len(self._entries)) and place not in self._deleted:
            return place
        return None

    async def _do_stat(self, _: list[str]) -> None:
        there = self._there()
        await self._say(f"+OK {len(there)} {sum(entry.size for _, entry in there)}")

    async def _do_list(self, words: list[str]) -> None:
        await self._listing(words, {n: str(entry.size) for n, entry in self._there()})

    async def _do_uidl(self, words: list[str]) -> None:
        validity = self._folder.uidvalidity
        await self._listing(
            words, {n: f"{validity:x}-{entry.uid}" for n, entry in self._there()}
        )

    async def _listing(self, words: list[str], told: dict[int, str]) -> None:
        if not words:
            lines = [f"{number} {text}" for number, text in told.items()]
            await self._say(f"+OK {len(lines)}", *lines, ".")
            return
        place = self._place(words)
        if place is None:
            await self._say(NO_SUCH)
        else:
            await self._say(f"+OK {place + 1} {told[place + 1]}")

    async def _do_retr(self, words: list[str]) -> None:
        fault = self._wire.fault("retr")
        if fault and fault.end != effects.DROP:
            await self._wire.show(fault)
            return
        content = self._content(words)
        if content is None:
            await self._say(NO_SUCH)
            return
        if fault:
            await self._wire.stream(b"+OK\r\n" + content[: len(content) // 2])
            await self._wire.show(fault)
        await self._send(content)

    async def _do_top(self, words: list[str]) -> None:
        content = self._content(words)
        if content is None or len(words) < 2 or not words[1].isdecimal():
            await self._say(NO_SUCH)
            return
        header, end, body = content.partition(b"\r\n\r\n")
        lines = body.split(b"\r\n", int(words[1]))[: int(words[1])]
        await self._send(header + end + b"".join(line + b"\r\n" for line in lines))

    def _content(self, words: list[str]) -> bytes | None:
        place = self._place(words)
        if place is None:
            return None
        (content,) = self._store.bodies([self._entries[place].body])
        return content

    async def _send(self, content: bytes) -> None:
        """A multi-line answer (RFC 1939 section 3)."""
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        if stuffed.startswith(b"."):
            stuffed = b"." + stuffed
        if stuffed and not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"
        await self._wire.send(b"+OK\r\n")
        for start in range(0, len(stuffed), BUFFER):
            await self._wire.stream(stuffed[start : start + BUFFER])
        await self._wire.stream(b".\r\n")

    async def _do_dele(self, words: list[str]) -> None:
        place = self._place(words)
        if place is None:
            await self._say(NO_SUCH)
            return
        self._deleted.add(place)
        await self._say("+OK")

    async def _do_rset(self, _: list[str]) -> None:
        self._deleted.clear()
        await self._say("+OK")

    async def _do_noop(self, _: list[str]) -> None:
        await self._say("+OK")

    async def _quit(self) -> None:
        self._store.remove(
            self._folder.id, [self._entries[place].uid for place in self._deleted]
        )
        await self._say("+OK Microsoft Exchange Server POP3 server signing off.")
