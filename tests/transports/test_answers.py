"""The answer tables, by the rows of diagnosis.md sections 3.5 and 3.6."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import Stage
from mailboxes.core.errors import Code
from mailboxes.transports.base import Reply
from mailboxes.transports.imap import answers as imap
from mailboxes.transports.smtp import answers as smtp

S = Stage
PASSES, REFUSED = Code.SERVER_UNAVAILABLE, Code.PASSWORD_REFUSED
MISSING, UNSAFE = Code.FOLDER_MISSING, Code.AUTHORIZATION_FAILED
MANY = Code.TOO_MANY_CONNECTIONS
TARGET_MISSING = Code.FOLDER_TARGET_MISSING
IMAP_ROWS = [
    # row, status, text, stage, token, code
    (92, "NO", "AUTHENTICATE failed.", S.SIGN_IN, True, Code.TOKEN_NOT_ACCEPTED),
    (93, "NO", "LOGIN failed.", S.SIGN_IN, False, Code.PASSWORD_REFUSED),
    (
        94,
        "NO",
        "[AUTHENTICATIONFAILED] Error. LogonDenied-BasicAuthBlocked",
        S.SIGN_IN,
        False,
        Code.BASIC_AUTH_BLOCKED,
    ),
    (
        95,
        "BAD",
        "User is authenticated but not connected.",
        S.MAILBOX,
        True,
        Code.NOT_CONNECTED,
    ),
    (
        97,
        "BAD",
        "Request is throttled. Suggested Backoff Time: 1500 milliseconds",
        S.LIST,
        True,
        Code.SERVER_THROTTLED,
    ),
    (98, "NO", "[UNAVAILABLE] x", S.SIGN_IN, False, Code.SERVER_UNAVAILABLE),
    (98, "NO", "Server Unavailable. 15", S.SIGN_IN, True, Code.SERVER_UNAVAILABLE),
    (99, "NO", "[THROTTLED] slow down", S.LIST, True, Code.SERVER_THROTTLED),
    (99, "NO", "[LIMIT] rate", S.FETCH, True, Code.SERVER_THROTTLED),
    (100, "BYE", "Connection closed. 13", S.LIST, True, Code.SERVER_CLOSED),
    (
        100,
        "BYE",
        "Session invalidated - AccessTokenExpired",
        S.FETCH,
        True,
        Code.SESSION_TOKEN_ENDED,
    ),
    (101, "BAD", "Command Error. 10", S.SIGN_IN, True, Code.PROTOCOL_ERROR),
    (103, "NO", "[AUTHORIZATIONFAILED] x", S.SIGN_IN, True, Code.AUTHORIZATION_FAILED),
    (104, "NO", "[PRIVACYREQUIRED] x", S.SIGN_IN, False, Code.LOGIN_DISABLED),
    (105, "NO", "[CONTACTADMIN] x", S.SIGN_IN, False, Code.AUTHORIZATION_FAILED),
    (105, "NO", "[EXPIRED] x", S.SIGN_IN, False, Code.PASSWORD_REFUSED),
    (106, "NO", "Mailbox does not exist", S.MAILBOX, True, Code.FOLDER_MISSING),
    (106, "NO", "[TRYCREATE] no", S.SETTLE, True, Code.FOLDER_TARGET_MISSING),
    (107, "NO", "[OVERQUOTA] full", S.SETTLE, True, Code.QUOTA_FULL),
    (
        88,
        "NO",
        "[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
        S.MAILBOX,
        False,
        Code.SERVER_THROTTLED,
    ),
    (
        0,
        "NO",
        "[UNAVAILABLE] Maximum number of connections from user+IP exceeded",
        S.SIGN_IN,
        False,
        Code.TOO_MANY_CONNECTIONS,
    ),
    (0, "NO", "Too many connections from your IP", S.SIGN_IN, False, MANY),
    (0, "NO", "LOGIN Too many concurrent IMAP sessions", S.SIGN_IN, False, MANY),
    (0, "NO", "Maximum connections reached", S.SIGN_IN, False, MANY),
    (0, "NO", "Connection limit exceeded", S.SIGN_IN, True, MANY),
    (93, "NO", "Too many failed connections", S.SIGN_IN, False, REFUSED),
    (98, "NO", "Temporary authentication failure.", S.SIGN_IN, False, PASSES),
    (98, "NO", "Temporary authentication failure.", S.SIGN_IN, True, PASSES),
    (98, "NO", "Login failed, please try again later", S.SIGN_IN, False, PASSES),
    (98, "NO", "System error", S.SIGN_IN, False, PASSES),
    (98, "NO", "Internal error occurred. Refer to log", S.SIGN_IN, False, PASSES),
    (98, "NO", "Server error - please try again later", S.MAILBOX, True, PASSES),
    (98, "NO", "Mailbox is locked by another session", S.MAILBOX, True, PASSES),
    (98, "NO", "EXAMINE failed: Internal error", S.MAILBOX, True, PASSES),
    (106, "NO", "Mailbox Temporary does not exist", S.MAILBOX, True, MISSING),
    (106, "NO", "[NONEXISTENT] Unknown Mailbox: Busy", S.MAILBOX, True, MISSING),
    (106, "NO", "EXAMINE failed", S.MAILBOX, True, MISSING),
    (105, "NO", "EXAMINE Unsafe Login. Please", S.MAILBOX, True, UNSAFE),
    (93, "NO", "Wrong password, try again later", S.SIGN_IN, False, REFUSED),
    (93, "NO", "Authentication failed. Try again.", S.SIGN_IN, False, REFUSED),
    (93, "NO", "Too many failures, try again later", S.SIGN_IN, False, REFUSED),
    (93, "NO", "Account temporarily locked", S.SIGN_IN, False, REFUSED),
    (
        93,
        "NO",
        "[AUTHENTICATIONFAILED] Temporary password, try again later",
        S.SIGN_IN,
        False,
        REFUSED,
    ),
    (106, "NO", "Archive doesn't exist.", S.SETTLE, True, TARGET_MISSING),
    (106, "NO", "Mailbox not found", S.SETTLE, True, TARGET_MISSING),
    (106, "NO", "No such mailbox", S.SETTLE, True, TARGET_MISSING),
    (106, "NO", "Unknown Mailbox: Archive (Failure)", S.SETTLE, True, TARGET_MISSING),
    (0, "NO", "Message does not exist any more", S.SETTLE, True, PASSES),
    # hMailServer's, which says BAD where others say NO
    (104, "BAD", "STARTTLS is required.", S.SIGN_IN, False, Code.LOGIN_DISABLED),
    (
        104,
        "BAD",
        "A SSL/TLS-connection is required for authentication.",
        S.SIGN_IN,
        False,
        Code.LOGIN_DISABLED,
    ),
    (106, "BAD", "Folder could not be found.", S.MAILBOX, False, MISSING),
    (
        106,
        "BAD",
        "The folder could not be found.",
        S.SETTLE,
        False,
        TARGET_MISSING,
    ),
    (
        103,
        "BAD",
        "ACL: Read permission denied (Required for EXAMINE command).",
        S.MAILBOX,
        False,
        Code.AUTHORIZATION_FAILED,
    ),
    (
        104,
        "NO",
        "Login only available under a layer",
        S.SIGN_IN,
        False,
        Code.LOGIN_DISABLED,
    ),
    (0, "NO", "cannot do that now", S.FETCH, True, Code.SERVER_UNAVAILABLE),
]


@pytest.mark.parametrize(("row", "status", "text", "stage", "token", "code"), IMAP_ROWS)
def test_imap_answers(
    row: int, status: str, text: str, stage: Stage, token: bool, code: Code
) -> None:
    error = imap.refusal(status, text, stage, {"host": "h"}, token=token)
    assert (error.code, error.stage) == (code, stage)
    assert error.evidence == {"host": "h", "answer": f"{status} {text}"}
    assert error.retry_after == (1.5 if row == 97 else None)


SMTP_ROWS = [
    (114, "535 5.7.3 Authentication unsuccessful", Code.TOKEN_NOT_ACCEPTED),
    (
        115,
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled"
        " for the Tenant. Visit https://aka.ms/smtp_auth_disabled",
        Code.SMTP_AUTH_OFF_TENANT,
    ),
    (
        116,
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled"
        " for the Mailbox.",
        Code.SMTP_AUTH_OFF_MAILBOX,
    ),
    (
        117,
        "535 5.7.139 Authentication unsuccessful, user is locked by your organization's"
        " security defaults policy",
        Code.SMTP_AUTH_POLICY,
    ),
    (
        118,
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
        Code.BASIC_AUTH_BLOCKED,
    ),
    (
        119,
        "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria"
        " to be authenticated successfully.",
        Code.SMTP_AUTH_POLICY,
    ),
    (
        119,
        "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
        Code.PASSWORD_REFUSED,
    ),
    (
        120,
        "550 5.7.30 Basic authentication is not supported for Client Submission.",
        Code.BASIC_AUTH_BLOCKED,
    ),
    (122, "504 5.7.4 Unrecognized authentication type", Code.LOGIN_DISABLED),
    (132, "500 5.5.2 Line too long", Code.PROTOCOL_ERROR),
    (0, "454 4.7.0 Temporary authentication failure", Code.SERVER_UNAVAILABLE),
    (0, "530 5.7.0 Must issue a STARTTLS command first", Code.LOGIN_DISABLED),
    (
        0,
        "530 A SSL/TLS-connection is required for authentication.",
        Code.LOGIN_DISABLED,
    ),
    (0, "538 5.7.11 Encryption required", Code.LOGIN_DISABLED),
    (0, "534 5.7.9 Application-specific password required", Code.BASIC_AUTH_BLOCKED),
    (124, "432 4.3.2 Concurrent connections limit exceeded", Code.TOO_MANY_CONNECTIONS),
    (0, "421 4.3.0 try again", Code.SERVER_CLOSED),
]


@pytest.mark.parametrize(("row", "answer", "code"), SMTP_ROWS)
def test_smtp_answers_at_sign_in(row: int, answer: str, code: Code) -> None:
    error = smtp.refusal(reply(answer), S.SIGN_IN, {}, token=True)
    assert error.code == code
    assert error.evidence == {"answer": answer}


SMTP_SENDING = [
    (121, "530 5.7.57 Client not authenticated to send mail", Code.SMTP_AUTH_REQUIRED),
    (
        123,
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        Code.SENDER_REFUSED,
    ),
    (123, "554 5.2.252 SendAsDenied; anna not allowed", Code.SENDER_REFUSED),
    (
        123,
        "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiException",
        Code.SENDER_REFUSED,
    ),
    (
        124,
        "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
        Code.TOO_MANY_CONNECTIONS,
    ),
    (125, "451 4.7.0 Temporary server error", Code.SERVER_THROTTLED),
    (125, "451 4.7.500 Server busy", Code.SERVER_THROTTLED),
    (125, "421 4.4.2 Connection dropped", Code.SERVER_CLOSED),
    (
        126,
        "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
        Code.SENDING_QUOTA,
    ),
    (127, "550 5.7.232 tenant exceeded quota", Code.SENDING_QUOTA),
    (127, "550 5.7.233 tenant exceeded quota", Code.SENDING_QUOTA),
    (0, "550 5.4.5 Daily user sending limit exceeded", Code.SENDING_QUOTA),
    (128, "554 5.2.2 mailbox full", Code.QUOTA_FULL),
    (129, "552 5.3.4 Message size exceeds fixed limit", Code.MESSAGE_TOO_LARGE),
    (129, "554 5.2.3 message too big", Code.MESSAGE_TOO_LARGE),
    (130, "550 5.1.8 Access denied, bad outbound sender", Code.SENDER_BLOCKED),
    (130, "550 5.7.501 Access denied, spam abuse detected", Code.SENDER_BLOCKED),
    (130, "550 5.7.708 Access denied, traffic not accepted", Code.SENDER_BLOCKED),
    (0, "554 5.7.1 looks like spam", Code.MESSAGE_REFUSED),
    (0, "452 4.3.1 insufficient storage", Code.MESSAGE_DEFERRED),
]
TEMPORARY = {
    Code.TOO_MANY_CONNECTIONS,
    Code.SERVER_THROTTLED,
    Code.SERVER_CLOSED,
    Code.SENDING_QUOTA,
    Code.QUOTA_FULL,
    Code.MESSAGE_DEFERRED,
}


@pytest.mark.parametrize(("row", "answer", "code"), SMTP_SENDING)
def test_smtp_answers_when_sending(row: int, answer: str, code: Code) -> None:
    error = smtp.refusal(reply(answer), S.DATA, {})
    assert error.code == code
    assert error.permanent == (code not in TEMPORARY)
    assert not error.handed_over


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("550 5.1.1 unknown", Code.RECIPIENT_REFUSED),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound", Code.RECIPIENT_REFUSED),
        ("550 5.4.1 Recipient address rejected", Code.RECIPIENT_REFUSED),
        ("552 5.2.2 their mailbox is full", Code.RECIPIENT_REFUSED),
        ("450 4.2.0 greylisted", Code.RECIPIENT_DEFERRED),
        ("550 5.7.60 not yours", Code.SENDER_REFUSED),
    ],
)
def test_smtp_answers_to_all_recipients(answer: str, code: Code) -> None:
    error = smtp.no_recipient({"a@b.c": reply(answer)}, {})
    assert (error.code, error.stage) == (code, "envelope")


def test_a_different_reason_for_one_recipient_does_not_speak_for_all() -> None:
    replies = {"a@b.c": reply("550 5.7.60 x"), "d@e.f": reply("550 5.1.1 unknown")}
    assert smtp.no_recipient(replies, {}).code == Code.RECIPIENT_REFUSED


def reply(answer: str) -> Reply:
    return Reply(int(answer[:3]), answer[4:])


@pytest.mark.parametrize(
    ("asked", "seconds"), [("1500", 1.5), ("7200000", 3600.0), ("9" * 500, 3600.0)]
)
def test_pause_that_is_asked_for_has_an_end(asked: str, seconds: float) -> None:
    text = f"Request is throttled. Suggested Backoff Time: {asked} milliseconds"
    assert imap.refusal("NO", text, S.LIST, {}).retry_after == seconds
