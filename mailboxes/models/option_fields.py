"""Turns an `Option` declaration into a model field that carries it.

The words of an option (label, help, names of its choices) are on the field for forms
and the admin, but in no migration: a sentence can be mended without one. Which options
there are stands in pop_clients and smtp_clients; what an Option says, in
core/options.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import models

from ..core.options import Kind, Option, Target
from .proxies import Proxy
from .registrations import AppRegistration, NamedSecret
from .secrets import SecretValue

TARGETS: dict[Target, type[models.Model]] = {
    Target.PROXY: Proxy,
    Target.REGISTRATION: AppRegistration,
    Target.SECRET: NamedSecret,
}


WORDS = ("verbose_name", "help_text", "choices")


def option_field(option: Option) -> Any:
    """The model field of `option`; `field.option` is the declaration."""
    field = _field(option)
    field.option = option
    # Not by a class of our own: in a query it would be another type than CharField.
    field.deconstruct = partial(_without_words, field)
    return field


def _without_words(
    field: models.Field[Any, Any],
) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
    """`Field.deconstruct`, which is what migrations know of a field."""
    name, path, args, kwargs = type(field).deconstruct(field)
    kept = {key: value for key, value in kwargs.items() if key not in WORDS}
    return name, path, args, kept


def _field(option: Option) -> models.Field[Any, Any]:
    common: dict[str, Any] = {"verbose_name": option.label, "help_text": option.help}
    match option.kind:
        case Kind.CHOICE:
            return models.CharField(
                max_length=64,
                choices=option.choices,
                default=option.default,
                blank=not option.has_default,
                **common,
            )
        case Kind.BOOLEAN:
            return models.BooleanField(default=bool(option.default), **common)
        case Kind.INTEGER | Kind.DURATION:
            return models.IntegerField(default=option.default, **common)
        case Kind.SIZE:
            return models.BigIntegerField(default=option.default, **common)
        case Kind.SECRET:
            return _reference(SecretValue, "+", common)
        case Kind.REFERENCE:
            assert option.target is not None, option.name
            return _reference(TARGETS[option.target], "%(class)ss", common)
        case _:
            return models.CharField(
                max_length=255, blank=True, default=option.default, **common
            )


def _reference(
    model: type[models.Model], related_name: str, common: dict[str, Any]
) -> models.Field[Any, Any]:
    return models.ForeignKey(
        model,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name=related_name,
        **common,
    )


def options_of(model: type[models.Model]) -> dict[str, Option]:
    """Options of an option-set model by field name, in the order of declaration."""
    return {
        field.name: field.option
        for field in model._meta.get_fields()
        if hasattr(field, "option")
    }
