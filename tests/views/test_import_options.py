"""Import in two steps, and export; no secret in a page, a session or a message."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from mailboxes.models import AppRegistration, AuditEvent, PopClient, SecretValue
from mailboxes.services.sections import drafts, importing, table
from tests import factories
from tests.services.option_sets import CANARY
from tests.services.sections.files import POP, SMTP, replaced

pytestmark = pytest.mark.django_db
URL = "/option-sets/import/"
RIGHTS = ("add_popclient", "add_smtpclient", "change_popclient", "change_smtpclient")


def visitor(*rights: str, name: str = "anna", root: bool = False) -> Client:
    signed_in = Client()
    user = factories.superuser(name) if root else factories.user(name, *rights)
    signed_in.force_login(user)
    return signed_in


@pytest.fixture
def anna() -> Client:
    return visitor(*RIGHTS)


def check(someone: Client, content: Any = POP + SMTP, **more: Any):
    data = {"text": content} if isinstance(content, str) else {"file": content}
    return someone.post(URL, data | more)


def text(response: Any) -> str:
    """The page without tags, with single blanks."""
    body = re.sub(r"<svg.*?</svg>|<[^>]+>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(body).split())


def sealed(response: Any) -> str:
    (found,) = re.findall(r'name="sealed" value="([^"]+)"', response.content.decode())
    return unescape(found)


def test_check_says_what_would_happen_and_writes_nothing(anna):
    response = check(anna)
    assert response.status_code == 200
    assert "2 sections can be imported" in text(response)
    assert "Import 2 sections" in text(response)
    assert PopClient.objects.count() + AuditEvent.objects.count() == 0


def test_import_takes_in_what_was_checked(anna):
    response = anna.post(URL, {"sealed": sealed(check(anna))}, follow=True)
    assert response.redirect_chain == [("/option-sets/", 302)]
    assert "2 sections were imported: 2 new, 0 changed." in text(response)
    event = AuditEvent.objects.get(action="options.imported")
    assert (event.actor_name, PopClient.objects.get().revision) == ("anna", 1)
    assert event.details["sections"] == 2


def test_no_secret_stands_in_page_or_session(anna):
    responses = [
        check(anna),
        check(anna, replaced(POP, "server", "a b")),
        check(anna, SimpleUploadedFile("a.ini", POP.encode())),
        anna.post(URL, {"sealed": sealed(check(anna))}, follow=True),
    ]
    for response in responses:
        assert CANARY not in response.content.decode()
    sessions = [Session.objects.get().get_decoded(), anna.session.items()]
    assert CANARY not in str(sessions)
    assert SecretValue.objects.filter(ciphertext__contains=CANARY).count() == 0


def test_mistakes_are_listed_with_their_lines(anna):
    response = check(anna, SMTP + "port = x\n")
    assert response.status_code == 400
    words = text(response)
    assert "1 mistake: nothing can be imported" in words
    assert "Line 9 smtp-client port Enter a whole number, 0 to 65535." in words
    assert "Error: 1 mistake" in words
    assert "sealed" not in response.content.decode()


def test_upload_in_any_encoding(anna):
    file = SimpleUploadedFile("old.cfg", POP.encode("utf-16"))
    anna.post(URL, {"sealed": sealed(check(anna, file))})
    assert PopClient.objects.get().section == "pop-client-sales"


def test_a_table_is_known_by_its_name(anna):
    rows = "section;server\npop-client-x;mail.example.com\n"
    response = check(anna, SimpleUploadedFile("new.CSV", rows.encode()))
    assert "Line 2" in text(response)


def test_choices_count_for_check_and_import(anna):
    masked = replaced(POP + SMTP, "password", "********")
    response = check(anna, masked, as_drafts="on")
    anna.post(URL, {"sealed": sealed(response)})
    assert PopClient.objects.get().enable_client is False


def test_proposals_are_shown_and_made_by_those_who_may(anna):
    response = check(anna)
    assert "app-66666666" in text(response)
    assert "Each section keeps its own values." in text(response)
    response = check(anna, make_registrations="on")
    assert "This needs the right add_appregistration." in text(response)
    other = visitor(*RIGHTS, "add_appregistration", name="bert")
    other.post(URL, {"sealed": sealed(check(other, make_registrations="on"))})
    assert AppRegistration.objects.get().name == "app-66666666"


def test_changes_of_what_is_there_are_shown(anna):
    importing.run(POP)
    response = check(anna, POP + "folder-path = Sales\n")
    assert "pop-client-sales folder-path not set Sales" in text(response)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Choose a file, or paste its text below."),
        ({"text": "  \n"}, "Choose a file, or paste its text below."),
        ({"sealed": "nonsense"}, "The check is older than an hour"),
    ],
)
def test_nothing_to_import_is_said(anna, data, sentence):
    response = anna.post(URL, data)
    assert response.status_code == 400
    assert sentence in text(response)


def test_file_and_text_at_once_are_refused(anna):
    file = SimpleUploadedFile("a.ini", POP.encode())
    response = anna.post(URL, {"file": file, "text": POP})
    assert "Choose a file or paste a text, not both." in text(response)


def test_somebody_elses_check_cannot_be_imported(anna):
    other = visitor(*RIGHTS, name="bert")
    response = other.post(URL, {"sealed": sealed(check(anna))})
    assert (response.status_code, PopClient.objects.count()) == (400, 0)


def test_an_old_check_cannot_be_imported(anna, monkeypatch):
    kept = sealed(check(anna))
    now = drafts.time.time()
    monkeypatch.setattr(drafts.time, "time", lambda: now + 3601)
    assert anna.post(URL, {"sealed": kept}).status_code == 400
    assert PopClient.objects.count() == 0


def test_a_save_since_the_check_is_not_overwritten(anna):
    kept = sealed(check(anna))
    importing.run(POP)
    response = anna.post(URL, {"sealed": kept})
    assert response.status_code == 400
    assert "Saved by somebody else since the check." in text(response)


def test_a_file_that_is_too_long_for_a_page_is_for_the_command(anna, monkeypatch):
    monkeypatch.setattr(drafts, "LONGEST", 10)
    response = check(anna)
    assert "manage.py import_options FILE" in text(response)
    assert "sealed" not in response.content.decode()


def test_rights_are_those_of_what_the_file_does():
    reader = visitor("add_popclient")
    assert "This needs the right add_smtpclient." in text(check(reader))
    assert visitor("view_popclient", name="bert").get(URL).status_code == 403


def test_the_template_is_a_file(anna):
    response = anna.get(reverse("options-template"))
    assert response.content.decode() == table.TEMPLATE
    assert response["Content-Disposition"] == 'attachment; filename="option-sets.csv"'


def test_export_is_masked_for_who_may_look():
    importing.run(POP)
    reader = visitor("view_popclient", "view_smtpclient")
    response = reader.get("/option-sets/export/")
    assert "password = ********" in response.content.decode()
    assert CANARY not in response.content.decode()
    assert response["Content-Disposition"] == 'attachment; filename="option-sets.ini"'
    assert visitor("view_popclient", name="b").get(
        "/option-sets/export/"
    ).status_code == (403)
    assert not AuditEvent.objects.filter(action="options.exported").exists()


def test_secrets_are_exported_for_a_superuser_who_asks():
    importing.run(POP)
    root = visitor(root=True)
    response = root.post("/option-sets/export/", follow=True)
    assert "tick that secrets are written in plain text" in text(response)
    response = root.post("/option-sets/export/", {"plain": "1"})
    assert f"password = {CANARY}" in response.content.decode()
    assert response["Cache-Control"] == "no-store"
    event = AuditEvent.objects.get(action="options.exported")
    assert (event.actor_name, event.details["secrets"]) == ("anna", True)


def test_secrets_are_not_exported_for_others():
    importing.run(POP)
    reader = visitor("view_popclient", "view_smtpclient", *RIGHTS)
    response = reader.post("/option-sets/export/", {"plain": "1"})
    assert response.status_code == 403
    assert "Export with secrets" not in text(reader.get(URL))


def test_export_as_a_table_and_remarks_above_sections():
    importing.run(POP)
    reader = visitor("view_popclient", "view_smtpclient")
    page = reader.get("/option-sets/export/?table=1")
    assert page["Content-Type"] == "text/csv; charset=utf-8"
    assert page["Content-Disposition"] == 'attachment; filename="option-sets.csv"'
    assert page.content.decode("utf-8-sig").startswith("kind,section,address,")
    factories.registration()
    sections = reader.get("/option-sets/export/").content.decode()
    assert sections.startswith("# The old server does not know: registration-*.\n[")
    assert importing.run(sections).errors == []


def test_who_may_look_and_not_import_finds_the_export():
    reader = visitor("view_popclient", "view_smtpclient")
    page = reader.get("/option-sets/").content.decode()
    assert 'href="/option-sets/export/"' in page
