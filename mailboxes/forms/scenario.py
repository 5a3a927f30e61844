"""The form that puts a scenario of the sandbox on one mailbox."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext as _, gettext_lazy as lazy

from ..services.drill.plan import Plan
from ..services.laboratory import NONE


class ScenarioForm(forms.Form):
    """One select, by area. address: of the mailbox, which is never typed."""

    address = forms.CharField(widget=forms.HiddenInput, max_length=320)
    scenario = forms.ChoiceField(
        label=lazy("Scenario"),
        error_messages={
            "required": lazy("Choose a scenario."),
            "invalid_choice": lazy("There is no such scenario."),
        },
    )

    def __init__(
        self, *args: Any, plans: Sequence[Plan], number: int = 0, **more: Any
    ) -> None:
        super().__init__(*args, auto_id=f"id_{number}_%s", **more)
        self.fields["scenario"].choices = choices(plans)  # type: ignore[attr-defined]


def choices(plans: Sequence[Plan]) -> list[tuple[str, Any]]:
    """Nothing, then all that can be put on any mailbox, by area."""
    found: list[tuple[str, Any]] = [(NONE, _("Nothing goes wrong"))]
    switchable = [plan for plan in plans if plan.switchable]
    for area, listed in groupby(switchable, key=lambda plan: plan.area):
        found.append((area, [(plan.name, plan.title) for plan in listed]))
    return found
