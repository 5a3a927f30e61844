"""System checks: one for each wrong value of the environment, with id and hint."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def check_environment(**kwargs: Any) -> list[CheckMessage]:
    """A fault of the environment that mailadmin/environment kept."""
    return [
        Error(fault.message, hint=fault.hint, id=f"mailboxes.E001.{fault.variable}")
        for fault in settings.ENVIRONMENT.faults
    ]
