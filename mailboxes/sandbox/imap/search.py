"""SEARCH: which messages of a folder fit (RFC 3501 section 6.4.4).

Keys: ALL, UID and number sets, flags, SINCE BEFORE ON, LARGER SMALLER, HEADER FROM TO
SUBJECT, NOT, OR, parentheses. Looking into bodies is not served.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..mailstore import Entry, Mailstore
from .parse import Malformed, is_set, search_date, text, uids_in

DAY = 86400
Test = Callable[[Entry], bool]
_FLAGS = ("SEEN", "ANSWERED", "FLAGGED", "DELETED", "DRAFT")


class Search:
    """Builds a test from the keys; uids: the session's list, growing."""

    def __init__(self, store: Mailstore, uids: Sequence[int]) -> None:
        self._store = store
        self._uids = uids

    def find(self, folder: int, tokens: list[object]) -> list[int]:
        """UIDs that fit, growing. Raises Malformed."""
        tokens = list(tokens)
        if tokens and text(tokens[0]).upper() == "CHARSET":
            del tokens[:2]
        tests = self._all(tokens)
        known = set(self._uids)
        return [
            entry.uid
            for entry in self._store.entries(folder)
            if entry.uid in known and all(test(entry) for test in tests)
        ]

    def _all(self, tokens: list[object]) -> list[Test]:
        if not tokens:
            raise Malformed("no search key")
        tests = []
        while tokens:
            tests.append(self._one(tokens))
        return tests

    def _one(self, tokens: list[object]) -> Test:
        if not tokens:
            raise Malformed("search key missing")
        token = tokens.pop(0)
        if isinstance(token, list):
            inner = self._all(list(token))
            return lambda entry: all(test(entry) for test in inner)
        key = text(token).upper()
        if is_set(key):
            return self._among(key, by_uid=False)
        if key == "ALL":
            return lambda entry: True
        if key == "NOT":
            negated = self._one(tokens)
            return lambda entry: not negated(entry)
        if key == "OR":
            one, other = self._one(tokens), self._one(tokens)
            return lambda entry: one(entry) or other(entry)
        if key.removeprefix("UN") in _FLAGS:
            flag = "\\" + key.removeprefix("UN").lower()
            wanted = not key.startswith("UN")
            return lambda entry: (flag in entry.flags.lower().split()) == wanted
        if key in ("RECENT", "NEW", "OLD"):
            return lambda entry: key == "OLD"
        return self._with_value(key, tokens)

    def _with_value(self, key: str, tokens: list[object]) -> Test:
        if not tokens:
            raise Malformed(key)
        value = text(tokens.pop(0))
        if key == "UID":
            return self._among(value, by_uid=True)
        if key in ("SINCE", "BEFORE", "ON"):
            day = search_date(value)
            if key == "SINCE":
                return lambda entry: entry.arrived >= day
            if key == "BEFORE":
                return lambda entry: entry.arrived < day
            return lambda entry: day <= entry.arrived < day + DAY
        if key in ("LARGER", "SMALLER") and value.isdigit():
            size = int(value)
            if key == "LARGER":
                return lambda entry: entry.size > size
            return lambda entry: entry.size < size
        if key in ("FROM", "TO", "CC", "SUBJECT"):
            return self._header(key, value)
        if key == "HEADER" and tokens:
            return self._header(value, text(tokens.pop(0)))
        raise Malformed(key)

    def _among(self, numbers: str, *, by_uid: bool) -> Test:
        chosen = set(uids_in(numbers, self._uids, by_uid=by_uid))
        return lambda entry: entry.uid in chosen

    def _header(self, name: str, value: str) -> Test:
        name, value = name.lower(), value.lower()
        if name == "message-id":
            return lambda entry: value in entry.message_id.lower()

        def test(entry: Entry) -> bool:
            body = self._store.bodies([entry.body])[0] or b""
            header = body.partition(b"\r\n\r\n")[0]
            text = header.decode("latin-1").replace("\r\n ", " ").replace("\r\n\t", " ")
            return any(
                line.partition(":")[0].lower() == name
                and value in line.partition(":")[2].lower()
                for line in text.split("\r\n")
            )

        return test
