"""From the client secret to an open mailbox: oauth, then the transports, by token."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import Grant, Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.oauth import microsoft
from mailboxes.oauth.base import TokenRequest
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Transport
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.smtp import SmtpTransport

SUPPORT, ORDERS = "support@contoso.example", "orders@contoso.example"
NO_ACCESS = "noaccess@contoso.example"
APP = world.APPS[world.CONFIDENTIAL_APP_ID]
UNCONSENTED = world.APPS[world.UNCONSENTED_APP_ID]
IMAP = Endpoint("outlook.office365.com", 993, Security.TLS)
SMTP = Endpoint("smtp.office365.com", 587, Security.STARTTLS)
LETTER = b"From: %s\r\nTo: anna@customers.example\r\nSubject: Hello\r\n\r\nHi\r\n"
BOTH = pytest.mark.parametrize(
    ("kind", "endpoint", "service"),
    [(ImapTransport, IMAP, "imap"), (SmtpTransport, SMTP, "smtp")],
    ids=["imap", "smtp"],
)


def token_of(
    policy: NetworkPolicy,
    app: world.App = APP,
    resource: str = "https://outlook.office365.com",
) -> str:
    """What an application gets for its secret."""
    request = TokenRequest(
        "https://login.microsoftonline.com",
        world.TENANT_ID,
        app.client_id,
        f"{resource}/.default",
        SUPPORT,
        grant=Grant.CLIENT_CREDENTIALS,
        client_secret=app.secret or "",
    )
    return microsoft.acquire(request, policy, None).token.value


def refused(transport: Transport) -> MailError:
    with pytest.raises(MailError) as caught:
        transport.open()
    return caught.value


def test_one_token_reads_and_sends_for_every_mailbox_that_lets_it_in(
    sandbox: Sandbox, policy: NetworkPolicy
) -> None:
    token = token_of(policy)
    for address in (SUPPORT, ORDERS):
        credential = Credential(address, token=token)
        with ImapTransport(IMAP, credential, policy) as reader:
            reader.select("")
            assert len(reader.list_new(0)) == 12
        with SmtpTransport(SMTP, credential, policy) as sender:
            sent = sender.send(
                address, ["anna@customers.example"], LETTER % address.encode()
            )
            assert sent.accepted == ("anna@customers.example",)
        assert sandbox.requests(address) == {"imap": {"ok": 1}, "smtp": {"ok": 1}}
    assert [one["user"] for one in sandbox.delivered()] == [SUPPORT, ORDERS]
    assert sandbox.requests(APP.client_id) == {"token": {"ok": 1}}


@BOTH
def test_mailbox_that_did_not_let_the_application_in_is_closed(
    sandbox: Sandbox, policy: NetworkPolicy, kind, endpoint, service
) -> None:
    credential = Credential(NO_ACCESS, token=token_of(policy))
    error = refused(kind(endpoint, credential, policy))
    assert (error.code, error.stage) == (Code.TOKEN_NOT_ACCEPTED, Stage.SIGN_IN)
    assert sandbox.requests(NO_ACCESS) == {service: {"application": 1}}
    own = Credential(NO_ACCESS, token=sandbox.token(NO_ACCESS))
    with kind(endpoint, own, policy) as transport:
        assert transport.alive()


@BOTH
def test_application_without_roles_is_refused(
    sandbox: Sandbox, policy: NetworkPolicy, kind, endpoint, service
) -> None:
    credential = Credential(SUPPORT, token=token_of(policy, UNCONSENTED))
    error = refused(kind(endpoint, credential, policy))
    assert (error.code, error.stage) == (Code.TOKEN_NOT_ACCEPTED, Stage.SIGN_IN)
    assert sandbox.requests(SUPPORT) == {service: {"roles": 1}}


@BOTH
def test_token_for_graph_opens_no_mail_server(
    sandbox: Sandbox, policy: NetworkPolicy, kind, endpoint, service
) -> None:
    token = token_of(policy, resource="https://graph.microsoft.com")
    error = refused(kind(endpoint, Credential(SUPPORT, token=token), policy))
    assert error.code == Code.TOKEN_NOT_ACCEPTED
    assert sandbox.requests(SUPPORT) == {service: {"audience": 1}}
