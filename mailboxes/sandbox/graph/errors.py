"""Refusals of the fake Graph in Microsoft's JSON, and its errors by name.

Shape: learn.microsoft.com, "Microsoft Graph error responses and resource types". Where
they are raised: graph and its parts.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from ..http import Answer


class Refused(Exception):
    """An answer that is an error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def answer(refused: Refused, client_request_id: str) -> Answer:
    """The refusal as it goes over the wire."""
    return Answer(
        refused.status,
        body(refused.code, refused.message, client_request_id),
        refused.headers,
    )


def body(code: str, message: str, client_request_id: str) -> dict[str, Any]:
    """The JSON of an error."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    request = str(uuid.uuid4())
    inner = {
        "date": moment,
        "request-id": request,
        "client-request-id": client_request_id or request,
    }
    return {"error": {"code": code, "message": message, "innerError": inner}}


def gone() -> Refused:
    """There is no such message."""
    return Refused(
        404,
        "ErrorItemNotFound",
        "The specified object was not found in the store., The process failed to get"
        " the correct properties.",
    )


def malformed() -> Refused:
    """An id that is none."""
    return Refused(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def denied() -> Refused:
    """The token does not permit it."""
    return Refused(
        403,
        "ErrorAccessDenied",
        "Access is denied. Check credentials and try again.",
    )


def bad_request(message: str) -> Refused:
    """A request that cannot be understood."""
    return Refused(400, "BadRequest", message)
