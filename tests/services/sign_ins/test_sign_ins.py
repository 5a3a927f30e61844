"""Sign-ins of owners: one answer for each link, and what becomes of it."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.utils import timezone

from mailadmin import gunicorn
from mailboxes.core.choices import RunState, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import (
    AuditEvent,
    Fetcher,
    PopClient,
    Proxy,
    SecretValue,
    SignIn,
    SmtpClient,
)
from mailboxes.models.clients import MECHANISMS
from mailboxes.oauth import microsoft
from mailboxes.oauth.base import Token, TokenOutcome
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import clients, connect, revisions, secrets, sign_ins
from mailboxes.services.options import snapshots
from mailboxes.services.proxies import save_proxy
from mailboxes.services.sign_ins import (
    CannotSignIn,
    result as sign_in_result,
    work as sign_in_work,
)
from tests.fixtures import person

pytestmark = pytest.mark.django_db
ADDRESS = "support@contoso.example"
OTHER = "orders@contoso.example"
BACK = "http://testserver/owner-sign-in/answer/"


@pytest.fixture
def proxy(db, sandbox: Sandbox) -> Proxy:
    return save_proxy(
        name="sandbox",
        host="127.0.0.1",
        port=sandbox.proxy_port,
        ca_pem=sandbox.ca_pem,
        sandbox=True,
    )


def raw(proxy: Proxy, **changes: object) -> dict[str, object]:
    return {
        MECHANISMS: "XOAUTH2",
        "grant-type": "authorization_code",
        "directory-id": world.TENANT_ID,
        "client-id": world.PUBLIC_APP_ID,
        "proxy": proxy.pk,
        "enable-client": False,
    } | changes


def pop(proxy: Proxy, **changes: object) -> PopClient:
    saved = revisions.save_pop_client(
        client=None,
        address=ADDRESS,
        raw={"server": "outlook.office365.com", **raw(proxy, **changes)},
    )
    assert isinstance(saved.client, PopClient)
    return saved.client


def smtp(proxy: Proxy, **changes: object) -> SmtpClient:
    given = {"server": "smtp.office365.com", "mailbox": ADDRESS, **changes}
    saved = revisions.save_smtp_client(
        client=None, section="smtp-client-support", raw=raw(proxy, **given)
    )
    assert isinstance(saved.client, SmtpClient)
    return saved.client


def came_back(location: str) -> SignIn | None:
    """The answer of the authority, as the public page takes it."""
    request = RequestFactory().get(location)
    request.user = AnonymousUser()
    return sign_ins.answer(request).row


def signed_in(box: Sandbox, row: SignIn, who: str = ADDRESS) -> SignIn:
    assert came_back(person.sent_back(box, who, sign_ins.address(row))) is not None
    assert sign_in_work.carry_out(row.pk) is True
    return SignIn.objects.get(pk=row.pk)


def token(client: PopClient | SmtpClient) -> str:
    return secrets.reveal(snapshots.take(client)["password"])


def test_owner_signs_in_once_for_receiving_and_sending(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    receives, sends = pop(proxy), smtp(proxy)
    row = sign_ins.begin(receives, None, BACK)
    row = signed_in(sandbox, row)
    assert (row.state, row.account, row.kept_id) == ("done", ADDRESS, None)
    assert token(receives) == token(sends)
    for client in (receives, sends):
        taken = snapshots.take(client)
        build = connect.inbound if client is receives else connect.outbound
        with build(taken) as transport:
            assert transport.alive()
    # What the sign-in needed to go on is gone.
    assert SecretValue.objects.filter(purpose="sign-in").count() == 0
    events = AuditEvent.objects.filter(action__startswith="sign-in.")
    assert sorted(events.values_list("action", flat=True)) == [
        "sign-in.asked",
        "sign-in.done",
        "sign-in.done",
    ]


def test_section_of_another_account_is_left_alone(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    receives = pop(proxy)
    others = [
        smtp(proxy, mailbox=OTHER),
    ]
    signed_in(sandbox, sign_ins.begin(receives, None, BACK))
    assert [snapshots.take(one)["password"] for one in others] == [None]


def test_stopped_client_tries_again_at_once(sandbox: Sandbox, proxy: Proxy) -> None:
    client = pop(proxy)
    Fetcher.objects.filter(pop_client=client).update(state=RunState.STOPPED)
    signed_in(sandbox, sign_ins.begin(client, None, BACK))
    fetcher = Fetcher.objects.get(pop_client=client)
    assert (fetcher.state, fetcher.next_due <= timezone.now()) == ("active", True)


def test_answer_is_taken_once(sandbox: Sandbox, proxy: Proxy) -> None:
    row = sign_ins.begin(pop(proxy), None, BACK)
    location = person.sent_back(sandbox, ADDRESS, sign_ins.address(row))
    assert came_back(location) is not None
    assert came_back(location) is None
    assert sign_in_work.carry_out(row.pk) is True
    assert came_back(location) is None
    assert SignIn.objects.get(pk=row.pk).state == "done"


def test_code_is_sealed_and_the_link_holds_no_secret(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    row = sign_ins.begin(pop(proxy), None, BACK)
    link = sign_ins.address(row)
    assert row.kept_id is not None
    verifier = secrets.reveal(row.kept_id)
    assert row.nonce not in link.replace(f"state={row.nonce}", "")
    location = person.sent_back(sandbox, ADDRESS, link)
    code = parse_qs(urlsplit(location).query)["code"][0]
    came_back(location)
    stored = SecretValue.objects.values_list("ciphertext", flat=True)
    assert code not in "".join(stored) and verifier not in "".join(stored)
    fields = SignIn.objects.filter(pk=row.pk).values().get()
    assert code not in repr(fields)


def test_long_code_is_kept_whole(proxy: Proxy) -> None:
    row = sign_ins.begin(pop(proxy), None, BACK)
    code = "1.A" + "x" * 7000
    assert came_back(f"{BACK}?code={code}&state={sign_ins.token_of(row)}") is not None
    row.refresh_from_db()
    assert row.kept_id is not None
    assert json.loads(secrets.reveal(row.kept_id))["code"] == code


def test_web_process_takes_the_longest_code() -> None:
    assert gunicorn.limit_request_line >= sign_ins.LONGEST


@pytest.mark.parametrize(
    "state", ["", "x", "x:y", "a" * 5000, "00000000000000000000000000000000:sig"]
)
def test_state_that_we_did_not_sign_is_nobodys(state: str) -> None:
    assert came_back(f"{BACK}?state={state}&code=1") is None


def test_account_that_was_not_asked_for_is_refused(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = pop(proxy)
    row = signed_in(sandbox, sign_ins.begin(client, None, BACK), OTHER)
    found = sign_ins.finding(row)
    assert found is not None
    assert (row.state, found.id, found.option) == (
        "failed",
        "sign-in-other-account",
        "account",
    )
    assert OTHER in str(found.cause) and ADDRESS in str(found.fix)
    assert snapshots.take(client)["password"] is None
    assert SecretValue.objects.filter(purpose="refresh-token").count() == 0


def test_owner_who_cancels_is_told_of(sandbox: Sandbox, proxy: Proxy) -> None:
    row = sign_ins.begin(pop(proxy), None, BACK)
    link = sign_ins.address(row)
    assert came_back(person.sent_back(sandbox, ADDRESS, link, accept=False)) is not None
    row.refresh_from_db()
    found = sign_ins.finding(row)
    assert found is not None
    assert (row.state, row.code, found.id) == (
        "failed",
        "AADSTS65004",
        "entra-consent-declined",
    )


def test_refusal_that_the_browser_brings_is_the_owners_too(proxy: Proxy) -> None:
    row = sign_ins.begin(pop(proxy), None, BACK)
    told = "error=interaction_required&error_description=AADSTS50076:+Use+a+factor."
    assert came_back(f"{BACK}?state={sign_ins.token_of(row)}&{told}") is not None
    row.refresh_from_db()
    found = sign_ins.finding(row)
    assert found is not None
    assert (row.code, found.id, found.option, str(found.step)) == (
        "AADSTS50076",
        "entra-mfa-required",
        "password",
        "refresh-token",
    )


def test_newer_sign_in_takes_the_place_of_an_older(proxy: Proxy) -> None:
    client = pop(proxy)
    first = sign_ins.begin(client, None, BACK)
    second = sign_ins.begin(client, None, BACK)
    first.refresh_from_db()
    assert (first.state, first.kept_id, sign_ins.newest(client)) == (
        "replaced",
        None,
        second,
    )
    assert SecretValue.objects.filter(purpose="sign-in").count() == 1


def test_changed_application_ends_the_link(sandbox: Sandbox, proxy: Proxy) -> None:
    client = pop(proxy)
    row = sign_ins.begin(client, None, BACK)
    location = person.sent_back(sandbox, ADDRESS, sign_ins.address(row))
    revisions.save_pop_client(
        client=client,
        address=ADDRESS,
        raw={"client-id": world.CONFIDENTIAL_APP_ID},
        base_revision=1,
    )
    row = SignIn.objects.get(pk=row.pk)
    assert sign_ins.address(row) == ""
    came_back(location)
    sign_in_work.carry_out(row.pk)
    row.refresh_from_db()
    assert row.state == "replaced"


def test_archive_ends_what_the_owner_was_asked_for(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = pop(proxy)
    row = sign_ins.begin(client, None, BACK)
    location = person.sent_back(sandbox, ADDRESS, sign_ins.address(row))
    clients.archive(client, None)
    row.refresh_from_db()
    assert (row.state, row.kept_id, came_back(location)) == ("replaced", None, None)
    with pytest.raises(CannotSignIn, match="out of the archive"):
        sign_ins.begin(client, None, BACK)


def test_owner_who_answered_before_the_archive_leaves_no_token(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = pop(proxy)
    row = sign_ins.begin(client, None, BACK)
    assert came_back(person.sent_back(sandbox, ADDRESS, sign_ins.address(row)))
    PopClient.objects.update(archived_at=timezone.now())
    assert sign_in_work.carry_out(row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.account, row.kept_id) == ("replaced", "", None)
    assert SecretValue.objects.filter(purpose="refresh-token").count() == 0


def test_token_that_no_section_takes_is_not_stored(proxy: Proxy) -> None:
    client = pop(proxy)
    row = sign_ins.begin(client, None, BACK)
    snapshot = sign_ins.of_now(row)
    assert snapshot is not None
    PopClient.objects.update(archived_at=timezone.now())  # while the worker asks
    token = Token("access", 0.0, False)
    outcome = TokenOutcome(token, refresh_token="refresh~1", account=ADDRESS)
    assert sign_in_result.keep(row, snapshot, outcome) == []
    row.refresh_from_db()
    assert (row.state, row.account) == ("replaced", "")
    assert not SecretValue.objects.exists()
    assert not AuditEvent.objects.filter(action="sign-in.done").exists()


def test_save_of_a_section_at_the_same_moment_costs_no_second_sign_in(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = pop(proxy)
    row = sign_ins.begin(client, None, BACK)
    snapshot = sign_ins.of_now(row)
    assert snapshot is not None
    found, looks = sign_in_result.same_account, 0

    def look(wanted: snapshots.Snapshot) -> list[PopClient | SmtpClient]:
        nonlocal looks
        looks, seen = looks + 1, found(wanted)
        if looks == 1:  # between the look at the sections and the write
            revisions.save_pop_client(
                client=PopClient.objects.get(),
                address=ADDRESS,
                raw={"cycle-time": "00:05:00"},
                base_revision=1,
            )
        return seen

    monkeypatch.setattr(sign_in_result, "same_account", look)
    outcome = TokenOutcome(
        Token("access", 0.0, False), refresh_token="refresh~1", account=ADDRESS
    )
    assert sign_in_result.keep(row, snapshot, outcome) == [client]
    row.refresh_from_db()
    assert (row.state, looks, token(client)) == ("done", 2, "refresh~1")


def test_nobody_came_in_time(proxy: Proxy) -> None:
    row = sign_ins.begin(pop(proxy), None, BACK)
    SignIn.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    row.refresh_from_db()
    found = sign_ins.finding(row)
    assert found is not None and found.id == "sign-in-late"
    assert sign_in_work.expire(timezone.now()) == 1
    row.refresh_from_db()
    assert (row.state, row.code, row.kept_id) == ("failed", "sign-in-late", None)


def test_device_code_is_shown_and_asked_for_until_the_owner_is_done(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    sandbox.device_interval(1)
    client = pop(proxy, **{"grant-type": "device_code"})
    row = sign_ins.begin(client, None, "")
    assert (row.kind, row.state, sign_ins.address(row)) == ("device", "asked", "")
    assert sign_in_work.carry_out(row.pk) is True
    row.refresh_from_db()
    assert (row.state, len(row.user_code), row.interval) == ("shown", 9, 1)
    assert sign_in_work.carry_out(row.pk) is False  # not due yet
    SignIn.objects.update(due_at=timezone.now())
    assert sign_in_work.carry_out(row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.due_at is not None) == ("shown", True)
    person.answer(sandbox, ADDRESS, row.verification_uri, otc=row.user_code)
    SignIn.objects.update(due_at=timezone.now())
    sign_in_work.carry_out(row.pk)
    row.refresh_from_db()
    assert (row.state, row.account) == ("done", ADDRESS)
    with connect.inbound(snapshots.take(client)) as transport:
        assert transport.select("").next_id == 13


def test_fault_of_the_network_does_not_end_a_device_code(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = pop(proxy, **{"grant-type": "device_code"})
    row = sign_ins.begin(client, None, "")
    sign_in_work.carry_out(row.pk)
    sandbox.fault("*", "entra-unavailable", times=8)
    SignIn.objects.update(due_at=timezone.now())
    sign_in_work.carry_out(row.pk)
    row.refresh_from_db()
    assert (row.state, row.due_at is not None, row.lease_owner) == ("shown", True, "")


def closed(sandbox: Sandbox, proxy: Proxy, *, port: int = 1) -> None:
    """Nobody listens on the way to the authority; another `port` mends it."""
    save_proxy(
        proxy=proxy,
        name="sandbox",
        host="127.0.0.1",
        port=port,
        ca_pem=sandbox.ca_pem,
        sandbox=True,
    )


@pytest.mark.parametrize("grant", ["authorization_code", "device_code"])
def test_fault_of_the_way_costs_no_second_sign_in(
    sandbox: Sandbox, proxy: Proxy, grant: str
) -> None:
    row = sign_ins.begin(pop(proxy, **{"grant-type": grant}), None, BACK)
    before, after = "asked", "shown"
    if grant == "authorization_code":
        assert came_back(person.sent_back(sandbox, ADDRESS, sign_ins.address(row)))
        before, after = "answered", "done"
    closed(sandbox, proxy)
    assert sign_in_work.carry_out(row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.code, row.lease_owner) == (before, "", "")
    assert row.due_at is not None and row.due_at > timezone.now()
    closed(sandbox, proxy, port=sandbox.proxy_port)
    SignIn.objects.update(due_at=timezone.now())
    assert sign_in_work.carry_out(row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.code) == (after, "")


def test_code_is_not_tried_beyond_its_life(sandbox: Sandbox, proxy: Proxy) -> None:
    row = sign_ins.begin(pop(proxy), None, BACK)
    assert came_back(person.sent_back(sandbox, ADDRESS, sign_ins.address(row)))
    closed(sandbox, proxy)
    then = timezone.now() - sign_in_work.CODE_LASTS
    SecretValue.objects.filter(purpose="sign-in").update(created_at=then)
    assert sign_in_work.carry_out(row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.code, row.kept_id) == ("failed", "proxy-unreachable", None)


@pytest.mark.parametrize("grant", ["authorization_code", "device_code"])
def test_throttled_authority_is_asked_again_when_it_says(
    sandbox: Sandbox, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, grant: str
) -> None:
    row = sign_ins.begin(pop(proxy, **{"grant-type": grant}), None, BACK)
    before, verb = "asked", "begin_device"
    if grant == "authorization_code":
        assert came_back(person.sent_back(sandbox, ADDRESS, sign_ins.address(row)))
        before, verb = "answered", "redeem"

    def throttled(*_given: object) -> None:
        raise MailError(Code.TOKEN_THROTTLED, Stage.TOKEN, retry_after=60)

    began = timezone.now()
    with monkeypatch.context() as patch:
        patch.setattr(microsoft, verb, throttled)
        assert sign_in_work.carry_out(row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.code) == (before, "")
    assert row.due_at is not None and row.due_at >= began + timedelta(seconds=60)
    SignIn.objects.update(due_at=timezone.now())
    assert sign_in_work.carry_out(row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.code) == (
        ("done", "") if grant == "authorization_code" else ("shown", "")
    )


def test_code_that_may_have_arrived_is_not_sent_again(
    sandbox: Sandbox, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = sign_ins.begin(pop(proxy), None, BACK)
    assert came_back(person.sent_back(sandbox, ADDRESS, sign_ins.address(row)))

    def lost(*_given: object) -> None:
        raise MailError(Code.CONNECTION_LOST, Stage.TCP)

    monkeypatch.setattr(microsoft, "redeem", lost)
    assert sign_in_work.carry_out(row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.code) == ("failed", "connection-lost")


def test_section_without_a_person_has_no_sign_in(proxy: Proxy) -> None:
    client = pop(proxy, **{"grant-type": "password", "password": "x"})
    with pytest.raises(CannotSignIn):
        sign_ins.begin(client, None, BACK)
