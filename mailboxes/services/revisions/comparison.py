"""What is saved against what is in effect, option by option (ux.md section 2.7).

One answer for page, JSON and form. Reads rows only; secrets are "set", never a text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ...core.options import Effect, Group, Target
from ...models import AppRegistration, PopClient, Revision, SmtpClient
from ..option_rules import in_form_order
from ..options import changes, pins, snapshots
from ..options.snapshots import Snapshot

Client = PopClient | SmtpClient
KEPT = "kept"  # instead of an Effect: what is only kept for export has none


@dataclass(frozen=True)
class OptionState:
    """One option. Texts are as a person reads them, "" for not set.

    option: its name as declared; name: as the section writes it.
    effect: when a change is in effect, None for what is only kept for export.
    registration: name of the one that the saved value is inherited from, "" for none.
    replaced: it differs, though both texts are the same (a secret, a proxy's address).
    """

    option: str
    name: str
    label: str
    in_effect: str
    saved: str
    differs: bool
    effect: Effect | None
    group: Group
    registration: str = ""
    replaced: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "saved": self.saved,
            "in_effect": self.in_effect,
            "differs": self.differs,
            "takes_effect": str(self.effect) if self.effect else KEPT,
            "inherited_from": self.registration,
        }


@dataclass(frozen=True)
class Comparison:
    """Both revisions, and every option. current: None while nothing is in effect."""

    client: Client
    newest: Revision
    current: Revision | None
    options: list[OptionState]

    @property
    def pending(self) -> list[OptionState]:
        """What waits; nothing while no revision is in effect at all."""
        return self.differing if self.current else []

    @property
    def differing(self) -> list[OptionState]:
        return [state for state in self.options if state.differs]

    @property
    def same(self) -> list[OptionState]:
        return [state for state in self.options if not state.differs]

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.client.kind,
            "section": self.client.section,
            "revision_saved": self.newest.number,
            "saved_at": self.newest.created_at,
            "revision_in_effect": self.current.number if self.current else None,
            "pending": len(self.differing),
            "options": {state.name: state.as_json() for state in self.options},
        }


def of(client: Client) -> Comparison:
    """Compare the newest revision with the one in effect."""
    newest, current = snapshots.newest(client), changes.in_effect(client)
    waiting = {one.option for one in changes.between(client, current, newest)}
    saved = _named_as_now(snapshots.of(newest))
    effective = _named_as_now(snapshots.of(current)) if current else None
    inherited = pins.inherited(saved.own, saved.pinned)
    registration = saved.pinned.get(Target.REGISTRATION, {}).get("name", "")
    options = {option.name: option for option in client.options().values()}
    states = []
    for option in in_form_order(options):
        name = option.name
        after = changes.value_text(option, saved[name], saved.pinned)
        before = ""
        if effective:
            before = changes.value_text(option, effective[name], effective.pinned)
        # What is kept for the old server waits for nothing.
        differs = name in waiting and option.used
        if effective and not differs:
            before = after  # a margin, for one, is in effect from the next check on
        states.append(
            OptionState(
                option=name,
                name=option.written_name(str(saved[client.type_option])),
                label=option.label_for(saved.values),
                in_effect=before,
                saved=after,
                differs=differs,
                effect=option.effect if option.used else None,
                group=option.group,
                registration=registration if name in inherited else "",
                replaced=differs and before == after,
            )
        )
    return Comparison(client, newest, current, states + _extra(saved))


def _named_as_now(snapshot: Snapshot) -> Snapshot:
    """With the name that its registration has today: a new name makes no revision."""
    pinned = snapshot.pinned.get(Target.REGISTRATION)
    row = AppRegistration.objects.filter(pk=snapshot.own["registration"] or 0).first()
    if not pinned or row is None:
        return snapshot
    named = {Target.REGISTRATION.value: {**pinned, "name": row.name}}
    return replace(snapshot, pinned=snapshot.pinned | named)


def _extra(saved: Snapshot) -> list[OptionState]:
    return [
        OptionState(
            option=name,
            name=name,
            label=name,
            in_effect=text,
            saved=text,
            differs=False,
            effect=None,
            group=Group.ADVANCED,
        )
        for name, text in changes.extra_texts(saved.extra).items()
    ]
