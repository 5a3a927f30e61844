"""Files are taken of people who are signed in, and no more than a form takes."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client

from mailadmin import uploads
from tests import factories
from tests.views.conftest import plain_static

__all__ = ["plain_static"]

pytestmark = pytest.mark.django_db
SIZE = 3 << 20  # bytes: above what Django keeps in memory


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes that were put on the disk, by chunks."""
    found: list[int] = []
    write = TemporaryFileUploadHandler.receive_data_chunk

    def noted(self: TemporaryFileUploadHandler, data: bytes, start: int) -> Any:
        found.append(len(data))
        return write(self, data, start)

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", noted)
    return found


def form(**fields: str) -> dict[str, Any]:
    return {**fields, "file": SimpleUploadedFile("large.bin", b"x" * SIZE)}


@pytest.mark.parametrize("page", ["/sign-in/", "/theme/"])
def test_file_of_a_stranger_is_not_stored(
    client: Client, written: list[int], page: str
) -> None:
    client.post(page, form())
    assert written == []


def test_stranger_who_sends_a_file_signs_in_all_the_same(client: Client) -> None:
    factories.user("anna")
    page = client.post("/sign-in/", form(username="anna", password="x"))
    assert page["Location"] == "/"


def test_file_of_a_person_is_taken(client: Client, written: list[int]) -> None:
    client.force_login(factories.superuser("anna"))
    client.post("/option-sets/import/", form())
    assert sum(written) == SIZE


def test_request_beyond_what_any_form_takes_is_refused(
    client: Client, written: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST", SIZE)
    client.force_login(factories.superuser("anna"))
    page = client.post("/outbox/compose/", form())
    assert (page.status_code, written) == (400, [])
    assert "at most 160 MB" in page.content.decode()
