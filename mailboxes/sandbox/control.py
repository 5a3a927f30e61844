"""The control API: scenarios for tests, drills and training, as JSON over loopback.

GET /scenarios, /faults, /delivered, /mailboxes/ADDRESS, /requests/ADDRESS (or a client
id, for tokens of the application itself); POST /scenarios, /faults, /accounts,
/deliver, /uidvalidity, /rate, /tokens, /agree, /certificates, /drop-connections. No
sign-in; it listens on 127.0.0.1 and answers no web page (Host and Origin are looked
at). The work: box, laboratory.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .fault_names import FAULTS
from .faults import UnknownFault
from .http import Answer, Request, parameters
from .laboratory import UnknownScenario, WrongAddress
from .world import APPS

if TYPE_CHECKING:
    from .box import Box

MOST = 100_000
_LOCAL = ("127.0.0.1", "localhost")


class Wrong(ValueError):
    """A request that cannot be done; the text says why."""


class Control:
    """Answers requests by calling the box."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def handle(self, request: Request) -> Answer:
        """Answer one request; 400 with a sentence for a wrong one."""
        if request.headers.get("host", "").partition(":")[0] not in _LOCAL:
            return Answer(403, {"error": "The control API answers on loopback only."})
        if "origin" in request.headers:  # a browser says so of every POST of a page
            return Answer(403, {"error": "The control API answers no web page."})
        try:
            if request.method == "GET":
                return self._get(request.path)
            if request.method == "POST":
                return Answer(200, self._post(request.path, _json(request)))
        except Wrong as error:
            return Answer(400, {"error": str(error)})
        return Answer(405, {"error": "GET and POST only."})

    def _get(self, path: str) -> Answer:
        box = self._box
        if path == "/faults":
            known = {name: named.words for name, named in FAULTS.items()}
            return Answer(200, {"on": box.faults.listing(), "known": known})
        if path == "/scenarios":
            return Answer(200, {"on": box.faults.scenarios()})
        if path == "/delivered":
            return Answer(200, {"delivered": box.delivery.listing()})
        if path == "/mailboxes":
            return Answer(200, {"mailboxes": sorted(box.accounts)})
        if path.startswith("/requests/"):
            who = path.removeprefix("/requests/").lower()
            return Answer(200, box.tally.of(who if who in APPS else self._address(who)))
        if path.startswith("/mailboxes/"):
            address = self._address(path.removeprefix("/mailboxes/"))
            return Answer(200, box.listing(address))
        return Answer(404, {"error": f"There is no {path}."})

    def _post(self, path: str, given: dict[str, Any]) -> dict[str, Any]:
        box = self._box
        match path:
            case "/faults":
                account = str(given.get("account", "*"))
                times = given.get("times")
                try:
                    box.faults.set(
                        account,
                        given.get("fault"),
                        None if times is None else int(times),
                        float(given.get("seconds", 3.0)),
                    )
                except UnknownFault as error:
                    raise Wrong(
                        f"There is no fault {error}; see GET /faults."
                    ) from error
                except (TypeError, ValueError) as error:
                    raise Wrong("times and seconds are numbers.") from error
                return {"on": box.faults.listing()}
            case "/scenarios":
                return {"on": self._switch(given)}
            case "/accounts":
                return self._make(given)
            case "/deliver":
                return {"uids": self._deliver(given)}
            case "/uidvalidity":
                return {"uidvalidity": box.reset(self._address(given.get("account")))}
            case "/rate":
                box.rate = _number(given.get("seconds"), 0, 86400)
                return {"seconds": box.rate}
            case "/tokens":
                seconds = int(_number(given.get("seconds"), 0, 86400))
                box.entra.token_seconds = seconds or None
                return {"seconds": seconds}
            case "/agree":
                return {"location": self._agree(given)}
            case "/certificates":
                return self._trust(given)
            case "/drop-connections":
                return {"dropped": box.drop_connections()}
        raise Wrong(f"There is no {path}.")

    def _switch(self, given: dict[str, Any]) -> dict[str, str]:
        """Put the scenario on one mailbox; without a name of one, end it."""
        address = self._address(given.get("account"))
        try:
            self._box.laboratory.switch(address, str(given.get("scenario") or ""))
        except UnknownScenario as error:
            raise Wrong(f"There is no scenario {error}.") from error
        return self._box.faults.scenarios()

    def _make(self, given: dict[str, Any]) -> dict[str, Any]:
        """A mailbox for a drill, with its sign-in."""
        try:
            account = self._box.laboratory.make(
                str(given.get("address")),
                basic=given.get("basic") is True,
                opened=given.get("opened") is not False,
                shared=given.get("shared") is True,
                full_access=_names(given, "full_access"),
                send_as=_names(given, "send_as"),
            )
        except WrongAddress as error:
            raise Wrong(str(error)) from error
        tokens, app = self._box.tokens, APPS[account.client_id]
        return {
            "address": account.address,
            "password": account.password,
            "refresh_tokens": {
                "owner": tokens.refresh(account, app),
                "google": tokens.google_refresh(account),
            },
        }

    def _agree(self, given: dict[str, Any]) -> str:
        """The owner answers Google's page behind a link, as by a browser."""
        address = self._address(given.get("account"))
        query = parameters(urlsplit(str(given.get("link"))).query)
        accept = given.get("accept") is not False
        return self._box.google.agreed(query, address, accept=accept)

    def _trust(self, given: dict[str, Any]) -> dict[str, Any]:
        """Upload a certificate to an application, as on its page at Entra."""
        client_id = str(given.get("client_id", "")).lower()
        if client_id not in APPS:
            raise Wrong(f"There is no application {client_id}.")
        try:
            self._box.keys.trust(client_id, str(given.get("certificate", "")))
        except ValueError as error:
            raise Wrong("certificate is no certificate in PEM.") from error
        return {"client_id": client_id}

    def _deliver(self, given: dict[str, Any]) -> list[int]:
        address = self._address(given.get("to"))
        count = int(_number(given.get("count", 1), 1, MOST))
        raw = given.get("raw")
        if raw is None:
            kind = given.get("template")
            try:
                return self._box.write(
                    address, count, None if kind is None else str(kind)
                )
            except KeyError as error:
                raise Wrong(f"There is no template {error}.") from error
        try:
            content = base64.b64decode(str(raw), validate=True)
        except binascii.Error as error:
            raise Wrong("raw is not base64.") from error
        return self._box.deliver(address, [content] * count)

    def _address(self, value: object) -> str:
        address = str(value).lower()
        if address not in self._box.accounts:
            raise Wrong(f"There is no mailbox {address}.")
        return address


def _json(request: Request) -> dict[str, Any]:
    try:
        given = json.loads(request.body or b"{}")
    except ValueError as error:
        raise Wrong("The body is not JSON.") from error
    if not isinstance(given, dict):
        raise Wrong("The body is not a JSON object.")
    return given


def _names(given: dict[str, Any], name: str) -> tuple[str, ...]:
    """A list of addresses, () where there is none."""
    told = given.get(name)
    return tuple(str(one).lower() for one in told) if isinstance(told, list) else ()


def _number(value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong("A number is missing.")
    if not least <= value <= most:
        raise Wrong(f"The number is not between {least} and {most}.")
    return float(value)
