"""The theme cookie: set, removed, never a way off this host."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from mailboxes.views.theme import theme


def chosen(**fields: str) -> HttpResponse:
    return theme(RequestFactory().post("/theme", fields))


@pytest.mark.parametrize("value", ["light", "dark"])
def test_theme_sets_the_cookie_and_goes_back(value):
    response = chosen(theme=value, next="/mailboxes/?q=a")
    assert (response.status_code, response["Location"]) == (302, "/mailboxes/?q=a")
    cookie = response.cookies["theme"]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == (
        value,
        "Lax",
        True,
    )


def test_theme_system_removes_the_cookie():
    assert chosen(theme="system").cookies["theme"]["max-age"] == 0


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", ""])
def test_theme_never_leaves_this_host(where):
    assert chosen(theme="dark", next=where)["Location"] == "/"


def test_theme_refuses_other_values():
    assert chosen(theme="pink").status_code == 400


def test_theme_is_post_only():
    assert theme(RequestFactory().get("/theme")).status_code == 405
