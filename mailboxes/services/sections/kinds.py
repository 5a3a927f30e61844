"""What a section is: by what the file says, its name, or its options.

Also which names are ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from ...models import PopClient, SmtpClient
from ...models.clients import MECHANISMS
from .parts import Section


class Kind(StrEnum):
    """Kinds of sections; the values are those of the column `kind`."""

    POP = "pop-client"
    SMTP = "smtp-client"
    SECRET = "secret"
    PROXY = "proxy"
    REGISTRATION = "registration"
    KEPT = "kept"  # means nothing here, kept for export


MODELS: dict[Kind, type[PopClient] | type[SmtpClient]] = {
    Kind.POP: PopClient,
    Kind.SMTP: SmtpClient,
}
# What a section says beside its options.
BESIDE = {Kind.POP: ("address", "alias", "tags", "smtp-client"), Kind.SMTP: ()}
PREFIXES = (
    ("pop-client", Kind.POP),
    ("smtp-client", Kind.SMTP),
    ("secret-", Kind.SECRET),
    ("registration-", Kind.REGISTRATION),
    ("proxy", Kind.PROXY),
)
_MECHANISMS = re.compile(r"mail\.(.+)\.auth\.mechanisms", re.IGNORECASE)


def kind_of(section: Section, clients: Mapping[str, Kind]) -> Kind:
    """What a section is. clients: kinds of those there are, by name in lower case.

    A name that the console has already says more than how it begins.
    """
    name = section.name.lower()
    said = section.kind or _said(section)
    if said:
        return Kind(said)
    if name in clients:
        return clients[name]
    for prefix, kind in PREFIXES:
        if name.startswith(prefix):
            return kind
    for model in (PopClient, SmtpClient):
        if section.get(model.type_option):
            return Kind(model.kind)
    return Kind.KEPT


def _said(section: Section) -> str:
    """The option `kind`, where it is the word of one of our kinds."""
    value = section.get("kind")
    text = value.text.strip().lower() if value else ""
    return text if text in set(Kind) else ""


def misleads(name: str, kind: Kind) -> bool:
    """The section must say its kind in a file: its name says another."""
    begins = (k for prefix, k in PREFIXES if name.lower().startswith(prefix))
    return next(begins, kind) is not kind


def mechanisms_of(name: str) -> str:
    """The type in `mail.<type>.auth.mechanisms` in lower case, "" for other names."""
    match = _MECHANISMS.fullmatch(name)
    return match[1].lower() if match else ""


def known_name(name: str) -> str:
    """The name by which an option is told from others."""
    lower = name.lower()
    return lower if lower in _ours() or mechanisms_of(name) else name


@cache
def _ours() -> frozenset[str]:
    names = {*PopClient.fields_by_option(), *SmtpClient.fields_by_option()}
    return frozenset({*names, *BESIDE[Kind.POP], "kind"} - {MECHANISMS})
