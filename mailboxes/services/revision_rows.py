"""What a save writes into rows: columns of a client, purpose of a secret.

Used by the save of one option set (revisions) and of a file (sections/writing), so that
both write the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.options import Kind
from ..models import OptionSet, SecretValue
from . import pins

BY_ROW = (Kind.SECRET, Kind.REFERENCE)


def columns(model: type[OptionSet], values: Mapping[str, object]) -> dict[str, Any]:
    """Columns of a client with these own values, by option name."""
    return {
        f"{name}_id" if option.kind in BY_ROW else name: values[option.name]
        for name, option in model.options().items()
    }


def purpose(values: Mapping[str, object]) -> SecretValue.Purpose:
    """What the option `password` holds under these values."""
    app = pins.password_is_app_secret(values)
    purposes = SecretValue.Purpose
    return purposes.CLIENT_SECRET if app else purposes.PASSWORD
