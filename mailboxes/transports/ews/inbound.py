"""Reads mail by EWS: SyncFolderItems for ids, raw MIME for bodies.

Exchange rebuilds the MIME of a message, so bodies are not the original bytes. An id
belongs to a message in one folder: moved, it has another one. Finding a folder by its
path: folders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from exchangelib.properties import FolderId
from exchangelib.util import MNS, TNS

from ...core.choices import AfterFetch, Stage
from ...core.errors import Code, MailError
from .. import numerals
from ..base import Folder
from ..keyed import Body, Changes, KeyedInbound, Remote, validity_of
from ..settling import OF_ALL, Answers
from . import calls, folders, headers, large
from .answers import GONE, Refusal
from .bodies import Reader
from .connection import EwsConnection

AT_ONCE = 50  # items in one request
BATCH = 4 << 20  # bytes of bodies in one request
UNKNOWN_SIZE = 100_000  # bytes assumed of a message whose size nobody said
STATE_LOST = Code.EWS_SYNC_STATE_LOST
MISSING = (GONE, "ErrorInvalidIdMalformed", "ErrorInvalidIdEmpty")

Done = Callable[[Sequence[str]], list[Any]]


class EwsInbound(EwsConnection, KeyedInbound):
    """One folder of one mailbox."""

    supports: ClassVar[frozenset[AfterFetch]] = frozenset(AfterFetch)
    original_bytes: ClassVar[bool] = False
    dated: ClassVar[bool] = True

    _selected: str = ""  # id of the folder
    _bin: str | None = None  # id of Deleted Items, once it was needed

    def select(self, folder: str) -> Folder:
        found = self._find(folder, Stage.MAILBOX)
        self._selected = folders.id_of(found)
        count = found.findtext(f"{{{TNS}}}TotalCount")
        return Folder(
            folder or "Inbox",
            validity_of(self._selected),
            None,
            numerals.number(count or ""),
            dated=self.dated,
        )

    def _find(self, path: str, stage: Stage) -> Any:
        login = self.credential.login
        with self.border(stage):
            account = self._opened(stage)
            found = folders.find(account, path, login)
        if isinstance(found, Refusal):
            raise self.refused(found, stage, path)
        return found

    def _here(self, stage: Stage) -> FolderId:
        if not self._selected:
            raise MailError(
                Code.PROTOCOL_ERROR,
                stage,
                evidence={**self.facts, "answer": "no folder is selected"},
            )
        return FolderId(id=self._selected)

    # what there is

    def changes(self, state: str, since: datetime | None) -> Iterator[Changes]:
        try:
            yield from self._changes(state, whole=False)
        except MailError as error:
            if error.code != STATE_LOST or not state:
                raise
            yield from self._changes("", whole=True)

    def _changes(self, state: str, *, whole: bool) -> Iterator[Changes]:
        """Page by page. whole: all there is; what is not named has left."""
        complete = False
        while not complete:
            with self.border(Stage.LIST):
                sync = calls.Sync(account=self._opened(Stage.LIST))
                page = sync.page(self._here(Stage.LIST), state)
            if isinstance(page, Refusal):
                raise self.refused(page, Stage.LIST)
            with self.border(Stage.LIST):
                before, state = state, page.findtext(f"{{{MNS}}}SyncState") or ""
                last = page.findtext(f"{{{MNS}}}IncludesLastItemInRange")
                complete = last != "false"
                there, gone = _told(page)
                if not state or (not complete and state == before):
                    raise ValueError("a sync without a state to go on from")
            yield Changes(there, gone, state, complete, whole=whole)

    def present(self, keys: Iterable[str]) -> set[str]:
        here, there = self._here(Stage.LIST).id, set()
        for some in _slices(list(keys)):
            with self.border(Stage.LIST):
                found = self._items(Stage.LIST).get(some, "parent_folder_id")
                for key, item in zip(some, found, strict=True):
                    if isinstance(item, Refusal):
                        self._expect(item, Stage.LIST)
                        continue
                    parent = item.find(f"{{{TNS}}}ParentFolderId")
                    if parent is None or parent.get("Id") == here:
                        there.add(key)
        return there

    # bodies

    def stream(
        self, wanted: Sequence[Remote], largest: int | None = None
    ) -> Iterator[Body]:
        refusal: MailError | None = None
        for some in _batches(wanted):
            size = sum(one.size for one in some)
            with large.alone(size, self.until, Stage.FETCH):
                for body in self._stream([one.key for one in some], largest):
                    if isinstance(body, Body):
                        yield body
                    else:
                        refusal = _weightier(refusal, body)
            if refusal is not None and refusal.code in OF_ALL:
                break  # the others would be refused alike, and Exchange wants quiet
        if refusal is not None:
            raise refusal

    def _stream(
        self, keys: Sequence[str], largest: int | None
    ) -> Iterator[Body | MailError]:
        left = iter(keys)
        with self.border(Stage.FETCH):
            items = self._items(Stage.FETCH)
            answer = items.send(items.request(keys, "mime_content"))
            if answer.status != 200:
                items.read(answer.whole(Stage.FETCH))
                raise ValueError("an error without an error in it")
            reader = Reader(largest)
            for piece in answer.pieces(Stage.FETCH):
                for got in reader.feed(piece):
                    yield from self._body(next(left), got)
            for got in reader.close():
                yield from self._body(next(left), got)

    def _body(self, key: str, got: Any) -> Iterator[Body | MailError]:
        if got.refusal is None:
            yield Body(key, got.chunks, got.complete)
        elif got.refusal.code not in MISSING:
            yield self.refused(got.refusal, Stage.FETCH)

    def headers(self, wanted: Sequence[Remote]) -> Iterator[Body]:
        refusal: MailError | None = None
        for some in _slices([one.key for one in wanted]):
            with self.border(Stage.FETCH):
                found = self._items(Stage.FETCH).get(some, *headers.FIELDS)
            for key, item in zip(some, found, strict=True):
                if not isinstance(item, Refusal):
                    yield Body(key, [headers.written(item)], complete=False)
                elif item.code not in MISSING:
                    refusal = _weightier(refusal, self.refused(item, Stage.FETCH))
            if refusal is not None and refusal.code in OF_ALL:
                break
        if refusal is not None:
            raise refusal

    # after the fetch

    def settle(
        self, keys: Iterable[str], action: AfterFetch, target: str = ""
    ) -> set[str]:
        """See base. Delete moves to Deleted Items; what lies there goes for good."""
        wanted = list(keys)
        if action is AfterFetch.LEAVE or not wanted:
            return set()
        do, said = self._doing(action, target), Answers[str]()
        for some in _slices(wanted):
            if said.over:
                said.leave(some)
                continue
            try:
                with self.border(Stage.SETTLE):
                    done = do(some)
                    if len(done) != len(some):
                        raise ValueError("another number of answers than was asked for")
            except MailError as error:
                said.end(error, some)
                continue
            for key, one in zip(some, done, strict=True):
                if not isinstance(one, Refusal):
                    continue
                if one.code in MISSING:
                    said.gone.add(key)
                else:
                    said.refuse(key, self.refused(one, Stage.SETTLE, target))
        return said.result()

    def _doing(self, action: AfterFetch, target: str) -> Done:
        account = self._opened(Stage.SETTLE)
        if action is AfterFetch.MARK_READ:
            return calls.Reads(account=account).mark
        if action is AfterFetch.MOVE:
            to = FolderId(id=self._target(target))
            moves = calls.Moves(account=account)
            return lambda some: moves.move(some, to)
        deletes = calls.Deletes(account=account)
        hard = self._selected == self._deleted_items()
        return lambda some: deletes.delete(some, hard=hard)

    def _target(self, path: str) -> str:
        try:
            return folders.id_of(self._find(path, Stage.SETTLE))
        except MailError as error:
            if error.code == Code.FOLDER_MISSING:
                error.code = str(Code.FOLDER_TARGET_MISSING)
            raise

    def _deleted_items(self) -> str:
        if self._bin is None:
            known = calls.distinguished("deleteditems", self.credential.login)
            self._bin = folders.id_of(self._folder(known, Stage.SETTLE))
        return self._bin

    def _items(self, stage: Stage) -> calls.Items:
        return calls.Items(account=self._opened(stage))

    def _expect(self, refusal: Refusal, stage: Stage) -> None:
        """A message that is gone is no failure. Raises MailError for others."""
        if refusal.code not in MISSING:
            raise self.refused(refusal, stage)


def _weightier(before: MailError | None, now: MailError) -> MailError:
    """The first of two, but what holds for every message over what one met."""
    if before is None or (now.code in OF_ALL and before.code not in OF_ALL):
        return now
    return before


def _told(page: Any) -> tuple[tuple[Remote, ...], tuple[str, ...]]:
    """Messages that are there and ids that are not, of one page of changes."""
    there: list[Remote] = []
    gone: list[str] = []
    for change in page.find(f"{{{MNS}}}Changes"):
        kind = str(change.tag).rpartition("}")[2]
        found = calls.only(change.iter(f"{{{TNS}}}ItemId"))
        if kind == "Delete":
            gone.append(found.get("Id"))
        elif kind in ("Create", "Update"):
            item = change[0]
            there.append(
                Remote(
                    found.get("Id"),
                    numerals.number(item.findtext(f"{{{TNS}}}Size") or "") or 0,
                    _moment(item.findtext(f"{{{TNS}}}DateTimeReceived")),
                )
            )
    return tuple(there), tuple(gone)


def _moment(text: str | None) -> datetime | None:
    """xs:dateTime in UTC, None if there is none or it is unreadable."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _batches(wanted: Sequence[Remote]) -> Iterator[list[Remote]]:
    """At most 50 messages and 4 MB in one request; a larger one goes by itself."""
    some: list[Remote] = []
    size = 0
    for one in wanted:
        more = one.size or UNKNOWN_SIZE
        if some and (len(some) >= AT_ONCE or size + more > BATCH):
            yield some
            some, size = [], 0
        some.append(one)
        size += more
    if some:
        yield some


def _slices(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[at : at + AT_ONCE] for at in range(0, len(keys), AT_ONCE))
