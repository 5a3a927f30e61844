"""A signed-in IMAP client: folders, and the messages of the selected one.

RFC 3501, MOVE (RFC 6851), UIDPLUS (RFC 4315), IDLE (RFC 2177). Sign-in: imap/server;
items of FETCH: imap/fetch; SEARCH: imap/search.
"""

from __future__ import annotations

import asyncio
import bisect
import re

from .. import effects
from ..mailstore import FOLDERS, Entry, Folder, Mailstore
from ..wire import Wire
from . import fetch as imap_fetch
from .parse import Malformed, append_date, ranges, text, uids_in
from .search import Search

IDLE_LOOK = 0.2  # seconds between looks for news while a client idles
FLAGS = "\\Seen \\Answered \\Flagged \\Deleted \\Draft $MDNSent"
_SELECTED = ("SEARCH", "FETCH", "STORE", "COPY", "MOVE", "EXPUNGE", "CLOSE", "CHECK")


class ImapSession:
    """The state of one signed-in connection."""

    def __init__(self, wire: Wire, store: Mailstore, account: str) -> None:
        self._wire = wire
        self._store = store
        self._account = account
        self._folder: Folder | None = None
        self._read_only = False
        self._uids: list[int] = []
        self._seen_changes = -1

    async def command(self, tag: str, name: str, tokens: list[object]) -> None:
        """Run one command. Raises Malformed, IndexError for arguments, Gone."""
        by_uid = name == "UID"
        if by_uid:
            name = text(tokens.pop(0)).upper()
        fault = self._wire.fault(effects.COMMAND)
        if fault is None and name != "FETCH":  # which stops in the middle of a body
            fault = self._wire.fault(name.lower())
        if fault:
            await self._wire.show(fault, tag)
            return
        if name in _SELECTED and self._folder is None:
            await self._say(f"{tag} BAD Command received in Invalid state.")
            return
        run = getattr(self, f"_do_{name.lower()}", None)
        if run is None:
            await self._say(f"{tag} BAD Command Error. 10")
        elif name in ("SEARCH", "FETCH", "STORE", "COPY", "MOVE", "EXPUNGE"):
            await run(tag, tokens, by_uid)
        else:
            await run(tag, tokens)

    async def _say(self, line: str, before: bytes = b"") -> None:
        await self._wire.send(before + line.encode("utf-8", "replace") + b"\r\n")

    async def _done(self, tag: str, name: str, code: str = "") -> None:
        """The tagged OK, after news of the selected folder."""
        await self._say(f"{tag} OK {code}{name} completed.", self._news())

    def _news(self) -> bytes:
        """EXPUNGE and EXISTS lines since the last look."""
        if self._folder is None:
            return b""
        changes = self._store.changes(self._folder.id)
        if changes == self._seen_changes:
            return b""
        self._seen_changes = changes
        now = self._store.uids(self._folder.id)
        there = set(now)
        lines = [
            f"* {place + 1} EXPUNGE\r\n"
            for place in reversed(range(len(self._uids)))
            if self._uids[place] not in there
        ]
        known = set(self._uids)
        if any(uid not in known for uid in now):
            lines.append(f"* {len(now)} EXISTS\r\n")
        self._uids = now
        return "".join(lines).encode()

    # Folders

    async def _do_list(
        self, tag: str, tokens: list[object], name: str = "LIST"
    ) -> None:
        pattern = text(tokens[0]) + text(tokens[1])
        if not text(tokens[1]):
            await self._say(f'* {name} (\\Noselect) "/" ""')
            await self._done(tag, name)
            return
        expression = re.compile(
            "".join(
                {"*": ".*", "%": "[^/]*"}.get(char, re.escape(char)) for char in pattern
            ),
            re.IGNORECASE if pattern.upper() == "INBOX" else 0,
        )
        lines = ""
        for folder in self._store.folders(self._account):
            if expression.fullmatch(folder.name):
                use = FOLDERS.get(folder.name, "")
                flags = f"\\HasNoChildren {use}".strip()
                lines += f'* {name} ({flags}) "/" {_quoted(folder.name)}\r\n'
        await self._wire.stream(lines.encode("utf-8", "replace"))
        await self._done(tag, name)

    async def _do_lsub(self, tag: str, tokens: list[object]) -> None:
        await self._do_list(tag, tokens, "LSUB")

    async def _do_namespace(self, tag: str, _: list[object]) -> None:
        await self._wire.stream(b'* NAMESPACE (("" "/")) NIL NIL\r\n')
        await self._done(tag, "NAMESPACE")

    async def _do_select(
        self, tag: str, tokens: list[object], read_only: bool = False
    ) -> None:
        name = "EXAMINE" if read_only else "SELECT"
        self._folder = None
        folder = self._store.folder(self._account, text(tokens[0]))
        if folder is None:
            await self._say(f"{tag} NO {text(tokens[0])} doesn't exist.")
            return
        self._folder, self._read_only = folder, read_only
        self._uids = self._store.uids(folder.id)
        self._seen_changes = self._store.changes(folder.id)
        lines = [
            f"* {len(self._uids)} EXISTS",
            "* 0 RECENT",
            f"* FLAGS ({FLAGS})",
            f"* OK [PERMANENTFLAGS ({'' if read_only else FLAGS})] Permanent flags",
            f"* OK [UIDVALIDITY {folder.uidvalidity}] UIDVALIDITY value",
            f"* OK [UIDNEXT {folder.uidnext}] The next unique identifier value",
        ]
        mode = "READ-ONLY" if read_only else "READ-WRITE"
        lines.append(f"{tag} OK [{mode}] {name} completed.")
        await self._say("\r\n".join(lines))

    async def _do_examine(self, tag: str, tokens: list[object]) -> None:
        await self._do_select(tag, tokens, read_only=True)

    async def _do_status(self, tag: str, tokens: list[object]) -> None:
        folder = self._store.folder(self._account, text(tokens[0]))
        asked = tokens[1]
        if folder is None or not isinstance(asked, list):
            await self._say(f"{tag} NO {text(tokens[0])} doesn't exist.")
            return
        entries = self._store.entries(folder.id)
        values = {
            "MESSAGES": len(entries),
            "RECENT": 0,
            "UIDNEXT": folder.uidnext,
            "UIDVALIDITY": folder.uidvalidity,
            "UNSEEN": sum("\\Seen" not in entry.flags for entry in entries),
        }
        names = [text(one).upper() for one in asked]
        if any(name not in values for name in names):
            raise Malformed("STATUS")
        found = " ".join(f"{name} {values[name]}" for name in names)
        await self._wire.stream(
            f"* STATUS {_quoted(folder.name)} ({found})\r\n".encode()
        )
        await self._done(tag, "STATUS")

    async def _do_create(self, tag: str, tokens: list[object]) -> None:
        if not self._store.create(self._account, text(tokens[0]).rstrip("/")):
            await self._say(f"{tag} NO [ALREADYEXISTS] Folder already exists.")
            return
        await self._done(tag, "CREATE")

    async def _do_delete(self, tag: str, tokens: list[object]) -> None:
        if not self._store.delete(self._account, text(tokens[0])):
            await self._say(f"{tag} NO {text(tokens[0])} can't be deleted.")
            return
        await self._done(tag, "DELETE")

    async def _do_subscribe(self, tag: str, _: list[object]) -> None:
        await self._done(tag, "SUBSCRIBE")

    async def _do_unsubscribe(self, tag: str, _: list[object]) -> None:
        await self._done(tag, "UNSUBSCRIBE")

    async def _do_append(self, tag: str, tokens: list[object]) -> None:
        folder = self._store.folder(self._account, text(tokens[0]))
        content = tokens[-1]
        if not isinstance(content, bytes):
            raise Malformed("APPEND")
        if folder is None:
            await self._say(f"{tag} NO [TRYCREATE] {text(tokens[0])} doesn't exist.")
            return
        flags, arrived = "", None
        for token in tokens[1:-1]:
            if isinstance(token, list):
                flags = " ".join(text(flag) for flag in token)
            else:
                arrived = append_date(text(token))
        (uid,) = self._store.add(self._account, folder.name, [content], flags, arrived)
        await self._done(tag, "APPEND", f"[APPENDUID {folder.uidvalidity} {uid}] ")

    # The selected folder

    @property
    def _selected(self) -> Folder:
        assert self._folder is not None  # command() looked
        return self._folder

    async def _do_noop(self, tag: str, _: list[object]) -> None:
        await self._done(tag, "NOOP")

    async def _do_check(self, tag: str, _: list[object]) -> None:
        await self._done(tag, "CHECK")

    async def _do_search(self, tag: str, tokens: list[object], by_uid: bool) -> None:
        found = Search(self._store, self._uids).find(self._selected.id, tokens)
        numbers = found if by_uid else [self._place(uid) for uid in found]
        line = "* SEARCH" + "".join(f" {number}" for number in numbers)
        await self._wire.stream(line.encode() + b"\r\n")
        await self._finish(tag, "SEARCH", by_uid)

    async def _do_fetch(self, tag: str, tokens: list[object], by_uid: bool) -> None:
        asked = imap_fetch.wanted(tokens[1], by_uid=by_uid)
        chosen = self._chosen(tokens[0], by_uid)
        if asked.marks_seen and not self._read_only:
            self._flag(chosen, "+FLAGS", ["\\Seen"])
        entries = self._entries(chosen)
        fault = self._wire.fault("fetch") if asked.needs_body else None
        async for buffer in imap_fetch.answers(self._store, entries, asked):
            if fault:
                await self._wire.stream(buffer[: len(buffer) // 2])
                await asyncio.sleep(0.05)  # an abort would throw away what waits
                await self._wire.show(fault)
            await self._wire.stream(buffer)
        await self._finish(tag, "FETCH", by_uid)

    async def _do_store(self, tag: str, tokens: list[object], by_uid: bool) -> None:
        chosen = self._chosen(tokens[0], by_uid)
        action = text(tokens[1]).upper()
        given = tokens[2] if isinstance(tokens[2], list) else tokens[2:]
        if self._read_only:
            await self._say(f"{tag} NO [READ-ONLY] The folder is open read-only.")
            return
        self._flag(chosen, action.removesuffix(".SILENT"), [text(one) for one in given])
        if not action.endswith(".SILENT"):
            asked = imap_fetch.wanted(["FLAGS"], by_uid=by_uid)
            entries = self._entries(chosen)
            async for buffer in imap_fetch.answers(self._store, entries, asked):
                await self._wire.stream(buffer)
        await self._finish(tag, "STORE", by_uid)

    async def _do_copy(
        self, tag: str, tokens: list[object], by_uid: bool, move: bool = False
    ) -> None:
        name = "MOVE" if move else "COPY"
        chosen = self._chosen(tokens[0], by_uid)
        target = self._store.folder(self._account, text(tokens[1]))
        if target is None:
            await self._say(f"{tag} NO [TRYCREATE] {text(tokens[1])} doesn't exist.")
            return
        if move and self._read_only:
            await self._say(f"{tag} NO [READ-ONLY] The folder is open read-only.")
            return
        pairs = self._store.copy(self._selected.id, chosen, target.id, move=move)
        code = ""
        if pairs:
            old, new = (ranges([pair[side] for pair in pairs]) for side in (0, 1))
            code = f"[COPYUID {target.uidvalidity} {old} {new}] "
        if move and code:
            await self._wire.stream(f"* OK {code}\r\n".encode())
            code = ""
        await self._done(tag, name, code)

    async def _do_move(self, tag: str, tokens: list[object], by_uid: bool) -> None:
        await self._do_copy(tag, tokens, by_uid, move=True)

    async def _do_expunge(self, tag: str, tokens: list[object], by_uid: bool) -> None:
        chosen = self._chosen(tokens[0], True) if by_uid else self._uids
        if not self._read_only:
            self._remove_deleted(chosen)
        await self._done(tag, "EXPUNGE")

    async def _do_close(self, tag: str, _: list[object]) -> None:
        if not self._read_only:
            self._remove_deleted(self._uids)
        self._folder = None
        await self._done(tag, "CLOSE")

    async def _do_unselect(self, tag: str, _: list[object]) -> None:
        self._folder = None
        await self._done(tag, "UNSELECT")

    async def _do_idle(self, tag: str, _: list[object]) -> None:
        await self._wire.send(b"+ IDLE accepted, awaiting DONE command.\r\n")
        waiting = asyncio.ensure_future(self._wire.line())
        try:
            while not (await asyncio.wait({waiting}, timeout=IDLE_LOOK))[0]:
                news = self._news()
                if news:
                    await self._wire.stream(news)
            word = waiting.result()
        finally:
            waiting.cancel()
        if word.upper() == b"DONE":
            await self._done(tag, "IDLE")
        else:
            await self._say(f"{tag} BAD Command Error. 10")

    async def _finish(self, tag: str, name: str, by_uid: bool) -> None:
        """Without UID the numbers must not shift under the client: news wait."""
        if by_uid:
            await self._done(tag, name)
        else:
            await self._say(f"{tag} OK {name} completed.")

    def _chosen(self, token: object, by_uid: bool) -> list[int]:
        return uids_in(text(token), self._uids, by_uid=by_uid)

    def _place(self, uid: int) -> int:
        return bisect.bisect_left(self._uids, uid) + 1

    def _entries(self, uids: list[int]) -> list[tuple[int, Entry]]:
        if not uids:
            return []
        wanted = set(uids)
        found = self._store.entries(self._selected.id, uids[0], uids[-1])
        return [(self._place(one.uid), one) for one in found if one.uid in wanted]

    def _flag(self, uids: list[int], action: str, flags: list[str]) -> None:
        if action not in ("FLAGS", "+FLAGS", "-FLAGS"):
            raise Malformed(action)
        for _, entry in self._entries(uids):
            have = entry.flags.split()
            if action == "FLAGS":
                now = list(dict.fromkeys(flags))
            elif action == "+FLAGS":
                now = list(dict.fromkeys([*have, *flags]))
            else:
                now = [flag for flag in have if flag not in flags]
            if now != have:
                self._store.set_flags(self._selected.id, entry.uid, " ".join(now))

    def _remove_deleted(self, uids: list[int]) -> None:
        doomed = [e.uid for _, e in self._entries(list(uids)) if "\\Deleted" in e.flags]
        if doomed:
            self._store.remove(self._selected.id, doomed)


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
