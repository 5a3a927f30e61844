"""IMAP: sign-in, its refusals, dropped lines, and what imapclient hides."""

from __future__ import annotations

import ast
import base64
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from mailboxes.core.choices import AfterFetch, Security
from mailboxes.core.errors import Code, MailError
from mailboxes.transports import imap
from mailboxes.transports.base import Credential, Endpoint, Listed, NetworkPolicy
from mailboxes.transports.imap import ImapTransport
from tests.servers.scripted import Scripted, Talk

PASSWORD = Credential("anna@example.org", password="s3cret pass")
TOKEN = Credential("anna@example.org", token="t" * 3500)
REASON = '{"status":"401","schemes":"bearer","scope":"mail"}'
Answers = dict[bytes, Callable[[Talk, bytes], None] | bytes]


def serve(
    answers: Answers, capabilities: bytes = b"AUTH=PLAIN AUTH=XOAUTH2"
) -> Scripted:
    """An IMAP server that answers commands by their first word from `answers`.

    Bytes are sent with {tag} replaced; a function does what it likes. Other
    commands are answered OK.
    """

    def script(talk: Talk) -> None:
        talk.send(answers.get(b"greeting", b"* OK hello\r\n"))
        while line := talk.line():
            tag, _, command = line.partition(b" ")
            verb = command.upper().split(b" ")[0]
            if verb == b"UID":
                verb = b" ".join(command.upper().split(b" ")[:2])
            answer = answers.get(verb, b"{tag} OK done\r\n")
            if verb == b"CAPABILITY":
                talk.send(b"* CAPABILITY IMAP4rev1 " + capabilities + b"\r\n")
            if callable(answer):
                answer(talk, tag)
            else:
                talk.send(answer.replace(b"{tag}", tag))

    return Scripted(script)


def transport(server: Scripted, credential: Credential = PASSWORD) -> ImapTransport:
    policy = NetworkPolicy(connect_timeout=5, read_timeout=2)
    return ImapTransport(
        Endpoint("127.0.0.1", server.port, Security.NONE), credential, policy
    )


def failure(server: Scripted, credential: Credential = PASSWORD) -> MailError:
    """The error of `open()`."""
    with pytest.raises(MailError) as caught:
        transport(server, credential).open()
    return caught.value


def auth(final: bytes, challenge: str = "") -> Callable[[Talk, bytes], None]:
    """AUTHENTICATE in two steps, perhaps with an error challenge before `final`."""

    def answer(talk: Talk, tag: bytes) -> None:
        talk.send(b"+ \r\n")
        talk.line()
        if challenge:
            talk.send(b"+ " + base64.b64encode(challenge.encode()) + b"\r\n")
            assert talk.line() == b""
        talk.send(final.replace(b"{tag}", tag))

    return answer


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


# answers after sign-in


def signed_in(answers: Answers, capabilities: bytes = b"") -> Scripted:
    """A server that lets everybody in, with a folder of its own kind."""
    select = (
        b"* 2 EXISTS\r\n* OK [UIDVALIDITY 77] v\r\n* OK [UIDNEXT 9] n\r\n"
        b"{tag} OK [READ-WRITE] done\r\n"
    )
    return serve(
        {
            b"AUTHENTICATE": auth(b"{tag} OK in\r\n"),
            b"SELECT": select,
            b"EXAMINE": select,
            **answers,
        },
        b"AUTH=PLAIN AUTH=XOAUTH2 " + capabilities,
    )


@pytest.mark.parametrize(
    ("answer", "code", "after"),
    [
        (b"{tag} NO no such folder\r\n", Code.FOLDER_MISSING, None),
        (
            b"{tag} BAD User is authenticated but not connected.\r\n",
            Code.NOT_CONNECTED,
            None,
        ),
        (
            b"{tag} BAD Request is throttled. Suggested Backoff Time: 299961"
            b" milliseconds\r\n",
            Code.SERVER_THROTTLED,
            299.961,
        ),
        (b"{tag} NO [UNAVAILABLE] busy\r\n", Code.SERVER_UNAVAILABLE, None),
        (b"* BYE shutting down\r\n", Code.SERVER_CLOSED, None),
        (b"rubbish\r\n", Code.PROTOCOL_ERROR, None),
        (b"{tag} OK but no numbering\r\n", Code.PROTOCOL_ERROR, None),
    ],
)
def test_select_refusals(answer: bytes, code: Code, after: float | None) -> None:
    with (
        signed_in({b"EXAMINE": answer}) as server,
        transport(server) as reader,
        pytest.raises(MailError) as caught,
    ):
        reader.select("")
    assert (caught.value.code, caught.value.stage) == (code, "mailbox")
    assert caught.value.retry_after == after
    assert caught.value.evidence["folder"] == "INBOX"


def test_throttled_fetch_waits_as_told() -> None:
    busy = (
        b"{tag} BAD Request is throttled. Suggested Backoff Time: 500 milliseconds\r\n"
    )
    with signed_in({b"UID FETCH": busy}) as server, transport(server) as reader:
        reader.select("")
        with pytest.raises(MailError) as caught:
            list(reader.stream([Listed(1, 10, None)]))
    assert (caught.value.code, caught.value.retry_after) == (
        Code.SERVER_THROTTLED,
        0.5,
    )


def test_uidnext_is_computed_where_the_server_gives_none() -> None:
    answers: Answers = {
        b"EXAMINE": b"* OK [UIDVALIDITY 5] v\r\n{tag} OK done\r\n",
        b"UID SEARCH": b"* SEARCH 3 41 7\r\n{tag} OK done\r\n",
    }
    with signed_in(answers) as server, transport(server) as reader:
        folder = reader.select("")
    assert (folder.validity, folder.next_id) == ("5", 42)


def test_folder_names_go_in_modified_utf7() -> None:
    with signed_in({}) as server, transport(server) as reader:
        assert reader.select("Entwürfe & more").name == "Entwürfe & more"
    assert any(b'EXAMINE "Entw&APw-rfe &- more"' in line for line in server.heard)


def test_search_answer_longer_than_imaplib_takes() -> None:
    """imaplib stops at 1 MB: about 125,000 messages."""
    numbers = b" ".join(b"%d" % n for n in range(1_000_001, 1_200_001))

    def found(talk: Talk, tag: bytes) -> None:
        talk.send(b"* SEARCH " + numbers + b"\r\n" + tag + b" OK done\r\n")

    with signed_in({b"UID SEARCH": found}) as server, transport(server) as reader:
        reader.select("")
        assert reader.list_new(1_200_000) == []  # it asked, and read the whole line


# settling on servers that can less


def settled(capabilities: bytes, action: AfterFetch, deleted: bytes) -> list[bytes]:
    """Commands after the search for what is there, with message 7 to settle."""

    def search(talk: Talk, tag: bytes) -> None:
        line = talk.heard[-1]
        found = b"7" if b"ALL" in line else deleted
        talk.send(b"* SEARCH " + found + b"\r\n" + tag + b" OK done\r\n")

    with (
        signed_in({b"UID SEARCH": search}, capabilities) as server,
        transport(server) as reader,
    ):
        reader.select("")
        assert reader.settle([7, 8], action, "Done") == {8}
    commands = [line.partition(b" ")[2] for line in server.heard]
    start = next(i for i, c in enumerate(commands) if c.startswith(b"UID SEARCH ALL"))
    end = commands.index(b"LOGOUT")
    return [c for c in commands[start + 1 : end] if not c.startswith(b"CAPABILITY")]


def test_settle_uses_move_and_uid_expunge_where_offered() -> None:
    assert settled(b"MOVE UIDPLUS", AfterFetch.MOVE, b"") == [b'UID MOVE 7 "Done"']
    assert settled(b"MOVE UIDPLUS", AfterFetch.DELETE, b"") == [
        rb"UID STORE 7 +FLAGS.SILENT (\Deleted)",
        b"UID EXPUNGE 7",
    ]


def test_settle_move_without_move_copies_then_expunges() -> None:
    assert settled(b"UIDPLUS", AfterFetch.MOVE, b"") == [
        b"UID SEARCH DELETED UID 7",
        b'UID COPY 7 "Done"',
        rb"UID STORE 7 +FLAGS.SILENT (\Deleted)",
        b"UID EXPUNGE 7",
    ]


def test_settle_move_repeated_does_not_copy_twice() -> None:
    assert b'UID COPY 7 "Done"' not in settled(b"UIDPLUS", AfterFetch.MOVE, b"7")


def test_settle_without_uidplus_expunges_only_what_is_ours() -> None:
    flag = rb"UID STORE 7 +FLAGS.SILENT (\Deleted)"
    search = b"UID SEARCH DELETED"
    assert settled(b"", AfterFetch.DELETE, b"7") == [flag, search, b"EXPUNGE"]
    assert settled(b"", AfterFetch.DELETE, b"7 99") == [flag, search]


def test_settle_stops_when_the_numbering_changed() -> None:
    other = b"* OK [UIDVALIDITY 78] v\r\n* OK [UIDNEXT 9] n\r\n{tag} OK done\r\n"
    with signed_in({b"SELECT": other}) as server, transport(server) as reader:
        reader.select("")
        with pytest.raises(MailError) as caught:
            reader.settle([7], AfterFetch.DELETE)
    assert caught.value.stage == "settle"
    assert "UIDVALIDITY changed" in str(caught.value.evidence["answer"])
    assert not any(b"STORE" in line for line in server.heard)


# rules of the house


def test_imapclient_is_never_given_a_range_string() -> None:
    """Calls of imapclient's message verbs take lists of ids, never a text."""
    verbs = {"fetch", "add_flags", "set_flags", "copy", "move", "uid_expunge"}
    seen = 0
    for path in Path(imap.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in verbs
            ):
                seen += 1
                assert isinstance(node.args[0], ast.Name), ast.unparse(node)
                assert node.args[0].id in {"ids", "fresh"}, ast.unparse(node)
                assert node.func.attr != "fetch", "bodies go through the pipeline"
    assert seen >= 4


def test_wire_shows_explicit_ids_to_flag_commands() -> None:
    """On the wire too: what imapclient sends for 600 ids has no `:` in it."""
    ids = list(range(1, 601))

    def search(talk: Talk, tag: bytes) -> None:
        numbers = b" ".join(b"%d" % n for n in ids)
        talk.send(b"* SEARCH " + numbers + b"\r\n" + tag + b" OK done\r\n")

    with signed_in({b"UID SEARCH": search}) as server, transport(server) as reader:
        reader.select("")
        assert reader.settle(ids, AfterFetch.MARK_READ) == set()
    stores = [line.split(b" ")[3] for line in server.heard if b"UID STORE" in line]
    assert [len(ids.split(b",")) for ids in stores] == [500, 100]
    assert not any(b":" in ids for ids in stores)
