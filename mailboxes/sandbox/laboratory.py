"""Scenarios switched on and off, and mailboxes made for them.

What is on is kept in the folder, so that a restart of the sandbox changes nothing of a
lesson; mailboxes made for a drill are not. Effects are shown by the servers (faults);
who asks for all this: control.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from . import effects
from .ca import write_private
from .faults import Faults
from .lines import Lines
from .mailstore import Mailstore
from .scenarios import BY_NAME
from .world import CONFIDENTIAL_APP_ID, TENANT_DOMAINS, Account

PASSWORD = "Made-For-A-Drill-1"  # of mailboxes that last as long as the process


class UnknownScenario(ValueError):
    """There is no scenario of that name."""


class WrongAddress(ValueError):
    """A mailbox cannot be made under this address; the text says why."""


class Laboratory:
    """The sandbox's loop owns it."""

    def __init__(
        self,
        folder: Path,
        accounts: dict[str, Account],
        store: Mailstore,
        faults: Faults,
        lines: Lines,
    ) -> None:
        self._file = folder / "switched.json"
        self._accounts = accounts
        self._store = store
        self._faults = faults
        self._lines = lines

    def restore(self) -> None:
        """Put on what was on when the sandbox ended."""
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        for address, name in kept.items():
            if address in self._accounts and name in BY_NAME:
                self._faults.switch(address, name, BY_NAME[name].effects)

    def switch(self, address: str, name: str) -> None:
        """Put a scenario on a mailbox, in place of the one before; "" ends it.

        Its open lines are cut, so that the next try meets it. Raises UnknownScenario.
        """
        if name and name not in BY_NAME:
            raise UnknownScenario(name)
        shown = BY_NAME[name].effects if name else ()
        self._faults.switch(address, name, shown)
        if any(effect.at == effects.SWITCHED_ON for effect in shown):
            self._store.reset(address)
        self._lines.cut(address)
        text = json.dumps(self._faults.scenarios(), indent=2) + "\n"
        write_private(self._file, text.encode())

    def make(
        self,
        address: str,
        *,
        basic: bool,
        opened: bool,
        shared: bool = False,
        full_access: tuple[str, ...] = (),
        send_as: tuple[str, ...] = (),
    ) -> Account:
        """A mailbox of its own for a drill.

        basic: lets a password sign in. opened: to the application with a secret.
        shared, full_access, send_as: as of world.Account. Raises WrongAddress.
        """
        address = address.lower()
        local, _, domain = address.partition("@")
        if not local or domain not in TENANT_DOMAINS:
            raise WrongAddress(f"{address} is not in {TENANT_DOMAINS[0]}.")
        if address in self._accounts:
            raise WrongAddress(f"There is a mailbox {address} already.")
        account = Account(
            address,
            local,
            PASSWORD,
            str(uuid.uuid5(uuid.NAMESPACE_DNS, address)),
            "made for a drill",
            basic=basic,
            app_access=(CONFIDENTIAL_APP_ID,) if opened else (),
            shared=shared,
            full_access=full_access,
            send_as=send_as,
        )
        self._store.ensure(address)
        self._accounts[address] = account
        return account
