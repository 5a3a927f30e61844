"""Which faults and scenarios are on now, and for whom.

A fault of "*" hits everybody; one of an account only it, one of a client id the tokens
that the application gets for itself. What each does: effects; the single ones by name:
fault_names. Natural refusals need no fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from . import effects
from .effects import Effect
from .fault_names import FAULTS

EVERYBODY = "*"


class UnknownFault(ValueError):
    """There is no fault of that name."""


@dataclass
class Fault:
    """One that is on. left: times it still shows, None = until cleared."""

    name: str
    effects: tuple[Effect, ...]
    left: int | None = None


class Faults:
    """What is on now. Not for several threads: the sandbox's loop owns it."""

    def __init__(self) -> None:
        self._on: dict[str, Fault] = {}
        self._always: dict[str, Fault] = {}
        self._scenarios: dict[str, Fault] = {}
        self._told: set[str] = set()

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
        if name is None:
            self._on.pop(account.lower(), None)
            return
        found = replace(_named(name), left=times)
        if found.name == "slow":
            found.effects = tuple(replace(e, seconds=seconds) for e in found.effects)
        self._on[account.lower()] = found

    def always(self, account: str, name: str) -> None:
        """Make a fault the nature of an account: `set` leaves it."""
        self._always[account.lower()] = _named(name)

    def switch(self, account: str, name: str, shown: tuple[Effect, ...]) -> None:
        """Put a scenario on an account in place of the one before; "" ends it."""
        if name:
            self._scenarios[account.lower()] = Fault(name, shown)
        else:
            self._scenarios.pop(account.lower(), None)

    def told(self, account: str) -> None:
        """This account says whose its lines are (lines): it owns no other."""
        self._told.add(account.lower())

    def at(self, place: str, *who: str | None, target: str = "") -> Effect | None:
        """The effect that is on at a place for these names or for all.

        who: all that is known of whom it is, such as the log-in name and the name
        given to the proxy. Where nothing is known, it may be anybody's who never says
        whose line it is. Uses one turn of the fault.
        """
        for fault in self._for(who):
            for effect in fault.effects:
                if fault.left != 0 and effect.fits(place, target):
                    if fault.left is not None:
                        fault.left -= 1
                    return effect
        return None

    def _for(self, who: tuple[str | None, ...]) -> Iterator[Fault]:
        names = [name.lower() for name in who if name]
        for name in dict.fromkeys((*names, EVERYBODY)):
            for on in (self._on, self._scenarios, self._always):
                if name in on:
                    yield on[name]
        if not names:
            for account, fault in self._scenarios.items():
                if account not in self._told:
                    yield fault

    def delay(self, *who: str | None) -> float:
        """Seconds to wait before an answer."""
        effect = self.at(effects.SLOW, *who)
        return effect.seconds if effect else 0.0

    def listing(self) -> dict[str, str]:
        """Single faults that are on, by account."""
        return {key: fault.name for key, fault in self._on.items() if fault.left != 0}

    def scenarios(self) -> dict[str, str]:
        """Scenarios that are on, by account."""
        return {account: fault.name for account, fault in self._scenarios.items()}


def _named(name: str) -> Fault:
    if name.isdigit():
        name = f"AADSTS{name}"
    if name not in FAULTS:
        raise UnknownFault(name)
    return Fault(name, FAULTS[name].effects)
