"""Connection tests against a sandbox: what a healthy mailbox shows, and each fault."""

from __future__ import annotations

import base64
import dataclasses
import json
import time
from datetime import timedelta
from email.utils import formatdate

import pytest
from django.utils import timezone

from mailboxes.models import PopClient, Proxy, SmtpClient
from mailboxes.models.clients import MECHANISMS
from mailboxes.sandbox import http, world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import connection_test, revisions
from mailboxes.services.connection_test import report
from tests import factories
from tests.fixtures.connection_tests import (
    ADDRESS,
    carried_out,
    failed,
    pop,
    shown,
    states,
)
from tests.fixtures.product import free_port
from tests.servers import imap_script, smtp_script

pytestmark = pytest.mark.django_db

NOBODYS = "00000000-1111-2222-3333-444455556666"


def fault_of(run) -> tuple[str, str, str, str]:
    """Side and stage of the failed check, its code, the option at fault."""
    check = failed(run)
    finding = connection_test.finding_of(run)
    assert finding is not None and finding.code == check.code
    return check.evidence.get("side", "-"), check.stage, check.code, finding.option


def test_credential_that_ends_soon_is_a_warning_of_a_green_test(proxy: Proxy) -> None:
    app = world.APPS[world.CONFIDENTIAL_APP_ID]
    day = timezone.now().date() + timedelta(days=3)
    row = factories.registration(
        directory_id=world.TENANT_ID,
        client_id=app.client_id,
        secret=app.secret,
        secret_ends_on=day,
    )
    named = {"registration": row.pk, "password": "", "grant-type": "client_credentials"}
    scope = "https://outlook.office365.com/.default"
    run = carried_out(pop(proxy, **named, scope=scope))
    check = run.checks.get(stage="fields")
    assert (run.state, check.state) == ("passed", "passed")
    assert check.evidence["warnings"] == [
        f"The client secret of Contoso ends on {day}."
    ]


def test_healthy_mailbox_passes_every_check(fetching) -> None:
    run = carried_out(fetching)
    assert shown(run) == [
        "-:fields passed",
        "a:proxy passed",
        "a:tls passed",
        "a:clock passed",
        "a:tenant passed",
        "a:token passed",
        "a:claims passed",
        "s:proxy passed",
        "s:tls passed",
        "s:greeting passed",
        "s:sign-in passed",
        "s:mailbox passed",
    ]
    assert run.state == "passed"
    facts = {f"{c.evidence.get('side', '-')[0]}:{c.stage}": c for c in run.checks.all()}
    assert all(check.milliseconds is not None for check in facts.values())
    assert facts["a:tenant"].evidence["tenant"] == world.TENANT_ID
    token = facts["a:token"].evidence
    assert 3000 < token["lifetime"] <= 5000
    assert "IMAP.AccessAsUser.All" in token["permissions"]
    assert facts["a:claims"].evidence["aud"] == "https://outlook.office.com"
    assert facts["s:tls"].evidence["tls"] == "TLSv1.3"
    assert facts["s:tls"].evidence["certificate_ends"] > "2026"
    assert "ready" in facts["s:greeting"].evidence["answer"].lower()
    assert facts["s:mailbox"].evidence["messages"] == 12
    assert facts["s:mailbox"].evidence["next_id"] == 13


@pytest.mark.parametrize("as_app", [False, True])
def test_healthy_mailbox_passes_every_check_by_pop3(
    sandbox: Sandbox, proxy: Proxy, as_app: bool
) -> None:
    changes: dict[str, object] = {"type": "POP3"}
    if as_app:
        app = sandbox.app()
        changes |= {
            "client-id": app.client_id,
            "grant-type": "client_credentials",
            "password": app.secret,
        }
    run = carried_out(pop(proxy, **changes))
    assert run.state == "passed"
    assert shown(run)[-5:] == [
        "s:proxy passed",
        "s:tls passed",
        "s:greeting passed",
        "s:sign-in passed",
        "s:mailbox passed",
    ]
    facts = {f"{c.evidence.get('side', '-')[0]}:{c.stage}": c for c in run.checks.all()}
    assert facts["s:tls"].evidence["port"] == 995
    assert "POP3 service is ready" in facts["s:greeting"].evidence["answer"]
    assert facts["s:mailbox"].evidence["messages"] == 12


def test_healthy_smtp_client_passes_and_sends_nothing(
    sandbox: Sandbox,
    sending: SmtpClient,
) -> None:
    run = carried_out(sending)
    assert run.state == "passed"
    assert shown(run)[-5:] == [
        "s:proxy passed",
        "s:tls passed",
        "s:greeting passed",
        "s:sign-in passed",
        "s:mailbox skipped",
    ]
    assert sandbox.delivered() == []


def test_message_goes_out_only_where_it_was_asked_for(
    sandbox: Sandbox,
    sending: SmtpClient,
) -> None:
    run = carried_out(sending, send_to="anna@customers.example")
    last = run.checks.last()
    assert (run.state, last.stage, last.state) == ("passed", "data", "passed")
    assert last.evidence["answer"].startswith("250 ")
    [mail] = sandbox.delivered()
    assert mail["to"] == ["anna@customers.example"]
    assert last.evidence["message_id"] == mail["message_id"]


def test_recipient_that_is_refused_fails_the_sending(sending) -> None:
    run = carried_out(sending, send_to="anna@unknown.example")
    assert fault_of(run) == ("server", "data", "recipient-refused", "")


def test_server_is_asked_by_name_and_port_without_a_proxy(db: None) -> None:
    client = pop(None, server="127.0.0.1", port=str(free_port()), **{MECHANISMS: ""})
    run = carried_out(client)
    assert shown(run)[:3] == ["-:fields passed", "s:dns passed", "s:tcp failed"]
    assert fault_of(run) == ("server", "tcp", "connect-refused", "port")


WRONG_POP = [
    ({"password": "wrong-Password"}, "a:token", "AADSTS50126", "password"),
    ({"directory-id": NOBODYS}, "a:tenant", "AADSTS90002", "directory-id"),
    ({"client-id": NOBODYS}, "a:token", "AADSTS700016", "client-id"),
    ({"client-id": world.UNCONSENTED_APP_ID}, "a:token", "AADSTS65001", ""),
    ({"folder-path": "No/Such"}, "s:mailbox", "folder-missing", "folder-path"),
    ({"server": "imap.nowhere.example"}, "s:proxy", "proxy-gateway", "server"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "at", "code", "option"), WRONG_POP)
def test_wrong_value_fails_at_its_check(
    proxy: Proxy,
    changes: dict[str, object],
    at: str,
    code: str,
    option: str,
) -> None:
    run = carried_out(pop(proxy, **changes))
    side, stage, found, where = fault_of(run)
    assert (f"{side[0]}:{stage}", found, where) == (at, code, option)


FAULTS = [
    ("support@contoso.example", "imap-refuse-token", "s:sign-in", "token-not-accepted"),
    ("*", "imap-no-xoauth2", "s:sign-in", "xoauth2-missing"),
    ("support@contoso.example", "imap-drop-at-login", "s:sign-in", "connection-lost"),
    ("support@contoso.example", "AADSTS50053", "a:token", "AADSTS50053"),
    ("support@contoso.example", "AADSTS65001", "a:token", "AADSTS65001"),
    ("*", "entra-unavailable", "a:tenant", "token-unavailable"),
    ("*", "entra-html", "a:tenant", "token-not-json"),
    ("*", "entra-drop", "a:tenant", "connection-lost"),
    ("*", "proxy-refuse", "a:proxy", "proxy-denied"),
    ("*", "proxy-login", "a:proxy", "proxy-auth"),
]


@pytest.mark.parametrize(("account", "fault", "at", "code"), FAULTS)
def test_fault_fails_at_its_check(
    sandbox: Sandbox,
    fetching,
    account: str,
    fault: str,
    at: str,
    code: str,
) -> None:
    sandbox.fault(account, fault)
    side, stage, found, _option = fault_of(carried_out(fetching))
    assert (f"{side[0]}:{stage}", found) == (at, code)


def test_mailbox_that_cannot_be_opened(proxy: Proxy) -> None:
    run = carried_out(pop(proxy, "norights@contoso.example"))
    side, stage, code, _option = fault_of(run)
    assert (side, stage, code) == ("server", "mailbox", "authenticated-not-connected")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("smtp-auth-off-tenant", "smtp-auth-off-tenant"),
        ("smtp-auth-off-mailbox", "smtp-auth-off-mailbox"),
        ("smtp-refuse-token", "token-not-accepted"),
        ("smtp-throttled", "too-many-connections"),
    ],
)
def test_fault_of_sending_fails_at_sign_in(
    sandbox: Sandbox,
    sending: SmtpClient,
    fault: str,
    code: str,
) -> None:
    sandbox.fault(ADDRESS, fault)
    side, stage, found, _option = fault_of(carried_out(sending))
    assert (side, stage, found) == ("server", "sign-in", code)


def test_refused_token_is_forgotten_and_explained_by_its_claims(
    sandbox: Sandbox,
    fetching,
) -> None:
    sandbox.fault(ADDRESS, "imap-refuse-token", times=1)
    check = failed(carried_out(fetching))
    assert check.evidence["claims"]["upn"] == ADDRESS
    assert carried_out(fetching).state == "passed"
    assert sandbox.requests(ADDRESS)["token"] == {"ok": 2}


def test_unknown_name_without_a_proxy() -> None:
    run = carried_out(pop(None, server="no-such-host.invalid", **{MECHANISMS: ""}))
    side, stage, code, _option = fault_of(run)
    assert (side, stage) == ("server", "dns")
    assert code in ("dns-unknown", "dns-temporary")  # as this machine's resolver says


def test_proxy_that_is_not_there(proxy: Proxy) -> None:
    Proxy.objects.filter(pk=proxy.pk).update(port=free_port())
    run = carried_out(pop(proxy))
    assert fault_of(run) == ("authority", "proxy", "proxy-unreachable", "proxy")


def test_proxy_without_its_certificate_authority(proxy: Proxy) -> None:
    Proxy.objects.filter(pk=proxy.pk).update(ca_pem="")
    run = carried_out(pop(proxy))
    assert fault_of(run) == ("authority", "tls", "tls-untrusted", "proxy")


def test_certificate_for_another_name(sandbox: Sandbox, proxy: Proxy) -> None:
    """The sandbox's certificate carries the providers' names only."""
    routes = {("imap.other.example", 993): "imaps"}
    world.ROUTES.update(routes)
    try:
        run = carried_out(pop(proxy, server="imap.other.example"))
    finally:
        del world.ROUTES["imap.other.example", 993]
    assert fault_of(run) == ("server", "tls", "tls-name", "server")


@pytest.mark.parametrize(
    ("shift", "skew"), [(900, "15 minutes slow"), (-900, "15 minutes fast")]
)
def test_clock_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
    fetching,
    shift: int,
    skew: str,
) -> None:
    monkeypatch.setattr(
        http, "formatdate", lambda usegmt: formatdate(time.time() + shift, usegmt=True)
    )
    run = carried_out(fetching)
    assert fault_of(run) == ("authority", "clock", "clock-skew", "")
    finding = connection_test.finding_of(run)
    assert str(finding.title) == f"The clock of this host is {skew}"
    assert str(finding.who) == "a network administrator"


@pytest.mark.parametrize("shift", [290, -290])
def test_clock_within_five_minutes_is_good_enough(
    monkeypatch: pytest.MonkeyPatch,
    fetching,
    shift: int,
) -> None:
    monkeypatch.setattr(
        http, "formatdate", lambda usegmt: formatdate(time.time() + shift, usegmt=True)
    )
    assert carried_out(fetching).state == "passed"


def test_authority_that_tells_no_time(
    monkeypatch: pytest.MonkeyPatch,
    fetching,
) -> None:
    monkeypatch.setattr(http, "formatdate", lambda usegmt: "yesterday")
    run = carried_out(fetching)
    assert run.state == "passed"
    assert "a:clock skipped" in shown(run)


def test_token_without_the_permission(
    monkeypatch: pytest.MonkeyPatch,
    fetching,
) -> None:
    app = world.APPS[world.PUBLIC_APP_ID]
    less = dataclasses.replace(app, mail=("SMTP.Send",))
    monkeypatch.setitem(world.APPS, world.PUBLIC_APP_ID, less)
    run = carried_out(fetching)
    assert fault_of(run) == ("authority", "claims", "token-permission", "")
    finding = connection_test.finding_of(run)
    assert str(finding.title) == "The token lacks the permission IMAP.AccessAsUser.All"


def at_scripted(port: int, security: str = "none") -> PopClient:
    return pop(
        None,
        server="127.0.0.1",
        port=str(port),
        pop_connection_security=security,
        **{MECHANISMS: ""},
    )


def test_starttls_that_is_not_offered_fails_at_tls() -> None:
    with imap_script.serve({}) as server:
        run = carried_out(at_scripted(server.port, "start-tls"))
    assert fault_of(run) == ("server", "tls", "starttls-missing", "server")


def test_another_kind_of_server_fails_at_the_greeting() -> None:
    """Before STARTTLS, so encrypting is not reached and that is no failure."""
    with imap_script.serve({b"greeting": b"SSH-2.0-OpenSSH_9.2\r\n"}) as server:
        run = carried_out(at_scripted(server.port, "start-tls"))
    assert fault_of(run)[:3] == ("server", "greeting", "greeting-unexpected")
    assert "s:tls skipped" in shown(run)


def test_connection_without_encryption_skips_that_check() -> None:
    with imap_script.signed_in({}) as server:
        run = carried_out(at_scripted(server.port))
    assert (run.state, states(run)["s:tls"]) == ("passed", "skipped")


def test_relay_without_a_login_skips_signing_in() -> None:
    with smtp_script.serve() as server:
        result = revisions.save_smtp_client(
            client=None,
            section="relay",
            raw={
                "server": "127.0.0.1",
                "port": str(server.port),
                "smtp-connection-security": "none",
            },
        )
        run = carried_out(result.client, send_to="anna@customers.example")
    assert run.state == "passed"
    assert shown(run)[-3:] == [
        "s:sign-in skipped",
        "s:mailbox skipped",
        "s:data passed",
    ]
    assert b"RCPT TO:<anna@customers.example>" in server.heard


def test_password_that_a_server_repeats_is_masked() -> None:
    """Some servers put the whole command into their answer."""
    password = world.accounts()[ADDRESS].password
    sasl = base64.b64encode(f"\0{ADDRESS}\0{password}".encode())
    answer = b"{tag} NO wrong: %s in %s\r\n" % (password.encode(), sasl)
    with imap_script.serve({b"AUTHENTICATE": imap_script.auth(answer)}) as server:
        run = carried_out(at_scripted(server.port))
    check = failed(run)
    assert (check.stage, check.code) == ("sign-in", "password-refused")
    assert "wrong: ••• in •••" in check.evidence["answer"]
    everything = json.dumps(report.as_json(run)) + report.text(run)
    assert password not in everything and sasl.decode() not in everything
