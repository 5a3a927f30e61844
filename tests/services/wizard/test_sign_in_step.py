"""The wizard for grants in which the owner signs in, and for Google's."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from mailboxes.models import PopClient, SetupDraft, SmtpClient
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import connect, sign_ins
from mailboxes.services.options import snapshots
from mailboxes.services.proxies import save_proxy
from mailboxes.services.secrets import named as named_secrets
from mailboxes.services.sign_ins import work as sign_in_work
from mailboxes.services.wizard import making, standing
from mailboxes.services.wizard.setup import Setup
from tests.fixtures import person, setups

pytestmark = pytest.mark.django_db
ADDRESS = "support@contoso.example"


def states(draft: SetupDraft) -> dict[str, str]:
    rows = standing.rows(Setup.load(draft.pk))
    return {row.step.id: str(row.state) for row in rows}


OWNERS = [
    *("microsoft-sign-in", "microsoft-device", "google"),
    *("microsoft-graph-sign-in", "microsoft-graph-device"),
]


def begun(sandbox: Sandbox, mode: str) -> SetupDraft:
    save_proxy(
        name="sandbox",
        host="127.0.0.1",
        port=sandbox.proxy_port,
        ca_pem=sandbox.ca_pem,
        sandbox=True,
    )
    draft = setups.begin(address=ADDRESS, direction="both")
    setups.save(draft, "mode", mode=mode)
    if mode.startswith("google"):
        service = mode == "google-service"
        value = sandbox.service_key if service else world.GOOGLE_SECRET
        named_secrets.save(name="gmail", password=value)
        client = world.GOOGLE_ACCOUNT_ID if service else world.GOOGLE_CLIENT_ID
        setups.save(draft, "google-client", google_client=client, google_secret="gmail")
    else:
        confidential = mode in ("microsoft-sign-in", "microsoft-graph-sign-in")
        app = world.CONFIDENTIAL_APP_ID if confidential else world.PUBLIC_APP_ID
        setups.save(
            draft,
            "ids",
            name="Contoso",
            client_id=app,
            directory_id=world.TENANT_ID,
            tenant_authority="https://login.microsoftonline.com",
        )
        if confidential:
            secret = world.APPS[app].secret or ""
            setups.save(draft, "secret", secret=secret)
    setups.save(
        draft,
        "network",
        proxy="sandbox",
        server_in="imap.gmail.com" if "google" in mode else "outlook.office365.com",
        server_out="smtp.gmail.com" if "google" in mode else "smtp.office365.com",
    )
    setups.save(draft, "fetching", **setups.FETCHING)
    return SetupDraft.objects.get(pk=draft.pk)


@pytest.mark.parametrize("mode", OWNERS)
def test_mailbox_is_set_up_by_the_owners_sign_in(sandbox: Sandbox, mode: str) -> None:
    sandbox.device_interval(1)
    draft = begun(sandbox, mode)
    assert (states(draft)["sign-in"], states(draft)["test"]) == ("to-do", "blocked")
    row = making.ask_for_sign_in(
        draft.pk, None, "http://testserver/owner-sign-in/answer/"
    )
    assert states(draft)["sign-in"] == "in-progress"
    if row.kind == "device":
        sign_in_work.carry_out(row.pk)
        row.refresh_from_db()
        person.answer(sandbox, ADDRESS, row.verification_uri, otc=row.user_code)
        type(row).objects.update(due_at=row.created_at)
    else:
        back = person.sent_back(sandbox, ADDRESS, sign_ins.address(row))
        request = RequestFactory().get(back)
        request.user = AnonymousUser()
        sign_ins.answer(request)
    assert sign_in_work.carry_out(row.pk) is True
    row.refresh_from_db()
    assert (row.state, row.code) == ("done", "")
    assert (states(draft)["sign-in"], states(draft)["test"]) == ("done", "to-do")
    making.turn_on(draft.pk, None, untested=True)
    pop, smtp = PopClient.objects.get(), SmtpClient.objects.get()
    assert (pop.enable_client, smtp.enable_client) == (True, True)
    for build, client in ((connect.inbound, pop), (connect.outbound, smtp)):
        with build(snapshots.take(client)) as transport:
            assert transport.alive()


def test_service_account_needs_nobody(sandbox: Sandbox) -> None:
    draft = begun(sandbox, "google-service")
    assert states(draft)["test"] == "to-do"
    making.turn_on(draft.pk, None, untested=True)
    with connect.inbound(snapshots.take(PopClient.objects.get())) as transport:
        assert transport.alive()


def test_refused_sign_in_is_a_problem_of_its_step(sandbox: Sandbox) -> None:
    draft = begun(sandbox, "google")
    row = making.ask_for_sign_in(
        draft.pk, None, "http://testserver/owner-sign-in/answer/"
    )
    request = RequestFactory().get(
        "/", {"state": sign_ins.token_of(row), "error": "admin_policy_enforced"}
    )
    request.user = AnonymousUser()
    sign_ins.answer(request)
    assert states(draft)["sign-in"] == "problem"


def test_another_way_forgets_the_refresh_token(sandbox: Sandbox) -> None:
    draft = begun(sandbox, "google-service")
    setups.save(draft, "mode", mode="imap-smtp")
    setups.save(draft, "password", login="", password="secret")
    setups.save(draft, "mode", mode="microsoft-device")
    assert SetupDraft.objects.get(pk=draft.pk).password_id is None
