"""Pages are compressed for browsers that ask for it, files are not."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db
ASKED = {"accept-encoding": "gzip, deflate, br"}


@pytest.fixture
def anna(settings, client: Client) -> Client:
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
    }
    factories.live_worker()
    client.force_login(factories.superuser("anna"))
    return client


def test_list_of_fifty_mailboxes_costs_few_kilobytes(anna: Client) -> None:
    for number in range(50):
        factories.pop_client(f"team-{number:02}@contoso.example")
    page = anna.get("/mailboxes/", headers=ASKED)
    assert page["Content-Encoding"] == "gzip"
    assert len(page.content) < 20_000 < len(gzip.decompress(page.content))
    assert "team-49@contoso.example" in gzip.decompress(page.content).decode()


def test_browser_that_does_not_ask_gets_it_plain(anna: Client) -> None:
    assert "Content-Encoding" not in anna.get("/mailboxes/").headers


def test_poll_of_what_has_not_changed_is_still_told_so(anna: Client) -> None:
    first = anna.get("/quarantine/", headers=ASKED)
    again = ASKED | {"hx-request": "true", "if-none-match": first["ETag"]}
    assert anna.get("/quarantine/", headers=again).status_code == 304


def test_message_as_a_file_is_not_compressed(anna: Client) -> None:
    raw = b"Subject: x\r\n\r\n" + b"x" * 5000
    row = factories.message(factories.pop_client(), raw)
    file = anna.get(reverse("message-raw", args=[row.pk]), headers=ASKED)
    assert "Content-Encoding" not in file.headers
    assert b"".join(file.streaming_content) == raw
