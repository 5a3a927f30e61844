"""Whoever reads the content of a message is written down, once for each look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mailboxes.models import AuditEvent
from mailboxes.services import erasing
from tests import factories

pytestmark = pytest.mark.django_db
HTML = b"Subject: Hi\r\nContent-Type: text/html\r\n\r\n<b>Hello</b>\r\n"
FRAME = {"sec-fetch-dest": "iframe"}


def reads() -> list[str]:
    events = AuditEvent.objects.filter(action="message.read").order_by("pk")
    return list(events.values_list("actor_name", flat=True))


@pytest.fixture
def path() -> str:
    return f"/messages/{factories.message(factories.pop_client(), HTML).pk}/"


@pytest.fixture
def reader() -> Client:
    someone = Client()
    someone.force_login(factories.user("bob", "read_content"))
    return someone


def test_page_and_the_frame_in_it_are_one_look(reader: Client, path: str) -> None:
    page = reader.get(path).content.decode()
    assert f'src="{path}html/"' in page
    assert reader.get(f"{path}html/", headers=FRAME).status_code == 200
    assert reads() == ["bob"]


def test_html_by_its_own_address_is_a_look(reader: Client, path: str) -> None:
    for headers in ({}, {"sec-fetch-dest": "document"}):
        assert b"<b>Hello</b>" in reader.get(f"{path}html/", headers=headers).content
    assert reads() == ["bob", "bob"]


def test_script_that_says_it_is_the_frame_is_written_down(
    reader: Client, path: str
) -> None:
    reader.get(f"{path}html/", headers=FRAME)
    assert reads() == ["bob"]
    AuditEvent.objects.update(at=timezone.now() - timedelta(minutes=6))
    reader.get(f"{path}html/", headers=FRAME)
    assert reads() == ["bob", "bob"]


def test_look_of_another_person_does_not_count(reader: Client, path: str) -> None:
    reader.get(path)
    another = Client()
    another.force_login(factories.user("carl", "read_content"))
    another.get(f"{path}html/", headers=FRAME)
    assert reads() == ["bob", "carl"]


def test_html_that_is_not_there_is_no_look(reader: Client) -> None:
    plain = factories.message(factories.pop_client())
    assert reader.get(f"/messages/{plain.pk}/html/").status_code == 404
    assert reads() == []


def test_page_of_an_erased_message_says_so() -> None:
    message = factories.message(factories.pop_client())
    erasing.erase("anna@customers.example")
    someone = Client()
    someone.force_login(factories.superuser())
    text = someone.get(f"/messages/{message.pk}/").content.decode()
    assert "(erased)" in text
    assert "Its content was erased by manage.py erase." in text
    assert "Raw message" not in text
    listed = someone.get(f"/mailboxes/{message.pop_client.mailbox_row_id}/messages/")
    assert "(erased)" in listed.content.decode()


@pytest.mark.parametrize("part", ["", "html/", "raw/", "attachments/0/"])
def test_browser_keeps_no_content(reader: Client, path: str, part: str) -> None:
    assert reader.get(path + part)["Cache-Control"] == "private, no-store"
