"""Writes option sets back as a file, for the old server or another copy of this one, or
as a table for a spreadsheet.

Secrets are masked unless asked for. Importing the file again changes nothing. What a
section consists of: flattened.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ...core.choices import VENDOR_GRANTS, ProxyKind
from ...core.options import Target
from ...models import PopClient, Proxy
from .. import audit
from ..options.pins import ROWS
from ..secrets.names import looks_secret
from . import flattened, table
from .flattened import Reveal, Written
from .known import Existing, Known
from .parts import MASK
from .shared import SERVER_PROXY, THUMBPRINT, USE

MOST_MAILBOXES = 25  # that the vendor advises for one server


@dataclass
class Exported:
    """A file. sections: their names. secrets: it holds some in plain text.

    remarks: what the old server will not take, or what could not be written. missing:
    names that were asked for and do not exist; there is no text then.
    """

    text: str = field(default="", repr=False)
    sections: list[str] = field(default_factory=list)
    secrets: bool = False
    remarks: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def export(
    names: Collection[str] = (), *, with_secrets: bool = False, as_table: bool = False
) -> Exported:
    """All sections, or those of `names` with the sections that they name.

    with_secrets: write passwords and client secrets in plain text. as_table: CSV.
    """
    known, done = Known.read(), Exported()
    wanted = {name.lower() for name in names}
    reveal = _reveal(known, with_secrets, done)
    clients = _clients(known, wanted)
    if with_secrets:
        known.load_secrets(_secret_ids(clients))
    server = _server_proxy(known, clients)
    chosen = [
        written
        for row, written in _shared(known, reveal, server)
        if not wanted or written.name.lower() in wanted or _named(row, clients)
    ]
    name = server.name if server else ""
    chosen += [flattened.of_client(one, known.lookup, reveal, name) for one in clients]
    _add_kept(known, chosen, wanted)
    done.missing = sorted(wanted - {written.name.lower() for written in chosen})
    if not done.missing:
        done.sections = [written.name for written in chosen]
        if as_table:
            done.text, left_out = table.write(chosen)
            done.remarks += _not_in_a_table(left_out)
        else:
            done.text = "\n".join(written.text() for written in chosen)
        done.remarks += _remarks(clients, chosen)
    return done


def record(by: HttpRequest | AbstractBaseUser | None, done: Exported) -> None:
    """Write down that somebody took secrets out. by: as audit.record takes it."""
    audit.record(by, "options.exported", None, secrets=True, sections=done.sections)


def _clients(known: Known, wanted: set[str]) -> list[Existing]:
    """Those that are asked for, and the smtp-clients that they send through."""
    found = {n: one for n, one in known.existing.items() if not wanted or n in wanted}
    for one in list(found.values()):
        if isinstance(one.client, PopClient) and one.client.mailbox_row.smtp_client:
            name = one.client.mailbox_row.smtp_client.section.lower()
            if name in known.existing:
                found[name] = known.existing[name]
    return sorted(found.values(), key=lambda one: isinstance(one.client, PopClient))


def _reveal(known: Known, with_secrets: bool, done: Exported) -> Reveal:
    def reveal(secret_id: int) -> str:
        if not with_secrets:
            return MASK
        text = known.plain(secret_id)
        if text is None:
            remark = "A secret cannot be read with the keys of this copy: it is masked."
            done.remarks = [remark]
            return MASK
        done.secrets = True
        return text

    return reveal


def _secret_ids(clients: Iterable[Existing]) -> set[int]:
    ids = {one.snapshot["password"] for one in clients}
    return ids - {None}


def _server_proxy(known: Known, clients: list[Existing]) -> Proxy | None:
    """The proxy that goes into the old server's one section for all, if that is so."""
    row: Proxy | None = known.lookup.find(Target.PROXY, SERVER_PROXY)
    kept = known.kept.get(SERVER_PROXY)
    if row is None or row.kind == ProxyKind.DIRECT or not clients:
        return None
    if kept and USE in {name.lower() for name in kept.options}:
        return None  # a section that is switched off has the name
    alike = all(one.snapshot["proxy"] == row.pk for one in clients)
    return row if alike else None


def _shared(
    known: Known, reveal: Reveal, server: Proxy | None
) -> list[tuple[Any, Written]]:
    rows = known.lookup.rows
    return [
        *((r, flattened.of_secret(r, reveal)) for r in rows(Target.SECRET)),
        *(
            (r, flattened.of_proxy(r, reveal, server=r == server))
            for r in rows(Target.PROXY)
        ),
        *((r, flattened.of_registration(r, reveal)) for r in rows(Target.REGISTRATION)),
    ]


def _named(row: Any, clients: Iterable[Existing]) -> bool:
    """One of the clients names the row."""
    option = next(str(t) for t, model in ROWS.items() if isinstance(row, model))
    return any(one.snapshot[option] == row.pk for one in clients)


def _not_in_a_table(left_out: list[str]) -> list[str]:
    if not left_out:
        return []
    return [
        "Left out, for an empty cell is an option that is not written, and a column has"
        f" one name: {', '.join(left_out)}."
    ]


def _sends_by_archived(client: PopClient) -> bool:
    out = client.mailbox_row.smtp_client
    return out is not None and out.archived_at is not None


def _add_kept(known: Known, chosen: list[Written], wanted: set[str]) -> None:
    """What means nothing here: beside the options of a section, or a section alone."""
    by_name = {written.name.lower(): written for written in chosen}
    for name, row in known.kept.items():
        written = by_name.get(name)
        if written is None:
            if wanted and name not in wanted:
                continue
            written = Written(row.name)
            chosen.append(written)
        for option, text in row.options.items():
            hidden = text and looks_secret(option, text)
            written.add(option, MASK if hidden else text)


def _remarks(clients: list[Existing], chosen: list[Written]) -> list[str]:
    """What a person who takes the file to the old server should know."""
    inbound = sum(isinstance(one.client, PopClient) for one in clients)
    outbound = len(clients) - inbound
    ours = sorted({name for written in chosen for name in written.ours})
    lost = sorted({name for written in chosen for name in written.lost})
    remarks = []
    if outbound > 1:
        remarks.append(
            "The old server has one section for sending, smtp-client; this file has"
            f" {outbound}."
        )
    if inbound > MOST_MAILBOXES:
        remarks.append(
            f"The old server is advised to have at most {MOST_MAILBOXES} mailboxes;"
            f" this file has {inbound}."
        )
    keys = sorted(w.name for w in chosen if THUMBPRINT in w.options)
    alone = sorted(
        one.client.section
        for one in clients
        if isinstance(one.client, PopClient) and _sends_by_archived(one.client)
    )
    if alone:
        remarks.append(
            "What these send through is in the archive, and in no file:"
            f" {', '.join(alone)}."
        )
    if keys:
        remarks.append(
            "The key of a certificate is never written, with secrets neither; the file"
            f" names the certificate by its thumbprint: {', '.join(keys)}."
        )
    if ours:
        remarks.append(f"The old server does not know: {', '.join(ours)}.")
    grants = {w.options.get("grant-type", "") for w in chosen} - VENDOR_GRANTS - {""}
    if grants:
        remarks.append(
            "The old server does not know these values of grant-type:"
            f" {', '.join(sorted(grants))}."
        )
    if lost:
        remarks.append(
            f"Left out, for they cannot be written in one line: {', '.join(lost)}."
        )
    return remarks
