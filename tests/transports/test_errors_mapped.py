"""No library exception leaves a transport: a new one in a library fails here."""

from __future__ import annotations

import inspect
import smtplib
import socket
import ssl
from collections.abc import Iterator

import imapclient.exceptions
import pytest

from mailboxes.core.choices import Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.transports import net, tls
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.imap import errors as imap_errors
from mailboxes.transports.imap.transport import ImapTransport
from mailboxes.transports.smtp import transport as smtp_transport

OS_ERRORS = [
    TimeoutError,
    ConnectionResetError,
    ConnectionAbortedError,
    ConnectionRefusedError,
    BrokenPipeError,
    InterruptedError,
    PermissionError,
]


def exceptions_of(module: object) -> Iterator[type[Exception]]:
    for name, kind in inspect.getmembers(module, inspect.isclass):
        if issubclass(kind, Exception) and not name.startswith("_"):
            yield kind


def sample(kind: type[Exception]) -> Exception:
    """An instance, with the arguments that its class asks for."""
    for arguments in ((), ("text",), (535, b"text"), (1, "text"), (550, b"t", "a@b.c")):
        try:
            return kind(*arguments)
        except TypeError:
            continue
    raise AssertionError(f"how is {kind} made?")


LIBRARY = [
    *exceptions_of(imapclient.exceptions),
    imapclient.exceptions.IMAPClientError,
    *exceptions_of(socket),
    *exceptions_of(ssl),
    *OS_ERRORS,
    UnicodeDecodeError,
]


@pytest.mark.parametrize("kind", LIBRARY, ids=lambda kind: kind.__name__)
def test_imap_maps_every_exception(kind: type[Exception]) -> None:
    error = (
        UnicodeDecodeError("ascii", b"\xff", 0, 1, "x")
        if kind is UnicodeDecodeError
        else sample(kind)
    )
    assert isinstance(error, imap_errors.KNOWN)
    for stage in (Stage.GREETING, Stage.SIGN_IN, Stage.FETCH, Stage.SETTLE):
        mapped = imap_errors.mapped(error, stage, {"host": "h"})
        assert mapped.code in set(Code)
        assert mapped.stage is stage
        assert mapped.evidence["host"] == "h"


@pytest.mark.parametrize(
    "kind",
    [*exceptions_of(smtplib), *exceptions_of(socket), *exceptions_of(ssl), *OS_ERRORS],
    ids=lambda kind: kind.__name__,
)
def test_smtp_maps_every_exception(kind: type[Exception]) -> None:
    error = (
        smtplib.SMTPRecipientsRefused({"a@b.c": (550, b"no")})
        if kind is smtplib.SMTPRecipientsRefused
        else sample(kind)
    )
    assert isinstance(error, smtp_transport.KNOWN)
    sender = smtp_transport.SmtpTransport(
        Endpoint("h", 25, Security.NONE), Credential(""), NetworkPolicy()
    )
    for stage in (Stage.GREETING, Stage.SIGN_IN, Stage.ENVELOPE, Stage.DATA):
        mapped = sender._mapped(error, stage)
        assert mapped.code in set(Code)
        assert mapped.stage is stage


@pytest.mark.parametrize(
    "kind", [*exceptions_of(ssl), *OS_ERRORS], ids=lambda kind: kind.__name__
)
def test_network_maps_every_exception(kind: type[Exception]) -> None:
    error = sample(kind)
    assert tls.failed(error, {}).stage == "tls"
    if isinstance(error, OSError):
        assert net.code_of(error, net.OPENING) in set(Code)
        assert net.code_of(error, net.TALKING) in set(Code)


def test_a_drop_hidden_in_login_error_is_found() -> None:
    """As imapclient raises it: the truth stands in __context__ only."""
    for hidden, code in (
        (imapclient.exceptions.IMAPClientAbortError("socket error: EOF"), "EOF"),
        (ConnectionResetError(104, "reset by peer"), "reset"),
    ):
        try:
            try:
                raise hidden
            except (OSError, imapclient.exceptions.IMAPClientError):
                raise imapclient.exceptions.LoginError("socket error: x")  # noqa: B904
        except imapclient.exceptions.LoginError as error:
            assert error.__cause__ is None
            mapped = imap_errors.mapped(error, Stage.SIGN_IN, {})
        assert mapped.code == Code.CONNECTION_LOST
        assert code in str(mapped.evidence["answer"]) or code == "EOF"


def test_other_exceptions_are_bugs_and_come_through() -> None:
    reader = ImapTransport(
        Endpoint("h", 143, Security.NONE), Credential("a"), NetworkPolicy()
    )
    with pytest.raises(ZeroDivisionError), reader._border(Stage.FETCH):
        raise ZeroDivisionError


def test_repr_of_what_carries_secrets_shows_none() -> None:
    proxy = Proxy("h", 3128, "clerk", "proxy-secret")
    policy = NetworkPolicy(proxy=proxy, ca_pem="pem-text")
    credential = Credential("anna", token="token-secret", password="pass-secret")
    text = f"{proxy!r} {policy!r} {credential!r} {proxy} {policy} {credential}"
    for secret in ("proxy-secret", "pem-text", "token-secret", "pass-secret"):
        assert secret not in text


def test_mail_error_keeps_no_secret_of_a_refused_sign_in() -> None:
    error = MailError(Code.PASSWORD_REFUSED, Stage.SIGN_IN, evidence={"user": "anna"})
    assert str(error) == "password-refused at sign-in: "
