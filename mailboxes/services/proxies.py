"""Saves proxies; every client that names one gets a new revision that pins it (D3).

One of kind `direct` is no proxy: it holds the certificate authorities that signed the
servers' certificates, and what was typed of an address or a sign-in is not kept.
Connections through a proxy: transports/net. Which client uses which: the option proxy.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from ..core import certificates
from ..core.certificates import CertificateUnusable
from ..core.choices import ProxyKind
from ..core.errors import OptionError, Problem
from ..core.options import Effect, Kind, Option
from ..models import Proxy, SecretValue
from . import audit, secrets, uses
from .fetch.seen import refuse_stale
from .options.reading import Reading
from .options.values import read, read_secret, tidy
from .revisions import pinning

HOST = Option("host", "Host", "", Effect.NEXT_CYCLE, kind=Kind.HOST)
PORT = Option(
    "port", "Port", "", Effect.NEXT_CYCLE, Kind.INTEGER, minimum=1, maximum=65535
)
FIELDS = ("name", "kind", "host", "port", "username", "ca_pem")
SEEN = (*FIELDS, "password_id")
SOCKS_BYTES = 255  # of a user name or a password, RFC 1929 section 2
NOWHERE = Reading(""), Reading(0)  # host and port where there is no proxy
KINDS = tuple(kind.value for kind in ProxyKind)


@dataclass
class Cleaned:
    """Values of a proxy by field name, and what is wrong with them."""

    values: dict[str, object]
    password: str
    problems: list[Problem]


def clean(
    *,
    proxy: Proxy | None,
    name: str,
    host: str,
    port: object,
    kind: str = ProxyKind.HTTP.value,
    username: str = "",
    password: str = "",
    ca_pem: str = "",
) -> Cleaned:
    """Clean the fields of a proxy; one problem at each field that is wrong."""
    problems = []
    kind = tidy(kind).lower() or ProxyKind.HTTP.value

    def wrong(field: str, message: str) -> None:
        problems.append(Problem(field, "Y01-proxy", message))

    name = tidy(name)
    if not name or len(name) > 40 or not name.isprintable():
        wrong("name", "Enter a name of 1 to 40 characters.")
    elif Proxy.objects.filter(name=name).exclude(pk=proxy.pk if proxy else 0).exists():
        wrong("name", f"There is a proxy {name} already.")
    if kind not in KINDS:
        wrong("kind", f"Choose one of: {', '.join(KINDS)}.")
    direct = kind == ProxyKind.DIRECT
    at_host, at_port = read(HOST, host), read(PORT, port)
    if direct:
        at_host, at_port, username, password = *NOWHERE, "", ""
    elif at_host.problem or not at_host.value:
        wrong("host", at_host.problem or "Enter the host name of the proxy.")
    if at_port.problem:
        wrong("port", at_port.problem)
    username = tidy(username)
    if len(username) > 255 or not username.isprintable() or ":" in username:
        wrong("username", "Enter a user name without a colon, at most 255 characters.")
    secret = read_secret(password)
    stored = proxy is not None and proxy.password_id is not None
    if secret.problem:
        wrong("password", secret.problem)
    elif secret.value and not username:
        wrong("username", "Enter the user name that the password belongs to.")
    elif username and not secret.value and not stored:
        wrong("password", "Enter the password of the user name.")
    longest = max(len(text.encode()) for text in (username, str(secret.value or "")))
    if kind == ProxyKind.SOCKS5 and longest > SOCKS_BYTES:
        field = "password" if len(username.encode()) <= SOCKS_BYTES else "username"
        wrong(field, f"Enter at most {SOCKS_BYTES} bytes: SOCKS5 takes no more.")
    ca_pem = ca_pem.replace("\r\n", "\n").strip()
    if direct and not ca_pem:
        wrong("ca_pem", "Enter the certificates that are to be trusted.")
    elif ca_pem:
        try:
            ca_pem = _authorities(ca_pem)
        except CertificateUnusable as error:
            wrong("ca_pem", str(error))
    values: dict[str, object] = {
        "name": name,
        "kind": kind,
        "host": at_host.value,
        "port": at_port.value,
        "username": username,
        "ca_pem": ca_pem,
    }
    return Cleaned(values, str(secret.value), problems)


def save_proxy(
    *,
    proxy: Proxy | None = None,
    name: str,
    host: str,
    port: object,
    kind: str = ProxyKind.HTTP.value,
    username: str = "",
    password: str = "",
    ca_pem: str = "",
    user: AbstractBaseUser | None = None,
    sandbox: bool = False,
    seen: str = "",
) -> Proxy:
    """Save a proxy; `proxy` None makes one. Raises OptionError.

    kind: how it is spoken to (ProxyKind). password: a new one in plain text, or "" to
        keep what is stored. A proxy without a user name has none.
    seen: fingerprint of what was there when it was opened (services/fetch/seen).
    """
    cleaned = clean(
        proxy=proxy,
        name=name,
        host=host,
        port=port,
        kind=kind,
        username=username,
        password=password,
        ca_pem=ca_pem,
    )
    if cleaned.problems:
        raise OptionError(cleaned.problems)
    with transaction.atomic():
        new = proxy is None
        row = Proxy(sandbox=sandbox) if proxy is None else proxy
        refuse_stale(proxy, SEEN, seen)
        changed = [f for f in FIELDS if getattr(row, f) != cleaned.values[f]]
        for field, value in cleaned.values.items():
            setattr(row, field, value)
        if cleaned.password:
            row.password = secrets.seal(
                cleaned.password, SecretValue.Purpose.PROXY, user
            )
            changed.append("password")
        elif not row.username and row.password_id:
            row.password = None
            changed.append("password")
        if changed or new:
            row.save()
            note = f"Proxy {row.name} was changed"
            moved = [] if new else pinning.pin_in_sections(row, note, user)
            action = "proxy.created" if new else "proxy.saved"
            audit.record(user, action, row, fields=changed, **uses.moved(moved))
    return row


def delete_proxy(proxy: Proxy, user: AbstractBaseUser | None) -> None:
    """Delete a proxy that no client names. Raises OptionError."""
    with transaction.atomic():
        uses.refuse_in_use(proxy, "Y02-in-use")
        audit.record(user, "proxy.deleted", proxy)
        proxy.delete()


def _authorities(text: str) -> str:
    """Certificates that can be trusted. Raises CertificateUnusable."""
    found = certificates.authorities(text)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=found)
    except (ssl.SSLError, TypeError, ValueError) as error:
        raise CertificateUnusable(certificates.NO_AUTHORITIES) from error
    return found
