"""One option set, secret, proxy or registration as the options of a section.

What is inherited is written out, and so is everything that the old server may have
another default for (ours are not the vendor's). Whole files: exporting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ...core.choices import USUAL_PORTS
from ...core.options import Kind as OptionKind, Option, Origin, Target, format_value
from ...models import AppRegistration, NamedSecret, PopClient, Proxy
from ...models.clients import MECHANISMS
from ..option_rules import in_form_order, options_by_name
from ..options.pins import Lookup
from ..options.snapshots import Snapshot
from ..secrets.names import looks_secret
from .ini import CONTROL, quoted
from .kinds import Kind, kind_of
from .known import Existing
from .parts import MASK, Section, Value
from .shared import THUMBPRINT

# Not spelled out at its default: nobody knows the vendor's word for that.
UNSPOKEN = ("grant-type",)
Reveal = Callable[[int], str]  # the text of a secret, or its mask


@dataclass
class Written:
    """A section to write. ours: options that the old server does not know.

    lost: options that cannot be written in a line.
    """

    name: str
    kind: Kind = Kind.KEPT
    options: dict[str, str] = field(default_factory=dict, repr=False)
    ours: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)

    def add(self, name: str, text: str, *, ours: bool = False) -> None:
        if CONTROL.search(name + text) or "=" in name:
            self.lost.add(name)
            return
        self.options[name] = text
        if ours:
            self.ours.add(name)

    def text(self) -> str:
        """The section as ini.parse reads it."""
        lines = [f"[{self.name}]"]
        for name, text in self.options.items():
            lines.append(f"{name} = {quoted(text)}".rstrip(" "))
        return "\n".join(lines) + "\n"


def of_client(
    one: Existing, lookup: Lookup, reveal: Reveal, server_proxy: str = ""
) -> Written:
    """The section of an option set.

    lookup: finds the rows that it names, for their names of today.
    server_proxy: name of the proxy that the whole file goes through.
    """
    client, snapshot = one.client, one.snapshot
    written = Written(client.section, Kind(client.kind))
    if isinstance(client, PopClient):
        row = client.mailbox_row
        written.add("address", row.address)
        out = row.smtp_client
        gone = out is not None and out.archived_at is not None  # it is in no file
        for name, text in (
            ("alias", row.alias),
            ("tags", row.tags),
            ("smtp-client", out.section if out and not gone else ""),
        ):
            if text:
                written.add(name, text, ours=True)
    for option in in_form_order(options_by_name(client.kind)):
        text = _text(option, snapshot, lookup, reveal)
        if option.name == "proxy" and text == server_proxy:
            continue
        if text:
            name = option.written_name(snapshot.protocol)
            written.add(name, text, ours=option.origin is Origin.OURS)
    for name, text in snapshot.extra.items():
        written.add(name, MASK if text and looks_secret(name, text) else text)
    _say_kind(written, Kind(client.kind))
    return written


def _text(option: Option, snapshot: Snapshot, lookup: Lookup, reveal: Reveal) -> str:
    """The value as written, "" where the option is left out."""
    name, value = option.name, snapshot[option.name]
    if option.secret:
        return reveal(value) if value and not _certificate(snapshot, value) else ""
    if option.kind is OptionKind.REFERENCE:
        row = lookup.find(option.target, value) if option.target and value else None
        return str(row.name) if row else ""
    if name == "mailbox":
        return snapshot.login
    if name == "port" and not value:
        usual = USUAL_PORTS.get((snapshot.protocol, snapshot.security))
        return str(usual or "")
    if value == option.default and not _spelled_out(option, snapshot):
        return ""
    return format_value(option, value)


def _certificate(snapshot: Snapshot, value: object) -> bool:
    """It is the registration's certificate, which no section file can hold."""
    pinned = snapshot.pinned.get(Target.REGISTRATION) or {}
    return value == pinned.get("certificate_id")


def _spelled_out(option: Option, snapshot: Snapshot) -> bool:
    """It is the vendor's option, and its default is ours."""
    if option.name == type_option_of(snapshot):
        return True
    vendors = option.origin is Origin.VENDOR and option.default_from is Origin.OURS
    unspoken = option.name in UNSPOKEN or option.name == MECHANISMS
    return vendors and not unspoken and option.applies(snapshot.values)


def type_option_of(snapshot: Snapshot) -> str:
    return "type" if snapshot.kind == PopClient.kind else "server-type"


def _say_kind(written: Written, kind: Kind) -> None:
    """Where name and options would be read as another kind, the section says it."""
    values = [Value(name, text, 0) for name, text in written.options.items()]
    if kind_of(Section(written.name, 0, values), {}) is not kind:
        written.options = {"kind": kind.value} | written.options
        written.ours.add("kind")


def of_secret(row: NamedSecret, reveal: Reveal) -> Written:
    written = Written(f"secret-{row.name}", Kind.SECRET)
    if row.value_id:
        written.add("password", reveal(row.value_id))
    return written


def of_proxy(row: Proxy, reveal: Reveal, *, server: bool) -> Written:
    """server: as the old server's one section for all."""
    written = Written("proxy" if server else f"proxy-{row.name}", Kind.PROXY)
    written.ours = set() if server else {"proxy-*"}
    for name, text in _proxy_options(row, reveal, server):
        if text:
            written.add(name, text)
    return written


def _proxy_options(
    row: Proxy, reveal: Reveal, server: bool
) -> Iterator[tuple[str, str]]:
    yield "useProxy", "true" if server else ""
    yield "host", row.host
    yield "port", str(row.port or "")
    yield "kind", row.kind
    yield "user", row.username
    yield "password", reveal(row.password_id) if row.password_id else ""
    yield "certificate-authorities", row.ca_pem.replace("\n", "\\n")


def of_registration(row: AppRegistration, reveal: Reveal) -> Written:
    written = Written(f"registration-{row.name}", Kind.REGISTRATION)
    written.ours.add("registration-*")
    ends = row.secret_ends_on
    for name, text in (
        ("tenant-authority", row.tenant_authority),
        ("directory-id", row.directory_id),
        ("client-id", row.client_id),
        ("password", reveal(row.secret_id) if row.secret_id else ""),
        ("secret-ends-on", ends.isoformat() if ends else ""),
        (THUMBPRINT, row.certificate_thumbprint),
    ):
        if text:
            written.add(name, text)
    return written
