"""The fault laboratory of an installation with a sandbox: one scenario on one mailbox.

The sandbox lets it go wrong; the mailbox and all that runs here know nothing of it.
What is done here a trainer would do by hand: give the mailbox a line of its own, drop
its cached token, and let it try again. Running all scenarios at once: drill.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from ..core.errors import OptionError
from ..models import PopClient, Proxy, SmtpClient
from . import audit, clients, proxies, revisions, sandbox_control, tokens
from .drill.plan import Plan
from .options import snapshots
from .sandbox_control import SandboxAway, SandboxControl, SandboxRefuses, World

Client = PopClient | SmtpClient
NONE = "none"  # the word that ends a scenario
LONGEST_NAME = 40  # of a proxy

__all__ = [
    "NONE",
    "SandboxAway",
    "SandboxRefuses",
    "Subject",
    "exists",
    "scenarios",
    "subjects",
    "switch",
    "switched",
]


@dataclass(frozen=True)
class Subject:
    """A log-in name at the sandbox, and the clients here that sign in with it."""

    address: str
    clients: tuple[Client, ...]


def exists() -> bool:
    """Mailboxes of this installation may live in a sandbox."""
    return Proxy.objects.filter(sandbox=True).exists()


def subjects() -> list[Subject]:
    """Everybody who goes through the sandbox's proxy, by address."""
    found: dict[str, list[Client]] = {}
    for client in _clients():
        login = _login(client)
        if login:
            found.setdefault(login, []).append(client)
    return [Subject(login, tuple(found[login])) for login in sorted(found)]


def scenarios() -> list[Plan]:
    """What can be let go wrong; [] where no sandbox has been started."""
    return [Plan.of(told) for told in sandbox_control.scenarios(_folder())]


def switched() -> dict[str, str]:
    """What is on now, by address. Raises SandboxAway."""
    return _control().switched()


def switch(address: str, name: str, user: AbstractBaseUser | None) -> Subject:
    """Put a scenario on a mailbox; NONE or "" ends the one that is on.

    Its fetcher tries again at once where nothing keeps it. Raises SandboxAway, and
    SandboxRefuses for an unknown name or mailbox.
    """
    address = address.strip().lower()
    name = "" if name == NONE else name
    control, world = _control(), _world()
    control.switch(address, name)
    subject = next(
        (one for one in subjects() if one.address == address), Subject(address, ())
    )
    audit.record(user, "sandbox.switched", None, address=address, scenario=name or NONE)
    for client in subject.clients:
        if name:
            _own_line(client, address, world, user)
        snapshot = snapshots.take(client)
        if snapshot.uses_token:
            tokens.forget(snapshot)
        if isinstance(client, PopClient):
            clients.fetch_now(client, user)
    return subject


def _clients() -> Iterator[Client]:
    here = {"proxy__sandbox": True, "archived_at": None, "revision__gt": 0}
    pop = PopClient.objects.filter(**here).select_related("mailbox_row", "proxy")
    yield from pop.order_by("section")
    smtp = SmtpClient.objects.filter(**here).select_related("proxy")
    yield from smtp.order_by("section")


def _login(client: Client) -> str:
    own = client.mailbox
    if not own and isinstance(client, PopClient):
        own = client.mailbox_row.address
    return own.lower()


def _own_line(
    client: Client, address: str, world: World, user: AbstractBaseUser | None
) -> None:
    """Let the sandbox's proxy know whose line it is, by a log-in of its own.

    Else what goes wrong before anybody signs in would hit all who share the proxy.
    """
    if client.proxy is not None and client.proxy.username.lower() == address:
        return
    try:
        with transaction.atomic():
            proxy = _proxy_of(address, world, user)
            _save(client, proxy, user)
    except OptionError:
        return  # it goes on sharing; its options have to be mended first
    if isinstance(client, SmtpClient):
        clients.restart_sending(client, user)


def _save(client: Client, proxy: Proxy, user: AbstractBaseUser | None) -> None:
    raw = {"proxy": proxy.pk}
    note = "The sandbox has to know whose line it is"
    if isinstance(client, PopClient):
        mailbox = client.mailbox_row
        revisions.save_pop_client(
            client=client,
            address=mailbox.address,
            alias=mailbox.alias,
            tags=mailbox.tags,
            section=client.section,
            smtp_client=mailbox.smtp_client,
            raw=raw,
            base_revision=client.revision,
            user=user,
            note=note,
        )
    else:
        revisions.save_smtp_client(
            client=client,
            section=client.section,
            raw=raw,
            base_revision=client.revision,
            user=user,
            note=note,
        )


def _proxy_of(address: str, world: World, user: AbstractBaseUser | None) -> Proxy:
    known = Proxy.objects.filter(sandbox=True, username=address).first()
    if known is not None:
        return known
    stem = f"sandbox-{address.partition('@')[0]}"[: LONGEST_NAME - 4]
    name, number = stem, 2
    while Proxy.objects.filter(name=name).exists():
        name, number = f"{stem}-{number}", number + 1
    return proxies.save_proxy(
        name=name,
        host=world.proxy_host,
        port=world.proxy_port,
        username=address,
        password=world.proxy_password,
        ca_pem=world.ca_pem,
        user=user,
        sandbox=True,
    )


def _folder() -> Path:
    return Path(settings.MAILADMIN_DATA) / "sandbox"


def _world() -> World:
    found = sandbox_control.world(_folder())
    if found is None:
        raise SandboxAway("No sandbox has been started in this data folder.")
    return found


def _control() -> SandboxControl:
    return SandboxControl(_world().control_port)
