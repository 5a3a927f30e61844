"""Reads mail by Microsoft Graph: per-folder delta, raw MIME, after-fetch actions.

Ids are immutable, so a message that is moved keeps its own. Bodies come one request
each, four at a time (graph/bodies). A delta query could leave out old mail by a filter,
but would then never tell of old mail that is moved into the folder later, and ends at
5,000 messages; so everything is listed, once. Sources: learn.microsoft.com, "message:
delta", "Get MIME content of a message", "message: move"; providers.md section 6.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar

from ...core.choices import AfterFetch, Stage
from ...core.errors import Code, MailError
from .. import numerals
from ..base import CHUNK_SIZE, Credential, Endpoint, Folder, NetworkPolicy
from ..keyed import Body, Changes, KeyedInbound, Remote, validity_of
from ..settling import Answers
from . import folders as graph_folders
from .bodies import Bodies, header_of
from .client import IN_A_BATCH, PASSING, Part, Reply, items, local, segment
from .transport import GraphTransport

AT_A_TIME = 500  # messages in one page of a listing
# PidTagMessageSize (MS-OXPROPS): Graph has no property of its own for the size.
SIZE = "Integer 0x0E08"
WITH_SIZE = (
    "&$expand=singleValueExtendedProperties($filter=id%20eq%20"
    + f"'{SIZE}')".replace(" ", "%20")
)
# With these Graph has refused to tell it in a delta query: as a wrong request, and as a
# fault of its own ("Value cannot be null", issue 2270 of microsoft-graph-docs).
NO_SIZES = (400, 500)
LONGEST_KEY = 512  # characters of an id (keyed.Remote)


class GraphInbound(GraphTransport, KeyedInbound):
    """One mailbox at Graph, read folder by folder."""

    supports: ClassVar[frozenset[AfterFetch]] = frozenset(AfterFetch)
    # Exchange takes a message apart when it arrives and builds it anew for $value.
    original_bytes: ClassVar[bool] = False
    dated: ClassVar[bool] = True

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        self._folder = ""  # id of the open folder
        self._targets: dict[str, str] = {}  # ids of folders to move to, by name
        super().__init__(endpoint, credential, policy)

    def close(self) -> None:
        super().close()
        self._folder, self._targets = "", {}

    # reading

    def select(self, folder: str) -> Folder:
        with self._timely():
            found = graph_folders.find(
                self._client, folder, Stage.MAILBOX, Code.FOLDER_MISSING
            )
        self._folder = str(found.get("id", ""))
        if not self._folder:
            raise self._unexpected(Stage.MAILBOX, "a folder without an id")
        there = found.get("totalItemCount")
        return Folder(
            folder or graph_folders.INBOX,
            validity_of(self._folder),
            None,
            there if isinstance(there, int) else None,
        )

    def changes(self, state: str, since: datetime | None) -> Iterator[Changes]:
        """See keyed. A state is path and query of Graph's own link.

        since: not used; see the top of the module.
        """
        try:
            yield from self._changes(local(state), whole=not state)
        except MailError as error:
            # 400: a token, or options in it, that Graph does not take any more.
            void = error.evidence.get("status") == 400
            if not state or not (void or error.code == Code.GRAPH_DELTA_LOST):
                raise
            yield from self._changes("", whole=True)

    def _changes(self, path: str, *, whole: bool) -> Iterator[Changes]:
        page = self._page(path) if path else self._first_page()
        while True:
            going_on = local(page.get("@odata.nextLink"))
            state = going_on or local(page.get("@odata.deltaLink"))
            if not state:
                raise self._unexpected(Stage.LIST, "a page without a link")
            # Graph may tell of one message several times; the last word counts.
            found = {str(one.get("id")): one for one in items(page)}
            yield Changes(
                tuple(_remote(one) for one in found.values() if "@removed" not in one),
                tuple(key for key, one in found.items() if "@removed" in one),
                state,
                complete=not going_on,
                whole=whole,
            )
            if not going_on:
                return
            page = self._page(going_on)

    def _first_page(self) -> dict[str, Any]:
        """Without sizes where this Graph does not tell them in a delta query."""
        path = f"{self._open_folder()}/messages/delta?$select=receivedDateTime"
        try:
            return self._page(path + WITH_SIZE)
        except MailError as error:
            if error.evidence.get("status") not in NO_SIZES:
                raise
        return self._page(path)

    def _page(self, path: str) -> dict[str, Any]:
        prefer = f"odata.maxpagesize={AT_A_TIME}"
        with self._timely():
            return self._client.json("GET", path, Stage.LIST, prefer=prefer)

    def stream(
        self, wanted: Sequence[Remote], largest: int | None = None
    ) -> Iterator[Body]:
        with self._timely():
            yield from Bodies(self._client, largest).get(wanted)

    def headers(self, wanted: Sequence[Remote]) -> Iterator[Body]:
        """From internetMessageHeaders; of what Graph has none, from its MIME."""
        parts = [
            Part("GET", f"{_message(one.key)}?$select=internetMessageHeaders")
            for one in wanted
        ]
        bare: list[Remote] = []
        failure: MailError | None = None
        for one, reply in zip(wanted, self._batch(parts, Stage.FETCH), strict=True):
            header = header_of(reply.body.get("internetMessageHeaders"))
            if reply.good and header:
                yield Body(one.key, [header[:CHUNK_SIZE]], complete=False)
            elif reply.good:
                bare.append(one)
            elif reply.status != 404:
                failure = self._client.refused(reply, Stage.FETCH)
        with self._timely():
            yield from Bodies(self._client, None).heads(bare)
        if failure is not None:
            raise failure

    def present(self, keys: Iterable[str]) -> set[str]:
        wanted = list(keys)
        replies = self._where(wanted, Stage.LIST)
        there = set()
        for key, reply in zip(wanted, replies, strict=True):
            if reply.good and reply.body.get("parentFolderId") == self._folder:
                there.add(key)
            elif not reply.good and reply.status != 404:
                raise self._client.refused(reply, Stage.LIST)
        return there

    # after the fetch

    def settle(
        self, keys: Iterable[str], action: AfterFetch, target: str = ""
    ) -> set[str]:
        """See base. A deleted message goes to Deleted Items, as by hand in Outlook."""
        wanted = list(dict.fromkeys(keys))
        if action is AfterFetch.LEAVE or not wanted:
            return set()
        self._open_folder()
        to = self._target(target) if action is AfterFetch.MOVE else ""
        said = Answers[str]()
        for start in range(0, len(wanted), IN_A_BATCH):
            if said.over:
                said.leave(wanted[start:])
                break
            self._settle(wanted[start : start + IN_A_BATCH], action, to, said)
        try:
            return said.result()
        except MailError:
            self._targets.clear()
            raise

    def _settle(
        self, keys: Sequence[str], action: AfterFetch, to: str, said: Answers[str]
    ) -> None:
        here: list[str] = []
        try:
            for key, reply in zip(keys, self._where(keys, Stage.SETTLE), strict=True):
                if self._taken(key, reply, said):
                    if reply.body.get("parentFolderId") == self._folder:
                        here.append(key)
                    else:
                        said.gone.add(key)
            parts = [_settling(key, action, to) for key in here]
            replies = self._batch(parts, Stage.SETTLE)
        except MailError as error:
            said.end(error, here or keys)
            return
        for key, reply in zip(here, replies, strict=True):
            self._taken(key, reply, said)

    def _taken(self, key: str, reply: Reply, said: Answers[str]) -> bool:
        """The part was answered well; else `said` is told what became of `key`."""
        if reply.good:
            return True
        error = self._client.refused(reply, Stage.SETTLE)
        if error.code == Code.FOLDER_MISSING:
            error.code = str(Code.FOLDER_TARGET_MISSING)
        elif reply.status == 404:
            said.gone.add(key)
            return False
        if reply.status in PASSING:
            said.end(error, [key])
        else:
            said.refuse(key, error)
        return False

    def _target(self, name: str) -> str:
        if name not in self._targets:
            with self._timely():
                found = graph_folders.find(
                    self._client, name, Stage.SETTLE, Code.FOLDER_TARGET_MISSING
                )
            self._targets[name] = str(found.get("id", ""))
        return self._targets[name]

    # inside

    def _where(self, keys: Sequence[str], stage: Stage) -> list[Reply]:
        """In which folder each message is."""
        self._open_folder()
        parts = [Part("GET", f"{_message(key)}?$select=parentFolderId") for key in keys]
        return self._batch(parts, stage)

    def _batch(self, parts: Sequence[Part], stage: Stage) -> list[Reply]:
        with self._timely():
            return self._client.batch(parts, stage)

    def _open_folder(self) -> str:
        if not self._folder:
            raise self._unexpected(Stage.MAILBOX, "no folder is selected")
        return f"{self._client.root}/mailFolders/{segment(self._folder)}"

    def _unexpected(self, stage: Stage, words: str) -> MailError:
        return MailError(
            Code.PROTOCOL_ERROR, stage, evidence={**self.facts, "answer": words}
        )


def _message(key: str) -> str:
    return f"/messages/{segment(key)}"


def _settling(key: str, action: AfterFetch, to: str) -> Part:
    if action is AfterFetch.MARK_READ:
        return Part("PATCH", _message(key), {"isRead": True})
    if action is AfterFetch.MOVE:
        return Part("POST", f"{_message(key)}/move", {"destinationId": to})
    return Part("DELETE", _message(key))


def _remote(item: dict[str, Any]) -> Remote:
    """A message of a page; of one that has only changed, Graph tells little."""
    arrived = None
    with suppress(ValueError):
        arrived = datetime.fromisoformat(str(item.get("receivedDateTime", "")))
    if arrived is not None and arrived.tzinfo is None:
        arrived = None
    size = 0
    for extra in item.get("singleValueExtendedProperties") or []:
        size = numerals.number(str(extra.get("value", ""))) or size
    return Remote(str(item.get("id", ""))[:LONGEST_KEY], size, arrived)
