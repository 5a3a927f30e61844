"""NTLM in front of EWS: the line is signed in before anything is asked over it."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import spnego
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from mailboxes.core.choices import Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy
from mailboxes.transports.channel import Whole
from mailboxes.transports.ews.account import Wire
from mailboxes.transports.ews.ntlm import Ntlm
from tests.servers.scripted import Scripted, Talk

USER, PASSWORD = "CONTOSO\\anna", "right"
TLS = Security.TLS
BODY = b"<soap/>"
GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 2\r\n\r\nok"


def asks(offer: bytes) -> bytes:
    return (
        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: "
        + offer
        + b"\r\nContent-Length: 0\r\n\r\n"
    )


def request(talk: Talk) -> tuple[bytes, bytes] | None:
    """The token of NTLM in a request, and its body; None at the end."""
    lines = []
    while line := talk.line():
        lines.append(line)
    if not lines:
        return None
    token, length = b"", 0
    for line in lines:
        name, _, value = line.partition(b": ")
        if name.lower() == b"authorization":
            token = base64.b64decode(value.removeprefix(b"NTLM "))
        if name.lower() == b"content-length":
            length = int(value)
    return token, talk.literal(length)


def exchange(
    bodies: list[bytes],
    protected: ssl.SSLContext | None = None,
    bindings: GssChannelBindings | None = None,
) -> Callable[[Talk], None]:
    """Exchange with Windows authentication only; a line is signed in once.

    protected: under TLS, and with Extended Protection: by the right bindings alone.
    """

    def script(talk: Talk) -> None:
        if protected is not None:
            talk.encrypt(protected)
        context, signed_in = None, False
        while (got := request(talk)) is not None:
            token, body = got
            if signed_in:
                bodies.append(body)
                talk.send(GOOD)
            elif not token:
                talk.send(asks(b"Negotiate, NTLM"))
            else:
                context = context or spnego.server(
                    protocol="ntlm", channel_bindings=bindings
                )
                try:
                    answer = context.step(token)
                except SpnegoError:
                    talk.send(asks(b"NTLM"))
                    context = None
                    continue
                signed_in = context.complete
                challenge = base64.b64encode(answer or b"")
                talk.send(GOOD if signed_in else asks(b"NTLM " + challenge))

    return script


@pytest.fixture(autouse=True)
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may sign in at spnego's side of a server."""
    known = tmp_path / "users"
    known.write_text(f"CONTOSO:anna:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(known))


def wire(port: int, password: str = PASSWORD) -> Wire:
    return Wire(
        Endpoint(f"http://127.0.0.1:{port}/EWS/Exchange.asmx", 0, Security.NONE),
        Credential(USER, password=password),
        NetworkPolicy(5, 5),
        lambda: None,
    )


def test_password_signs_a_line_in_by_ntlm() -> None:
    bodies: list[bytes] = []
    with Scripted(exchange(bodies)) as server:
        made = wire(server.port)
        assert made.greet(Stage.GREETING) == "HTTP 401 Unauthorized"
        assert isinstance(made.channel, Ntlm)
        for _ in range(2):
            assert made.post({}, Whole(BODY)).whole(Stage.LIST) == b"ok"
        made.channel.drop()
        assert made.post({}, Whole(BODY)).whole(Stage.LIST) == b"ok"
        made.channel.drop()
    assert bodies == [BODY] * 3


@pytest.mark.parametrize("signed_by", [hashes.SHA256(), hashes.SHA384()])
def test_extended_protection_knows_the_certificate(
    tmp_path: Path, signed_by: hashes.SHA256 | hashes.SHA384
) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    certificate = own_certificate(key, signed_by)
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    both = tmp_path / "server.pem"
    both.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    bindings = GssChannelBindings(
        application_data=b"tls-server-end-point:" + certificate.fingerprint(signed_by)
    )
    bodies: list[bytes] = []
    with Scripted(exchange(bodies, context, bindings)) as server:
        made = Wire(
            Endpoint(f"https://localhost:{server.port}/EWS/Exchange.asmx", 0, TLS),
            Credential(USER, password=PASSWORD),
            NetworkPolicy(5, 5, ca_pem=pem.decode()),
            lambda: None,
        )
        made.greet(Stage.GREETING)
        assert made.post({}, Whole(BODY)).whole(Stage.LIST) == b"ok"
        made.channel.drop()
    assert bodies == [BODY]


def own_certificate(
    key: ec.EllipticCurvePrivateKey, signed_by: hashes.HashAlgorithm
) -> x509.Certificate:
    """Of localhost, signed by itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, signed_by)
    )


def test_wrong_password_is_refused_and_nothing_was_asked() -> None:
    bodies: list[bytes] = []
    with Scripted(exchange(bodies)) as server:
        made = wire(server.port, "wrong")
        made.greet(Stage.GREETING)
        with pytest.raises(MailError) as caught:
            made.post({}, Whole(BODY))
        assert (caught.value.code, caught.value.stage, caught.value.permanent) == (
            Code.PASSWORD_REFUSED,
            Stage.SIGN_IN,
            True,
        )
        assert "wrong" not in str(caught.value.evidence)
        made.channel.drop()
    assert bodies == []


def test_message_is_not_handed_over_by_the_sign_in_of_a_new_line() -> None:
    bodies: list[bytes] = []
    lines = []

    def script(talk: Talk) -> None:
        lines.append(talk)
        if len(lines) == 3:
            request(talk)  # and hangs up: in the middle of the sign-in
        else:
            exchange(bodies)(talk)

    with Scripted(script) as server:
        made = wire(server.port)
        made.greet(Stage.GREETING)
        told = []
        for _ in range(3):
            with suppress(MailError):
                made.post({}, Whole(BODY)).whole(Stage.DATA)
            told.append((len(lines), len(bodies), made.channel.handed_over))
            made.channel.drop()
    assert told == [(2, 1, True), (3, 1, False), (4, 2, True)]


def test_server_without_a_way_for_passwords_is_told() -> None:
    def script(talk: Talk) -> None:
        request(talk)
        talk.send(asks(b'Bearer realm="x"'))

    with Scripted(script) as server, pytest.raises(MailError) as caught:
        wire(server.port).greet(Stage.GREETING)
    assert (caught.value.code, caught.value.permanent) == (Code.LOGIN_DISABLED, True)
