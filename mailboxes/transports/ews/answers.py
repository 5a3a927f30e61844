"""What a refusal by Exchange means: tables of response codes and HTTP statuses. No I/O.

Response codes: MS-OXWSCDATA, ResponseCodeType; what each comes from in practice:
diagnosis.md section 3.7. The library's own failures stand in the same table by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...core.choices import Stage
from ...core.errors import Code, MailError
from .. import numerals

Meaning = tuple[Code, bool]  # code, permanent
# Exchange has its own words for these, under several response codes.
WORDS: tuple[tuple[re.Pattern[str], Code], ...] = (
    (
        re.compile(r"ExchangeImpersonation SOAP header must be present", re.IGNORECASE),
        Code.EWS_IMPERSONATION_MISSING,
    ),
    (
        re.compile(r"ExchangeImpersonation SOAP header must not exist", re.IGNORECASE),
        Code.EWS_IMPERSONATION_DENIED,
    ),
)
CODES: Mapping[str, Meaning] = {
    # sign-in and rights
    "ErrorImpersonateUserDenied": (Code.EWS_IMPERSONATION_DENIED, True),
    "ErrorImpersonationDenied": (Code.EWS_IMPERSONATION_DENIED, True),
    "ErrorImpersonationFailed": (Code.EWS_IMPERSONATION_DENIED, True),
    "ErrorInvalidExchangeImpersonationHeaderData": (
        Code.EWS_IMPERSONATION_DENIED,
        True,
    ),
    "ErrorAccessDenied": (Code.EWS_ACCESS_DENIED, True),
    "ErrorMissingEmailAddress": (Code.EWS_NO_MAILBOX, True),
    "ErrorNonExistentMailbox": (Code.EWS_NO_MAILBOX, True),
    "ErrorNonPrimarySmtpAddress": (Code.EWS_NO_MAILBOX, True),
    # throttling
    "ErrorServerBusy": (Code.EWS_SERVER_BUSY, False),
    "ErrorExceededConnectionCount": (Code.TOO_MANY_CONNECTIONS, False),
    "ErrorTooManyObjectsOpened": (Code.TOO_MANY_CONNECTIONS, False),
    "RateLimitError": (Code.EWS_SERVER_BUSY, False),
    # the server's own trouble
    "ErrorConnectionFailed": (Code.EWS_MAILBOX_MOVING, False),
    "ErrorConnectionFailedTransientError": (Code.EWS_MAILBOX_MOVING, False),
    "ErrorInternalServerError": (Code.SERVER_UNAVAILABLE, False),
    "ErrorInternalServerTransientError": (Code.EWS_MAILBOX_MOVING, False),
    "ErrorMailboxFailover": (Code.EWS_MAILBOX_MOVING, False),
    "ErrorMailboxMoveInProgress": (Code.EWS_MAILBOX_MOVING, False),
    "ErrorMailboxStoreUnavailable": (Code.EWS_MAILBOX_MOVING, False),
    "ErrorNoRespondingCASInDestinationSite": (Code.EWS_MAILBOX_MOVING, False),
    "ErrorTimeoutExpired": (Code.SERVER_UNAVAILABLE, False),
    # what is asked for
    "ErrorInvalidSyncStateData": (Code.EWS_SYNC_STATE_LOST, False),
    "ErrorFolderNotFound": (Code.FOLDER_MISSING, True),
    "ErrorToFolderNotFound": (Code.FOLDER_TARGET_MISSING, True),
    "ErrorQuotaExceeded": (Code.QUOTA_FULL, False),
    # what is sent
    "ErrorSendAsDenied": (Code.SENDER_REFUSED, True),
    "ErrorInvalidRecipients": (Code.RECIPIENT_REFUSED, True),
    "ErrorMailRecipientNotFound": (Code.RECIPIENT_REFUSED, True),
    "ErrorMissingRecipients": (Code.RECIPIENT_REFUSED, True),
    "ErrorMessageSizeExceeded": (Code.MESSAGE_TOO_LARGE, True),
    "ErrorAttachmentSizeLimitExceeded": (Code.MESSAGE_TOO_LARGE, True),
    "ErrorMimeContentInvalid": (Code.MESSAGE_REFUSED, True),
    "ErrorMimeContentInvalidBase64String": (Code.MESSAGE_REFUSED, True),
}
# A refusal that could be of the whole mailbox while it was the first that was asked.
AT_SIGN_IN: Mapping[str, Meaning] = {
    "ErrorFolderNotFound": (Code.EWS_NO_MAILBOX, True),
    "ErrorItemNotFound": (Code.EWS_NO_MAILBOX, True),
}
GONE = "ErrorItemNotFound"
STATUSES: Mapping[int, Meaning] = {
    404: (Code.GREETING_UNEXPECTED, True),
    405: (Code.GREETING_UNEXPECTED, True),
    413: (Code.MESSAGE_TOO_LARGE, True),
    429: (Code.EWS_SERVER_BUSY, False),
}
# What of an answer's header tells why: never a cookie, never a token.
TELLING = ("www-authenticate", "x-ms-diagnostics", "x-caserrorcode", "request-id")
EXCHANGE_ONLINE = re.compile(
    r"(^|\.)(office365\.com|office\.com|office365\.us|partner\.outlook\.cn)$"
)


@dataclass(frozen=True)
class Refusal:
    """A response code, its words, and the seconds that Exchange asks to wait."""

    code: str
    text: str
    wait: float | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


def refused(
    refusal: Refusal, stage: Stage, facts: Mapping[str, object], *, target: str = ""
) -> MailError:
    """The MailError of a response code.

    target: the folder that was asked for.
    """
    code, permanent = _meaning(refusal, stage)
    evidence: dict[str, object] = {
        **facts,
        "request_error": refusal.code,
        "answer": f"{refusal.code}: {refusal.text}",
        **refusal.facts,
    }
    if target:
        evidence["folder"] = target
    return MailError(
        code, stage, permanent=permanent, retry_after=refusal.wait, evidence=evidence
    )


def _meaning(refusal: Refusal, stage: Stage) -> Meaning:
    for words, code in WORDS:
        if words.search(refusal.text):
            return code, True
    if stage is Stage.SIGN_IN and refusal.code in AT_SIGN_IN:
        return AT_SIGN_IN[refusal.code]
    if refusal.code in CODES:
        return CODES[refusal.code]
    return (Code.MESSAGE_REFUSED if stage is Stage.DATA else Code.PROTOCOL_ERROR), False


def status(
    number: int,
    headers: Mapping[str, str],
    body: bytes,
    stage: Stage,
    facts: Mapping[str, object],
    *,
    token: bool,
) -> MailError:
    """The MailError of an HTTP status other than 200, without a SOAP message.

    token: the sign-in was by token; then its claims say more than the server does.
    """
    words = body[:2000].decode("utf-8", "replace").strip()
    told = {name: headers[name] for name in TELLING if name in headers}
    evidence: dict[str, object] = {
        **facts,
        "status": number,
        "headers": told,
        "answer": " ".join([f"HTTP {number}", *told.values(), words]).strip(),
    }
    code, permanent = _of_status(number, headers, words, facts, token)
    return MailError(
        code,
        stage,
        permanent=permanent,
        retry_after=numerals.retry_after(headers.get("retry-after", "")),
        evidence=evidence,
    )


def _of_status(
    number: int,
    headers: Mapping[str, str],
    words: str,
    facts: Mapping[str, object],
    token: bool,
) -> Meaning:
    for pattern, known in WORDS:
        if pattern.search(headers.get("x-ms-diagnostics", "") + words):
            return known, True
    if number == 401:
        # D9: a refused token may be accepted minutes later, a password will not.
        if token:
            return Code.TOKEN_NOT_ACCEPTED, False
        return Code.PASSWORD_REFUSED, True
    if number == 403:
        online = EXCHANGE_ONLINE.search(str(facts.get("host", "")))
        if online and not words:
            return Code.EWS_SWITCHED_OFF, True
        return Code.EWS_MAILBOX_REFUSED, True
    if number in STATUSES:
        return STATUSES[number]
    if 300 <= number < 400:
        return Code.GREETING_UNEXPECTED, True
    if number >= 500:
        return Code.SERVER_UNAVAILABLE, False
    return Code.PROTOCOL_ERROR, False
