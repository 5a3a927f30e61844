"""A server of EWS that refuses a large message before it has all of it."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import Security
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy
from mailboxes.transports.ews import EwsOutbound
from tests.servers.scripted import Scripted, Talk
from tests.transports.test_channel import head

LOGIN, ANNA = "support@contoso.example", "anna@customers.example"
SCHEMAS = "http://schemas.microsoft.com/exchange/services/2006"
FOLDER = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    f'<m:GetFolderResponse xmlns:m="{SCHEMAS}/messages" xmlns:t="{SCHEMAS}/types">'
    '<m:ResponseMessages><m:GetFolderResponseMessage ResponseClass="Success">'
    "<m:ResponseCode>NoError</m:ResponseCode><m:Folders><t:Folder>"
    '<t:FolderId Id="inbox" ChangeKey="1"/></t:Folder></m:Folders>'
    "</m:GetFolderResponseMessage></m:ResponseMessages></m:GetFolderResponse>"
    "</s:Body></s:Envelope>"
).encode()
LARGE = (
    f"From: {LOGIN}\r\nTo: {ANNA}\r\nSubject: Large\r\n\r\n".encode()
    + (b"x" * 70 + b"\r\n") * 400_000
)


def refuses_amid_the_upload(talk: Talk) -> None:
    """Lets the token in, and calls it ended while the message is on its way."""
    talk.literal(head(talk))
    talk.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s"
        % (len(FOLDER), FOLDER)
    )
    assert head(talk) > len(LARGE)
    talk.literal(1 << 20)
    talk.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
    talk.literal(1 << 30)


def test_token_that_ends_amid_an_upload_leaves_the_message_unsent() -> None:
    with Scripted(refuses_amid_the_upload) as server:
        at = f"http://127.0.0.1:{server.port}/EWS/Exchange.asmx"
        sender = EwsOutbound(
            Endpoint(at, 0, Security.NONE),
            Credential(LOGIN, token="t"),
            NetworkPolicy(5, 5),
        )
        with sender, pytest.raises(MailError) as caught:
            sender.send(LOGIN, [ANNA], LARGE)
        assert caught.value.code == Code.TOKEN_NOT_ACCEPTED
        assert caught.value.handed_over is False
        assert sender.alive() is False
