"""Sections of Gmail: the old server's form, a sign-in by link, a service account."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from mailboxes.core.choices import CheckState, Step
from mailboxes.core.errors import OptionError
from mailboxes.models import NamedSecret, PopClient, Proxy, SignIn, SmtpClient, TestRun
from mailboxes.models.clients import MECHANISMS
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import connect, connection_test, revisions, sign_ins
from mailboxes.services.connection_test import rows
from mailboxes.services.connection_test.run import carry_out
from mailboxes.services.options import snapshots
from mailboxes.services.proxies import save_proxy
from mailboxes.services.secrets import named as named_secrets
from mailboxes.services.sign_ins import work as sign_in_work
from tests.fixtures import person

pytestmark = pytest.mark.django_db
ADDRESS = "support@contoso.example"


@pytest.fixture
def proxy(db, sandbox: Sandbox) -> Proxy:
    return save_proxy(
        name="sandbox",
        host="127.0.0.1",
        port=sandbox.proxy_port,
        ca_pem=sandbox.ca_pem,
        sandbox=True,
    )


def secret(value: str) -> NamedSecret:
    return named_secrets.save(name="gmail", password=value)[0]


def raw(proxy: Proxy, value: str, **changes: object) -> dict[str, object]:
    """As the old server writes it: any text that contains "google"."""
    return {
        MECHANISMS: "XOAUTH2",
        "tenant-authority": "GOOGLE",
        "client-id": world.GOOGLE_CLIENT_ID,
        "secret": secret(value).pk,
        "proxy": proxy.pk,
    } | changes


def pop(given: dict[str, object]) -> PopClient:
    saved = revisions.save_pop_client(
        client=None, address=ADDRESS, raw={"server": "imap.gmail.com", **given}
    )
    assert isinstance(saved.client, PopClient)
    return saved.client


def run_of(client: PopClient | SmtpClient) -> TestRun:
    run = connection_test.ask(client, None)
    assert rows.claim(run.pk)
    carry_out(run.pk)
    return TestRun.objects.get(pk=run.pk)


def test_pasted_refresh_token_receives_and_sends(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    given = raw(
        proxy, world.GOOGLE_SECRET, password=sandbox.google_refresh_token(ADDRESS)
    )
    client = pop(given)
    with connect.inbound(snapshots.take(client)) as transport:
        assert transport.select("").next_id == 13
    saved = revisions.save_smtp_client(
        client=None,
        section="smtp-client-gmail",
        raw={**given, "server": "smtp.gmail.com", "mailbox": ADDRESS},
    )
    assert isinstance(saved.client, SmtpClient)
    with connect.outbound(snapshots.take(saved.client)) as sends:
        assert sends.alive()
    assert sandbox.requests(ADDRESS)["token"] == {"ok": 2}


@pytest.mark.parametrize("grant", ["password", "service_account"])
def test_connection_test_passes_its_checks(
    sandbox: Sandbox, proxy: Proxy, grant: str
) -> None:
    if grant == "service_account":
        given = raw(
            proxy,
            sandbox.service_key,
            **{"grant-type": grant, "client-id": world.GOOGLE_ACCOUNT_ID},
        )
    else:
        token = sandbox.google_refresh_token(ADDRESS)
        given = raw(proxy, world.GOOGLE_SECRET, password=token)
    run = run_of(pop(given))
    told = {check.stage: check.state for check in run.checks.all()}
    assert (run.state, told["tenant"], told["token"], told["claims"]) == (
        "passed",
        CheckState.PASSED,
        CheckState.PASSED,
        CheckState.SKIPPED,
    )


def test_owner_signs_in_at_google_by_a_link(sandbox: Sandbox, proxy: Proxy) -> None:
    client = pop(raw(proxy, world.GOOGLE_SECRET, **{"enable-client": False}))
    row = sign_ins.begin(client, None, "http://testserver/owner-sign-in/answer/")
    back = person.sent_back(sandbox, ADDRESS, sign_ins.address(row))
    request = RequestFactory().get(back)
    request.user = AnonymousUser()
    assert sign_ins.answer(request).row is not None
    assert sign_in_work.carry_out(row.pk) is True
    row = SignIn.objects.get(pk=row.pk)
    assert (row.state, row.account) == ("done", ADDRESS)
    with connect.inbound(snapshots.take(client)) as transport:
        assert transport.alive()


def test_owner_who_cancels_is_told_of(sandbox: Sandbox, proxy: Proxy) -> None:
    client = pop(raw(proxy, world.GOOGLE_SECRET, **{"enable-client": False}))
    row = sign_ins.begin(client, None, "http://testserver/owner-sign-in/answer/")
    link = sign_ins.address(row)
    request = RequestFactory().get(
        person.sent_back(sandbox, ADDRESS, link, accept=False)
    )
    request.user = AnonymousUser()
    assert sign_ins.answer(request).row is not None
    found = sign_ins.finding(SignIn.objects.get(pk=row.pk))
    assert found is not None
    assert (found.id, found.step) == ("google-consent-declined", Step.REFRESH_TOKEN)


@pytest.mark.parametrize(
    ("error", "finding"),
    [
        ("admin_policy_enforced", "google-app-blocked"),
        ("org_internal", "google-internal-app"),
        ("access_denied", "google-consent-declined"),
    ],
)
def test_refusal_on_googles_page_is_found(
    proxy: Proxy, error: str, finding: str
) -> None:
    client = pop(raw(proxy, world.GOOGLE_SECRET, **{"enable-client": False}))
    row = sign_ins.begin(client, None, "http://testserver/owner-sign-in/answer/")
    request = RequestFactory().get(
        "/", {"state": sign_ins.token_of(row), "error": error}
    )
    request.user = AnonymousUser()
    assert sign_ins.answer(request).row is not None
    found = sign_ins.finding(SignIn.objects.get(pk=row.pk))
    assert found is not None and found.id == finding


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no whole JSON file"),
        ('{"type": "authorized_user"}', "not the key file of a service account"),
        ("{" + "x" * 10_000, "too long"),
    ],
)
def test_text_that_is_no_key_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        secret(text)
    (problem,) = caught.value.problems
    assert (problem.option, message in problem.message) == ("password", True)


def test_connection_test_asks_google_about_a_refused_token_and_keeps_none(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    token = sandbox.google_refresh_token(ADDRESS)
    sandbox.fault(ADDRESS, "imap-refuse-token")
    run = run_of(pop(raw(proxy, world.GOOGLE_SECRET, password=token)))
    (check,) = run.checks.filter(state=CheckState.FAILED)
    told = check.evidence["tokeninfo"]
    assert (told["aud"], told["email"]) == (world.GOOGLE_CLIENT_ID, ADDRESS)
    assert "https://mail.google.com/" in told["scope"].split()
    assert "ya29." not in str(check.evidence)
    found = connection_test.finding_of(run)
    assert found is not None and found.id == "google-token-right"
