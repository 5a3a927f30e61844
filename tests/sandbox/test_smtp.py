"""The SMTP server as smtplib sees it, and what becomes of accepted mail."""

from __future__ import annotations

import base64
import email
import hashlib
import json
import smtplib
from collections.abc import Callable

import pytest

from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import MAX_MESSAGE_BYTES
from tests.sandbox.clients import (
    BILLING,
    LEGACY,
    ORDERS,
    SUPPORT,
    letter,
    signed_in,
    smtp,
    smtp_signed_in,
    xoauth2,
)
from tests.sandbox.waiting import until

ANNA = "anna@customers.example"


def inbox(box: Sandbox, address: str = SUPPORT) -> Callable[[], int]:
    return lambda: len(box.messages(address))


@pytest.mark.parametrize("port", [587, 465])
@pytest.mark.parametrize("initial", [True, False], ids=["initial", "two-step"])
def test_a_token_signs_in(sandbox: Sandbox, port: int, initial: bool) -> None:
    client = smtp(sandbox, port)
    token = sandbox.token(SUPPORT)
    assert len(token) >= 1800
    answer = client.auth(
        "XOAUTH2", xoauth2(SUPPORT, token), initial_response_ok=initial
    )
    assert answer == (235, b"2.7.0 Authentication successful")
    assert client.esmtp_features["size"] == str(MAX_MESSAGE_BYTES)
    assert {"8bitmime", "pipelining"} <= set(client.esmtp_features)


def test_auth_is_offered_under_tls_only(sandbox: Sandbox) -> None:
    client = smtp(sandbox)
    assert client.esmtp_features["auth"].split() == ["LOGIN", "PLAIN", "XOAUTH2"]
    assert "starttls" not in client.esmtp_features


def test_a_refused_token_gets_a_challenge_and_535(sandbox: Sandbox) -> None:
    client = smtp(sandbox)
    text = f"user={SUPPORT}\x01auth=Bearer junk\x01\x01".encode()
    code, challenge = client.docmd("AUTH XOAUTH2 " + base64.b64encode(text).decode())
    assert code == 334
    assert json.loads(base64.b64decode(challenge))["status"] == "401"
    assert client.docmd("") == (535, b"5.7.3 Authentication unsuccessful")
    assert client.docmd("MAIL FROM:<x@y.example>")[0] == 530


def test_a_password_works_only_where_it_is_allowed(sandbox: Sandbox) -> None:
    for method in ("auth_plain", "auth_login"):
        client = smtp(sandbox)
        client.user, client.password = LEGACY, sandbox.account(LEGACY).password
        name = method.removeprefix("auth_").upper()
        assert client.auth(name, getattr(client, method))[0] == 235
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        smtp(sandbox).login(SUPPORT, sandbox.account(SUPPORT).password)
    assert refused.value.smtp_code == 535
    assert refused.value.smtp_error == (
        b"5.7.139 Authentication unsuccessful, basic authentication is disabled."
    )


def test_mail_to_a_mailbox_arrives_byte_for_byte(sandbox: Sandbox) -> None:
    raw = letter(1, ORDERS)
    smtp_signed_in(sandbox).sendmail(SUPPORT, [ORDERS], raw)
    newest = sandbox.messages(ORDERS)[-1]
    assert newest["sha256"] == hashlib.sha256(raw).hexdigest()
    assert newest["message_id"] == "<letter.1@contoso.example>"
    sent = sandbox.messages(SUPPORT, "Sent Items")
    assert [m["sha256"] for m in sent] == [newest["sha256"]]


def test_a_customer_answers(sandbox: Sandbox) -> None:
    smtp_signed_in(sandbox).sendmail(SUPPORT, [ANNA], letter(2))
    until(lambda: inbox(sandbox)() == 13)
    client = signed_in(sandbox)
    answer = email.message_from_bytes(client.fetch([13], ["BODY[]"])[13][b"BODY[]"])
    assert answer["Subject"] == "Re: Letter 2"
    assert answer["In-Reply-To"] == "<letter.2@contoso.example>"
    assert answer["References"] == "<letter.2@contoso.example>"
    assert answer["From"] == f"Anna <{ANNA}>"


def test_delivered_says_what_was_accepted(sandbox: Sandbox) -> None:
    raw = letter(3)
    client = smtp_signed_in(sandbox)
    client.sendmail(SUPPORT, [ANNA, BILLING], raw)
    client.sendmail(SUPPORT, ["x@elsewhere.example"], letter(4))
    first, second = sandbox.delivered()
    assert first.pop("time") <= second.pop("time")
    assert first == {
        "message_id": "<letter.3@contoso.example>",
        "user": SUPPORT,
        "from": SUPPORT,
        "to": [ANNA, BILLING],
        "size": len(raw),
        "sha256": hashlib.sha256(raw).hexdigest(),
    }
    assert second["message_id"] == "<letter.4@contoso.example>"
    lines = (sandbox.ca_file.parent / "delivered.jsonl").read_text().splitlines()
    assert [json.loads(line)["sha256"] for line in lines] == [
        first["sha256"],
        second["sha256"],
    ]


@pytest.mark.parametrize("address", ["x@unknown.example", "nobody@contoso.example"])
def test_an_unknown_recipient_is_refused(sandbox: Sandbox, address: str) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        smtp_signed_in(sandbox).sendmail(SUPPORT, [address], letter())
    code, words = refused.value.recipients[address]
    assert (code, words[:5]) == (550, b"5.1.1")


def test_a_message_that_is_too_large_is_refused(sandbox: Sandbox) -> None:
    client = smtp_signed_in(sandbox)
    assert client.mail(SUPPORT, [f"size={MAX_MESSAGE_BYTES + 1}"]) == (
        552,
        b"5.3.4 Message size exceeds fixed maximum message size",
    )
    client.mail(SUPPORT)
    client.rcpt(ANNA)
    line = b"x" * 998 + b"\r\n"
    code, _ = client.data(letter() + line * (MAX_MESSAGE_BYTES // 1000 + 1))
    assert code == 552
    assert sandbox.delivered() == []
    assert client.noop()[0] == 250


@pytest.mark.parametrize("field", ["envelope", "header"])
def test_sending_as_somebody_else_is_denied(sandbox: Sandbox, field: str) -> None:
    sender = ORDERS if field == "envelope" else SUPPORT
    raw = letter().replace(b"From: support", b"From: orders")
    with pytest.raises(smtplib.SMTPDataError) as denied:
        smtp_signed_in(sandbox).sendmail(sender, [ANNA], raw)
    assert denied.value.smtp_code == 554
    assert denied.value.smtp_error.startswith(b"5.2.252 SendAsDenied")


def test_pipelined_commands_are_answered_in_order(sandbox: Sandbox) -> None:
    client = smtp_signed_in(sandbox)
    for number in range(3):
        client.send(f"MAIL FROM:<{SUPPORT}>\r\nRCPT TO:<{ANNA}>\r\nDATA\r\n".encode())
        assert [client.getreply()[0] for _ in range(3)] == [250, 250, 354]
        client.send(letter(number).replace(b"\r\n.", b"\r\n..") + b".\r\n")
        assert client.getreply()[0] == 250
    assert len(sandbox.delivered()) == 3


def test_an_empty_message_and_a_reset(sandbox: Sandbox) -> None:
    client = smtp_signed_in(sandbox)
    client.mail(SUPPORT)
    assert client.rset()[0] == 250
    assert client.docmd("DATA")[0] == 503
    client.mail(SUPPORT)
    client.rcpt(ORDERS)
    assert client.docmd("DATA")[0] == 354
    client.send(b".\r\n")
    assert client.getreply()[0] == 250
    assert sandbox.messages(ORDERS)[-1]["size"] == 0
    assert client.docmd("NONSENSE")[0] == 500


def test_fault_drop_after_data_has_delivered(sandbox: Sandbox) -> None:
    sandbox.fault(SUPPORT, "smtp-drop-after-data", times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp_signed_in(sandbox).sendmail(SUPPORT, [ORDERS], letter(9))
    assert [row["message_id"] for row in sandbox.delivered()] == [
        "<letter.9@contoso.example>"
    ]
    assert len(sandbox.messages(ORDERS)) == 13


def test_fault_drop_before_data_has_not(sandbox: Sandbox) -> None:
    sandbox.fault(SUPPORT, "smtp-drop-before-data", times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp_signed_in(sandbox).sendmail(SUPPORT, [ORDERS], letter(9))
    assert sandbox.delivered() == []


@pytest.mark.parametrize(
    ("fault", "code", "start"),
    [
        (
            "smtp-auth-off-tenant",
            535,
            b"5.7.139 Authentication unsuccessful, SmtpClientAuthentication is "
            b"disabled for the Tenant.",
        ),
        (
            "smtp-auth-off-mailbox",
            535,
            b"5.7.139 Authentication unsuccessful, SmtpClientAuthentication is "
            b"disabled for the Mailbox.",
        ),
        ("smtp-refuse-token", 535, b"5.7.3 Authentication unsuccessful"),
        ("smtp-throttled", 432, b"4.3.2 Concurrent connections limit exceeded."),
    ],
)
def test_fault_at_sign_in(
    sandbox: Sandbox, fault: str, code: int, start: bytes
) -> None:
    sandbox.fault(SUPPORT, fault)
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        smtp_signed_in(sandbox)
    assert refused.value.smtp_code == code
    assert refused.value.smtp_error[: len(start)] == start
    smtp_signed_in(sandbox, ORDERS)


def test_fault_421_ends_the_connection(sandbox: Sandbox) -> None:
    client = smtp_signed_in(sandbox)
    sandbox.fault(SUPPORT, "smtp-421", times=1)
    assert client.mail(SUPPORT) == (421, b"4.3.2 Service not available")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()


def test_a_mailbox_that_may_not_send_is_a_scenario(sandbox: Sandbox) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        smtp_signed_in(sandbox, "nosmtp@contoso.example")
    assert refused.value.smtp_error[:7] == b"5.7.139"


def test_an_automatic_letter_is_not_answered(sandbox: Sandbox) -> None:
    client = smtp_signed_in(sandbox)
    automatic = letter(1).replace(
        b"Subject", b"Auto-Submitted: auto-replied\r\nSubject"
    )
    client.sendmail(SUPPORT, [ANNA], automatic)
    client.sendmail(SUPPORT, [ANNA], letter(2))
    until(lambda: inbox(sandbox)() == 13)
    answers = signed_in(sandbox).fetch([13], ["BODY[HEADER.FIELDS (IN-REPLY-TO)]"])
    assert answers[13][b"BODY[HEADER.FIELDS (IN-REPLY-TO)]"] == (
        b"In-Reply-To: <letter.2@contoso.example>\r\n\r\n"
    )
