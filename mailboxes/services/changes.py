"""What differs between two revisions, in words; never the text of a secret.

Reads rows only. Making revisions is services/revisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..core.options import Effect, Kind, Option, format_value
from ..models import Fetcher, OptionSet, PopClient, Proxy, Revision, Sender, SmtpClient
from . import snapshots
from .option_rules import defaults, in_form_order

Pinned = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One option with two values as a person reads them, "" for none.

    effect: when the change is in effect; None for what is no option (at once).
    """

    option: str
    label: str
    old_text: str
    new_text: str
    effect: Effect | None = None

    def as_json(self) -> dict[str, str]:
        return {"option": self.option, "old": self.old_text, "new": self.new_text}


def diff(a: Revision | None, b: Revision) -> list[Change]:
    """Changes from `a` (None: the defaults) to `b`, in the order of the form."""
    model = type(b.client)
    old = snapshots.of(a).values if a else defaults(model.kind)
    new = snapshots.of(b).values
    return compare(model, old, a.pinned if a else {}, new, b.pinned)


def compare(
    model: type[OptionSet],
    old: dict[str, Any],
    old_pinned: Pinned,
    new: dict[str, Any],
    new_pinned: Pinned,
) -> list[Change]:
    """Changes between complete values and what they pinned."""
    found = []
    for option in in_form_order({o.name: o for o in model.options().values()}):
        before, after = old[option.name], new[option.name]
        pinned = option.kind is Kind.REFERENCE and old_pinned != new_pinned
        if before == after and not pinned:
            continue
        was = value_text(option, before, old_pinned)
        now = value_text(option, after, new_pinned)
        if was == now:
            now = f"{now}, replaced" if now else "replaced"
        if option.secret:
            was, now = ("set" if before else ""), ("replaced" if before else "set")
            now = now if after else ""
        found.append(Change(option.name, option.label, was, now, option.effect))
    return found


def value_text(option: Option, value: object, pinned: Pinned) -> str:
    """A value as pages show it: a proxy by name and address, secrets as "set"."""
    if option.secret:
        return "set" if value else ""
    if option.kind is Kind.REFERENCE:
        proxy = pinned.get("proxy") or {}
        if proxy:
            return f"{proxy['name']} ({proxy['host']}:{proxy['port']})"
        if value is None:
            return ""
        # Values that no revision has pinned yet, such as a form's.
        key = str(value)
        named = Proxy.objects.filter(pk=key).first() if key.isdigit() else None
        return f"{named.name} ({named.host}:{named.port})" if named else key
    return format_value(option, value)


def in_effect(client: PopClient | SmtpClient) -> Revision | None:
    """The revision that the last cycle took, or that the sender has; None if none."""
    runner: Fetcher | Sender | None = (
        Fetcher.objects.filter(pop_client=client).select_related("revision").first()
        if isinstance(client, PopClient)
        else Sender.objects.filter(smtp_client=client)
        .select_related("revision")
        .first()
    )
    return runner.revision if runner else None


def pending(client: PopClient | SmtpClient) -> list[Change]:
    """What is saved and not in effect yet."""
    current = in_effect(client)
    saved = snapshots.newest(client)
    if current is None:
        return diff(None, saved)
    if current.pk == saved.pk:
        return []
    return [c for c in diff(current, saved) if not _checked_since(client, c, saved)]


def _checked_since(
    client: PopClient | SmtpClient, change: Change, saved: Revision
) -> bool:
    """Options of the next connection check are in effect once there was one (D3)."""
    if change.effect is not Effect.NEXT_CHECK:
        return False
    return Sender.objects.filter(
        smtp_client_id=client.pk, last_try_at__gt=saved.created_at
    ).exists()
