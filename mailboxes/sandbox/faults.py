"""Faults by name: what can go wrong on request, and for whom it does now.

A fault of "*" hits everybody; one of an account only it, one of a client id the tokens
that the application gets for itself. Where they are shown: entra, imap_server,
imap_fetch, smtp_server, proxy. Natural refusals need no fault.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import entra_errors

EVERYBODY = "*"

FAULTS: dict[str, str] = {
    "entra-unavailable": "the token endpoint answers 503",
    "entra-throttled": "the token endpoint answers 429 with Retry-After",
    "entra-html": "a filtering proxy answers with a page instead of JSON",
    "entra-drop": "the connection ends before the token endpoint answers",
    "proxy-login": "the proxy wants a user name and password (407)",
    "proxy-refuse": "the proxy forbids every destination (403)",
    "greeting-with-connect": "the greeting comes together with the proxy's 200",
    "imap-drop-at-login": "IMAP: the connection ends at sign-in",
    "imap-drop-in-fetch": "IMAP: the connection ends in the middle of a message",
    "imap-refuse-token": "IMAP: a token that is right is refused",
    "imap-throttled": "IMAP: BAD Request is throttled",
    "imap-unavailable": "IMAP: NO [UNAVAILABLE] at sign-in",
    "imap-not-connected": "IMAP: BAD User is authenticated but not connected",
    "imap-no-xoauth2": "IMAP: XOAUTH2 is not offered",
    "smtp-drop-before-data": "SMTP: the connection ends at the DATA command",
    "smtp-drop-after-data": "SMTP: the message is taken, the reply never comes",
    "smtp-auth-off-tenant": "SMTP: sign-in is switched off for the tenant",
    "smtp-auth-off-mailbox": "SMTP: sign-in is switched off for the mailbox",
    "smtp-refuse-token": "SMTP: a token that is right is refused",
    "smtp-421": "SMTP: 421, service not available, at MAIL",
    "smtp-throttled": "SMTP: 432, too many connections, at sign-in",
    "slow": "every answer comes late",
}
FAULTS.update(
    {f"AADSTS{number}": entry.text for number, entry in entra_errors.ERRORS.items()}
)


class UnknownFault(ValueError):
    """There is no fault of that name."""


@dataclass
class Fault:
    """One fault that is on. left: times it still shows, None = until cleared."""

    name: str
    left: int | None = None
    seconds: float = 3.0


class Faults:
    """What is on now. Not for several threads: the sandbox's loop owns it."""

    def __init__(self) -> None:
        self._on: dict[str, Fault] = {}
        self._scenarios: dict[str, Fault] = {}

    def set(
        self,
        account: str,
        name: str | None,
        times: int | None = None,
        seconds: float = 3.0,
    ) -> None:
        """Put one fault on an account or on "*", in place of the one before.

        None clears it. times: how often it shows, None = until cleared. seconds: how
        late answers come under "slow". Raises UnknownFault.

        A bare number such as 50126 means AADSTS50126.
        """
        account = account.lower()
        if name is None:
            self._on.pop(account, None)
            return
        if name.isdigit():
            name = f"AADSTS{name}"
        if name not in FAULTS:
            raise UnknownFault(name)
        self._on[account] = Fault(name, times, seconds)

    def always(self, account: str, name: str) -> None:
        """Make a fault the scenario of an account: `set` leaves it."""
        self._scenarios[account.lower()] = Fault(name)

    def hit(self, name: str, account: str | None = None) -> Fault | None:
        """The fault if it is on for this account or for all; uses one turn of it."""
        for fault in self._for(account):
            if fault.name == name and fault.left != 0:
                if fault.left is not None:
                    fault.left -= 1
                return fault
        return None

    def _for(self, account: str | None) -> list[Fault]:
        own = account.lower() if account else EVERYBODY
        found = (self._on.get(own), self._scenarios.get(own), self._on.get(EVERYBODY))
        return [fault for fault in found if fault is not None]

    def first(self, prefix: str, account: str | None = None) -> Fault | None:
        """The first fault that is on and whose name begins so; uses one turn of it."""
        for fault in self._for(account):
            if fault.name.startswith(prefix) and self.hit(fault.name, account):
                return fault
        return None

    def delay(self, account: str | None = None) -> float:
        """Seconds to wait before an answer."""
        fault = self.hit("slow", account)
        return fault.seconds if fault else 0.0

    def listing(self) -> dict[str, str]:
        """What is on, by account; scenarios are not listed."""
        return {key: fault.name for key, fault in self._on.items() if fault.left != 0}
