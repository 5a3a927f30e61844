"""The control API, by which tests, drills and trainers make things go wrong."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import GOOGLE_CLIENT_ID
from tests.sandbox.clients import ORDERS, SUPPORT, letter, signed_in
from tests.sandbox.waiting import until


class Api:
    """A client without proxy."""

    def __init__(self, box: Sandbox) -> None:
        self._url = f"http://127.0.0.1:{box.control_port}"
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, path: str) -> Any:
        return self._session.get(self._url + path, timeout=20).json()

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        answer = self._session.post(self._url + path, json=body, timeout=20)
        return answer.status_code, answer.json()


@pytest.fixture
def api(sandbox: Sandbox) -> Api:
    return Api(sandbox)


def test_faults_are_set_and_cleared(sandbox: Sandbox, api: Api) -> None:
    known = api.get("/faults")["known"]
    assert {"AADSTS50126", "imap-throttled", "smtp-421", "slow"} <= set(known)
    body = {"account": SUPPORT, "fault": "imap-throttled"}
    assert api.post("/faults", **body) == (200, {"on": {SUPPORT: "imap-throttled"}})
    api.post("/faults", account="*", fault="50053")
    assert api.get("/faults")["on"] == {
        SUPPORT: "imap-throttled",
        "*": "AADSTS50053",
    }
    api.post("/faults", account="*", fault=None)
    assert api.post("/faults", account=SUPPORT, fault=None) == (200, {"on": {}})
    assert signed_in(sandbox).search()


def test_letters_are_delivered(sandbox: Sandbox, api: Api) -> None:
    raw = base64.b64encode(letter(5)).decode()
    assert api.post("/deliver", to=SUPPORT, raw=raw, count=2) == (
        200,
        {"uids": [13, 14]},
    )
    assert api.post("/deliver", to=SUPPORT, template="koi8-r")[1] == {"uids": [15]}
    found = api.get(f"/mailboxes/{SUPPORT}")
    assert found["uidvalidity"] == sandbox.uidvalidity(SUPPORT)
    assert found["messages"] == sandbox.messages(SUPPORT)
    assert [m["message_id"] for m in found["messages"][-3:-1]] == [
        "<letter.5@contoso.example>"
    ] * 2
    assert api.get("/delivered") == {"delivered": []}


def test_uidvalidity_rate_tokens_and_connections(sandbox: Sandbox, api: Api) -> None:
    old = sandbox.uidvalidity(SUPPORT)
    status, body = api.post("/uidvalidity", account=SUPPORT)
    assert (status, body["uidvalidity"] > old) == (200, True)
    assert api.post("/tokens", seconds=30) == (200, {"seconds": 30})
    assert api.post("/drop-connections")[0] == 200
    assert api.post("/rate", seconds=0.1) == (200, {"seconds": 0.1})
    until(lambda: len(sandbox.messages(ORDERS)) >= 15)
    assert api.post("/rate", seconds=0) == (200, {"seconds": 0})


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/faults", {"fault": "nonsense"}, "There is no fault nonsense"),
        ("/deliver", {"to": "x@y.example"}, "There is no mailbox x@y.example."),
        ("/deliver", {"to": SUPPORT, "count": 0}, "The number is not between"),
        ("/deliver", {"to": SUPPORT, "raw": "%"}, "raw is not base64."),
        ("/deliver", {"to": SUPPORT, "template": "x"}, "There is no template 'x'."),
        ("/rate", {"seconds": "fast"}, "A number is missing."),
        ("/nonsense", {}, "There is no /nonsense."),
    ],
)
def test_a_wrong_request_gets_a_sentence(
    api: Api, path: str, body: dict[str, Any], words: str
) -> None:
    status, answer = api.post(path, **body)
    assert (status, answer["error"][: len(words)]) == (400, words)


def test_a_foreign_host_name_is_refused(sandbox: Sandbox) -> None:
    answer = requests.get(
        f"http://127.0.0.1:{sandbox.control_port}/faults",
        headers={"Host": "rebound.example"},
        proxies={"http": ""},
        timeout=20,
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("accept", [True, False])
def test_owner_answers_googles_page(api: Api, accept: bool) -> None:
    query = f"client_id={GOOGLE_CLIENT_ID}&redirect_uri=http%3A%2F%2Fx%2F&state=s"
    link = f"https://accounts.google.com/o/oauth2/v2/auth?{query}"
    code, told = api.post("/agree", account=SUPPORT, link=link, accept=accept)
    back = dict(parse_qsl(urlsplit(told["location"]).query))
    assert (code, back["state"], back.get("error")) == (
        200,
        "s",
        None if accept else "access_denied",
    )
    assert bool(back.get("code")) is accept


def test_page_of_a_browser_is_refused(sandbox: Sandbox, api: Api) -> None:
    """A page from anywhere may post text to this machine without asking it."""
    before = api.get("/faults")["on"]
    answer = requests.post(
        f"http://127.0.0.1:{sandbox.control_port}/faults",
        data='{"account": "*", "fault": "slow"}',
        headers={"Origin": "https://evil.example", "Content-Type": "text/plain"},
        timeout=20,
    )
    assert answer.status_code == 403
    assert api.get("/faults")["on"] == before
