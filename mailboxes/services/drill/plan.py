"""What a drill is told of a scenario, and what it says of it afterwards.

Data only. The scenarios are the sandbox's (sandbox/scenario, as JSON); carrying one out
is drill/scene, all of them drill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

NOTHING_WRONG = ""  # Found.finding where test or cycle went well


@dataclass(frozen=True)
class Found:
    """What was found, or has to be: the finding and what it says.

    finding: its id, NOTHING_WRONG for none. field: the option that mends it. certainty:
    certain or likely.
    """

    finding: str = NOTHING_WRONG
    step: str = ""
    field: str = ""
    retry: str = ""
    certainty: str = ""

    @classmethod
    def of(cls, told: Mapping[str, str] | None) -> Found:
        """As the sandbox writes it; None where nothing is wrong."""
        return cls(**told) if told else cls()

    def differences(self, other: Found) -> list[str]:
        """What is otherwise in `other`, as `name: expected, found`."""
        mine, theirs = asdict(self), asdict(other)
        return [
            f"{name} is {theirs[name] or 'none'}, not {mine[name] or 'none'}"
            for name in mine
            if mine[name] != theirs[name]
        ]


@dataclass(frozen=True)
class Plan:
    """One scenario. Fields as in sandbox/scenario.Scenario and Setup."""

    name: str
    area: str
    rows: tuple[int, ...]
    title: str
    wire: tuple[str, ...]
    switchable: bool
    numbers: tuple[int, ...]
    setup: Mapping[str, Any]
    test: Found
    cycle: Found
    state: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Plan:
        """As the sandbox describes it."""
        return cls(
            name=str(told["name"]),
            area=str(told["area"]),
            rows=tuple(told["rows"]),
            title=str(told["title"]),
            wire=tuple(told["wire"]),
            switchable=bool(told["switchable"]),
            numbers=tuple(told["numbers"]),
            setup=told["setup"],
            test=Found.of(told["test"]),
            cycle=Found.of(told["cycle"]),
            state=str(told["state"]),
        )

    @property
    def expected(self) -> Found:
        """What it is about: as the cycle meets it, else as the test does."""
        return self.cycle if self.cycle.finding else self.test


@dataclass(frozen=True)
class Result:
    """What became of one scenario. trouble: why it could not be carried out."""

    plan: Plan
    test: Found = Found()
    cycle: Found = Found()
    state: str = ""
    trouble: str = ""
    seconds: float = 0.0

    @property
    def differences(self) -> list[str]:
        """Everything that is not as expected, in words; empty when all is."""
        if self.trouble:
            return [self.trouble]
        found = [f"test: {one}" for one in self.plan.test.differences(self.test)]
        found += [f"cycle: {one}" for one in self.plan.cycle.differences(self.cycle)]
        if self.state != self.plan.state:
            found.append(f"afterwards: {self.state}, not {self.plan.state}")
        return found

    def described(self) -> dict[str, Any]:
        """As JSON. `expected` holds both where test and cycle are to differ."""
        expected: dict[str, Any] = asdict(self.plan.expected)
        if self.plan.test != self.plan.cycle:
            expected["in_test"] = asdict(self.plan.test)
            expected["in_cycle"] = asdict(self.plan.cycle)
        expected["state"] = self.plan.state
        differences = self.differences
        return {
            "name": self.plan.name,
            "area": self.plan.area,
            "rows": list(self.plan.rows),
            "expected": expected,
            "test": asdict(self.test),
            "cycle": asdict(self.cycle) | {"state": self.state},
            "ok": not differences,
            "differences": differences,
            "seconds": round(self.seconds, 2),
        }
