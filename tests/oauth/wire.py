"""Answers of an authority that the sandbox does not give, played below `requests`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

AUTHORITY = "https://login.microsoftonline.com"
TENANT = "6babcaad-604b-40ac-a9d7-9fd97c0b779f"
CONFIGURATION = {
    "issuer": f"{AUTHORITY}/{TENANT}/v2.0",
    "token_endpoint": f"{AUTHORITY}/{TENANT}/oauth2/v2.0/token",
    "authorization_endpoint": f"{AUTHORITY}/{TENANT}/oauth2/v2.0/authorize",
    "device_authorization_endpoint": f"{AUTHORITY}/{TENANT}/oauth2/v2.0/devicecode",
}
Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]] | Exception | Callable


class Wire(BaseAdapter):
    """Answers by the first piece of the address that fits; notes what was asked.

    An answer is a status, a body (text, or what becomes JSON) and perhaps headers; an
    exception to raise; or a function of the request that gives one of these.
    """

    def __init__(self, answers: dict[str, Answer]) -> None:
        super().__init__()
        self.answers = {
            "/discovery/instance": (
                200,
                {"tenant_discovery_endpoint": "", "metadata": []},
            ),
            "openid-configuration": (200, CONFIGURATION),
            "/userrealm/": (200, {"account_type": "Managed"}),
        } | answers
        self.asked: list[requests.PreparedRequest] = []

    def send(
        self, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
        self.asked.append(request)
        piece = next(piece for piece in self.answers if piece in str(request.url))
        answer = self.answers[piece]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            if isinstance(answer, requests.RequestException):
                answer.request = request
            raise answer
        status, body, *more = answer
        text = body if isinstance(body, str) else json.dumps(body)
        response = requests.Response()
        response.status_code = status
        response.url = str(request.url)
        response.request = request
        response.headers.update(more[0] if more else {})
        response.raw = HTTPResponse(
            io.BytesIO(text.encode()), status=status, preload_content=False
        )
        return response

    def close(self) -> None:
        pass

    def session(self, _policy: object = None) -> requests.Session:
        """In place of oauth/session.make."""
        made = requests.Session()
        made.trust_env = False
        made.mount("https://", self)
        return made
