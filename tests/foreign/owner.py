"""The owner of a mailbox at the pages of the foreign authority (npm `oidc-provider`).

Plain HTTP through its proxy, as a browser would.
"""

from __future__ import annotations

import html
import re
from types import ModuleType
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from mailboxes.oauth.base import DeviceCode, TokenRequest
from mailboxes.oauth.pkce import Proof
from tests.fixtures.person import SECONDS, browser
from tests.servers.oidc_provider import BACK, Foreign

_INPUT = re.compile(r"<input[^>]*>")
_FIELD = re.compile(r'(name|value)="([^"]*)"')


def walk(session: requests.Session, response: requests.Response) -> requests.Response:
    """Follow redirects until they lead to our page, or end."""
    while response.is_redirect:
        target = urljoin(response.url, response.headers["Location"])
        if target.startswith(BACK):
            break
        response = session.get(target, allow_redirects=False, timeout=SECONDS)
    return response


def code_of(
    foreign: Foreign, wire: ModuleType, request: TokenRequest, proof: Proof
) -> str:
    """The code that comes back from the link of `wire` (oauth.microsoft or google)."""
    with browser(foreign) as session:
        link = wire.link(request, BACK, "state", proof)
        last = walk(session, session.get(link, allow_redirects=False, timeout=SECONDS))
    assert last.is_redirect, last.text
    told = parse_qs(urlsplit(last.headers["Location"]).query)
    assert told["state"] == ["state"], told
    return told["code"][0]


def agree(foreign: Foreign, device: DeviceCode) -> None:
    """Type the code of a device, and say yes."""
    with browser(foreign) as session:
        page = session.get(device.verification_uri, timeout=SECONDS)
        given = _fields(page.text) | {"user_code": device.user_code}
        page = session.post(device.verification_uri, data=given, timeout=SECONDS)
        given = _fields(page.text) | {"confirm": "yes", "user_code": device.user_code}
        answer = session.post(
            device.verification_uri, data=given, timeout=SECONDS, allow_redirects=False
        )
        done = walk(session, answer)
    assert done.status_code == 200, done.text


def _fields(page: str) -> dict[str, str]:
    found = {}
    for one in _INPUT.findall(page):
        told = dict(_FIELD.findall(one))
        if "name" in told:
            found[told["name"]] = html.unescape(told.get("value", ""))
    return found
