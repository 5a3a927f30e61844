"""SMTP: sign-in, refusals at each verb, lines that fall before and after the dot."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable

import pytest

from mailboxes.core.choices import Security
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.base import Credential
from tests.servers.scripted import Scripted, Talk
from tests.servers.smtp_script import (
    NOBODY,
    PASSWORD,
    TOKEN,
    Answers,
    auth,
    serve,
    transport,
)

REASON = '{"status":"401","schemes":"bearer","scope":"https://outlook.office.com/"}'
MESSAGE = b"Subject: x\r\n\r\n.dot\r\nend\r\n"
ANNA, BERT, CARL = "anna@example.org", "bert@example.org", "carl@example.org"


def failure(server: Scripted, credential: Credential = NOBODY) -> MailError:
    """The error of `open()`."""
    with pytest.raises(MailError) as caught:
        transport(server, credential).open()
    return caught.value


def refusal(
    answers: Answers,
    *features: bytes,
    message: bytes = MESSAGE,
    to: list[str] | None = None,
) -> tuple[MailError, bool]:
    """The error of `send()`, and whether the connection is good for the next."""
    with serve(answers, *features) as server, transport(server) as sender:
        with pytest.raises(MailError) as caught:
            sender.send(ANNA, to or [BERT], message)
        return caught.value, sender.alive()


# greeting and sign-in


def test_ehlo_gives_the_name_of_the_policy() -> None:
    with serve() as server, transport(server) as sender:
        assert sender.alive()
    assert server.heard[0].lower() == b"ehlo console.test"
    assert server.heard[-1].lower() == b"quit"


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        (b"554 no service here\r\n", Code.GREETING_UNEXPECTED),
        (b"* OK an IMAP server\r\n", Code.GREETING_UNEXPECTED),
        (b"421 4.3.2 too many connections\r\n", Code.TOO_MANY_CONNECTIONS),
        (b"421 4.4.2 going down\r\n", Code.SERVER_CLOSED),
        (Talk.hang_up, Code.CONNECTION_LOST),
        (Talk.wait_for_end, Code.READ_TIMEOUT),
    ],
)
def test_greetings_that_are_none(
    greeting: Callable[[Talk], None] | bytes, code: Code
) -> None:
    with serve({b"greeting": greeting}) as server:
        error = failure(server)
    assert (error.code, error.stage) == (code, "greeting")


def test_token_goes_in_two_steps_and_whole() -> None:
    answers: Answers = {b"AUTH": auth(b"", b"235 2.7.0 in")}
    with serve(answers, b"AUTH LOGIN XOAUTH2") as server:
        transport(server, TOKEN).open()
    assert server.heard[1] == b"AUTH XOAUTH2"
    assert base64.b64decode(server.heard[2]) == (
        b"user=anna@example.org\x01auth=Bearer " + b"t" * 3500 + b"\x01\x01"
    )


def test_error_challenge_is_read_and_answered_by_an_empty_line() -> None:
    answers: Answers = {
        b"AUTH": auth(b"", REASON.encode(), b"535 5.7.3 Authentication unsuccessful")
    }
    with serve(answers, b"AUTH XOAUTH2") as server:
        error = failure(server, TOKEN)
    assert server.heard[3] == b""
    assert (error.code, error.stage) == (Code.TOKEN_NOT_ACCEPTED, "sign-in")
    assert error.evidence["challenge"] == REASON
    assert "tttt" not in str(error.evidence)


def test_plain_and_login_carry_letters_beyond_ascii() -> None:
    answers: Answers = {b"AUTH": auth(b"", b"235 in")}
    with serve(answers, b"AUTH=PLAIN", b"AUTH LOGIN PLAIN") as server:
        transport(server, PASSWORD).open()
    assert base64.b64decode(server.heard[2]) == "\0anna@example.org\0pässword".encode()
    answers = {b"AUTH": auth(b"Username:", b"Password:", b"235 in")}
    with serve(answers, b"AUTH LOGIN") as server:
        transport(server, PASSWORD).open()
    assert base64.b64decode(server.heard[3]) == "pässword".encode()


@pytest.mark.parametrize(
    ("features", "credential", "code"),
    [
        ([b"AUTH PLAIN LOGIN"], TOKEN, Code.XOAUTH2_MISSING),
        ([], TOKEN, Code.XOAUTH2_MISSING),
        ([b"AUTH XOAUTH2"], PASSWORD, Code.LOGIN_DISABLED),
        ([b"STARTTLS"], PASSWORD, Code.LOGIN_DISABLED),
    ],
)
def test_secret_is_not_sent_where_the_way_is_not_offered(
    features: list[bytes], credential: Credential, code: Code
) -> None:
    with serve({}, *features) as server:
        error = failure(server, credential)
    assert (error.code, error.stage, error.permanent) == (code, "sign-in", True)
    assert not any(line.startswith(b"AUTH") for line in server.heard)


def test_starttls_missing_sends_no_secret() -> None:
    with serve({}, b"AUTH PLAIN") as server:
        sender = transport(server, PASSWORD, Security.STARTTLS)
        with pytest.raises(MailError) as caught:
            sender.open()
    assert (caught.value.code, caught.value.stage) == (Code.STARTTLS_MISSING, "tls")
    assert [line.split()[0].upper() for line in server.heard] == [b"EHLO"]


@pytest.mark.parametrize("leave", [Talk.hang_up, Talk.reset])
@pytest.mark.parametrize("verb", [b"EHLO", b"AUTH"])
def test_line_dropped_before_the_end_of_sign_in_is_not_a_refusal(
    verb: bytes, leave: Callable[[Talk], None]
) -> None:
    with serve({verb: leave}, b"AUTH XOAUTH2") as server:
        error = failure(server, TOKEN)
    assert error.code == Code.CONNECTION_LOST
    assert error.stage == {b"EHLO": "greeting", b"AUTH": "sign-in"}[verb]


def test_silence_after_auth_is_a_timeout() -> None:
    with serve({b"AUTH": Talk.wait_for_end}, b"AUTH XOAUTH2") as server:
        assert failure(server, TOKEN).code == Code.READ_TIMEOUT


# refusals at each verb


@pytest.mark.parametrize(
    ("verb", "answer", "code", "stage", "permanent"),
    [
        (b"MAIL", b"550 5.7.60 SendAs", Code.SENDER_REFUSED, "envelope", True),
        (b"MAIL", b"501 5.1.7 bad sender", Code.SENDER_REFUSED, "envelope", True),
        (b"MAIL", b"451 4.3.0 later", Code.MESSAGE_DEFERRED, "envelope", False),
        (b"MAIL", b"530 5.7.57 who are you", Code.SMTP_AUTH_REQUIRED, "envelope", True),
        (b"RCPT", b"550 5.1.1 unknown", Code.RECIPIENT_REFUSED, "envelope", True),
        (b"RCPT", b"450 4.2.0 later", Code.RECIPIENT_DEFERRED, "envelope", False),
        (b"RCPT", b"550 5.7.232 quota", Code.SENDING_QUOTA, "envelope", False),
        (b"DATA", b"554 5.5.1 no valid", Code.MESSAGE_REFUSED, "data", True),
        (b"DATA", b"451 4.3.0 later", Code.MESSAGE_DEFERRED, "data", False),
        (b"content", b"554 5.6.0 no", Code.MESSAGE_REFUSED, "data", True),
        (b"content", b"451 4.7.500 busy", Code.SERVER_THROTTLED, "data", False),
        (b"content", b"552 5.3.4 big", Code.MESSAGE_TOO_LARGE, "data", True),
        (b"content", b"554 5.2.0 SendAsDenied", Code.SENDER_REFUSED, "data", True),
    ],
)
@pytest.mark.parametrize("features", [[], [b"PIPELINING"]])
def test_refusals_leave_the_connection_usable(
    verb: bytes,
    answer: bytes,
    code: Code,
    stage: str,
    permanent: bool,
    features: list[bytes],
) -> None:
    error, usable = refusal({verb: answer + b"\r\n"}, *features)
    assert (error.code, error.stage, error.permanent) == (code, stage, permanent)
    assert answer.decode() in str(error.evidence["answer"])
    assert not error.handed_over
    assert usable


def test_421_among_pipelined_answers_is_heard_though_the_line_ends() -> None:
    """The server says no more after it: what follows has no answer (RFC 5321 3.8)."""

    def gone(talk: Talk) -> None:
        talk.send(b"421 4.4.2 Connection dropped due to timeout\r\n")
        raise ConnectionAbortedError

    error, usable = refusal({b"MAIL": gone}, b"PIPELINING", to=[BERT, CARL])
    assert (error.code, usable) == (Code.SERVER_CLOSED, False)
    assert error.evidence["answer"] == "421 4.4.2 Connection dropped due to timeout"


def test_refused_sender_is_heard_though_the_line_ends() -> None:
    """Some servers leave after it without another word; what was sent ahead is void."""

    def gone(talk: Talk) -> None:
        talk.send(b"550 5.7.1 You are on our list\r\n")
        raise ConnectionAbortedError

    error, usable = refusal({b"MAIL": gone}, b"PIPELINING", to=[BERT, CARL])
    assert (error.code, error.permanent, usable) == (Code.SENDER_REFUSED, True, False)
    assert error.evidence["answer"] == "550 5.7.1 You are on our list"


@pytest.mark.parametrize("verb", [b"MAIL", b"RCPT", b"DATA", b"content"])
def test_421_ends_the_connection(verb: bytes) -> None:
    error, usable = refusal({verb: b"421 4.3.0 shutting down\r\n"})
    assert (error.code, error.handed_over) == (Code.SERVER_CLOSED, False)
    assert not usable


@pytest.mark.parametrize("leave", [Talk.hang_up, Talk.reset])
@pytest.mark.parametrize("verb", [b"MAIL", b"RCPT", b"DATA"])
def test_drop_before_the_data_is_no_doubt(
    verb: bytes, leave: Callable[[Talk], None]
) -> None:
    error, usable = refusal({verb: leave})
    assert (error.code, error.handed_over) == (Code.CONNECTION_LOST, False)
    assert not usable


def test_drop_within_the_data_is_no_doubt() -> None:
    """Nothing is taken without the final dot, which was not sent."""

    def leave(talk: Talk) -> None:
        talk.send(b"354 go on\r\n")
        talk.socket.recv(1000)
        talk.reset()

    error, usable = refusal({b"DATA": leave}, message=b"x" * 30_000_000)
    assert (error.code, error.stage) == (Code.CONNECTION_LOST, "data")
    assert not error.handed_over
    assert not usable


def test_last_words_within_the_data_are_heard() -> None:
    """A server that wants no more of it says so and lets the line fall."""

    def leave(talk: Talk) -> None:
        talk.send(b"354 go on\r\n")
        talk.socket.recv(1000)
        talk.send(b"552 5.3.4 Message size exceeds fixed maximum\r\n")
        talk.reset()

    error, usable = refusal({b"DATA": leave}, message=b"x" * 30_000_000)
    assert (error.code, error.stage) == (Code.MESSAGE_TOO_LARGE, "data")
    assert error.evidence["answer"] == "552 5.3.4 Message size exceeds fixed maximum"
    assert (error.permanent, error.handed_over, usable) == (True, False, False)


def test_end_of_the_line_within_the_data_keeps_the_dot_back() -> None:
    """The server closes its side after 354: without the dot nothing can be taken."""
    got: list[bytes] = []

    def leave(talk: Talk) -> None:
        talk.send(b"354 go on\r\n")
        talk.socket.shutdown(socket.SHUT_WR)
        while data := talk.socket.recv(1 << 20):
            got.append(data)

    error, usable = refusal({b"DATA": leave}, message=b"x" * 2_000_000)
    assert (error.code, error.handed_over) == (Code.CONNECTION_LOST, False)
    assert not usable
    assert b"".join(got) == b"x" * 2_000_000 + b"\r\n"


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (Talk.hang_up, Code.CONNECTION_LOST),
        (Talk.reset, Code.CONNECTION_LOST),
        (Talk.wait_for_end, Code.READ_TIMEOUT),
        (b"what?\r\n", Code.PROTOCOL_ERROR),
    ],
)
def test_anything_but_an_answer_after_the_dot_is_unconfirmed(
    end: Callable[[Talk], None] | bytes, reason: Code
) -> None:
    error, usable = refusal({b"content": end})
    assert (error.code, error.stage) == (Code.SEND_UNCONFIRMED, "data")
    assert error.handed_over
    assert not error.permanent
    assert error.evidence["reason"] == reason
    assert not usable


def test_doubt_tells_who_was_refused_before_it() -> None:
    answers: Answers = {
        b"RCPT TO:<bert@example.org>": b"550 5.1.1 unknown\r\n",
        b"content": Talk.hang_up,
    }
    error, _ = refusal(answers, to=[BERT, CARL])
    assert error.handed_over
    assert error.evidence["recipients"] == {BERT: [550, "5.1.1 unknown"]}


# envelope


def test_some_refused_recipients_do_not_stop_the_others() -> None:
    answers: Answers = {b"RCPT TO:<bert@example.org>": b"550 5.1.1 unknown\r\n"}
    for features in ([], [b"PIPELINING"]):
        with serve(answers, *features) as server, transport(server) as sender:
            result = sender.send(ANNA, [BERT, CARL], MESSAGE)
        assert result.accepted == (CARL,)
        assert {who: r.code for who, r in result.refused.items()} == {BERT: 550}
        assert result.answer == "250 2.0.0 taken"


def test_one_temporary_refusal_makes_all_temporary() -> None:
    answers: Answers = {
        b"RCPT TO:<bert@example.org>": b"550 5.1.1 unknown\r\n",
        b"RCPT TO:<carl@example.org>": b"450 4.2.0 later\r\n",
    }
    error, _ = refusal(answers, to=[BERT, CARL])
    assert (error.code, error.permanent) == (Code.RECIPIENT_DEFERRED, False)
    assert error.evidence["recipients"] == {
        BERT: [550, "5.1.1 unknown"],
        CARL: [450, "4.2.0 later"],
    }


def test_size_over_the_limit_is_not_sent() -> None:
    with serve({}, b"SIZE 20") as server, transport(server) as sender:
        with pytest.raises(MailError) as caught:
            sender.send(ANNA, [BERT], MESSAGE)
        assert sender.alive()
    assert (caught.value.code, caught.value.permanent) == (
        Code.MESSAGE_TOO_LARGE,
        True,
    )
    assert caught.value.evidence["limit"] == 20
    assert not any(line.startswith(b"MAIL") for line in server.heard)


def test_size_and_8bit_are_announced_where_offered() -> None:
    text = "Subject: ü\r\n\r\n".encode()
    with serve({}, b"SIZE 0", b"8BITMIME") as server, transport(server) as sender:
        sender.send(ANNA, [BERT], text)
    mail = b"MAIL FROM:<anna@example.org> SIZE=%d BODY=8BITMIME" % len(text)
    assert mail in server.heard


def test_addresses_beyond_ascii_need_smtputf8() -> None:
    wide = "jörg@example.org"
    with serve({}, b"SMTPUTF8") as server, transport(server) as sender:
        assert sender.send(ANNA, [wide], MESSAGE).accepted == (wide,)
        assert sender.send(ANNA, [BERT], MESSAGE).accepted == (BERT,)
    assert b"MAIL FROM:<anna@example.org> SMTPUTF8" in server.heard
    assert f"RCPT TO:<{wide}>".encode() in server.heard
    assert b"MAIL FROM:<anna@example.org>" in server.heard
    error, usable = refusal({}, to=[wide])
    assert (error.code, usable) == (Code.RECIPIENT_REFUSED, True)


def test_domain_beyond_ascii_needs_nothing() -> None:
    with serve() as server, transport(server) as sender:
        assert sender.send(ANNA, ["jan@bücher.example"], MESSAGE).accepted
    assert b"RCPT TO:<jan@xn--bcher-kva.example>" in server.heard


@pytest.mark.parametrize(
    "address",
    ["a@b>\r\nDATA", "a b@example.org", "<a@example.org>", "nobody", "@x", ""],
)
def test_what_is_no_address_never_reaches_the_wire(address: str) -> None:
    with serve() as server, transport(server) as sender:
        result = sender.send(ANNA, [address, BERT], MESSAGE)
        with pytest.raises(MailError) as caught:
            sender.send(address or "x y@z", [BERT], MESSAGE)
    assert result.accepted == (BERT,)
    assert list(result.refused) == [address]
    assert caught.value.code == Code.SENDER_REFUSED
    envelope = [h for h in server.heard if h[:5] in (b"RCPT ", b"MAIL ")]
    assert envelope == [b"MAIL FROM:<anna@example.org>", b"RCPT TO:<bert@example.org>"]


def test_empty_sender_is_the_null_path() -> None:
    with serve() as server, transport(server) as sender:
        sender.send("", [BERT], MESSAGE)
    assert b"MAIL FROM:<>" in server.heard


# content


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        (b"a\r\n.b\r\n..\r\n", [b"a", b"..b", b"..."]),
        (b".", [b".."]),
        (b"a\n.\nb\rc", [b"a", b"..", b"b", b"c"]),
        (b"x" * 5000 + b"\r\n", [b"x" * 5000]),
        (b"", [b""]),
        (b".\r\n" * 200_000, [b".."] * 200_000),
    ],
)
def test_content_reaches_the_wire_right(message: bytes, lines: list[bytes]) -> None:
    with serve() as server, transport(server) as sender:
        sender.send(ANNA, [BERT], message)
    start = next(i for i, h in enumerate(server.heard) if h.upper() == b"DATA")
    assert server.heard[start + 1 : server.heard.index(b".", start)] == lines


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([b"a\r", b"\n.b\r\n", b".", b".\r\n"], [b"a", b"..b", b"..."]),
        ([b"a\r", b"b\n", b"\n", b".c"], [b"a", b"b", b"", b"..c"]),
        ([b"a.", b".b\r\n", b"", b"c\r"], [b"a..b", b"c"]),
        ([], [b""]),
        ([b"x" * 300_000, b".\r\n", b"."], [b"x" * 300_000 + b".", b".."]),
    ],
)
def test_content_in_chunks_reaches_the_wire_right(
    chunks: list[bytes], lines: list[bytes]
) -> None:
    """Wherever the cuts are: in a line end, before a dot, in a line."""
    with serve() as server, transport(server) as sender:
        sender.send(ANNA, [BERT], chunks)
        sender.send(ANNA, [BERT], b"".join(chunks))
    starts = [i for i, h in enumerate(server.heard) if h.upper() == b"DATA"]
    for start in starts:
        assert server.heard[start + 1 : server.heard.index(b".", start)] == lines
