"""What a scenario is: something that goes wrong, and what has to be said of it.

Data only. What happens on the wire is in effects; a drill runs each through a
connection test and a cycle and compares what the product finds with what stands here.
The finding is named by its id, its step and its field as diagnosis.md has them for the
row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..core.choices import Retry, RunState, Step
from .effects import Effect
from .scenario_words import words_of

CERTAIN, LIKELY = "certain", "likely"
FULL, READS, NONE, ITSELF = "full", "reads", "none", "itself"  # Setup.shared
UPLOADED, UNKNOWN = "uploaded", "unknown"
OWNER, GOOGLE, SERVICE = "owner", "google", "service"


@dataclass(frozen=True)
class Expected:
    """The finding that has to come: its id, and what it says.

    field: name of the option that mends it, "" for none. certainty: CERTAIN or LIKELY.
    """

    finding: str
    step: Step
    field: str = ""
    retry: Retry = Retry.ADMIN
    certainty: str = CERTAIN

    def but(self, **changes: Any) -> Expected:
        """The same with some things otherwise."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Setup:
    """How a client is set up that meets it, where the usual one does not.

    The usual one signs in to Exchange Online as a user by OAuth, through the proxy.
    sends: an smtp-client, else a pop-client. message: it shows only when a message is
    sent. app: the application signs in itself. basic: by user name and password, at
    Contoso's own server unless `options` names one.
    certificate: the application proves itself by one: UPLOADED to it, or UNKNOWN there;
        "" for its client secret.
    by: OWNER where the owner has signed in at Entra, GOOGLE where at Google, SERVICE
    for a service account there; "" for the password.
    opened: the mailbox is opened to the application.
    shared: a shared mailbox, opened by a person's account: FULL where that has Full
        Access and Send As, READS without Send As, NONE without any right; ITSELF where
        the mailbox's own account is to sign in. "" for a usual mailbox.
    way: "proxy", "socks", "direct", "closed" for a proxy that nobody listens at, or
        "not-socks" for SOCKS spoken to a mail server.
    options: values that differ; a text of the form <name> is the port of that listener.
    signs_in: the owner signs in by a link, in place of test and cycle; what comes of
        it stands in `test`. declines: by pressing Cancel.
    fetched: a good cycle came before. waits: no answer comes, so that a client with
    short patience is enough.
    """

    sends: bool = False
    message: bool = False
    app: bool = False
    basic: bool = False
    by: str = ""
    certificate: str = ""
    opened: bool = True
    shared: str = ""
    way: str = "proxy"
    options: Mapping[str, object] = field(default_factory=dict)
    signs_in: bool = False
    declines: bool = False
    fetched: bool = False
    waits: bool = False


USUAL = Setup()


@dataclass(frozen=True)
class Scenario:
    """One failure, from the wire to the finding.

    rows: of diagnosis.md. title: what a person sees, in a few words.
    effects: what goes otherwise; empty where the setup alone makes it.
    test, cycle: what is found there; None = nothing is wrong there.
    state: of fetcher or sender after the cycle (DESIGN D9).
    numbers: of Entra that are the same case; the first is the one that is shown.
    """

    name: str
    area: str
    rows: tuple[int, ...]
    title: str
    effects: tuple[Effect, ...]
    test: Expected | None
    cycle: Expected | None
    state: RunState
    setup: Setup = USUAL
    numbers: tuple[int, ...] = ()

    @property
    def switchable(self) -> bool:
        """It can be put on any mailbox: nothing of its setup makes it."""
        return bool(self.effects) and self.setup.way == "proxy"

    def described(self) -> dict[str, Any]:
        """As JSON, for those outside of the sandbox."""
        return {
            "name": self.name,
            "area": self.area,
            "rows": list(self.rows),
            "title": self.title,
            "wire": [words_of(effect) for effect in self.effects],
            "switchable": self.switchable,
            "numbers": list(self.numbers),
            "setup": asdict(self.setup) | {"options": dict(self.setup.options)},
            "test": _described(self.test),
            "cycle": _described(self.cycle),
            "state": str(self.state),
        }


def _described(expected: Expected | None) -> dict[str, str] | None:
    if expected is None:
        return None
    return {name: str(value) for name, value in asdict(expected).items()}


def made(
    name: str,
    area: str,
    row: int | tuple[int, ...],
    title: str,
    shown: Effect | tuple[Effect, ...],
    expected: Expected | None,
    *,
    test: Expected | None | str = "as expected",
    cycle: Expected | None | str = "as expected",
    state: RunState | None = None,
    setup: Setup = USUAL,
    numbers: tuple[int, ...] = (),
) -> Scenario:
    """A scenario that looks alike in test and cycle unless one of them is named.

    state: default FAILING where the cycle meets it, else ACTIVE.
    """
    in_test = expected if isinstance(test, str) else test
    in_cycle = expected if isinstance(cycle, str) else cycle
    usual = RunState.ACTIVE if in_cycle is None else RunState.FAILING
    return Scenario(
        name=name,
        area=area,
        rows=(row,) if isinstance(row, int) else row,
        title=title,
        effects=(shown,) if isinstance(shown, Effect) else shown,
        test=in_test,
        cycle=in_cycle,
        state=state or usual,
        setup=setup,
        numbers=numbers,
    )
