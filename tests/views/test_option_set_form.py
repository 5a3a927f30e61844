"""The page of an option set: other options, registrations, corrections, stale edits."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, include, path, reverse

from mailboxes.models import Mailbox, TestRun
from mailboxes.models.clients import GRAPH_SCOPE
from mailboxes.services import clients, registrations, revisions
from tests import factories
from tests.services.option_sets import CANARY, saved_pop, saved_smtp
from tests.views.test_option_sets import edit_url, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(factories.superuser("anna"))
    return client


def save(client, raw=None, extra=None):
    client.refresh_from_db()
    return revisions.save_pop_client(
        client=client,
        address=client.mailbox_row.address,
        raw=raw or {},
        extra=extra,
        base_revision=client.revision,
    )


def test_inherited_values_are_text_with_a_link_and_own_ones_are_posted(browser):
    row = factories.registration(client_id="aaaaaaaa-7777-8888-9999-aaaaaaaaaaaa")
    client = saved_pop(registration=str(row.pk), grant_type="client_credentials")
    text = browser.get(edit_url(client)).content.decode()
    assert f'Inherited from <a href="/registrations/{row.pk}/">Contoso</a>' in text
    own = "66666666-7777-8888-9999-aaaaaaaaaaaa"
    assert f'<input type="hidden" name="client_id" value="{own}">' in text
    assert 'name="password"' not in text and "disabled" not in text
    data = typed(browser, edit_url(client), folder_path="Sales")
    browser.post(edit_url(client), data)
    client.refresh_from_db()
    assert (client.client_id, client.folder_path) == (own, "Sales")


def test_choice_of_a_registration_is_shown_without_a_save(browser):
    row = factories.registration()
    client = saved_pop()
    data = typed(
        browser, edit_url(client), registration=str(row.pk), redraw="registration"
    )
    page = browser.post(edit_url(client), data)
    assert page.status_code == 200
    assert page.context["form"].fields["client_id"].inherited.name == row.name
    assert "Save (1 change)" in page.content.decode()
    assert client.revisions.count() == 1


def test_one_click_puts_the_right_scope_in_and_saves_nothing(browser):
    client = saved_smtp()
    data = typed(browser, edit_url(client), server_type="GRAPH")
    page = browser.post(edit_url(client), data)
    assert f"Use {GRAPH_SCOPE}" in page.content.decode()
    page = browser.post(edit_url(client), data | {"correct": "scope"})
    form = page.context["form"]
    assert (page.status_code, form["scope"].value()) == (200, GRAPH_SCOPE)
    assert form["server_type"].value() == "GRAPH"
    assert client.revisions.count() == 1


@pytest.mark.parametrize("name", ["server", "nonsense", ""])
def test_correction_of_anything_else_is_not_found(browser, name):
    client = saved_smtp()
    data = typed(browser, edit_url(client), correct=name)
    assert browser.post(edit_url(client), data).status_code == 404


def test_reset_of_a_check_box_puts_its_default_back(browser):
    client = saved_pop(enable_client="no")
    data = typed(browser, edit_url(client), reset="enable_client")
    form = browser.post(edit_url(client), data).context["form"]
    assert form["enable_client"].value() is True


def test_pending_changes_stand_above_the_form(browser):
    client = saved_smtp()
    revisions.save_smtp_client(
        client=client, section="", raw={"port": "587"}, base_revision=1
    )
    text = browser.get(edit_url(client)).content.decode()
    assert "1 change is saved but not in effect" in text


def test_result_page_shows_other_options_and_mailboxes(browser):
    client = saved_pop()
    data = typed(browser, edit_url(client), extra="mail.a = 1", folder_path="Sales")
    page = browser.post(edit_url(client), data, follow=True)
    text = page.content.decode()
    assert [(c.option, c.new_text) for c in page.context["changes"]] == [
        ("folder-path", "Sales"),
        ("mail.a", "1"),
    ]
    assert "kept for export" in text
    assert "This changes 1 mailbox:" in text


def test_copy_takes_other_options_along(browser):
    client = saved_pop()
    save(client, extra={"mail.a": "1"})
    page = browser.get(f"/mailboxes/new/?copy={client.pk}")
    assert page.context["form"]["extra"].value() == "mail.a = 1"
    text = page.content.decode()
    assert f"Copy of {client.section}" in text
    assert f'<option value="{client.pk}" selected>' in text


def test_template_of_what_is_missing_says_it_is_a_draft(browser, first_version):
    page = browser.get("/mailboxes/new/?template=microsoft365-graph")
    form = page.context["form"]
    assert form["enable_client"].value() is False
    assert (form["type"].value(), form["scope"].value()) == ("GRAPH", GRAPH_SCOPE)
    assert "This version does not have GRAPH yet" in page.content.decode()


def rows(page) -> list[tuple[str, str, str, str, bool]]:
    return [
        (c.name, c.shown_base, c.shown_theirs, c.shown_mine, c.take_mine)
        for c in page.context["choices"]
    ]


def test_stale_edit_goes_option_by_option_through_other_options(browser):
    client = saved_pop()
    save(client, extra={"mail.a": "1", "mail.b": "1", "mail.c": "1"})
    data = typed(browser, edit_url(client), extra="mail.a = 2\nmail.b = 1\nmail.d = 9")
    save(client, extra={"mail.a": "1", "mail.b": "3", "mail.c": "1"})
    page = browser.post(edit_url(client), data)
    assert page.status_code == 409
    assert rows(page) == [
        ("extra:mail.a", "1", "1", "2", True),
        ("extra:mail.b", "1", "3", "1", False),
        ("extra:mail.c", "1", "1", "", True),
        ("extra:mail.d", "", "", "9", True),
    ]
    chosen = dict(page.context["same"]) | {"base_revision": "3"}
    for choice in page.context["choices"]:
        chosen[choice.name] = choice.mine if choice.take_mine else choice.theirs
    browser.post(edit_url(client), chosen)
    client.refresh_from_db()
    assert client.extra == {"mail.a": "2", "mail.b": "3", "mail.d": "9"}
    assert client.revision == 4


def test_stale_edit_keeps_own_values_apart_from_inherited_ones(browser):
    """A registration is chosen by one, an own id changed by the other."""
    row = factories.registration()
    client = saved_pop()
    mine = "bbbbbbbb-7777-8888-9999-aaaaaaaaaaaa"
    data = typed(browser, edit_url(client), client_id=mine)
    save(client, {"registration": str(row.pk)})
    page = browser.post(edit_url(client), data)
    own = "66666666-7777-8888-9999-aaaaaaaaaaaa"
    assert rows(page) == [
        ("registration", "None: this section has its own", "Contoso",
         "None: this section has its own", False),
        ("client_id", own, own, mine, True),
    ]  # fmt: skip
    chosen = dict(page.context["same"]) | {"base_revision": "2"}
    for choice in page.context["choices"]:
        chosen[choice.name] = choice.mine if choice.take_mine else choice.theirs
    browser.post(edit_url(client), chosen)
    client.refresh_from_db()
    assert (client.registration, client.client_id) == (row, mine)


def test_registration_changed_meanwhile_is_named_as_the_reason(browser):
    row = factories.registration()
    client = saved_pop(registration=str(row.pk), grant_type="client_credentials")
    data = typed(browser, edit_url(client), folder_path="Sales")
    registrations.replace_secret(row, secret="new~1", secret_ends_on=None, user=None)
    page = browser.post(edit_url(client), data)
    text = page.content.decode()
    assert "App registration Contoso was changed" in text
    assert rows(page) == [("folder_path", "", "", "Sales", True)]


def start(request, kind: str, pk: int) -> HttpResponse:
    """Stands in for the page of connection tests where there is none."""
    return HttpResponse()


urlpatterns = [
    path("test/<str:kind>/<int:pk>/", start, name="connection-test-start"),
    path("admin/", admin.site.urls),
    path("", include("mailboxes.urls")),
]


def test_save_and_test_stands_there_only_where_tests_exist(browser):
    assert "connection-test-start" in get_resolver().reverse_dict or (
        "Save and test" not in browser.get(edit_url(saved_pop())).content.decode()
    )


@pytest.mark.urls(__name__)
def test_save_and_test_saves_and_starts_the_test(browser):
    client = saved_pop()
    assert 'name="test"' in browser.get(edit_url(client)).content.decode()
    data = typed(browser, edit_url(client), folder_path="Sales", test="1")
    page = browser.post(edit_url(client), data)
    run = TestRun.objects.get()
    assert (run.client, run.revision.number) == (client, 2)
    assert page["Location"] == reverse("connection-test", args=[run.pk])
    client.refresh_from_db()
    assert client.revision == 2
    viewer = Client()
    viewer.force_login(factories.user("viewer", "change_popclient"))
    assert 'name="test"' not in viewer.get(edit_url(client)).content.decode()


def test_json_has_both_values_and_no_secret(browser):
    client = saved_smtp()
    revisions.save_smtp_client(
        client=client,
        section="",
        raw={"port": "587", "password": "other"},
        extra={"mail.a": "1"},
        base_revision=1,
    )
    page = browser.get(f"/option-sets/smtp/{client.pk}/compare.json")
    found = page.json()
    assert (found["kind"], found["section"]) == ("smtp-client", "smtp-client")
    assert (found["revision_saved"], found["revision_in_effect"]) == (2, 1)
    assert found["pending"] == 2
    assert found["options"]["port"] == {
        "saved": "587",
        "in_effect": "0",
        "differs": True,
        "takes_effect": "restart",
        "inherited_from": "",
    }
    assert found["options"]["password"]["saved"] == "set"
    assert found["options"]["mail.a"]["takes_effect"] == "kept"
    assert found["options"]["server"]["differs"] is False
    assert CANARY not in page.content.decode()


def test_what_stands_beside_the_options_is_not_overwritten_in_silence(browser):
    """A name or a way out that somebody else has set makes no revision."""
    client, out = saved_pop(), saved_smtp()
    path = edit_url(client)
    mine = typed(browser, path, folder_path="Sales", tags="mine")
    theirs = typed(browser, path, alias="Sales team", smtp_client=str(out.pk))
    browser.post(path, theirs)
    page = browser.post(path, mine)
    assert page.status_code == 409
    choices = {one.name: one.take_mine for one in page.context["choices"]}
    assert choices == {
        "alias": False,
        "smtp_client": False,
        "tags": True,
        "folder_path": True,
    }
    chosen = dict(page.context["same"]) | {
        one.name: one.mine if one.take_mine else one.theirs
        for one in page.context["choices"]
    }
    chosen |= {"base_revision": "1", "beside_was": page.context["beside_was"]}
    assert browser.post(path, chosen).status_code == 302
    client.refresh_from_db()
    row = Mailbox.objects.get()
    assert (row.alias, row.smtp_client, row.tags, client.folder_path) == (
        "Sales team",
        out,
        "mine",
        "Sales",
    )


@pytest.mark.parametrize(
    "was", ["", "x", "[1]", "{}", '{"alias": "x"}', "\0", "[" * 99_999]
)
def test_what_stood_beside_is_no_fault_when_it_is_garbled(browser, was):
    client = saved_pop()
    data = typed(browser, edit_url(client), alias="Sales", beside_was=was)
    assert browser.post(edit_url(client), data).status_code == 302


def test_way_out_in_the_archive_cannot_be_chosen_anew(browser):
    out = saved_smtp()
    clients.archive(out, None)
    client = saved_pop()
    data = typed(browser, edit_url(client), smtp_client=str(out.pk))
    page = browser.post(edit_url(client), data)
    assert page.context["form"].errors == {
        "smtp_client": ["Choose an smtp-client that is set up here, or none."]
    }
    Mailbox.objects.update(smtp_client=out)
    data = typed(browser, edit_url(client), folder_path="Sales")
    assert browser.post(edit_url(client), data).status_code == 302
    assert Mailbox.objects.get().smtp_client == out
