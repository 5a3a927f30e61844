"""Conditions of options that both kinds of section share, as data (core/conditions).

What they are conditions of: option_shared. The same questions to values of a revision:
services/options/pins.
"""

from __future__ import annotations

from ..core.choices import OWNER_GRANTS, Grant, Mechanism, Protocol
from ..core.conditions import Needs, Test
from ..core.options import Condition

MECHANISMS = "mail.<type>.auth.mechanisms"

XOAUTH2 = Test(MECHANISMS, (Mechanism.XOAUTH2.value,))
GOOGLE = Test("tenant-authority", contains="google")
MICROSOFT = Test("tenant-authority", contains="google", negated=True)


def graph(type_option: str, *, negated: bool = False) -> Test:
    return Test(type_option, (Protocol.GRAPH.value,), negated=negated)


def granted(*grants: Grant) -> Test:
    return Test("grant-type", tuple(grant.value for grant in grants))


def of_person(type_option: str) -> Needs:
    """The token is that of a person at Microsoft (pins.signs_in_as_person)."""
    said = sorted(OWNER_GRANTS | {Grant.USER_PASSWORD})
    return (
        (XOAUTH2, graph(type_option)),
        (MICROSOFT,),
        (granted(*said, Grant.PASSWORD),),
        (granted(*said), graph(type_option, negated=True)),
    )


def by_account(type_option: str) -> Needs:
    """Another account than the mailbox signs in: it is a shared one."""
    return (*of_person(type_option), (Test("account", ("",), negated=True),))


def has_server(type_option: str) -> Condition:
    """GRAPH alone has no server to name: its address follows from the scope."""
    return Condition(
        ((graph(type_option, negated=True),),),
        "Takes effect only with the other types: the address of GRAPH follows from the"
        " scope.",
    )
