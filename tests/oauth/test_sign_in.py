"""First sign-ins through our module, against the sandbox's Entra ID."""

from __future__ import annotations

import dataclasses
import logging
from urllib.parse import parse_qs, urlsplit

import pytest

from mailboxes.core.choices import Grant
from mailboxes.core.errors import MailError
from mailboxes.oauth import microsoft, session
from mailboxes.oauth.base import DeviceCode, Pending, TokenRequest
from mailboxes.oauth.pkce import Proof
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services.findings import find
from mailboxes.transports.base import NetworkPolicy
from tests.fixtures import person
from tests.oauth.wire import Wire

ADDRESS = "support@contoso.example"
BACK = "https://console.example/sign-in/answer/"
REQUEST = TokenRequest(
    "https://login.microsoftonline.com",
    world.TENANT_ID,
    world.PUBLIC_APP_ID,
    "https://outlook.office.com/.default offline_access",
    ADDRESS,
    grant=Grant.AUTHORIZATION_CODE,
)
DEVICE = dataclasses.replace(REQUEST, grant=Grant.DEVICE_CODE)
PROOF = Proof.make()


def code_of(box: Sandbox, link: str) -> str:
    sent = person.sent_back(box, ADDRESS, link)
    return parse_qs(urlsplit(sent).query)["code"][0]


def test_link_asks_for_a_lasting_sign_in_and_shows_no_secret() -> None:
    link = urlsplit(microsoft.link(REQUEST, BACK, "state~1", PROOF))
    asked = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert f"{link.scheme}://{link.netloc}{link.path}" == (
        f"https://login.microsoftonline.com/{world.TENANT_ID}/oauth2/v2.0/authorize"
    )
    assert asked == {
        "client_id": world.PUBLIC_APP_ID,
        "response_type": "code",
        "redirect_uri": BACK,
        "response_mode": "query",
        "scope": "https://outlook.office.com/.default openid profile offline_access",
        "state": "state~1",
        "nonce": PROOF.shown_nonce,
        "code_challenge": PROOF.challenge,
        "code_challenge_method": "S256",
        "prompt": "select_account",
        "login_hint": ADDRESS,
    }
    assert PROOF.verifier not in link.query and PROOF.nonce not in link.query


@pytest.mark.parametrize("secret", ["", "right"])
def test_code_becomes_tokens_that_can_be_renewed(
    sandbox: Sandbox, policy, secret: str
) -> None:
    request = REQUEST
    if secret:
        app = world.APPS[world.CONFIDENTIAL_APP_ID]
        request = dataclasses.replace(
            REQUEST, client_id=app.client_id, client_secret=app.secret or ""
        )
    code = code_of(sandbox, microsoft.link(request, BACK, "s", PROOF))
    outcome = microsoft.redeem(request, policy, code, BACK, PROOF)
    assert (outcome.account, outcome.token.claims["upn"]) == (ADDRESS, ADDRESS)
    renewing = dataclasses.replace(request, refresh_token=outcome.refresh_token)
    renewed = microsoft.acquire(renewing, policy, None)
    assert renewed.token.value != outcome.token.value
    assert renewed.refresh_token not in ("", outcome.refresh_token)
    kept = microsoft.cached(renewing, renewed.cache, 300)
    assert kept is not None and kept.value == renewed.token.value
    assert renewed.refresh_token not in str(renewed.cache)


def test_code_of_another_link_is_refused(sandbox: Sandbox, policy) -> None:
    code = code_of(sandbox, microsoft.link(REQUEST, BACK, "s", PROOF))
    with pytest.raises(MailError) as caught:
        microsoft.redeem(REQUEST, policy, code, BACK, Proof.make())
    assert caught.value.code == "AADSTS501481"


def test_id_token_of_another_link_is_refused(sandbox: Sandbox, policy) -> None:
    """The code was right, what it stands for was asked for by somebody else."""
    code = code_of(sandbox, microsoft.link(REQUEST, BACK, "s", PROOF))
    swapped = Proof(PROOF.verifier, "another nonce")
    with pytest.raises(MailError) as caught:
        microsoft.redeem(REQUEST, policy, code, BACK, swapped)
    assert caught.value.permanent is True


def test_device_code_is_asked_for_until_the_owner_is_done(
    sandbox: Sandbox, policy
) -> None:
    sandbox.device_interval(1)
    device = microsoft.begin_device(DEVICE, policy)
    assert (len(device.user_code), device.interval, device.expires_in) == (9, 1, 900)
    assert microsoft.poll_device(DEVICE, policy, device) == Pending(1)
    person.answer(sandbox, ADDRESS, device.verification_uri, otc=device.user_code)
    outcome = microsoft.poll_device(DEVICE, policy, device)
    assert not isinstance(outcome, Pending)
    assert (outcome.account, bool(outcome.refresh_token)) == (ADDRESS, True)


def test_device_that_was_declined_is_a_refusal(sandbox: Sandbox, policy) -> None:
    device = microsoft.begin_device(DEVICE, policy)
    person.answer(
        sandbox, ADDRESS, device.verification_uri, accept=False, otc=device.user_code
    )
    with pytest.raises(MailError) as caught:
        microsoft.poll_device(DEVICE, policy, device)
    assert caught.value.code == "AADSTS70017"


def test_sign_in_without_a_refresh_token_lacks_a_permission(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = {"access_token": "access", "expires_in": 3600}
    monkeypatch.setattr(session, "make", Wire({"/token": (200, answer)}).session)
    device = DeviceCode("CODE", "https://login.example", 5, 900, '{"device_code": "d"}')
    with pytest.raises(MailError) as caught:
        microsoft.poll_device(DEVICE, NetworkPolicy(), device)
    found = find(caught.value.code, caught.value.evidence, stage=caught.value.stage)
    assert (found.id, str(found.step)) == ("entra-consent-missing", "permissions")


def test_secrets_are_nowhere_to_be_read(
    sandbox: Sandbox, policy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code = code_of(sandbox, microsoft.link(REQUEST, BACK, "s", PROOF))
    outcome = microsoft.redeem(REQUEST, policy, code, BACK, PROOF)
    device = microsoft.begin_device(DEVICE, policy)
    told = repr(outcome) + repr(device) + repr(PROOF) + caplog.text
    for secret in (code, outcome.refresh_token, device.flow, PROOF.verifier):
        assert secret not in told
