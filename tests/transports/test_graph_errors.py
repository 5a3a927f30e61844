"""What Graph's refusals mean: codes inside of codes, statuses, words, pauses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mailboxes.core.choices import Stage
from mailboxes.core.errors import Code
from mailboxes.transports.graph.errors import refusal

FACTS = {"host": "graph.microsoft.com"}


def body(name: str, message: str = "m", **inner: Any) -> bytes:
    told = {"code": name, "message": message, "innerError": inner}
    return json.dumps({"error": told}).encode()


@pytest.mark.parametrize(
    ("status", "said", "stage", "code", "permanent"),
    [
        (401, body("x", "Access token has expired."), Stage.LIST,
         Code.GRAPH_TOKEN_TIME, False),
        (401, body("x", "Invalid audience."), Stage.LIST,
         Code.GRAPH_WRONG_AUDIENCE, True),
        (401, body("x", "TokenIssuedBeforeRevocationTimestamp"), Stage.LIST,
         Code.GRAPH_CLAIMS_CHALLENGE, True),
        (401, b"", Stage.SIGN_IN, Code.TOKEN_NOT_ACCEPTED, False),
        (403, b"", Stage.MAILBOX, Code.GRAPH_ACCESS_DENIED, True),
        (403, body("ErrorAccessDenied", "Access to OData is disabled."), Stage.LIST,
         Code.GRAPH_ODATA_DISABLED, True),
        (403, body("ErrorSendAsDenied"), Stage.DATA, Code.SENDER_REFUSED, True),
        (404, body("ErrorItemNotFound"), Stage.FETCH, Code.GRAPH_ITEM_GONE, True),
        (404, body("UnknownError", code="ErrorItemNotFound"), Stage.FETCH,
         Code.GRAPH_ITEM_GONE, True),
        (404, body("MailboxNotEnabledForRESTAPI"), Stage.MAILBOX,
         Code.GRAPH_MAILBOX_MISSING, True),
        (410, b"", Stage.LIST, Code.GRAPH_DELTA_LOST, False),
        (400, body("resyncRequired"), Stage.LIST, Code.GRAPH_DELTA_LOST, False),
        (413, b"<html>", Stage.DATA, Code.MESSAGE_TOO_LARGE, True),
        (429, b"", Stage.LIST, Code.GRAPH_THROTTLED, False),
        (500, b"", Stage.FETCH, Code.GRAPH_UNAVAILABLE, False),
        (509, b"", Stage.FETCH, Code.GRAPH_UNAVAILABLE, False),
        (507, body("ErrorQuotaExceeded"), Stage.SETTLE, Code.QUOTA_FULL, False),
        (400, body("BadRequest"), Stage.DATA, Code.MESSAGE_REFUSED, True),
        (400, body("BadRequest"), Stage.LIST, Code.PROTOCOL_ERROR, False),
        (302, b"", Stage.LIST, Code.PROTOCOL_ERROR, False),
        (400, b'{"error": "text"}', Stage.LIST, Code.PROTOCOL_ERROR, False),
        (400, b'["list"]', Stage.LIST, Code.PROTOCOL_ERROR, False),
        (400, b"\xff\x00", Stage.LIST, Code.PROTOCOL_ERROR, False),
    ],
)  # fmt: skip
def test_code_of_a_refusal(
    status: int, said: bytes, stage: Stage, code: Code, permanent: bool
) -> None:
    error = refusal(status, {}, said, stage, FACTS)
    assert (error.code, error.permanent, error.stage) == (code, permanent, stage)
    assert error.evidence["host"] == "graph.microsoft.com"


def test_evidence_is_what_an_admin_can_give_to_microsoft() -> None:
    said = body("ErrorServerBusy", "Too much.", **{"request-id": "abc"})
    error = refusal(429, {"retry-after": "12"}, said, Stage.LIST, FACTS)
    assert error.retry_after == 12
    assert error.evidence == {
        "host": "graph.microsoft.com",
        "status": 429,
        "request_error": "ErrorServerBusy",
        "answer": "Too much.",
        "request_id": "abc",
    }
