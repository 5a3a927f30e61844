"""Client credentials with a certificate, against the sandbox's Entra ID."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from mailboxes.core import certificates
from mailboxes.core.choices import Grant, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.oauth import microsoft
from mailboxes.oauth.base import TokenRequest
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services.findings import find

APP = world.APPS[world.CONFIDENTIAL_APP_ID]
UNKNOWN = certificates.make("Nobody's")
ENDED = certificates.make("Ended", datetime.now(UTC) - timedelta(days=400))


def asking(pem: str) -> TokenRequest:
    return TokenRequest(
        "https://login.microsoftonline.com",
        world.TENANT_ID,
        APP.client_id,
        "https://outlook.office365.com/.default",
        "support@contoso.example",
        grant=Grant.CLIENT_CREDENTIALS,
        certificate=pem,
    )


def refused(pem: str, policy) -> MailError:
    with pytest.raises(MailError) as caught:
        microsoft.acquire(asking(pem), policy, None)
    return caught.value


def test_certificate_gives_a_token_with_roles(sandbox: Sandbox, policy) -> None:
    outcome = microsoft.acquire(asking(sandbox.certificate.pem), policy, None)
    assert (outcome.token.claims["idtyp"], outcome.token.claims["roles"]) == (
        "app",
        list(world.MAIL_ROLES),
    )
    assert outcome.cache is not None
    assert "PRIVATE KEY" not in outcome.cache
    again = microsoft.acquire(asking(sandbox.certificate.pem), policy, outcome.cache)
    assert again.token.from_cache is True


def test_uploaded_certificate_is_good_at_once(sandbox: Sandbox, policy) -> None:
    made = certificates.make("Contoso mail")
    assert refused(made.pem, policy).code == "AADSTS700027"
    sandbox.trust(made.public)
    assert microsoft.acquire(asking(made.pem), policy, None).token.from_cache is False


@pytest.mark.parametrize(
    ("pem", "uploaded", "finding"),
    [
        (UNKNOWN.pem, False, "entra-certificate-refused"),
        (ENDED.pem, True, "entra-certificate-expired"),
    ],
)
def test_refused_certificate_is_found(
    sandbox: Sandbox, policy, pem: str, uploaded: bool, finding: str
) -> None:
    if uploaded:
        sandbox.trust(certificates.read(pem).public)
    error = refused(pem, policy)
    found = find(error.code, error.evidence, stage=error.stage)
    assert (error.code, error.permanent, found.id, found.certain) == (
        "AADSTS700027",
        True,
        finding,
        True,
    )


def test_text_that_is_no_certificate_is_a_fault_of_the_field(policy) -> None:
    error = refused("-----BEGIN NONSENSE-----", policy)
    assert (error.code, error.stage, error.evidence["option"]) == (
        Code.CONFIG_INCOMPLETE,
        Stage.FIELDS,
        "password",
    )


def test_private_key_is_nowhere_to_be_read(
    sandbox: Sandbox, policy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    request = asking(sandbox.certificate.pem)
    microsoft.acquire(request, policy, None)
    error = refused(UNKNOWN.pem, policy)
    body = sandbox.certificate.private_key.split("\n")[1]
    assert body not in repr(request) + caplog.text + repr(error.evidence)
