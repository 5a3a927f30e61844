"""Takes a scope apart: its resource and what is asked of it (providers.md section 5).

Which scopes are good for whom: option_rules/scope.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import clouds
from .clouds import Cloud

# Asked of no resource (OpenID Connect Core 1.0 sections 5.4 and 11).
OF_NO_RESOURCE = ("openid", "profile", "email", "offline_access")
DEFAULT = ".default"
_SCOPE = re.compile(
    r"https://(?P<host>[a-z0-9.-]+)(?::\d{1,5})?/(?P<name>[^\s,?#]+)", re.IGNORECASE
)


@dataclass(frozen=True)
class Scope:
    """A scope option taken apart.

    bare: those asked of no resource. wrong: parts that are no scope at all.
    hosts: the resources, each once. names: what is asked of them, as typed.
    """

    bare: tuple[str, ...]
    wrong: tuple[str, ...]
    hosts: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def host(self) -> str:
        """The one resource, "" where there is none or more than one."""
        return self.hosts[0] if len(self.hosts) == 1 else ""

    @property
    def graph(self) -> Cloud | None:
        return clouds.of_graph(self.host)

    @property
    def exchange(self) -> Cloud | None:
        return clouds.of_exchange(self.host)

    @property
    def cloud(self) -> Cloud | None:
        """The cloud of the resource; None where it is not one of Microsoft's."""
        return self.graph or self.exchange


def parse(text: str) -> Scope:
    """Take a scope apart at its blanks; never raises."""
    bare, wrong, hosts, names = [], [], [], []
    for part in text.split():
        found = _SCOPE.fullmatch(part)
        if part.lower() in OF_NO_RESOURCE:
            bare.append(part.lower())
        elif found:
            hosts.append(found["host"].lower())
            names.append(found["name"])
        else:
            wrong.append(part)
    return Scope(tuple(bare), tuple(wrong), tuple(dict.fromkeys(hosts)), tuple(names))


def tidied(text: str) -> str:
    """One blank between the parts, no slash at the end of an address."""
    return " ".join(
        part.rstrip("/") if part.lower().startswith("https://") else part
        for part in text.split()
    )
