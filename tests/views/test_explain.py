"""The page "Explain an error": a form, findings above it, and nothing kept."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from mailboxes import models
from tests import factories

pytestmark = pytest.mark.django_db

URL = "/explain/"
SECRET = "client_secret=Xyz~123"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(factories.user("anna"))
    return client


def rows() -> dict[str, int]:
    kinds: list[Any] = [getattr(models, name) for name in models.__all__]
    return {k.__name__: k.objects.count() for k in kinds if hasattr(k, "objects")}


def test_the_form_is_shown(client: Client) -> None:
    page = client.get(URL).content.decode()
    assert page.count("<h1") == 1 and "Explain an error" in page
    for name in ("text", "protocol", "stage"):
        assert f'name="{name}"' in page


def test_findings_are_shown_best_first_with_step_fix_and_who(client: Client) -> None:
    text = "535 5.7.139 SmtpClientAuthentication is disabled for the Mailbox"
    page = client.post(URL, {"text": text}).content.decode()
    assert "SMTP sign-in is switched off for the mailbox" in page
    assert "Protocol of the mailbox" in page
    assert "an Exchange administrator" in page
    assert "Set-CASMailbox" in page
    assert 'data-copy="smtp-auth-off-mailbox-1"' in page
    assert "Seen in the text" in page


def test_the_look_up_of_microsoft_is_linked(client: Client) -> None:
    page = client.post(URL, {"text": "AADSTS50034: x"}).content.decode()
    assert 'href="https://login.microsoftonline.com/error?code=50034"' in page


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("AADSTS700016: Application not found", "client-id"),
        ("407 Proxy Authentication Required", "proxy"),
        ("AADSTS7000222", "password"),
        ("getaddrinfo ENOTFOUND imap.example.com", "server"),
    ],
)
def test_each_finding_leads_to_where_it_is_mended(
    client: Client, text: str, option: str
) -> None:
    page = client.post(URL, {"text": text}).content.decode()
    assert f"option {option}" in page
    main = page[page.index("<main") :]
    assert re.search(r'<a href="/[a-z-]+/"', main)


@pytest.mark.parametrize(
    "text",
    [
        "535 5.7.139 SmtpClientAuthentication is disabled for the Mailbox",
        "AADSTS65001: consent_required",
        "AADSTS53003: blocked by Conditional Access",
    ],
)
def test_what_is_mended_elsewhere_sends_nobody_to_a_page_here(
    client: Client, text: str
) -> None:
    page = client.post(URL, {"text": text}).content.decode()
    assert "In the portal" in page
    assert "On this console" not in page


def test_when_to_try_again_is_said_in_one_phrase(client: Client) -> None:
    page = client.post(URL, {"text": "AADSTS50126"}).content.decode()
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert " Try again after the change " in plain


def test_a_text_without_a_fault_says_so(client: Client) -> None:
    page = client.post(URL, {"text": "all is well"}).content.decode()
    assert "Nothing in this text tells of a fault" in page


def test_protocol_and_stage_are_used(client: Client) -> None:
    asked = {"text": "access denied", "protocol": "graph", "stage": "mailbox"}
    page = client.post(URL, asked).content.decode()
    assert "Graph denies access to the mailbox" in page
    assert '<option value="graph" selected>' in page


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"text": ""}, "Paste the error that is to be explained."),
        ({"text": " \n"}, "Paste the error that is to be explained."),
        ({"text": "x" * 100_001}, "at most 100000 characters"),
        ({"text": "x", "protocol": "gopher"}, "gopher"),
        ({"text": "x", "stage": "moon"}, "moon"),
    ],
)
def test_mistakes_are_named(client: Client, asked: dict[str, str], words: str) -> None:
    response = client.post(URL, asked)
    assert response.status_code == 200
    page = response.content.decode()
    assert words in page and "Error: " in page


def test_nul_characters_of_a_log_are_taken(client: Client) -> None:
    page = client.post(URL, {"text": "AADSTS50\x00034\x00"}).content.decode()
    assert "The account does not exist in this tenant" in page


def test_markup_in_a_text_is_text(client: Client) -> None:
    text = "imap <script>alert(1)</script> AUTHENTICATE failed <b>&amp;"
    page = client.post(URL, {"text": text}).content.decode()
    assert "<script>alert" not in page


def test_nothing_is_kept(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    before, sessions = rows(), Session.objects.get().session_data
    response = client.post(URL, {"text": f"AADSTS50126 {SECRET}"})
    assert rows() == before
    assert Session.objects.get().session_data == sessions
    assert SECRET not in caplog.text
    assert "no-store" in response["Cache-Control"]


def test_a_post_needs_the_token_of_the_form() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.user("anna"))
    assert client.post(URL, {"text": "x"}).status_code == 403


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client: Client, method: str) -> None:
    assert getattr(client, method)(URL).status_code == 405


def test_a_visitor_signs_in_first() -> None:
    response = Client().post(URL, {"text": "x"})
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


def test_it_stands_in_the_rail(client: Client) -> None:
    page = client.get(URL).content.decode()
    assert re.search(r'href="/explain/"[^>]*aria-current="page"', page)
