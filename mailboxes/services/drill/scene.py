"""Carries out one scenario: a client at the sandbox, a connection test, a cycle.

Test and cycle are the product's own, run in this thread; only the sandbox behaves
otherwise. For databases made for it alone: clients stay behind, archived.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, QueryDict

from ...core.choices import FirstFetch, Grant, Mechanism, Outcome, ProxyKind
from ...core.errors import OptionError
from ...models import (
    AppRegistration,
    Cycle,
    Fetcher,
    Message,
    OutboundMessage,
    PopClient,
    Proxy,
    Sender,
    SmtpClient,
)
from ...models.clients import MECHANISMS
from .. import (
    clients,
    connection_test,
    fetch,
    proxies,
    registrations,
    revisions,
    sign_ins,
)
from ..connection_test import rows
from ..connection_test.run import carry_out
from ..findings import Finding, find
from ..outbox import compose
from ..outbox.cycle import SendCycle
from ..registrations import certificates as registration_certificates
from ..sandbox_control import Made, SandboxControl, World
from ..secrets import named as named_secrets
from ..sign_ins import work as sign_in_work
from .plan import Found, Plan, Result

CUSTOMER = "anna@customers.example"
DOMAIN = "contoso.example"
SERVERS = {True: "smtp.office365.com", False: "outlook.office365.com"}
GMAIL = {True: "smtp.gmail.com", False: "imap.gmail.com"}
ANSWERS = "http://localhost/owner-sign-in/answer/"  # nobody goes there
OWN_SERVER = "mail.contoso.example"  # takes passwords
# Long where an answer comes, for a machine that is busy; short where none will.
PATIENT, SHORT = "00:00:15", "00:00:03"

ITSELF = "itself"  # the shared mailbox's own account is to sign in

_numbers = itertools.count(1)


class Away(Exception):
    """The scenario cannot be set up; the text says why."""


@dataclass(frozen=True)
class Scene:
    """One client and its mailbox at the sandbox."""

    client: PopClient | SmtpClient
    address: str


def carried_out(plan: Plan, world: World) -> Result:
    """Run one scenario through a connection test and a cycle."""
    began = time.monotonic()
    control = SandboxControl(world.control_port)
    try:
        scene = set_up(plan, world, control)
        if plan.setup["fetched"]:
            cycle(scene, plan)
        stored = Message.objects.filter(pop_client_id=scene.client.pk).count()
        if plan.wire:
            control.switch(scene.address, plan.name)
        if plan.setup["signs_in"]:
            tested, found = _signed_in(scene, plan, control), Found()
        else:
            tested, found = _tested(scene, plan), cycle(scene, plan)
        state = _runner(scene.client).state
        control.switch(scene.address, "")
        clients.archive(scene.client, None)
        now = Message.objects.filter(pop_client_id=scene.client.pk).count()
    except (Away, OptionError, fetch.NotFetched) as error:
        return Result(plan, trouble=str(error), seconds=time.monotonic() - began)
    trouble = ""
    if plan.setup["fetched"] and now != stored:
        trouble = f"{now - stored} messages were stored twice"
    spent = time.monotonic() - began
    return Result(plan, tested, found, state, trouble, spent)


# setting up


def set_up(plan: Plan, world: World, control: SandboxControl) -> Scene:
    """A mailbox at the sandbox with two letters, and the client that goes there.

    Nothing is switched on yet. Raises OptionError, SandboxAway, SandboxRefuses.
    """
    setup, number = plan.setup, next(_numbers)
    address = f"drill-{number:03d}@{DOMAIN}"
    shared = str(setup["shared"])
    person = f"person-{number:03d}@{DOMAIN}" if shared else ""
    made = control.make(
        address,
        basic=setup["basic"],
        opened=setup["opened"],
        **(_rights(shared, person) if shared else {}),
    )
    control.deliver(address, 2)
    proxy = _proxy(world, str(setup["way"]), number, address)
    if shared and shared != ITSELF:
        made = control.make(person, basic=False, opened=True)
    raw = _options(plan, world, address, made, proxy)
    if shared and shared != ITSELF:
        raw["account"] = person
    if setup["sends"]:
        saved = revisions.save_smtp_client(
            client=None, section=f"smtp-client-drill-{number:03d}", raw=raw
        )
    else:
        first = {"first-fetch": FirstFetch.EVERYTHING.value}
        saved = revisions.save_pop_client(client=None, address=address, raw=first | raw)
    return Scene(saved.client, address)


def _rights(shared: str, person: str) -> dict[str, object]:
    """Of a shared mailbox, by the word of sandbox/scenario.Setup."""
    opens = [person] if shared in ("full", "reads") else []
    sends = [person] if shared == "full" else []
    return {"shared": True, "full_access": opens, "send_as": sends}


def _proxy(world: World, way: str, number: int, address: str) -> Proxy | None:
    """A proxy that is told whose line it is, so that faults hit this mailbox alone."""
    if way == "direct":
        return None
    return proxies.save_proxy(
        name=f"drill-{number:03d}",
        kind=ProxyKind.SOCKS5 if "socks" in way else ProxyKind.HTTP,
        host=world.proxy_host,
        port=world.listeners["smtp" if way == "not-socks" else way],
        username=address,
        password=world.proxy_password,
        ca_pem=world.ca_pem,
        sandbox=True,
    )


def _options(
    plan: Plan, world: World, address: str, made: Made, proxy: Proxy | None
) -> dict[str, object]:
    setup = plan.setup
    waits = SHORT if setup["waits"] else PATIENT
    raw: dict[str, object] = {
        "mailbox": address,
        "proxy": proxy.pk if proxy else None,
        "connect-timeout": waits,
        "protocol-timeout": waits,
    }
    if setup["basic"]:
        raw |= {"server": OWN_SERVER, "password": made.password}
    elif setup["by"] in ("google", "service"):
        raw |= {"server": GMAIL[setup["sends"]]}
        raw |= _google(
            world, setup["by"] == "service", bool(setup["signs_in"]), made, address
        )
    else:
        raw |= {"server": SERVERS[setup["sends"]]}
        raw |= _oauth(world, bool(setup["app"]), made.password)
        if setup["certificate"]:
            row = _certified(world, address)
            raw |= {"registration": row.pk, "password": ""}
            if setup["certificate"] == "uploaded":
                text = registration_certificates.public(row)
                SandboxControl(world.control_port).trust(row.client_id, text)
        if setup["by"] == "owner":
            grant = Grant.AUTHORIZATION_CODE.value
            raw |= {"grant-type": grant, "password": made.refresh_tokens["owner"]}
    return raw | {
        option: _value(value, world) for option, value in setup["options"].items()
    }


def _oauth(world: World, as_app: bool, password: str) -> dict[str, object]:
    """Sign-in options as production has them."""
    public = not as_app
    app = next(one for one in world.apps if one["public"] is public)
    return {
        MECHANISMS: Mechanism.XOAUTH2.value,
        "tenant-authority": app["authority"],
        "directory-id": app["directory_id"],
        "client-id": app["client_id"],
        "scope": app["scope"],
        "password": app["secret"] if as_app else password,
        **({"grant-type": Grant.CLIENT_CREDENTIALS.value} if as_app else {}),
    }


def _certified(world: World, name: str) -> AppRegistration:
    """The registration of the application with a secret, with a certificate of ours."""
    app = next(one for one in world.apps if not one["public"])
    row = registrations.save(
        name=name.partition("@")[0],
        tenant_authority=app["authority"],
        directory_id=app["directory_id"],
        client_id=app["client_id"],
    ).registration
    registration_certificates.make(row, None)
    return row


def _google(
    world: World, service: bool, signs_in: bool, made: Made, name: str
) -> dict[str, object]:
    """Sign-in options of a mailbox at Google, by its owner or a service account."""
    known = world.google
    value = known["service_key" if service else "secret"]
    secret, _ = named_secrets.save(name=name.partition("@")[0], password=value)
    raw: dict[str, object] = {
        MECHANISMS: Mechanism.XOAUTH2.value,
        "tenant-authority": "https://accounts.google.com",
        "client-id": known["account_id" if service else "client_id"],
        "secret": secret.pk,
    }
    if service:
        return raw | {"grant-type": Grant.SERVICE_ACCOUNT.value}
    if signs_in:  # there is nothing to sign in with yet
        return raw | {"enable-client": False}
    return raw | {"password": made.refresh_tokens["google"]}


def _value(value: object, world: World) -> object:
    """An option's value; <name> stands for the port of a listener."""
    if isinstance(value, str) and value.startswith("<"):
        return world.listeners[value.strip("<>")]
    return value


# test and cycle


def _tested(scene: Scene, plan: Plan) -> Found:
    send_to = CUSTOMER if plan.setup["message"] else ""
    run = connection_test.ask(scene.client, None, send_to=send_to)
    if not rows.claim(run.pk):
        raise Away("the connection test was taken up by somebody else")
    carry_out(run.pk)
    run.refresh_from_db()
    return _found(connection_test.finding_of(run))


def _signed_in(scene: Scene, plan: Plan, control: SandboxControl) -> Found:
    """What the product says of a sign-in by link: the page's part, the worker's."""
    row = sign_ins.begin(scene.client, None, ANSWERS)
    accept = not plan.setup["declines"]
    back = control.agree(scene.address, sign_ins.address(row), accept=accept)
    request = HttpRequest()
    request.GET = QueryDict(urlsplit(back).query)
    request.user = AnonymousUser()
    if sign_ins.answer(request).row is None:
        raise Away("the answer of the authority was not taken")
    sign_in_work.carry_out(row.pk)
    row.refresh_from_db()
    finding = sign_ins.finding(row)
    if finding is None:
        return Found()
    return _found(connection_test.at_client(scene.client, finding))


def cycle(scene: Scene, plan: Plan) -> Found:
    """Fetch once, or send one message; returns what the product says of it."""
    if isinstance(scene.client, PopClient):
        return _explained(scene.client, fetch.fetch_now(scene.client.pk))
    message = compose.queue(
        message=_letter(scene.address),
        smtp_client=scene.client,
        envelope_from=scene.address,
        recipients=[CUSTOMER],
    )
    SendCycle(_runner(scene.client).pk, lambda: False).run()
    last = Cycle.objects.filter(smtp_client=scene.client).latest("pk")
    # What is wrong with a message alone is written on the message.
    message = OutboundMessage.objects.get(pk=message.pk)
    failed = last if last.outcome == Outcome.FAILED else message
    return _explained(scene.client, failed)


def _explained(client: PopClient | SmtpClient, row: Cycle | OutboundMessage) -> Found:
    """What the product says of a cycle or a message that did not go well."""
    if not row.code:
        return Found()
    finding = find(row.code, row.evidence, stage=row.stage)
    return _found(connection_test.at_client(client, finding))


def _found(finding: Finding | None) -> Found:
    if finding is None:
        return Found()
    return Found(
        finding=finding.id,
        step=str(finding.step),
        field=finding.option,
        retry=str(finding.retry),
        certainty=str(finding.certainty),
    )


def _runner(client: PopClient | SmtpClient) -> Any:
    if isinstance(client, PopClient):
        return Fetcher.objects.get(pop_client=client)
    return Sender.objects.get(smtp_client=client)


def _letter(address: str) -> bytes:
    return (
        f"From: {address}\r\nTo: {CUSTOMER}\r\nSubject: Drill\r\n\r\nDrill.\r\n"
    ).encode()
