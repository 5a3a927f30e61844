"""Every address of the console with every role: what it answers.

Anonymous visitors are sent to the sign-in; a signed-in user without rights may look but
neither change nor read content; a superuser may do all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailboxes.core.choices import ParseState
from mailboxes.models import (
    AuditEvent,
    Fetcher,
    Mailbox,
    OutboundChunk,
    OutboundMessage,
    PopClient,
    SignIn,
    SmtpClient,
)
from mailboxes.services import clients, connection_test, proxies, registrations
from mailboxes.services.secrets import named as named_secrets
from mailboxes.services.wizard import drafts
from mailboxes.urls import urlpatterns
from tests import factories

pytestmark = pytest.mark.django_db

SIGN_IN = 302
OPEN = (200, 200, 200)
LOOK = (SIGN_IN, 200, 200)
CONTENT = (SIGN_IN, 403, 200)
CHANGE = (SIGN_IN, 403, 200)
DO = (SIGN_IN, 403, SIGN_IN)  # a POST that redirects when it is done

# name: (method, arguments by name, answers for anonymous, nobody, root)
TABLE: dict[str, tuple[str, tuple[str, ...], tuple[int, int, int]]] = {
    "dashboard": ("get", (), LOOK),
    "healthz": ("get", (), OPEN),
    "login": ("get", (), (200, 302, 302)),
    "logout": ("post", (), (302, 302, 302)),
    "password-change": ("get", (), LOOK),
    "theme": ("post", (), (400, 400, 400)),
    "styleguide": ("get", (), (SIGN_IN, SIGN_IN, 200)),
    "mailbox-list": ("get", (), LOOK),
    "quarantine": ("get", (), LOOK),
    "mailbox-detail": ("get", ("mailbox",), LOOK),
    "mailbox-cycles": ("get", ("mailbox",), LOOK),
    "mailbox-messages": ("get", ("mailbox",), LOOK),
    "mailbox-fetch": ("post", ("mailbox",), DO),
    "mailbox-pause": ("get", ("mailbox",), CHANGE),
    "mailbox-unpause": ("post", ("mailbox",), DO),
    "mailbox-resume": ("post", ("mailbox",), DO),
    "cycle-detail": ("get", ("cycle",), LOOK),
    "message-detail": ("get", ("message",), LOOK),
    "message-read-again": ("post", ("message",), DO),
    "message-html": ("get", ("message",), CONTENT),
    "message-raw": ("get", ("message",), CONTENT),
    "message-attachment": ("get", ("message", "attachment"), CONTENT),
    "system": ("get", (), LOOK),
    "explain": ("get", (), LOOK),
    "audit": ("get", (), CHANGE),
    "audit-csv": ("get", (), CHANGE),
    "system-hold": ("post", (), DO),
    "system-release": ("post", (), DO),
    "option-sets": ("get", (), LOOK),
    "options-import": ("get", (), CHANGE),
    "options-template": ("get", (), CHANGE),
    "options-export": ("get", (), CHANGE),
    "mailbox-new": ("get", (), CHANGE),
    "smtp-client-new": ("get", (), CHANGE),
    "option-set-edit": ("get", ("kind", "pop"), CHANGE),
    "option-set-compare": ("get", ("kind", "pop"), LOOK),
    "option-set-saved": ("get", ("kind", "pop", "number"), LOOK),
    "option-set-compare-json": ("get", ("kind", "pop"), LOOK),
    "option-set-archive": ("get", ("kind", "pop"), CHANGE),
    "option-set-unarchive": ("post", ("kind_smtp", "archived"), DO),
    "registration-list": ("get", (), LOOK),
    "registration-new": ("get", (), CHANGE),
    "registration-detail": ("get", ("registration",), LOOK),
    "registration-edit": ("get", ("registration",), CHANGE),
    "registration-secret": ("post", ("registration",), (SIGN_IN, 403, 400)),
    "registration-certificate": ("post", ("registration",), (SIGN_IN, 403, 400)),
    "registration-certificate-make": ("post", ("registration",), (SIGN_IN, 403, 302)),
    "registration-certificate-use": ("post", ("registration",), (SIGN_IN, 403, 302)),
    "registration-certificate-discard": (
        "post",
        ("registration",),
        (SIGN_IN, 403, 302),
    ),
    "registration-certificate-take-away": (
        "post",
        ("registration",),
        (SIGN_IN, 403, 302),
    ),
    "registration-certificate-file": ("get", ("registration",), (SIGN_IN, 404, 404)),
    "registration-certificate-new-file": (
        "get",
        ("registration",),
        (SIGN_IN, 404, 404),
    ),
    "secret-list": ("get", (), LOOK),
    "secret-new": ("get", (), CHANGE),
    "secret-edit": ("get", ("secret",), LOOK),
    "proxy-list": ("get", (), LOOK),
    "proxy-new": ("get", (), CHANGE),
    "proxy-edit": ("get", ("proxy",), LOOK),
    "shared-saved": ("get", ("word", "registration", "event"), LOOK),
    "shared-restart": ("get", ("word", "registration"), CHANGE),
    "shared-delete": ("get", ("word", "registration"), CHANGE),
    "option-set-restore": ("post", ("kind", "pop"), (SIGN_IN, 403, 404)),
    "option-set-fetch": ("post", ("pop",), DO),
    "option-set-restart": ("get", ("smtp",), CHANGE),
    "connection-test-start": ("post", ("kind", "pop"), DO),
    "connection-test": ("get", ("test",), LOOK),
    "connection-test-cancel": ("post", ("test",), DO),
    "connect": ("get", (), CHANGE),
    "connect-draft": ("get", ("draft",), (SIGN_IN, 403, SIGN_IN)),
    "connect-discard": ("get", ("draft",), CHANGE),
    "connect-step": ("get", ("draft", "step"), CHANGE),
    "connect-here": ("post", ("draft", "step"), CHANGE),
    "connect-consent": ("post", ("draft",), DO),
    "connect-certificate-make": ("post", ("draft",), DO),
    "connect-certificate-use": ("post", ("draft",), DO),
    "connect-certificate-discard": ("post", ("draft",), DO),
    "connect-certificate-take-away": ("post", ("draft",), DO),
    "connect-test": ("post", ("draft",), DO),
    "connect-sign-in": ("post", ("draft",), DO),
    "connect-test-cancel": ("post", ("draft",), DO),
    "connect-take-over": ("post", ("draft",), (SIGN_IN, 403, 404)),
    "connect-turn-on": ("post", ("draft",), DO),
    "consent": ("get", (), (400, 400, 400)),  # public; without a link nothing is good
    "sign-in-start": ("post", ("kind", "pop"), DO),
    "sign-in": ("get", ("sign-in",), LOOK),
    "sign-in-cancel": ("post", ("sign-in",), DO),
    # public; without a link nothing is good
    "sign-in-answer": ("get", (), (400, 400, 400)),
    "sign-in-owner": ("get", ("token",), (404, 404, 404)),
    "outbox": ("get", (), LOOK),
    "outbox-compose": ("get", (), CHANGE),
    "outbox-message": ("get", ("outbound",), LOOK),
    "outbox-raw": ("get", ("outbound",), CONTENT),
    "outbox-action": ("post", ("outbound", "slug"), DO),
    "outbox-requeue": ("get", ("smtp", "code"), (SIGN_IN, 403, 302)),  # none failed
    "outbox-give-up": ("get", ("smtp", "code"), (SIGN_IN, 403, 302)),
    "sandbox": ("get", (), (SIGN_IN, 403, 404)),  # there is none here
    "sandbox-switch": ("post", (), (SIGN_IN, 403, 404)),
}

MAIL = (
    b"Subject: Hello\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<b>Hi</b>\r\n"
    b"--b\r\nContent-Type: application/pdf; name=a.pdf\r\n"
    b"Content-Disposition: attachment; filename=a.pdf\r\n\r\n%PDF-\r\n--b--\r\n"
)


@pytest.fixture
def known() -> dict[str, Any]:
    """One row of each kind, by the names of TABLE."""
    factories.live_worker()
    pop = factories.pop_client()
    smtp = factories.smtp_client()
    archived = factories.smtp_client("old", enabled=False)
    clients.archive(archived, None)
    registration = factories.registration()
    registrations.save(
        registration=registration,
        name="Fabrikam",
        tenant_authority=registration.tenant_authority,
        directory_id=registration.directory_id,
        client_id=registration.client_id,
    )
    outbound = factories.outbound(smtp)
    OutboundChunk.objects.create(message=outbound, number=0, data=MAIL)
    return {
        "kind_smtp": "smtp",
        "archived": archived.pk,
        "registration": registration.pk,
        "secret": named_secrets.save(name="gmail", password="x")[0].pk,
        "proxy": proxies.save_proxy(name="squid", host="p.example", port=1).pk,
        "word": "registrations",
        "event": AuditEvent.objects.get(action="registration.saved").pk,
        "mailbox": pop.mailbox_row_id,
        "pop": pop.pk,
        "smtp": smtp.pk,
        "kind": "pop",
        "number": 1,
        "cycle": factories.cycle(pop).pk,
        "message": factories.message(pop, MAIL, parse_state=ParseState.PARSED).pk,
        "attachment": 1,
        "test": connection_test.ask(pop, None).pk,
        "draft": drafts.begin({"address": "a@b.example", "direction": "both"}, None).pk,
        "step": "mailbox",
        "outbound": outbound.pk,
        "slug": "cancel",
        "code": "message-refused",
        "token": "nobodys",
        "sign-in": SignIn.objects.create(
            kind="device",
            state="shown",
            nonce="x",
            pop_client=pop,
            login="a@b.example",
            created_at=timezone.now(),
            expires_at=timezone.now(),
        ).pk,
    }


def test_every_address_stands_in_the_table() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(TABLE)


@pytest.fixture
def visitors(client: Client) -> list[Callable[[], Client]]:
    def signed_in(user: Any) -> Client:
        visitor = Client()
        visitor.force_login(user)
        return visitor

    return [
        Client,
        lambda: signed_in(factories.user("nobody")),
        lambda: signed_in(factories.superuser()),
    ]


@pytest.mark.table(4)
@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("role", [0, 1, 2], ids=["anonymous", "nobody", "root"])
def test_address_answers(
    name: str, role: int, known: dict[str, Any], visitors: list[Callable[[], Client]]
) -> None:
    method, arguments, answers = TABLE[name]
    path = reverse(name, args=[known[a] for a in arguments])
    response = getattr(visitors[role](), method)(path)
    assert response.status_code == answers[role]
    if role == 0 and answers[0] == SIGN_IN and name not in ("logout", "theme"):
        assert response["Location"].startswith(("/sign-in/?next=", "/admin/login/"))


@pytest.mark.table(3)
@pytest.mark.parametrize(
    "name", [name for name, (method, _a, _c) in TABLE.items() if method == "post"]
)
def test_change_needs_post_and_a_token(name: str, known: dict[str, Any]) -> None:
    _method, arguments, _answers = TABLE[name]
    path = reverse(name, args=[known[a] for a in arguments])
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(factories.superuser())
    assert visitor.get(path).status_code in (404, 405)
    assert visitor.post(path).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/mailboxes/999/", "/messages/999/", "/cycles/999/", "/outbox/999/",
        "/connection-tests/999/",
        "/option-sets/pop/999/", "/option-sets/nonsense/1/", "/mailboxes/abc/",
        "/option-sets/nonsense/1/compare.json", "/option-sets/pop/999/archive/",
        "/registrations/999/", "/secrets/999/", "/proxies/999/",
        "/setup/nonsense/1/delete/", "/setup/proxies/999/restart/",
        "/setup/registrations/1/saved/999/",
        "/connect/999/", "/connect/999/mode/", "/connect/999/discard/",
    ],
)  # fmt: skip
def test_what_is_not_there_is_404(path: str) -> None:
    visitor = Client()
    visitor.force_login(factories.superuser())
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/mailboxes/?page=nonsense&health=nonsense&q=%00",
        "/audit/?page=x&q=%00&kind=%27&key=%00&since=%00&until=99999-01-01",
        "/outbox/?state=nonsense&code=%00&page=-1",
        "/option-sets/pop/{pop}/?a=x&b=y",
        "/mailboxes/{mailbox}/cycles/?only=x&page=99999999999999999999",
        "/mailboxes/{mailbox}/messages/?q=%25%27%22%00",
        "/mailboxes/new/?template=nonsense&copy=x",
        "/option-sets/?kind=nonsense&q=%00&page=x&archived=2",
        "/registrations/1/?page=nonsense",
        "/outbox/compose/?from=nonsense",
        "/connect/{draft}/mailbox/?region=1",
        "/consent/?state=nonsense&error=%00&admin_consent=True",
    ],
)
def test_nonsense_in_an_address_is_no_fault_of_the_server(
    path: str, known: dict[str, Any]
) -> None:
    visitor = Client()
    visitor.force_login(factories.superuser())
    assert visitor.get(path.format(**known)).status_code in (200, 302, 400, 404)


def _buttons(html: str) -> list[tuple[str, str]]:
    """(method, address) of what can be pressed on a page, but for the frame's own."""
    main = html.partition("<main")[2]
    links = re.findall(r'<a class="button[^"]*" href="([^"#?]+)', main)
    forms = re.findall(r'<form [^>]*method="post"[^>]*>', main)
    actions = [re.search(r'action="([^"]+)"', form) for form in forms]
    return [("get", link) for link in links] + [
        ("post", action[1]) for action in actions if action
    ]


def _refused(visitor: Client, path: str) -> list[tuple[str, str]]:
    """What the page shows, and answers with "You may not see this page"."""
    page = visitor.get(path)
    assert page.status_code == 200
    return [
        (method, address)
        for method, address in _buttons(page.content.decode())
        if getattr(visitor, method)(address).status_code == 403
    ]


@pytest.mark.parametrize("state", ["healthy", "stopped", "paused", "archived"])
def test_no_button_is_shown_that_may_not_be_pressed(
    state: str, known: dict[str, Any], client: Client
) -> None:
    client.force_login(factories.user("nobody"))
    now = timezone.now()
    Mailbox.objects.update(smtp_client=SmtpClient.objects.get(section="smtp-client"))
    SignIn.objects.update(expires_at=now + timedelta(hours=1))
    if state == "stopped":
        Fetcher.objects.update(state="stopped", code="AADSTS50126", stage="token")
        SignIn.objects.update(state="failed", code="AADSTS50126")
        OutboundMessage.objects.update(state="failed", code="message-refused")
    elif state == "paused":
        Fetcher.objects.update(paused_at=now)
        SignIn.objects.update(expires_at=now)
        OutboundMessage.objects.update(state="unconfirmed", code="send-unconfirmed")
    elif state == "archived":
        PopClient.objects.update(archived_at=now)
        SmtpClient.objects.update(archived_at=now)
    refused = {}
    for name, (_method, arguments, answers) in TABLE.items():
        if answers == LOOK:
            path = reverse(name, args=[known[a] for a in arguments])
            refused[name] = _refused(client, path)
    assert {name: found for name, found in refused.items() if found} == {}


def test_buttons_of_a_mailbox_are_shown_to_those_who_may_press_them(
    known: dict[str, Any], client: Client
) -> None:
    Mailbox.objects.update(smtp_client=SmtpClient.objects.get(section="smtp-client"))
    path = reverse("mailbox-detail", args=[known["mailbox"]])
    shown = {}
    for right in ("change_fetcher", "change_popclient", "add_outboundmessage"):
        client.force_login(factories.user(right, right))
        head = client.get(path).content.decode().partition('class="tabs"')[0]
        shown[right] = _buttons(head)
    mailbox, pop = f"/mailboxes/{known['mailbox']}", f"/option-sets/pop/{known['pop']}"
    assert shown == {
        "change_fetcher": [
            ("get", f"{mailbox}/pause/"),
            ("post", f"{mailbox}/fetch/"),
            ("post", f"{pop}/test/"),
        ],
        "change_popclient": [("get", f"{pop}/edit/")],
        "add_outboundmessage": [("get", "/outbox/compose/")],
    }


@pytest.mark.parametrize(
    ("rights", "more"),
    [
        ([], []),
        (["add_setupdraft"], ["/connect/"]),
        (["change_smtpclient"], ["/option-sets/import/"]),
    ],
)
def test_menu_leads_only_to_pages_that_let_one_in(
    rights: list[str], more: list[str], client: Client, db: None
) -> None:
    client.force_login(factories.user("somebody", *rights))
    rail = client.get("/").content.decode().partition('class="rail"')[2]
    links = set(re.findall(r'<a class="nav-link" href="([^"#]+)"', rail))
    assert {link for link in links if client.get(link).status_code != 200} == set()
    guarded = {"/connect/", "/option-sets/import/", "/admin/"}
    assert links & guarded == set(more)


def test_number_that_no_database_holds_is_404(known: dict[str, Any]) -> None:
    visitor = Client()
    visitor.force_login(factories.superuser())
    answers = {}
    for name, (method, arguments, _answers) in TABLE.items():
        for argument in arguments:
            if isinstance(known[argument], int):
                values = known | {argument: 9_999_999_999_999_999_999}
                path = reverse(name, args=[values[a] for a in arguments])
                answers[path] = getattr(visitor, method)(path).status_code
    assert {path: code for path, code in answers.items() if code != 404} == {}
