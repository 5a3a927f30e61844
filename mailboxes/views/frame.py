"""What the frame of every page needs: bars, counts, theme."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark")


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html under the name `frame`."""
    theme = request.COOKIES.get("theme", "")
    user = getattr(request, "user", None)
    return {
        "frame": {
            "bars": [],
            "failing": 0,
            "user_name": user.get_username() if user else "",
            "theme": theme if theme in THEMES else "",
            "version": settings.MAILADMIN_VERSION,
        }
    }
