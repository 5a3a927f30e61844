"""Fields of a group of the form that stand together under one condition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django import forms
from django.forms import BoundField


@dataclass(frozen=True)
class Block:
    """Neighbours with the same condition; `condition` is "" where there is none.

    alone: one field only; it says the condition itself, in its meta line.
    """

    condition: str
    fields: list[BoundField]

    @property
    def alone(self) -> bool:
        return len(self.fields) == 1


def blocks_of(form: forms.Form, names: Iterable[str]) -> list[Block]:
    """The fields in their order, neighbours with one condition together."""

    def sentence(name: str) -> str:
        return str(form.fields[name].option.condition.sentence)  # type: ignore

    return [
        Block(condition, [form[name] for name in together])
        for condition, together in groupby(names, key=sentence)
    ]
