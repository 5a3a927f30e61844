"""Each grant at the sandbox by programs that are not ours, from sign-in to mail.

Microsoft's own MSAL and Google's google-auth get the token; npm's clients of Graph and
EWS, and curl, use it. So what our grants are tested against is what others speak.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import google.auth
import msal
import pytest
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from tests.fixtures import person
from tests.fixtures.matrix import Claim
from tests.foreign import test_ews_javascript_api as ews, test_graph_client as graph
from tests.foreign.programs import curl, version
from tests.matrix.cells import GOOGLE, MICROSOFT
from tests.sandbox.clients import AUTHORITY, SUPPORT, session

pytestmark = [pytest.mark.server, pytest.mark.slow]
BACK = "https://console.example/sign-in/answer/"
GATEWAY = world.APPS[world.CONFIDENTIAL_APP_ID]
LETTERS = 5
LETTER = f"From: {SUPPORT}\r\nSubject: curl\r\n\r\nHello\r\n".encode()


def public(box: Sandbox) -> msal.PublicClientApplication:
    return msal.PublicClientApplication(
        world.PUBLIC_APP_ID,
        authority=f"{AUTHORITY}/{box.tenant_id}",
        http_client=session(box),
    )


def application(box: Sandbox, credential: object, scopes: list[str]) -> str:
    app = msal.ConfidentialClientApplication(
        GATEWAY.client_id,
        client_credential=credential,
        authority=f"{AUTHORITY}/{box.tenant_id}",
        http_client=session(box),
    )
    return str(app.acquire_token_for_client(scopes)["access_token"])


def by_password(box: Sandbox, scopes: list[str]) -> str:
    password = box.account(SUPPORT).password
    found = public(box).acquire_token_by_username_password(SUPPORT, password, scopes)
    return str(found["access_token"])


def by_secret(box: Sandbox, scopes: list[str]) -> str:
    return application(box, GATEWAY.secret, scopes)


def by_certificate(box: Sandbox, scopes: list[str]) -> str:
    own = box.certificate
    told = {"private_key": own.private_key, "public_certificate": own.public}
    return application(box, told, scopes)


def by_code(box: Sandbox, scopes: list[str]) -> str:
    app = public(box)
    flow = app.initiate_auth_code_flow(scopes, redirect_uri=BACK)
    back = person.sent_back(box, SUPPORT, str(flow["auth_uri"]))
    answer = dict(parse_qsl(urlsplit(back).query))
    return str(app.acquire_token_by_auth_code_flow(flow, answer)["access_token"])


def by_device(box: Sandbox, scopes: list[str]) -> str:
    app = public(box)
    flow = app.initiate_device_flow(scopes)
    person.answer(box, SUPPORT, flow["verification_uri"], otc=flow["user_code"])
    found = app.acquire_token_by_device_flow({**flow, "expires_at": 0})
    return str(found["access_token"])


Got = Callable[[Sandbox, list[str]], str]
GRANTS: dict[str, Got] = {
    "password": by_password,
    "client_credentials": by_secret,
    "client_credentials (certificate)": by_certificate,
    "authorization_code": by_code,
    "device_code": by_device,
}
OF_THE_APPLICATION = ("client_credentials", "client_credentials (certificate)")


@pytest.mark.parametrize("grant", GRANTS)
def test_token_of_msal_opens_graph_for_its_client(
    tmp_path: Path, grant: str, cell: Claim
) -> None:
    msal_version = msal.__version__
    versions = f"{msal_version} + {graph.VERSION}"
    cell("GRAPH", grant, MICROSOFT, f"MSAL + {graph.NAME} (client)", versions)
    cell("OAUTH", grant, MICROSOFT, "MSAL (client)", msal_version)
    root = f"/users/{SUPPORT}" if grant in OF_THE_APPLICATION else "/me"
    with Sandbox(tmp_path / "box", first_letters=LETTERS, answer_after=900) as box:
        token = GRANTS[grant](box, ["https://graph.microsoft.com/.default"])
        got = graph.seen(box, tmp_path, token=token, root=root)
        counted = box.requests(SUPPORT)["graph"]
    assert got["folder"] == {"name": "Inbox", "total": LETTERS}
    assert (len(got["subjects"]), got["uploaded"]) == (LETTERS, 201)
    assert set(counted) == {"ok"}


@pytest.mark.parametrize("grant", GRANTS)
def test_token_of_msal_opens_ews_for_a_foreign_client(
    tmp_path: Path, grant: str, cell: Claim
) -> None:
    versions = f"{msal.__version__} + {ews.VERSION}"
    cell("EWS", grant, MICROSOFT, f"MSAL + {ews.NAME} (client)", versions)
    host, more = "outlook.office.com", {}
    if grant in OF_THE_APPLICATION:
        host, more = "outlook.office365.com", {"impersonate": SUPPORT}
    with Sandbox(tmp_path / "box", first_letters=LETTERS) as box:
        token = GRANTS[grant](box, [f"https://{host}/.default"])
        got = ews.seen(box, tmp_path, token=token, **more)
    assert got["folder"] == {"name": "Inbox", "total": LETTERS}
    assert (len(got["subjects"]), got["refusal"]) == (LETTERS, "ErrorFolderNotFound")


def check_by_curl(
    box: Sandbox, token: str, hosts: dict[str, str], folder: Path
) -> None:
    """curl reads by IMAP and POP3 and sends by SMTP, with the token."""
    sign_in = ["--user", f"{SUPPORT}:", "--oauth2-bearer", token]
    found = curl(box, f"imaps://{hosts['IMAP']}/INBOX?ALL", *sign_in)
    there = box.messages(SUPPORT)
    assert (found.code, len(found.out.split(b"SEARCH")[1].split())) == (0, len(there))
    listed = curl(box, f"pop3s://{hosts['POP3']}/", *sign_in)
    assert (listed.code, len(listed.out.splitlines())) == (0, len(there))
    file = folder / "letter.eml"
    file.write_bytes(LETTER)
    envelope = ["--mail-from", SUPPORT, "--mail-rcpt", "anna@customers.example"]
    sent = curl(
        box,
        f"smtps://{hosts['SMTP']}:465",
        *(*sign_in, *envelope, "--upload-file", str(file)),
    )
    assert (sent.code, len(box.delivered())) == (0, 1), sent.err


def test_token_of_msal_by_password_opens_mail_for_curl(
    sandbox: Sandbox, cell: Claim, tmp_path: Path
) -> None:
    versions = f"{msal.__version__} + {version('curl')}"
    for protocol in ("IMAP", "POP3", "SMTP"):
        cell(protocol, "password", MICROSOFT, "MSAL + curl (client)", versions)
    token = by_password(sandbox, ["https://outlook.office.com/.default"])
    online = "outlook.office365.com"
    hosts = {"IMAP": online, "POP3": online, "SMTP": "smtp.office365.com"}
    check_by_curl(sandbox, token, hosts, tmp_path)


def test_token_of_google_auth_by_service_account_opens_mail_for_curl(
    sandbox: Sandbox, cell: Claim, tmp_path: Path
) -> None:
    own, theirs = google.auth.__version__, version("curl")
    grant = "service_account"
    cell("OAUTH", grant, GOOGLE, "google-auth (client)", own)
    for protocol in ("IMAP", "POP3", "SMTP"):
        cell(
            protocol, grant, GOOGLE, "google-auth + curl (client)", f"{own} + {theirs}"
        )
    made = service_account.Credentials.from_service_account_info(
        json.loads(sandbox.service_key), scopes=[world.GOOGLE_SCOPE], subject=SUPPORT
    )
    made.refresh(Request(session(sandbox)))
    hosts = {
        "IMAP": "imap.gmail.com",
        "POP3": "pop.gmail.com",
        "SMTP": "smtp.gmail.com",
    }
    check_by_curl(sandbox, made.token, hosts, tmp_path)
