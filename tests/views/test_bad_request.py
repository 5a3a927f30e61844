"""What cannot be taken is answered with a page that says what to do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db
TOO_LONG = "x" * 3_000_000


def words(response: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text)


def test_unknown_name_of_the_console_is_told_without_a_query(
    django_assert_num_queries: Any,
) -> None:
    with django_assert_num_queries(0):
        page = Client().get("/", headers={"host": "mail.contoso.example"})
    assert page.status_code == 400
    assert "Add that name to the setting MAILADMIN_HOSTS" in words(page)
    assert "script-src" in page["Content-Security-Policy"]
    assert 'href="/static/css/base.css"' in page.content.decode()


@pytest.mark.parametrize("path", ["/option-sets/import/", "/explain/"])
def test_text_that_is_too_long_for_a_form_is_told(path: str) -> None:
    someone = Client()
    someone.force_login(factories.superuser())
    page = someone.post(path, {"text": TOO_LONG})
    assert page.status_code == 400
    assert "A form takes about 2.5 MB of text." in words(page)


def test_page_of_the_import_says_how_much_can_be_pasted() -> None:
    someone = Client()
    someone.force_login(factories.superuser())
    assert "At most 2 MB; choose a larger one as a file." in words(
        someone.get("/option-sets/import/")
    )
