"""The sandbox for a test or another thread: starts, answers questions, stops.

    with Sandbox(folder, rate=0) as box:
        box.deliver("support@contoso.example", raw)

Its own event loop runs in a thread. What runs in it: box. As a program: __main__.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from ..core.certificates import Certificate
from .box import HOST, Box, Options
from .mailstore import INBOX
from .world import (
    APPS,
    CONFIDENTIAL_APP_ID,
    PUBLIC_APP_ID,
    TENANT_ID,
    Account,
    App,
)

T = TypeVar("T")
ANSWER_WITHIN = 60.0  # seconds for anything asked of the loop


class Sandbox:
    """A running sandbox. Arguments: see box.Options; rate defaults to 0 here."""

    host = HOST
    tenant_id = TENANT_ID
    client_id = PUBLIC_APP_ID

    def __init__(
        self,
        data_dir: Path | str,
        *,
        rate: float = 0,
        proxy_port: int = 0,
        seed: int = 1,
        token_seconds: int | None = None,
        answer_after: float = 0.3,
        first_letters: int = 12,
    ) -> None:
        self._options = Options(
            Path(data_dir),
            proxy_port,
            rate,
            seed,
            token_seconds,
            answer_after,
            first_letters,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="sandbox", daemon=True
        )
        self._box: Box | None = None

    def __enter__(self) -> Sandbox:
        self._thread.start()
        try:
            self._box = self._await(self._start())
        except BaseException:
            self._end_loop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._await(self.box.stop())
        finally:
            self._end_loop()

    async def _start(self) -> Box:
        box = Box(self._options)
        await box.start()
        return box

    def _await(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_WITHIN)

    def _call(self, function: Callable[[], T]) -> T:
        async def run() -> T:
            return function()

        result: T = self._await(run())
        return result

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWER_WITHIN)
        self._loop.close()

    @property
    def box(self) -> Box:
        """The parts; touch them in their own thread only."""
        if self._box is None:
            raise RuntimeError("the sandbox is not running")
        return self._box

    @property
    def proxy_port(self) -> int:
        return self.box.ports["proxy"]

    @property
    def socks_port(self) -> int:
        return self.box.ports["socks"]

    @property
    def control_port(self) -> int:
        return self.box.ports["control"]

    @property
    def ports(self) -> dict[str, int]:
        """Listeners for clients without a proxy: entra imap(s) pop3(s) smtp(s)."""
        return dict(self.box.ports)

    @property
    def ca_file(self) -> Path:
        return self.box.authority.ca_file

    @property
    def ca_pem(self) -> str:
        return self.ca_file.read_text(encoding="ascii")

    def account(self, address: str) -> Account:
        """Name, password and ids of a sandbox account."""
        return self.box.accounts[address]

    def token(
        self,
        address: str,
        *,
        seconds: int = 3600,
        resource: str = "https://outlook.office.com",
    ) -> str:
        """An access token without asking Entra; seconds may be negative."""
        account = self.account(address)
        app = APPS[account.client_id]
        return self.box.tokens.access(account, app, resource, seconds)[0]

    def app(self, client_id: str = CONFIDENTIAL_APP_ID) -> App:
        """Name, secret and ids of an app registration."""
        return APPS[client_id]

    def app_token(
        self,
        client_id: str = CONFIDENTIAL_APP_ID,
        *,
        seconds: int = 3600,
        resource: str = "https://outlook.office365.com",
    ) -> str:
        """An access token of an application itself, without asking Entra."""
        return self.box.tokens.application(self.app(client_id), resource, seconds)

    def refresh_token(self, address: str, client_id: str = PUBLIC_APP_ID) -> str:
        """A refresh token, as after a sign-in by its owner."""
        return self.box.tokens.refresh(self.account(address), APPS[client_id])

    def device_interval(self, seconds: int) -> None:
        """How long a device has to wait between two questions."""
        self._call(lambda: setattr(self.box.entra.codes, "device_interval", seconds))

    def google_refresh_token(self, address: str) -> str:
        """A refresh token of Google's, as after a sign-in by its owner."""
        return self.box.tokens.google_refresh(self.account(address))

    @property
    def service_key(self) -> str:
        """The key file of the service account at Google, as JSON."""
        return json.dumps(self.box.google.key)

    def delegate(self, *scopes: str) -> None:
        """Set the scopes of domain-wide delegation at Google."""
        self._call(lambda: setattr(self.box.google, "delegated", set(scopes)))

    def refresh_once(self) -> None:
        """From now on a refresh token is good for one use only."""
        self._call(lambda: setattr(self.box.entra, "once", True))

    @property
    def certificate(self) -> Certificate:
        """Key and certificate that the confidential application has."""
        return self.box.keys.gateway

    def trust(self, pem: str, client_id: str = CONFIDENTIAL_APP_ID) -> None:
        """Upload a certificate to an application, as on its page at Entra."""
        self._call(lambda: self.box.keys.trust(client_id, pem))

    def distrust(self, pem: str, client_id: str = CONFIDENTIAL_APP_ID) -> None:
        """Delete a certificate of an application there."""
        self._call(lambda: self.box.keys.distrust(client_id, pem))

    def deliver(self, address: str, *contents: bytes) -> list[int]:
        """Put letters into an INBOX; returns their UIDs."""
        return self._call(lambda: self.box.deliver(address, contents))

    def write(self, address: str, count: int = 1, kind: str | None = None) -> list[int]:
        """Let the letter writer deliver; kinds: letters.KINDS."""
        return self._call(lambda: self.box.write(address, count, kind))

    def messages(self, address: str, folder: str = INBOX) -> list[dict[str, Any]]:
        """[{uid, message_id, size, sha256, flags}] of a folder, by UID."""
        found = self._call(lambda: self.box.listing(address, folder))
        return list(found["messages"])

    def remove(self, address: str, *uids: int, folder: str = INBOX) -> None:
        """Somebody deletes messages for good."""

        def remove() -> None:
            place = self.box.store.folder(address, folder)
            if place is None:
                raise KeyError(f"{address} has no folder {folder}")
            self.box.store.remove(place.id, uids)

        self._call(remove)

    def uidvalidity(self, address: str, folder: str = INBOX) -> int:
        found = self._call(lambda: self.box.listing(address, folder))
        return int(found["uidvalidity"])

    def reset_uidvalidity(self, address: str) -> int:
        """The mailbox was built anew: UIDs from 1 under another UIDVALIDITY."""
        return self._call(lambda: self.box.reset(address))

    def fault(
        self,
        address: str,
        name: str | None,
        *,
        times: int | None = None,
        seconds: float = 3.0,
    ) -> None:
        """Put a fault (fault_names.FAULTS) on somebody; None clears it.

        address: of an account, "*" for everybody, or a client id for the tokens that
        the application gets for itself.
        """
        self._call(lambda: self.box.faults.set(address, name, times, seconds))

    def switch(self, address: str, name: str) -> None:
        """Put a scenario (scenarios.SCENARIOS) on a mailbox; "" ends it."""
        self._call(lambda: self.box.laboratory.switch(address, name))

    def make(
        self, address: str, *, basic: bool = False, opened: bool = True, **more: Any
    ) -> Account:
        """A mailbox of its own; see laboratory."""
        make = self.box.laboratory.make
        return self._call(lambda: make(address, basic=basic, opened=opened, **more))

    def delivered(self) -> list[dict[str, Any]]:
        """Every message that SMTP accepted, oldest first."""
        return self._call(self.box.delivery.listing)

    def requests(self, address: str) -> dict[str, dict[str, int]]:
        """How sign-ins ended: {"token": {"ok": 1}, "imap": {"expired": 2}, "smtp": {}}.

        address: or a client id, for the tokens that the application got for itself.
        A service that was never asked is absent.
        """
        return self._call(lambda: self.box.tally.of(address))

    def set_rate(self, seconds: float) -> None:
        """Seconds between letters, 0 = none."""
        self._call(lambda: setattr(self.box, "rate", seconds))

    def set_token_seconds(self, seconds: int | None) -> None:
        """Life of the next access tokens, None = as Entra."""
        self._call(lambda: setattr(self.box.entra, "token_seconds", seconds))

    def drop_connections(self) -> int:
        """Cut every client."""
        return self._call(self.box.drop_connections)
