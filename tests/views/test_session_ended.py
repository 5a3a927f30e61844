"""Pages that were left open until their session had ended: polls and forms."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db

SITE = "http://testserver"


def poll(path: str) -> Any:
    return Client().get(path, headers={"HX-Request": "true"})


@pytest.mark.parametrize(
    "path", ["/?region=1", "/outbox/?region=1", "/system/?region=1"]
)
def test_poll_gets_a_sentence_and_no_page_to_put_into_its_region(path: str) -> None:
    answer = poll(path)
    assert (answer.status_code, answer["Content-Type"], answer.content.decode()) == (
        401,
        "text/plain; charset=utf-8",
        "Your session has ended: reload this page to sign in again.",
    )


def test_sign_of_life_of_a_step_gets_no_page_either() -> None:
    answer = Client().post("/connect/1/mode/here/", headers={"HX-Request": "true"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("path", "stood", "to"),
    [
        ("/mailboxes/2/fetch/", "/mailboxes/2/", "next=/mailboxes/2/&ended=1"),
        ("/outbox/7/cancel/", "/outbox/7/?a=b", "next=/outbox/7/%3Fa%3Db&ended=1"),
        ("/outbox/compose/", "/outbox/compose/", "next=/outbox/compose/&ended=1"),
    ],
)
def test_form_leads_back_to_the_page_where_it_stood(
    path: str, stood: str, to: str
) -> None:
    answer = Client().post(path, headers={"Referer": SITE + stood})
    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?{to}")
    page = Client().get(answer["Location"]).content.decode()
    assert "nothing of what you sent was done" in page


@pytest.mark.parametrize("referer", ["", "https://elsewhere.example/a", "/a", "x://"])
def test_form_of_no_page_of_ours_leads_to_its_own_address(referer: str) -> None:
    answer = Client().post("/outbox/compose/", headers={"Referer": referer})
    assert answer["Location"] == "/sign-in/?next=/outbox/compose/"


def test_page_that_was_only_looked_at_says_nothing_of_an_end() -> None:
    answer = Client().get("/outbox/", headers={"Referer": f"{SITE}/"})
    assert answer["Location"] == "/sign-in/?next=/outbox/"
    page = Client().get(answer["Location"]).content.decode()
    assert "nothing of what you sent was done" not in page


def test_sign_out_is_no_ended_session() -> None:
    anna = Client()
    anna.force_login(factories.superuser("anna"))
    answer = anna.post("/sign-out/", headers={"Referer": f"{SITE}/"})
    assert answer["Location"] == "/sign-in/"
