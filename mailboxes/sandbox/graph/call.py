"""One request to the fake Graph, taken apart: whose mailbox, which path, what options.

Read from HTTP or from a part of a batch; who answers it: graph.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from ..http import parameters
from ..world import Account
from . import errors as graph_errors

VERSIONS = ("v1.0", "beta")
_KEYED = re.compile(r"(\w+)\('([^']*)'\)")  # OData: users('id') means users/id
_PAGE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass
class Call:
    """named: address in the path, "" for /me. path: what follows, in parts.

    account: set once the token was judged.
    """

    method: str
    named: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    account: Account = field(default=None)  # type: ignore[assignment]

    @property
    def immutable(self) -> bool:
        """Ids are to be immutable."""
        return 'idtype="immutableid"' in self.headers.get("prefer", "").lower()

    @property
    def page_size(self) -> int | None:
        """What the client prefers."""
        found = _PAGE.search(self.headers.get("prefer", ""))
        return int(found[1]) if found else None

    @property
    def is_json(self) -> bool:
        return "json" in self.headers.get("content-type", "").lower()

    def json(self) -> dict[str, Any]:
        """The body as an object. Raises Refused."""
        try:
            told = json.loads(self.body or b"{}")
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise graph_errors.bad_request("Unable to read JSON request payload.")
        return told

    def number(self, name: str, usual: int, most: int) -> int:
        """A query option that is a number."""
        text = self.query.get(name, "")
        return min(int(text), most) if text.isascii() and text.isdigit() else usual

    @property
    def selected(self) -> tuple[str, ...]:
        """Names in $select, () for the usual ones."""
        names = self.query.get("$select", "").split(",")
        return tuple(name.strip() for name in names if name.strip())

    @property
    def sized(self) -> bool:
        """$expand asks for the size by its MAPI property (MS-OXPROPS 0x0E08)."""
        return "0x0e08" in self.query.get("$expand", "").lower()

    @property
    def link(self) -> str:
        """The address of this collection without its query."""
        who = f"users/{self.named}" if self.named else "me"
        return f"https://graph.microsoft.com/v1.0/{who}/{'/'.join(self.path)}"


def read(
    method: str, url: str, headers: Mapping[str, str], body: bytes = b""
) -> Call | None:
    """The call behind a path with its query; None where it is of no mailbox.

    headers: names in lower case.
    """
    parts = urlsplit(url)
    path = _KEYED.sub(r"\1/\2", unquote(parts.path))
    names = [name for name in path.strip("/").split("/") if name]
    if names and names[0] in VERSIONS:
        names = names[1:]
    if names[:1] == ["me"]:
        named, rest = "", names[1:]
    elif names[:1] == ["users"] and len(names) > 1:
        named, rest = names[1], names[2:]
    else:
        return None
    query = parameters(parts.query)
    return Call(method.upper(), named, tuple(rest), query, headers, body)
