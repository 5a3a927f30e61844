"""Words of choices in forms: what ends when, what this version cannot do, rows to name.

The choices themselves stand in the declarations of the options (models), what this
version can do in services/abilities.
"""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _

from ..core.choices import Grant, Protocol, ProxyKind
from ..core.options import Option, Target
from ..models import AppRegistration, NamedSecret, Proxy
from ..services import abilities

Text = str | Promise

# What is said at a choice itself about its end (providers.md section 2).
EWS_ENDS = _("at Exchange Online only until 1 April 2027")
ROPC_ENDS = _("Microsoft advises against it, and names no last day yet")
ENDS: dict[tuple[str, str], Text] = {
    ("type", Protocol.EWS.value): EWS_ENDS,
    ("server-type", Protocol.EWS.value): EWS_ENDS,
    ("grant-type", Grant.PASSWORD.value): ROPC_ENDS,
    ("grant-type", Grant.USER_PASSWORD.value): ROPC_ENDS,
}
DRAFT_ONLY = _("a draft only in this version")
EMPTY: dict[Target, Text] = {
    Target.PROXY: _("None: direct"),
    Target.REGISTRATION: _("None: this section has its own"),
    Target.SECRET: _("None"),
}


def _possible(option: Option) -> frozenset[str] | None:
    """Values that this version can really use; None where all are."""
    grants = abilities.MICROSOFT_GRANTS | abilities.GOOGLE_GRANTS
    if Grant.PASSWORD in grants:
        grants |= {Grant.USER_PASSWORD}
    possible: dict[str, frozenset[str]] = {
        "type": frozenset(abilities.INBOUND),
        "server-type": frozenset(abilities.OUTBOUND),
        "grant-type": frozenset(grants),
    }
    return possible.get(option.name)


def choices_of(option: Option) -> list[tuple[str, Text]]:
    """Choices of an option, each with its last day and whether it is a draft only."""
    possible = _possible(option)
    found: list[tuple[str, Text]] = []
    for value, label in option.choices:
        remarks: list[Text] = []
        if (option.name, value) in ENDS:
            remarks.append(ENDS[option.name, value])
        if possible is not None and value not in possible:
            remarks.append(DRAFT_ONLY)
        words = "; ".join([str(label), *(str(remark) for remark in remarks)])
        found.append((value, words))
    return found


def rows_to_name(target: Target) -> list[tuple[str, Any]]:
    """What an option of kind REFERENCE can name, as it is now."""
    found: list[tuple[str, Any]] = [("", EMPTY[target])]
    match target:
        case Target.PROXY:
            for proxy in Proxy.objects.order_by("name"):
                found.append((str(proxy.pk), _way(proxy)))
        case Target.REGISTRATION:
            found += _names(AppRegistration)
        case Target.SECRET:
            found += _names(NamedSecret)
    return found


def _way(proxy: Proxy) -> Text:
    if proxy.kind == ProxyKind.DIRECT:
        return gettext("%s (no proxy, own certificate authorities)") % proxy.name
    return proxy.name


def _names(
    model: type[AppRegistration] | type[NamedSecret],
) -> list[tuple[str, str]]:
    rows = model.objects.order_by("name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in rows]
