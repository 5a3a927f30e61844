"""What differs between two revisions, in words; never the text of a secret.

Reads rows only. Making revisions is services/revisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.choices import ProxyKind
from ...core.options import Effect, Kind, Option, Target, format_value
from ...models import Fetcher, OptionSet, PopClient, Revision, Sender, SmtpClient
from ..option_rules import defaults, in_form_order
from ..secrets.names import looks_secret
from . import pins, snapshots
from .pins import Pinned


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
    old = Side.of(a) if a else Side(defaults(model.kind))
    return compare(model, old, Side.of(b))


@dataclass(frozen=True)
class Side:
    """One of two option sets: own values, what they stand for, what is kept."""

    own: dict[str, Any]
    pinned: Pinned = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, revision: Revision) -> Side:
        snapshot = snapshots.of(revision)
        return cls(snapshot.own, snapshot.pinned, snapshot.extra)

    @property
    def values(self) -> dict[str, Any]:
        """What counts: own values, and what the registration gives."""
        return pins.overlaid(self.own, self.pinned)


def compare(model: type[OptionSet], old: Side, new: Side) -> list[Change]:
    """Changes between two complete sides, in the order of the form."""
    found = []
    before, after = old.values, new.values
    for option in in_form_order({o.name: o for o in model.options().values()}):
        was, now = before[option.name], after[option.name]
        if was == now and _stands_for(option, old) == _stands_for(option, new):
            continue
        old_text = value_text(option, was, old.pinned)
        new_text = value_text(option, now, new.pinned)
        if option.secret:
            old_text, new_text = ("set" if was else ""), ("replaced" if was else "set")
            new_text = new_text if now else ""
        elif old_text == new_text:
            new_text = f"{new_text}, replaced" if new_text else "replaced"
        label = option.label_for(after)
        found.append(Change(option.name, label, old_text, new_text, option.effect))
    return found + _of_extra(old, new)


def _of_extra(old: Side, new: Side) -> list[Change]:
    was, now = extra_texts(old.extra), extra_texts(new.extra)
    found = []
    for name in sorted(old.extra.keys() | new.extra.keys()):
        if old.extra.get(name) == new.extra.get(name):
            continue
        old_text, new_text = was.get(name, ""), now.get(name, "")
        if old_text == new_text == "set":
            new_text = "replaced"
        found.append(Change(name, name, old_text, new_text))
    return found


def extra_texts(extra: Mapping[str, str]) -> dict[str, str]:
    """Options that are not ours as pages show them: "set" for what may be a secret."""
    return {
        name: "set" if value and looks_secret(name, value) else value
        for name, value in extra.items()
    }


def _stands_for(option: Option, side: Side) -> object:
    """What a change of counts as a change of the option that names it.

    What a registration holds is seen at the options that inherit it.
    """
    pinned = side.pinned.get(option.target or "")
    if not pinned or option.target is Target.REGISTRATION:
        return None
    return dict(pinned)


def value_text(option: Option, value: object, pinned: Pinned) -> str:
    """A value as pages show it: a proxy by name and address, secrets as "set"."""
    if option.secret:
        return "set" if value else ""
    if option.kind is Kind.REFERENCE:
        if value is None:
            return ""
        row = pinned.get(option.target or "")
        if not row:
            # Values that no revision has pinned yet, such as a form's.
            row = pins.pin({option.name: option}, {option.name: value}, pins.Lookup())
            row = row.get(option.target or "")
        if not row:
            return str(value)
        if option.target is Target.PROXY:
            if row.get("kind") == ProxyKind.DIRECT:
                return f"{row['name']} (no proxy)"
            return f"{row['name']} ({row['host']}:{row['port']})"
        return str(row["name"])
    return format_value(option, value)


def in_effect(client: PopClient | SmtpClient) -> Revision | None:
    """The revision that the last cycle took, or that the sender has; None if none."""
    runner: Fetcher | Sender | None
    if isinstance(client, PopClient):
        fetchers = Fetcher.objects.filter(pop_client=client)
        runner = fetchers.select_related("revision").first()
    else:
        senders = Sender.objects.filter(smtp_client=client)
        runner = senders.select_related("revision").first()
    revision = runner.revision if runner else None
    if revision is not None:  # whose it is need not be asked for again
        if isinstance(client, PopClient):
            revision.pop_client = client
        else:
            revision.smtp_client = client
    return revision


def pending(client: PopClient | SmtpClient) -> list[Change]:
    """What is saved and not in effect yet."""
    return between(client, in_effect(client), snapshots.newest(client))


def between(
    client: PopClient | SmtpClient, current: Revision | None, saved: Revision
) -> list[Change]:
    """The same, where both revisions are known."""
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
