"""What both kinds of section share: name, revision, what is kept without effect.

The columns of a client always hold complete values; what is in effect is a Revision,
never this row.
"""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models

from ..core.options import Option
from .option_fields import options_of


class OptionSet(models.Model):
    """What both kinds of section share.

    revision: number of the newest saved Revision; a save moves it on by one in a
    conditional update, so that two editors never overwrite each other in silence.
    extra: options that this console does not know, such as `mail.*` properties: name
    to text, kept for export and without effect.
    """

    kind: ClassVar[str]
    type_option: ClassVar[str]
    type_field: ClassVar[str]

    section = models.CharField(
        "section",
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9@_.-]+$",
                "Use letters, digits, @, _, . and - only.",
            )
        ],
        help_text="Name of the section: letters, digits, @ _ . and -, at most 40.",
    )
    revision = models.PositiveIntegerField(default=0, editable=False)
    extra = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["section"]

    def __str__(self) -> str:
        return self.section

    @classmethod
    @cache
    def options(cls) -> dict[str, Option]:
        """Options by field name, in the order of declaration."""
        return options_of(cls)

    @classmethod
    @cache
    def fields_by_option(cls) -> dict[str, str]:
        """Field names by option name."""
        return {option.name: field for field, option in cls.options().items()}
