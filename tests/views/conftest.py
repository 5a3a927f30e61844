"""Plain static files for every page: no collectstatic before. And who looks at them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests import factories


@pytest.fixture(autouse=True)
def plain_static(settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
    }


@pytest.fixture
def visitor(db: None) -> Client:
    """A superuser, while a worker is alive."""
    factories.live_worker()
    someone = Client()
    someone.force_login(factories.superuser("anna"))
    return someone
