"""SMTP against a real Postfix, which asks a real Dovecot who may send."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import Security
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.base import Credential
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.smtp import SmtpTransport
from tests.servers.postfix import MOST_RECIPIENTS
from tests.servers.process import wait_for

# Postfix adds these headers to submitted mail that has none.
HEAD = (
    b"From: a@example.org\r\nMessage-ID: <1@example.org>\r\n"
    b"Date: Tue, 24 Nov 2026 12:00:00 +0000\r\nSubject: round\r\n"
)
MESSAGE = HEAD + b"\r\n.dot\r\nend\r\n"


@pytest.mark.server
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_what_postfix_takes_dovecot_gives_back(
    postfix, dovecot, security: Security
) -> None:
    user = dovecot.new_user()
    body = HEAD + b"\r\n.dot\r\n" + b"y" * 900 + b"\r\n..\r\n"
    credential = dovecot.token_of(user, size=3500)
    policy = dovecot.policy()
    with SmtpTransport(postfix.endpoint(security), credential, policy) as sender:
        assert sender.send(user, [user], body).accepted == (user,)
    with ImapTransport(dovecot.endpoint(), credential, policy) as reader:
        reader.select("")
        wait_for(lambda: reader.alive() and reader.list_new(0) != [], "no delivery")
        (fetched,) = reader.stream(reader.list_new(0))
    received = b"".join(fetched.chunks)
    assert received.endswith(body)


@pytest.mark.server
def test_postfix_puts_off_recipients_beyond_its_number(postfix, dovecot) -> None:
    """What services/outbox/outcome takes for that."""
    user = dovecot.new_user()
    names = [f"r{number}@example.org" for number in range(MOST_RECIPIENTS + 2)]
    credential, policy = dovecot.password_of(user), dovecot.policy()
    with SmtpTransport(postfix.endpoint(), credential, policy) as sender:
        result = sender.send(user, names, MESSAGE)
    assert result.accepted == tuple(names[:MOST_RECIPIENTS])
    told = {(reply.code, reply.text[:5]) for reply in result.refused.values()}
    assert (len(result.refused), told) == (2, {(452, "4.5.3")})


@pytest.mark.server
def test_postfix_refusals(postfix, dovecot) -> None:
    user = dovecot.new_user()
    endpoint, policy = postfix.endpoint(), dovecot.policy()
    with SmtpTransport(endpoint, dovecot.password_of(user), policy) as sender:
        for sender_address, to, code in (
            ("notmine@example.org", user, Code.SENDER_REFUSED),
            (user, "x@full.example.org", Code.RECIPIENT_REFUSED),
            (user, "x@later.example.org", Code.RECIPIENT_DEFERRED),
        ):
            with pytest.raises(MailError) as caught:
                sender.send(sender_address, [to], MESSAGE)
            assert caught.value.code == code
        with pytest.raises(MailError) as caught:
            sender.send(user, [user], b"x" * 5_000_001)
        assert caught.value.code == Code.MESSAGE_TOO_LARGE
        wide = "jörg@example.org"
        assert sender.send(user, [wide], MESSAGE).accepted == (wide,)
    with SmtpTransport(endpoint, Credential(""), policy) as sender:
        with pytest.raises(MailError) as caught:
            sender.send(user, ["x@elsewhere.test"], MESSAGE)
        assert caught.value.stage == "envelope"


@pytest.mark.server
def test_error_challenge_of_a_real_server(postfix, dovecot) -> None:
    credential = Credential(dovecot.new_user(), token="not.a.token")
    sender = SmtpTransport(postfix.endpoint(), credential, dovecot.policy())
    with pytest.raises(MailError) as caught:
        sender.open()
    assert caught.value.code == Code.TOKEN_NOT_ACCEPTED
    assert '"status"' in str(caught.value.evidence["challenge"])


@pytest.mark.server
def test_server_without_smtputf8_is_named_and_gets_the_others(
    bare_exim, dovecot
) -> None:
    user, wide = dovecot.new_user(), "jörg@example.org"
    where, policy = bare_exim.endpoint(), dovecot.policy()
    with SmtpTransport(where, dovecot.password_of(user), policy) as sender:
        result = sender.send(user, [wide, user], MESSAGE)
        assert result.accepted == (user,)
        assert result.refused[wide].code == 553
        assert "SMTPUTF8" in result.refused[wide].text
        for sender_address, to in ((user, wide), (wide, user)):
            with pytest.raises(MailError) as caught:
                sender.send(sender_address, [to], MESSAGE)
            assert caught.value.permanent
            assert "SMTPUTF8" in str(caught.value.evidence["answer"])
        assert sender.send(user, ["x@bücher.example.org", user], MESSAGE).accepted


@pytest.mark.server
@pytest.mark.parametrize("family", ["postfix", "exim"])
def test_eight_bit_content_arrives_as_it_is(
    family: str, request: pytest.FixtureRequest, dovecot
) -> None:
    server = request.getfixturevalue(family)
    user = dovecot.new_user()
    letter = "Subject: x\r\n\r\nÄ\r\n.\r\n..Punkte\r\n".encode()
    where, policy = server.endpoint(), dovecot.policy()
    with SmtpTransport(where, dovecot.password_of(user), policy) as sender:
        assert sender.send(user, [user], letter).accepted == (user,)
    arrived = wait_for_letter(dovecot, user)
    assert arrived.endswith(letter.partition(b"\r\n\r\n")[2])


def wait_for_letter(dovecot, user: str) -> bytes:
    """The one message of a mailbox, as soon as the relay has handed it over."""
    reader = ImapTransport(
        dovecot.endpoint(), dovecot.password_of(user), dovecot.policy()
    )
    with reader:

        def there() -> bool:
            return reader.select("").messages == 1

        wait_for(there, f"no letter for {user}")
        [fetched] = reader.stream(reader.list_new(0))
    return b"".join(fetched.chunks)
