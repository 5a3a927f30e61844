"""IMAP: sign-in, its refusals, dropped lines, and what imapclient hides."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable

import pytest
import trustme
from imapclient.exceptions import LoginError

from mailboxes.core.choices import Security
from mailboxes.core.errors import Code, MailError
from mailboxes.transports import net
from mailboxes.transports.base import Credential, Endpoint, Listed, NetworkPolicy
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.imap.control import Client
from tests.servers.imap_script import (
    PASSWORD,
    TOKEN,
    Answers,
    auth,
    serve,
    signed_in,
    transport,
)
from tests.servers.scripted import Scripted, Talk

REASON = '{"status":"401","schemes":"bearer","scope":"mail"}'


def failure(server: Scripted, credential: Credential = PASSWORD) -> MailError:
    """The error of `open()`."""
    with pytest.raises(MailError) as caught:
        transport(server, credential).open()
    return caught.value


# sign-in


def test_token_goes_in_two_steps_and_whole() -> None:
    answers: Answers = {b"AUTHENTICATE": auth(b"{tag} OK in\r\n")}
    with serve(answers) as server, transport(server, TOKEN) as reader:
        assert reader.alive()
    at = next(i for i, line in enumerate(server.heard) if b"AUTHENTICATE" in line)
    assert server.heard[at].endswith(b" AUTHENTICATE XOAUTH2")
    assert base64.b64decode(server.heard[at + 1]) == (
        b"user=anna@example.org\x01auth=Bearer " + b"t" * 3500 + b"\x01\x01"
    )


def test_error_challenge_is_read_and_answered_by_an_empty_line() -> None:
    refusal = auth(b"{tag} NO AUTHENTICATE failed.\r\n", REASON)
    with serve({b"AUTHENTICATE": refusal}) as server:
        error = failure(server, TOKEN)
    assert error.code == Code.TOKEN_NOT_ACCEPTED
    assert not error.permanent
    assert error.evidence["challenge"] == REASON
    assert error.evidence["answer"] == "NO AUTHENTICATE failed."
    assert "tttt" not in str(error.evidence)


@pytest.mark.server
def test_error_challenge_of_a_real_server(dovecot) -> None:
    credential = Credential(dovecot.new_user(), token="not.a.token")
    reader = ImapTransport(dovecot.endpoint(), credential, dovecot.policy())
    with pytest.raises(MailError) as caught:
        reader.open()
    assert caught.value.code == Code.TOKEN_NOT_ACCEPTED
    assert '"status"' in str(caught.value.evidence["challenge"])


@pytest.mark.server
@pytest.mark.parametrize("size", [0, 1800, 3500])
def test_tokens_of_real_size(dovecot, size: int) -> None:
    credential = dovecot.token_of(dovecot.new_user(), size=size)
    assert len(credential.token) >= size
    for security in (Security.TLS, Security.STARTTLS):
        endpoint = dovecot.endpoint(security)
        with ImapTransport(endpoint, credential, dovecot.policy()) as reader:
            assert reader.select("").next_id == 1


@pytest.mark.server
def test_token_of_somebody_else_or_expired_is_refused(dovecot) -> None:
    mine, other = dovecot.new_user(), dovecot.new_user()
    stolen = Credential(mine, token=dovecot.token_of(other).token)
    for credential in (stolen, dovecot.token_of(mine, lasts=-600)):
        reader = ImapTransport(dovecot.endpoint(), credential, dovecot.policy())
        with pytest.raises(MailError) as caught:
            reader.open()
        assert caught.value.code == Code.TOKEN_NOT_ACCEPTED


def test_login_is_quoted_where_plain_is_not_offered() -> None:
    credential = Credential('DOMAIN\\an "na"', password='p"w')
    with serve({}, capabilities=b"IDLE") as server, transport(server, credential):
        pass
    (line,) = (line for line in server.heard if b" LOGIN " in line)
    assert line.partition(b" ")[2] == b'LOGIN "DOMAIN\\\\an \\"na\\"" "p\\"w"'


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("jörg", "pw"),
        ("anna", "pässwörd"),
        ("anna", "pw\r\nA1 DELETE Archive"),
        ("an\nna", "pw"),
        ("anna", "p\udcffw"),
    ],
)
def test_login_sends_literals_where_a_quoted_string_cannot_carry_it(
    login: str, password: str
) -> None:
    got: list[bytes] = []

    def answer(talk: Talk, tag: bytes) -> None:
        talk.send(b"+ go\r\n")
        got.append(talk.literal(len(login.encode("utf-8", "surrogatepass"))))
        assert talk.line() == b" {%d}" % len(password.encode("utf-8", "surrogatepass"))
        talk.send(b"+ go\r\n")
        got.append(talk.literal(len(password.encode("utf-8", "surrogatepass"))))
        assert talk.line() == b""
        talk.send(tag + b" OK in\r\n")

    credential = Credential(login, password=password)
    with (
        serve({b"LOGIN": answer}, b"IDLE") as server,
        transport(server, credential) as reader,
    ):
        assert reader.alive()
    assert got == [t.encode("utf-8", "surrogatepass") for t in (login, password)]
    assert not any(b"DELETE" in line for line in server.heard)


def test_refusal_of_a_login_with_literals_is_told() -> None:
    def answer(talk: Talk, tag: bytes) -> None:
        talk.send(tag + b" NO [AUTHENTICATIONFAILED] wrong\r\n")

    with serve({b"LOGIN": answer}, b"IDLE") as server:
        error = failure(server, Credential("anna", password="pässwörd"))
    assert (error.code, error.stage) == (Code.PASSWORD_REFUSED, "sign-in")
    assert error.evidence["answer"] == "NO [AUTHENTICATIONFAILED] wrong"


@pytest.mark.parametrize("capabilities", [b"AUTH=PLAIN", b"IDLE"])
def test_password_that_no_server_can_read_is_not_sent(capabilities: bytes) -> None:
    with serve({}, capabilities) as server:
        error = failure(server, Credential("anna", password="se\0cret"))
    assert (error.code, error.permanent) == (Code.PASSWORD_REFUSED, True)
    assert error.evidence["answer"] == (
        "the log-in name or the password holds a NUL character"
    )
    assert not any(b"LOGIN" in h or b"AUTHENTICATE" in h for h in server.heard)


@pytest.mark.server
def test_literals_of_a_login_are_read_by_a_real_server(dovecot) -> None:
    who = dovecot.password_of(dovecot.new_user())
    for password, refused in ((who.password, False), ("pässwörd", True)):
        client = Client(net.Line(dovecot.endpoint(), dovecot.policy(), {}))
        try:
            client._imap.log_in(who.login.encode(), password.encode())
            assert (client.noop()[0][:14], refused) == (b"NOOP completed", False)
        except LoginError as error:
            assert ("[AUTHENTICATIONFAILED]" in str(error), refused) == (True, True)
        finally:
            client.shutdown()


def test_plain_carries_letters_beyond_ascii() -> None:
    answers: Answers = {b"AUTHENTICATE": auth(b"{tag} OK in\r\n")}
    credential = Credential("jörg", password="pässwörd")
    with serve(answers) as server, transport(server, credential) as reader:
        assert reader.alive()
    assert base64.b64encode("\0jörg\0pässwörd".encode()) in server.heard


@pytest.mark.parametrize(
    ("capabilities", "credential", "code"),
    [
        (b"AUTH=PLAIN", TOKEN, Code.XOAUTH2_MISSING),
        (b"LOGINDISABLED STARTTLS", PASSWORD, Code.LOGIN_DISABLED),
    ],
)
def test_secret_is_not_sent_where_the_way_is_not_offered(
    capabilities: bytes, credential: Credential, code: Code
) -> None:
    with serve({}, capabilities) as server:
        error = failure(server, credential)
    assert (error.code, error.stage, error.permanent) == (code, "sign-in", True)
    assert capabilities.decode() in str(error.evidence["answer"])
    assert not any(b"LOGIN " in h or b"AUTHENTICATE" in h for h in server.heard)


def test_starttls_missing_sends_no_secret() -> None:
    with serve({}) as server:
        reader = ImapTransport(
            Endpoint("127.0.0.1", server.port, Security.STARTTLS),
            PASSWORD,
            NetworkPolicy(read_timeout=2),
        )
        with pytest.raises(MailError) as caught:
            reader.open()
    assert (caught.value.code, caught.value.stage) == (Code.STARTTLS_MISSING, "tls")
    assert len(server.heard) == 1  # CAPABILITY


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"NO TLS is not available now", "NO TLS is not available now"),
        (b"BAD TLS is off", "STARTTLS command error: BAD [b'TLS is off']"),
    ],
)
def test_refused_starttls_is_no_strange_greeting(answer: bytes, words: str) -> None:
    with serve({b"STARTTLS": b"{tag} %s\r\n" % answer}, b"STARTTLS") as server:
        reader = ImapTransport(
            Endpoint("127.0.0.1", server.port, Security.STARTTLS),
            PASSWORD,
            NetworkPolicy(read_timeout=2),
        )
        with pytest.raises(MailError) as caught:
            reader.open()
    error = caught.value
    assert (error.code, error.stage) == (Code.STARTTLS_MISSING, "tls")
    assert error.evidence["answer"] == words
    assert len(server.heard) == 2  # CAPABILITY, STARTTLS


def test_starttls_forgets_what_was_said_in_clear(authority: trustme.CA) -> None:
    """Capabilities and answers injected before TLS must not count."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    def script(talk: Talk) -> None:
        talk.send(b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hello\r\n")
        tag = talk.line().split()[0]
        talk.send(
            b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n" + tag + b" OK done\r\n"
        )
        tag = talk.line().split()[0]
        talk.send(tag + b" OK go\r\n* OK injected\r\n")
        talk.encrypt(context)
        tag = talk.line().split()[0]
        talk.send(b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n" + tag + b" OK x\r\n")
        talk.wait_for_end()

    with Scripted(script) as server:
        policy = NetworkPolicy(ca_pem=authority.cert_pem.bytes().decode())
        reader = ImapTransport(
            Endpoint("localhost", server.port, Security.STARTTLS), PASSWORD, policy
        )
        with pytest.raises(MailError) as caught:
            reader.open()
    assert caught.value.code == Code.LOGIN_DISABLED


def test_preauth_is_not_believed() -> None:
    with serve({b"greeting": b"* PREAUTH you are in\r\n"}) as server:
        error = failure(server)
    assert (error.code, error.stage) == (Code.GREETING_UNEXPECTED, "greeting")


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        (b"220 smtp.example.org ESMTP\r\n", Code.GREETING_UNEXPECTED),
        (b"HTTP/1.1 400 Bad Request\r\n", Code.GREETING_UNEXPECTED),
        (b"* BYE come back later\r\n", Code.SERVER_CLOSED),
        (b"* BYE Too many simultaneous connections\r\n", Code.TOO_MANY_CONNECTIONS),
    ],
)
def test_greetings_that_are_none(greeting: bytes, code: Code) -> None:
    with serve({b"greeting": greeting}) as server:
        error = failure(server)
    assert (error.code, error.stage) == (code, "greeting")


def test_silence_instead_of_a_greeting_is_a_timeout() -> None:
    with Scripted(Talk.wait_for_end) as server:
        reader = ImapTransport(
            Endpoint("127.0.0.1", server.port, Security.NONE),
            PASSWORD,
            NetworkPolicy(read_timeout=0.2),
        )
        with pytest.raises(MailError) as caught:
            reader.open()
    assert (caught.value.code, caught.value.stage) == (Code.READ_TIMEOUT, "greeting")


# who we are


def introduced(answers: Answers, capabilities: bytes) -> list[bytes]:
    """ID and EXAMINE, as they go out where a folder is opened twice."""
    with signed_in(answers, capabilities) as server, transport(server) as reader:
        assert reader.alive()
        for _ in range(2):
            assert reader.select("").next_id == 9
        assert reader.list_new(8) == []
    commands = [line.partition(b" ")[2] for line in server.heard]
    start = commands.index(b"NOOP")
    return [c for c in commands[start + 1 :] if b"EXAMINE" in c or b"ID (" in c]


@pytest.mark.parametrize(
    "answer",
    [
        b'* ID ("name" "Coremail Imap")\r\n{tag} OK ID completed\r\n',
        b"* ID NIL\r\n{tag} OK done\r\n",
        b"* ID ({4}\r\nname NIL)\r\n{tag} OK done\r\n",
        b"{tag} NO not now\r\n",
        b"{tag} BAD what\r\n",
    ],
)
def test_we_say_who_we_are_where_that_is_offered(answer: bytes) -> None:
    """NetEase opens no folder for others (RFC 2971); what it answers is its matter."""
    assert introduced({b"ID": answer}, b"ID") == [
        b'ID ("name" "mailadmin" "version" "1")',
        b'EXAMINE "INBOX"',
        b'EXAMINE "INBOX"',
    ]


def test_we_say_it_by_what_is_offered_after_the_sign_in() -> None:
    into = auth(b"{tag} OK [CAPABILITY IMAP4rev1 ID] in\r\n")
    out = auth(b"{tag} OK [CAPABILITY IMAP4rev1] in\r\n")
    assert len(introduced({b"AUTHENTICATE": into}, b"")) == 3
    assert len(introduced({b"AUTHENTICATE": out}, b"ID")) == 2
    assert len(introduced({}, b"")) == 2


def test_nobody_waits_for_the_answer_to_it() -> None:
    """A server may answer both at once, so it costs no round trip."""
    held: list[bytes] = []

    def hold(talk: Talk, tag: bytes) -> None:
        held.append(b"* ID NIL\r\n" + tag + b" OK done\r\n")

    def both(talk: Talk, tag: bytes) -> None:
        talk.send(b"".join(held))
        held.clear()
        talk.send(b"* OK [UIDVALIDITY 77] v\r\n* OK [UIDNEXT 9] n\r\n")
        talk.send(tag + b" OK done\r\n")

    assert introduced({b"ID": hold, b"EXAMINE": both}, b"ID")[1:] == [
        b'EXAMINE "INBOX"',
        b'EXAMINE "INBOX"',
    ]


# dropped lines


@pytest.mark.parametrize("leave", [Talk.hang_up, Talk.reset])
@pytest.mark.parametrize("credential", [PASSWORD, TOKEN])
def test_line_dropped_during_sign_in_is_not_a_refusal(
    leave: Callable[[Talk], None], credential: Credential
) -> None:
    """imapclient makes LoginError of it and leaves the truth in __context__."""

    def drop(talk: Talk, tag: bytes) -> None:
        talk.send(b"+ \r\n")
        talk.line()
        leave(talk)

    with serve({b"AUTHENTICATE": drop}) as server:
        error = failure(server, credential)
    assert (error.code, error.stage) == (Code.CONNECTION_LOST, "sign-in")


def test_line_dropped_during_login_is_not_a_refusal() -> None:
    with serve({b"LOGIN": lambda talk, tag: talk.hang_up()}, b"IDLE") as server:
        assert failure(server).code == Code.CONNECTION_LOST


def test_bye_during_sign_in_is_told() -> None:
    def bye(talk: Talk, tag: bytes) -> None:
        auth(b"* BYE Connection closed. 14\r\n")(talk, tag)
        talk.hang_up()

    with serve({b"AUTHENTICATE": bye}) as server:
        error = failure(server)
    assert error.code == Code.SERVER_CLOSED
    assert error.evidence["answer"] == "BYE Connection closed. 14"


def test_alive_is_false_after_the_line_fell() -> None:
    def drop(talk: Talk, tag: bytes) -> None:
        talk.hang_up()

    answers: Answers = {b"AUTHENTICATE": auth(b"{tag} OK in\r\n"), b"NOOP": drop}
    with serve(answers) as server:
        reader = transport(server)
        reader.open()
        assert not reader.alive()
        assert not reader.alive()
        reader.close()


def test_fetch_dropped_in_a_literal_is_connection_lost() -> None:
    def half(talk: Talk, tag: bytes) -> None:
        talk.send(b"* 1 FETCH (UID 1 BODY[] {100}\r\nonly this")
        talk.hang_up()

    with signed_in({b"UID FETCH": half}) as server:
        reader = transport(server)
        reader.open()
        reader.select("")
        with pytest.raises(MailError) as caught:
            list(reader.stream([Listed(1, 100, None)]))
        assert (caught.value.code, caught.value.stage) == (
            Code.CONNECTION_LOST,
            "fetch",
        )
        assert not reader.alive()


def test_stream_left_early_makes_the_connection_unusable() -> None:
    def two(talk: Talk, tag: bytes) -> None:
        talk.send(b"* 1 FETCH (UID 1 BODY[] {1}\r\nx)\r\n")
        talk.send(b"* 2 FETCH (UID 2 BODY[] {1}\r\ny)\r\n" + tag + b" OK done\r\n")

    with signed_in({b"UID FETCH": two}) as server, transport(server) as reader:
        reader.select("")
        bodies = reader.stream([Listed(1, 1, None), Listed(2, 1, None)])
        assert next(bodies).id == 1
        bodies.close()  # type: ignore[attr-defined]
        assert not reader.alive()
