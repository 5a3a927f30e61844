"""Signing in with a token where a server offers XOAUTH2, only OAUTHBEARER, or none."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import Security
from mailboxes.core.errors import Code, MailError
from mailboxes.transports import bearer
from mailboxes.transports.base import Credential, Endpoint
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.smtp import SmtpTransport
from tests.fixtures.matrix import Claim
from tests.matrix.cells import ANY, TOKEN

WHO = Credential("a=b,c@example.org", token="t.o.k")
WHERE = Endpoint("mail.test", 993, Security.TLS)


def test_xoauth2_goes_first() -> None:
    found = bearer.chosen({"PLAIN", "OAUTHBEARER", "XOAUTH2"}, WHO, WHERE)
    assert found == bearer.Bearer(
        "XOAUTH2", b"user=a=b,c@example.org\x01auth=Bearer t.o.k\x01\x01", b""
    )
    assert "t.o.k" not in repr(found)


def test_oauthbearer_is_the_fallback() -> None:
    found = bearer.chosen(["OAUTHBEARER"], WHO, WHERE)
    assert found == bearer.Bearer(
        "OAUTHBEARER",
        b"n,a=a=3Db=2Cc@example.org,\x01host=mail.test\x01port=993"
        b"\x01auth=Bearer t.o.k\x01\x01",
        b"\x01",
    )


def test_none_where_none_is_offered() -> None:
    assert bearer.chosen({"PLAIN", "LOGIN"}, WHO, WHERE) is None


@pytest.mark.server
def test_imap_signs_in_by_oauthbearer(bare_dovecot, cell: Claim) -> None:
    cell("IMAP", TOKEN, ANY, "Dovecot (OAUTHBEARER)", bare_dovecot.version)
    user, policy = bare_dovecot.new_user(), bare_dovecot.policy()
    where = bare_dovecot.endpoint()
    with ImapTransport(where, bare_dovecot.token_of(user), policy) as reader:
        assert reader.select("").messages == 0
    error = refused(ImapTransport(where, Credential(user, token="a.b.c"), policy))
    assert error.code == Code.TOKEN_NOT_ACCEPTED
    assert '"status"' in str(error.evidence["challenge"])


@pytest.mark.server
def test_smtp_signs_in_by_oauthbearer(bare_exim, dovecot, cell: Claim) -> None:
    cell("SMTP", TOKEN, ANY, "Exim (OAUTHBEARER)", bare_exim.version)
    user, policy = dovecot.new_user(), dovecot.policy()
    where = bare_exim.endpoint()
    letter = b"From: a@example.org\r\n\r\nHello\r\n"
    with SmtpTransport(where, dovecot.token_of(user), policy) as sender:
        assert sender.send(user, [user], letter).accepted == (user,)
    error = refused(SmtpTransport(where, Credential(user, token="a.b.c"), policy))
    assert error.code == Code.TOKEN_NOT_ACCEPTED


def refused(transport: ImapTransport | SmtpTransport) -> MailError:
    with pytest.raises(MailError) as caught:
        transport.open()
    return caught.value
