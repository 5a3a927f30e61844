"""What is shown instead of a page that failed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from mailboxes.services import status
from tests import factories

pytestmark = pytest.mark.django_db


def answer(monkeypatch: pytest.MonkeyPatch, error: Exception) -> Any:
    """What the dashboard says where reading a row fails."""
    someone = Client(raise_request_exception=False)
    someone.force_login(factories.superuser())

    def fails(*_args: object) -> None:
        raise error

    monkeypatch.setattr(status, "machinery", fails)
    return someone.get("/")


@pytest.mark.parametrize("error", [OperationalError("away"), InterfaceError("away")])
def test_database_that_is_away_is_said(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    page = answer(monkeypatch, error)
    assert (page.status_code, page["Retry-After"]) == (503, "30")
    text = page.content.decode()
    assert "<h1>The database cannot be used</h1>" in text
    assert "no mail is fetched or sent" in text
    assert "script-src" in page["Content-Security-Policy"]


def test_fault_of_ours_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    page = answer(monkeypatch, ZeroDivisionError())
    assert page.status_code == 500
    assert "<h1>Something went wrong here</h1>" in page.content.decode()
