"""What a refusal by Microsoft Graph means, as tables: its error code, then the status.

Body: {"error": {"code", "message", "innerError": {"request-id", ...}}} (learn.microsoft
.com, "Microsoft Graph error responses and resource types"); diagnosis.md section 3.8.
Of the codes the innermost known one decides. No I/O; words for people: findings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...core.choices import Stage
from ...core.errors import Code, MailError
from .. import numerals

SENDING = frozenset({Stage.ENVELOPE, Stage.DATA})
# (code, permanent) by Graph's own code, in lower case.
BY_CODE: Mapping[str, tuple[Code, bool]] = {
    "erroraccessdenied": (Code.GRAPH_ACCESS_DENIED, True),
    "accessdenied": (Code.GRAPH_ACCESS_DENIED, True),
    "authorization_requestdenied": (Code.GRAPH_ACCESS_DENIED, True),
    "errorsendasdenied": (Code.SENDER_REFUSED, True),
    "errormessagesubmissionblocked": (Code.SENDER_BLOCKED, True),
    "mailboxnotenabledforrestapi": (Code.GRAPH_MAILBOX_MISSING, True),
    "mailboxnotsupportedforrestapi": (Code.GRAPH_MAILBOX_MISSING, True),
    "errorinvaliduser": (Code.GRAPH_USER_UNKNOWN, True),
    "request_resourcenotfound": (Code.GRAPH_USER_UNKNOWN, True),
    "resourcenotfound": (Code.GRAPH_USER_UNKNOWN, True),
    "errornonexistentmailbox": (Code.GRAPH_USER_UNKNOWN, True),
    "erroritemnotfound": (Code.GRAPH_ITEM_GONE, True),
    "errorinvalidmailboxitemid": (Code.GRAPH_ITEM_GONE, True),
    "errorinvalididmalformed": (Code.GRAPH_ITEM_GONE, True),
    "errorfoldernotfound": (Code.FOLDER_MISSING, True),
    "syncstatenotfound": (Code.GRAPH_DELTA_LOST, False),
    "syncstateinvalid": (Code.GRAPH_DELTA_LOST, False),
    "resyncrequired": (Code.GRAPH_DELTA_LOST, False),
    "errorirresolvableconflict": (Code.GRAPH_CONFLICT, False),
    "applicationthrottled": (Code.GRAPH_THROTTLED, False),
    "toomanyrequests": (Code.GRAPH_THROTTLED, False),
    "activitylimitreached": (Code.GRAPH_THROTTLED, False),
    "errorquotaexceeded": (Code.QUOTA_FULL, False),
    "errormessagesizeexceeded": (Code.MESSAGE_TOO_LARGE, True),
    "requestentitytoolarge": (Code.MESSAGE_TOO_LARGE, True),
    "requestbodytoolarge": (Code.MESSAGE_TOO_LARGE, True),
    "errormimecontentinvalid": (Code.MESSAGE_REFUSED, True),
    "errormimecontentinvalidbase64string": (Code.MESSAGE_REFUSED, True),
    "errorinvalidrecipients": (Code.MESSAGE_REFUSED, True),
    "errorexceededmessagelimit": (Code.SENDING_QUOTA, False),
    "errorsubmissionquotaexceeded": (Code.SENDING_QUOTA, False),
}
BY_STATUS: Mapping[int, tuple[Code, bool]] = {
    401: (Code.TOKEN_NOT_ACCEPTED, False),
    403: (Code.GRAPH_ACCESS_DENIED, True),
    410: (Code.GRAPH_DELTA_LOST, False),
    412: (Code.GRAPH_CONFLICT, False),
    413: (Code.MESSAGE_TOO_LARGE, True),
    429: (Code.GRAPH_THROTTLED, False),
    507: (Code.QUOTA_FULL, False),
}
# What only the message tells, before any code: pattern, code, permanent.
BY_WORDS: tuple[tuple[re.Pattern[str], Code, bool], ...] = (
    (re.compile(r"access to odata is disabled", re.I), Code.GRAPH_ODATA_DISABLED, True),
    (
        re.compile(r"/me request is only valid with delegated", re.I),
        Code.GRAPH_ME_APP_ONLY,
        True,
    ),
)
# Of a 401: why the token is not taken. Any other reason its claims have to tell.
OF_TOKENS: tuple[tuple[re.Pattern[str], Code, bool], ...] = (
    (
        re.compile(
            r"tokencreatedwithoutdatedpolicies|claims challenge|insufficient_claims"
            r"|continuous access|tokenissuedbeforerevocation",
            re.I,
        ),
        Code.GRAPH_CLAIMS_CHALLENGE,
        True,
    ),
    (re.compile(r"\baudience\b", re.I), Code.GRAPH_WRONG_AUDIENCE, True),
    (
        re.compile(r"expired|not yet valid|lifetime validation", re.I),
        Code.GRAPH_TOKEN_TIME,
        False,
    ),
)
LONGEST_TEXT = 300  # characters of an answer that is no JSON


def refusal(
    status: int,
    headers: Mapping[str, str],
    body: bytes | Mapping[str, Any],
    stage: Stage,
    facts: Mapping[str, object],
) -> MailError:
    """The MailError of an answer with a status of 300 or above.

    headers: names in lower case. body: as received, or parsed already where it is a
    part of a batch.
    """
    error = _error(body)
    words = str(error.get("message", "")) or _plain(body)
    names = list(_codes(error))
    code, permanent = _meaning(status, names, words, headers, stage)
    evidence: dict[str, object] = {
        **facts,
        "status": status,
        "request_error": " ".join(dict.fromkeys(names)),
        "answer": words,
        "request_id": _request_id(error, headers),
    }
    challenge = headers.get("www-authenticate", "")
    if challenge:
        evidence["headers"] = {"WWW-Authenticate": challenge}
    return MailError(
        code,
        stage,
        permanent=permanent,
        retry_after=numerals.retry_after(headers.get("retry-after", "")),
        evidence=evidence,
    )


def _meaning(
    status: int,
    names: list[str],
    words: str,
    headers: Mapping[str, str],
    stage: Stage,
) -> tuple[Code, bool]:
    if status == 401:
        said = " ".join([*names, words, headers.get("www-authenticate", "")])
        for pattern, code, permanent in OF_TOKENS:
            if pattern.search(said):
                return code, permanent
        return BY_STATUS[401]
    for pattern, code, permanent in BY_WORDS:
        if pattern.search(words):
            return code, permanent
    for name in reversed(names):
        if name.lower() in BY_CODE:
            return BY_CODE[name.lower()]
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status >= 500:
        return Code.GRAPH_UNAVAILABLE, False
    if status >= 400 and stage in SENDING:
        return Code.MESSAGE_REFUSED, True
    return Code.PROTOCOL_ERROR, False


def _error(body: bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    told: object = body
    if isinstance(body, bytes):
        try:
            told = json.loads(body)
        except ValueError:
            return {}
    error = told.get("error") if isinstance(told, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _codes(error: Mapping[str, Any]) -> Iterator[str]:
    """The code of an error and of those inside of it, outermost first."""
    inner: object = error
    for _ in range(8):
        if not isinstance(inner, Mapping):
            return
        if inner.get("code"):
            yield str(inner["code"])
        inner = inner.get("innerError") or inner.get("innererror")


def _request_id(error: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    inner = error.get("innerError") or error.get("innererror")
    told = inner.get("request-id") if isinstance(inner, Mapping) else None
    return str(told or headers.get("request-id", ""))


def _plain(body: bytes | Mapping[str, Any]) -> str:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    words = text[: 4 * LONGEST_TEXT].decode("utf-8", "replace").split()
    return " ".join(words)[:LONGEST_TEXT]
