"""Rules on the scope of a token of Microsoft (providers.md sections 1.1, 1.4 and 5).

Google takes the scope from the refresh token, so nothing is asked of it there.
"""

from __future__ import annotations

import re

from ...core.choices import Grant, Protocol
from .clouds import GLOBAL
from .rule import Facts, Level, Messages, Rules
from .scope_value import DEFAULT

RULES = Rules()
_ADDRESS = re.compile(r"https://[a-z0-9.-]+", re.IGNORECASE)


@RULES.rule("O02-scope-form")
def scope_form(facts: Facts) -> Messages:
    """A scope is an https address with a name, scopes are separated by blanks."""
    if not facts.microsoft:
        return
    scope = facts.scope
    wrong = scope.wrong[0] if scope.wrong else ""
    if "," in wrong:
        yield "scope", "Separate scopes by blanks, not by commas."
    elif _ADDRESS.fullmatch(wrong):
        yield "scope", f"Enter {wrong}/{DEFAULT}: an address alone is no scope."
    elif wrong:
        yield "scope", f"Enter the scope with its resource, such as {_needed(facts)}."
    elif not scope.hosts:
        yield "scope", f"Add a resource, such as {_needed(facts)}."


@RULES.rule("O03-one-resource")
def one_resource(facts: Facts) -> Messages:
    """A token is for one resource."""
    if facts.microsoft and len(facts.scope.hosts) > 1:
        hosts = " and ".join(facts.scope.hosts)
        yield "scope", f"A token is for one resource, not for {hosts}. Keep one."


@RULES.rule("O01-scope-follows-type")
def scope_follows_type(facts: Facts) -> Messages:
    """GRAPH needs a scope of Microsoft Graph, every other type one of Exchange."""
    if not facts.microsoft or not facts.protocol or facts.scope.cloud is None:
        return
    wants_graph = facts.protocol == Protocol.GRAPH
    if wants_graph is not bool(facts.scope.graph):
        yield (
            "scope",
            f"{facts.protocol} needs {_needed(facts)}: a token for another resource is"
            " refused.",
        )


@RULES.rule("O06-scope-of-cloud")
def scope_of_cloud(facts: Facts) -> Messages:
    """Scope and authority are of the same cloud."""
    of_scope = facts.scope.cloud
    if not facts.microsoft or facts.authority is None or of_scope is None:
        return
    of_authority = facts.authority.cloud
    if of_authority and of_authority is not of_scope:
        yield (
            "scope",
            f"{facts.scope.host} is in {of_scope.name}, the authority in"
            f" {of_authority.name}. Enter {_needed(facts)}.",
        )


@RULES.rule("O04-default-alone")
def default_alone(facts: Facts) -> Messages:
    """`.default` stands for all permissions and is not mixed with single ones."""
    names = {name.lower() for name in facts.scope.names}
    if facts.microsoft and DEFAULT in names and len(names) > 1:
        yield "scope", "Remove .default or the other scopes of that resource."


@RULES.rule("O05-scope-of-application")
def scope_of_application(facts: Facts) -> Messages:
    """client_credentials asks for `.default`, and gets no refresh token."""
    if not facts.microsoft or facts.grant is not Grant.CLIENT_CREDENTIALS:
        return
    scope = facts.scope
    single = [name for name in scope.names if name.lower() != DEFAULT]
    if scope.bare:
        yield "scope", f"Remove {scope.bare[0]}: no person signs in with this grant."
    elif single and scope.host:
        yield (
            "scope",
            f"Enter https://{scope.host}/{DEFAULT}: {single[0]} is a permission of a"
            " person, and an application signs in.",
        )


@RULES.rule("O07-unknown-resource", Level.WARNING)
def unknown_resource(facts: Facts) -> Messages:
    """A scope of another host is used as it is typed."""
    if facts.microsoft and facts.scope.host and facts.scope.cloud is None:
        yield (
            "scope",
            f"{facts.scope.host} is no known resource of Microsoft 365. The scope is"
            " used as it is typed: test the connection.",
        )


def _needed(facts: Facts) -> str:
    """The scope to recommend for this type and authority."""
    cloud = facts.authority.cloud if facts.authority else None
    return (cloud or GLOBAL).scope_for(facts.protocol)
