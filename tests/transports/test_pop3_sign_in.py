"""How POP3 signs in, and how it begins to encrypt, against a scripted server."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from mailboxes.core.choices import Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.base import Credential
from mailboxes.transports.keyed import Remote
from mailboxes.transports.pop3 import Pop3Transport
from tests.servers.pop3_script import (
    CAPABILITIES,
    LETTER,
    TOKEN,
    auth,
    serve,
    transport,
)
from tests.servers.scripted import Scripted, Talk

PIPELINING = CAPABILITIES + b" PIPELINING"
MANY = {b"u%d" % n: LETTER.replace(b"one", b"%d" % n) for n in range(1, 41)}

NO_LOGIN = Code.LOGIN_DISABLED


def everything(reader: Pop3Transport) -> list[Remote]:
    reader.select("")
    return [one for page in reader.changes("", None) for one in page.there]


def verbs(server: Scripted) -> list[bytes]:
    return [line.split(b" ")[0] for line in server.heard]


def test_password_goes_by_plain_where_it_is_offered() -> None:
    with serve(capabilities=b"UIDL SASL=LOGIN,PLAIN") as server, transport(server):
        pass
    assert server.heard[1:3] == [
        b"AUTH PLAIN",
        base64.b64encode(b"\0anna@example.org\0s3cret pass"),
    ]


@pytest.mark.parametrize("capabilities", [b"UIDL USER", None])
def test_password_goes_by_user_and_pass_otherwise(capabilities: bytes | None) -> None:
    who = Credential("änne@example.org", password="pä ss")
    with serve(capabilities=capabilities) as server, transport(server, who):
        pass
    assert server.heard[1:3] == [
        "USER änne@example.org".encode(),
        "PASS pä ss".encode(),
    ]


@pytest.mark.parametrize("sign", ["\r", "\n", "\0"])
def test_what_would_end_a_command_is_never_sent(sign: str) -> None:
    with serve() as server, pytest.raises(MailError) as caught:
        transport(server, Credential("anna", password=f"a{sign}DELE 1")).open()
    assert (caught.value.code, caught.value.stage) == (
        Code.PASSWORD_REFUSED,
        Stage.SIGN_IN,
    )
    assert verbs(server) == [b"CAPA"]


def test_no_password_is_sent_where_none_is_taken() -> None:
    with serve(capabilities=b"UIDL STLS") as server, pytest.raises(MailError) as caught:
        transport(server).open()
    assert caught.value.code == Code.LOGIN_DISABLED
    assert caught.value.evidence["answer"] == "CAPA UIDL, STLS"
    assert verbs(server) == [b"CAPA"]


def test_token_waits_for_the_plus() -> None:
    with serve() as server, transport(server, TOKEN):
        pass
    said = base64.b64decode(server.heard[2])
    assert server.heard[1] == b"AUTH XOAUTH2"
    assert said == b"user=anna@example.org\x01auth=Bearer " + b"t" * 3500 + b"\x01\x01"


def test_token_goes_on_one_line_to_a_server_that_will_not_wait() -> None:
    def one_step(talk: Talk, rest: bytes) -> None:
        talk.send(b"+OK in\r\n" if b" " in rest else b"-ERR syntax\r\n")

    with serve({b"AUTH": one_step}) as server, transport(server, TOKEN):
        pass
    assert [line[:12] for line in server.heard[1:3]] == [b"AUTH XOAUTH2"] * 2
    assert len(server.heard[2]) > 4000


def test_oauthbearer_where_it_alone_is_offered() -> None:
    with (
        serve(capabilities=b"UIDL SASL=OAUTHBEARER") as server,
        transport(server, TOKEN),
    ):
        pass
    said = base64.b64decode(server.heard[2])
    assert server.heard[1] == b"AUTH OAUTHBEARER"
    assert said.startswith(b"n,a=anna@example.org,\x01host=127.0.0.1\x01port=")
    assert said.endswith(b"\x01auth=Bearer " + b"t" * 3500 + b"\x01\x01")


@pytest.mark.parametrize(
    ("mechanism", "farewell"), [(b"XOAUTH2", b""), (b"OAUTHBEARER", b"AQ==")]
)
def test_reason_of_a_refused_token_is_read_and_answered(
    mechanism: bytes, farewell: bytes
) -> None:
    refuse = auth(b"-ERR [AUTH] no\r\n", '{"status":"401"}')
    with (
        serve({b"AUTH": refuse}, capabilities=b"UIDL SASL=" + mechanism) as server,
        pytest.raises(MailError) as caught,
    ):
        transport(server, TOKEN).open()
    assert (caught.value.code, caught.value.permanent) == (
        Code.TOKEN_NOT_ACCEPTED,
        False,
    )
    assert caught.value.evidence["challenge"] == '{"status":"401"}'
    assert b"after challenge: " + farewell in server.heard
    assert "t" * 20 not in repr(caught.value.evidence)


def test_token_needs_a_mechanism() -> None:
    with (
        serve(capabilities=b"UIDL USER SASL=PLAIN") as server,
        pytest.raises(MailError) as caught,
    ):
        transport(server, TOKEN).open()
    assert caught.value.code == Code.XOAUTH2_MISSING


@pytest.mark.parametrize(
    ("answer", "credential", "code", "permanent"),
    [
        ("[AUTH] Authentication failed.", None, Code.PASSWORD_REFUSED, True),
        ("Logon failure: unknown user name", None, Code.PASSWORD_REFUSED, True),
        ("[AUTH] failed", TOKEN, Code.TOKEN_NOT_ACCEPTED, False),
        ("Authentication failure", TOKEN, Code.TOKEN_NOT_ACCEPTED, False),
        ("Protocol error. 10", TOKEN, Code.POP_TWO_LINE_AUTH, True),
        ("[IN-USE] locked", None, Code.POP_IN_USE, False),
        ("maildrop already locked", None, Code.POP_IN_USE, False),
        ("Your mailbox is already locked", None, Code.POP_IN_USE, False),
        ("Mailbox locked.", TOKEN, Code.POP_IN_USE, False),
        ("Mailbox in use", None, Code.POP_IN_USE, False),
        (".x.pop lock busy! Is another session active?", None, Code.POP_IN_USE, False),
        ("Unable to get lock", None, Code.POP_IN_USE, False),
        ("Mailbox locked by administrator", None, Code.PASSWORD_REFUSED, True),
        (
            "Temporary problem, please try again later",
            None,
            Code.SERVER_UNAVAILABLE,
            False,
        ),
        ("Temporary error", TOKEN, Code.SERVER_UNAVAILABLE, False),
        ("Wrong password, try again later", None, Code.PASSWORD_REFUSED, True),
        ("Unknown user, system error", None, Code.PASSWORD_REFUSED, True),
        ("[AUTH] Temporary failure", None, Code.PASSWORD_REFUSED, True),
        ("[LOGIN-DELAY] wait", None, Code.POP_LOGIN_DELAY, False),
        ("[SYS/TEMP] later", TOKEN, Code.SERVER_UNAVAILABLE, False),
        ("[SYS/PERM] broken", TOKEN, Code.AUTHORIZATION_FAILED, True),
        ("Too many connections", None, Code.TOO_MANY_CONNECTIONS, False),
        ("Web login required", None, Code.BASIC_AUTH_BLOCKED, True),
        ("plaintext authentication disallowed", None, Code.LOGIN_DISABLED, True),
        ("Too many POP3 sessions", None, Code.TOO_MANY_CONNECTIONS, False),
        # Dovecot 2.4, Cyrus and hMailServer
        ("[AUTH] Cleartext authentication disallowed", None, NO_LOGIN, True),
        ("[AUTH] USER command only available under a layer", None, NO_LOGIN, True),
        ("A SSL/TLS-connection is required for authentication.", None, NO_LOGIN, True),
        ("STLS is required.", None, NO_LOGIN, True),
    ],
)
def test_refusal_at_sign_in_says_what_it_means(
    answer: str, credential: Credential | None, code: Code, permanent: bool
) -> None:
    refuse = auth(f"-ERR {answer}\r\n".encode())
    with (
        serve({b"AUTH": refuse}, capabilities=CAPABILITIES + b" LOGIN-DELAY=90") as at,
        pytest.raises(MailError) as caught,
    ):
        transport(at, *([credential] if credential else [])).open()
    error = caught.value
    assert (error.code, error.stage, error.permanent) == (
        code,
        Stage.SIGN_IN,
        permanent,
    )
    assert error.evidence["answer"] == f"-ERR {answer}"
    assert error.retry_after == (90 if code == Code.POP_LOGIN_DELAY else None)


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        (b"-ERR [SYS/TEMP] busy\r\n", Code.SERVER_UNAVAILABLE),
        (b"-ERR [IN-USE] locked\r\n", Code.POP_IN_USE),
        (b"220 smtp.example.org\r\n", Code.GREETING_UNEXPECTED),
        (b"x" * 70_000 + b"\r\n", Code.GREETING_UNEXPECTED),
    ],
)
def test_bad_greeting_is_told(greeting: bytes, code: Code) -> None:
    with serve({b"greeting": greeting}) as server, pytest.raises(MailError) as caught:
        transport(server).open()
    assert (caught.value.code, caught.value.stage) == (code, Stage.GREETING)


@pytest.mark.parametrize(
    ("answers", "capabilities"),
    [({}, b"UIDL USER"), ({b"STLS": b"-ERR not now\r\n"}, b"UIDL USER STLS")],
)
def test_encryption_that_is_asked_for_is_never_done_without(
    answers: dict[bytes, bytes], capabilities: bytes
) -> None:
    with serve(answers, capabilities=capabilities) as server:  # type: ignore[arg-type]
        reader = transport(server)
        reader.endpoint = replace(reader.endpoint, security=Security.STARTTLS)
        with pytest.raises(MailError) as caught:
            reader.open()
    assert (caught.value.code, caught.value.stage) == (
        Code.STARTTLS_MISSING,
        Stage.TLS,
    )
    assert not {b"USER", b"PASS", b"AUTH"} & set(verbs(server))


def test_answers_put_in_before_the_encryption_are_not_taken() -> None:
    early = b"+OK begin\r\n+OK\r\nUSER\r\n.\r\n+OK in\r\n"
    with serve({b"STLS": early}, capabilities=b"UIDL USER STLS") as server:
        reader = transport(server)
        reader.endpoint = replace(reader.endpoint, security=Security.STARTTLS)
        with pytest.raises(MailError) as caught:
            reader.open()
    assert caught.value.code == Code.GREETING_UNEXPECTED
