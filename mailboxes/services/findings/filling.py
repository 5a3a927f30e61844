"""The words of a finding with what is known of the case put in their places.

A place is a name in braces in a row of the catalogue (rows_*). Values in lines of
PowerShell are quoted, so that nothing in them is run. Which row it is: findings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from ..finding import Finding

_PLACE = re.compile(r"\{(\w+)\}")


def filled(finding: Finding, facts: Mapping[str, Any]) -> Finding:
    """All places filled, with a plain word where no fact is known."""
    return replace(
        finding,
        title=_filled(finding.title, facts),
        cause=_filled(finding.cause, facts),
        fix=_filled(finding.fix, facts),
        copy=tuple(_command(line, facts) for line in finding.copy),
    )


def partly_filled(finding: Finding, facts: Mapping[str, object]) -> Finding:
    """Filled where there is a fact, other places kept for what comes later."""
    known = _known(facts)
    return replace(
        finding,
        title=_partly(finding.title, known),
        cause=_partly(finding.cause, known),
        fix=_partly(finding.fix, known),
        copy=tuple(_partly_quoted(line, known) for line in finding.copy),
    )


def _known(facts: Mapping[str, Any]) -> dict[str, Any]:
    known = {k: v for k, v in facts.items() if v not in (None, "")}
    if "port" in known:
        known["port"] = _("port %s") % known["port"]
    return known


def _plain(place: str) -> str:
    """What stands in a place for which there is no fact, as in an error from afar."""
    return {
        "account": _("the account that signs in"),
        "application": _("another application"),
        "audience": _("another service"),
        "expected": _("a different one"),
        "folder": _("that is asked for"),
        "grant": _("this grant"),
        "host": _("the server"),
        "issuer": _("issuer unknown"),
        "kind": _("missing"),
        "login": _("that of the mailbox"),
        "option": _("that is empty"),
        "permission": _("that is needed"),
        "port": _("its port"),
        "protocol": _("this protocol"),
        "scope": _("see the help of the option"),
        "service": _("this one"),
        "skew": _("wrong"),
        "tenant": _("another tenant"),
        "user": _("another account"),
    }.get(place, "…")


def _filled(words: Any, facts: Mapping[str, Any]) -> str:
    known = _known(facts)

    def word(place: re.Match[str]) -> str:
        if place[1] in known:
            return str(known[place[1]])
        plain = _plain(place[1])
        # A name that begins a sentence is written as it is, a plain word is not.
        return plain[:1].upper() + plain[1:] if place.start() == 0 else plain

    return _PLACE.sub(word, str(words))


def _partly(words: Any, known: Mapping[str, object]) -> str:
    return _PLACE.sub(lambda m: str(known[m[1]]) if m[1] in known else m[0], str(words))


def _command(line: str, facts: Mapping[str, Any]) -> str:
    """A line of PowerShell: values in single quotes, `<name>` where none is known."""
    known = _known(facts)
    if "mailbox" not in known and known.get("user"):
        known["mailbox"] = known["user"]
    if known.get("account"):
        known["user"] = known["account"]  # who gets the right on a shared mailbox
    names = {
        "client_id": "client-id",
        "object_id": "object-id-of-enterprise-application",
    }
    return _PLACE.sub(
        lambda m: (
            _quoted(known[m[1]]) if m[1] in known else f"<{names.get(m[1], m[1])}>"
        ),
        line,
    )


def _partly_quoted(line: str, known: Mapping[str, object]) -> str:
    return _PLACE.sub(lambda m: _quoted(known[m[1]]) if m[1] in known else m[0], line)


def _quoted(value: object) -> str:
    """As PowerShell takes a text literally; nothing in it is run.

    Braces go too: a line may be filled twice, and what were then put into a place
    within the text would end its quotes.
    """
    text = re.sub(r"[\x00-\x1f{}\u2018-\u201b]", "", str(value)).replace("'", "''")
    return f"'{text}'"
