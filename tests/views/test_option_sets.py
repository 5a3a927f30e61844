"""Pages of option sets: new, edit, stale, compare, restore, restart; who may what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailboxes.models import (
    AuditEvent,
    Fetcher,
    OutboundMessage,
    PopClient,
    Revision,
    SecretValue,
    Sender,
    SmtpClient,
)
from mailboxes.services import revisions, secrets
from tests.services.option_sets import (
    CANARY,
    CLIENT,
    DIRECTORY,
    saved_pop,
    saved_smtp,
)

pytestmark = pytest.mark.django_db

NEW = {
    "address": "support@contoso.com",
    "enable_client": "on",
    "server": "outlook.office365.com",
    "mechanisms": "XOAUTH2",
    "directory_id": DIRECTORY,
    "client_id": CLIENT,
    "password": CANARY,
}


@pytest.fixture
def anna(django_user_model):
    return django_user_model.objects.create_superuser("anna", password="x")


@pytest.fixture
def browser(anna) -> Client:
    client = Client()
    client.force_login(anna)
    return client


def edit_url(client: PopClient | SmtpClient) -> str:
    kind = "pop" if isinstance(client, PopClient) else "smtp"
    return reverse("option-set-edit", args=[kind, client.pk])


def typed(browser: Client, url: str, **changes: str) -> dict[str, str]:
    """What a browser would post: the form as it is, with changes."""
    form = browser.get(url).context["form"]
    data = {}
    for bound in form:
        value = bound.value()
        if value is True:
            data[bound.html_name] = "on"
        elif value is not False and value is not None:
            data[bound.html_name] = str(value)
    return data | changes


def test_new_mailbox_page_has_the_template_filled_in(browser):
    page = browser.get("/mailboxes/new/?template=microsoft365-imap")
    text = page.content.decode()
    assert page.status_code == 200
    assert 'value="outlook.office365.com"' in text
    assert '<option value="XOAUTH2" selected>' in text
    assert "Takes effect only when mail.&lt;type&gt;.auth.mechanisms" in text


def test_new_mailbox_without_a_template_is_microsoft365(browser):
    form = browser.get("/mailboxes/new/").context["form"]
    assert form["server"].value() == "outlook.office365.com"
    form = browser.get("/mailboxes/new/?template=generic-imap").context["form"]
    assert (form["server"].value(), form["mechanisms"].value()) == ("", "")


def test_new_mailbox_can_copy_another_without_its_secrets(browser):
    client = saved_pop(folder_path="Sales", mailbox="login@contoso.com")
    form = browser.get(f"/mailboxes/new/?copy={client.pk}").context["form"]
    assert form["folder_path"].value() == "Sales"
    assert (form["mailbox"].value(), form["password"].value()) == ("", "")
    assert (form["address"].value(), form.client) == (None, None)
    assert browser.get("/mailboxes/new/?copy=99").status_code == 404


def test_new_mailbox_with_three_mistakes_keeps_what_was_typed(browser):
    wrong = NEW | {
        "server": "https://outlook.office365.com/",
        "directory_id": "common",
        "client_id": "not-a-guid",
    }
    page = browser.post("/mailboxes/new/", wrong)
    text = page.content.decode()
    assert page.status_code == 400
    assert PopClient.objects.count() == 0
    assert text.count('<li><a href="#id_') == 3
    assert "<title>Error: Connect a mailbox, all options" in text
    assert [(f, list(e)) for f, e in page.context["form"].errors.items()] == [
        (
            "server",
            [
                "Enter the host name alone, without https:// and without a path:"
                " outlook.office365.com."
            ],
        ),
        (
            "client_id",
            ["Enter a GUID such as 11111111-2222-3333-4444-555555555555."],
        ),
        (
            "directory_id",
            [
                "Enter the tenant's GUID or domain: a mailbox password cannot sign in"
                ' at "common".'
            ],
        ),
    ]
    assert 'value="not-a-guid"' in text
    assert CANARY not in text


def test_new_mailbox_is_saved_and_says_what_happened(browser, anna):
    page = browser.post("/mailboxes/new/", NEW, follow=True)
    client = PopClient.objects.get()
    assert page.redirect_chain == [(f"/option-sets/pop/{client.pk}/saved/1/", 302)]
    text = page.content.decode()
    assert "Revision 1 of pop-client-support is saved" in text
    assert "Open the mailbox" in text
    assert "multifactor authentication" in text
    assert CANARY not in text
    assert client.revisions.get().author == anna
    assert AuditEvent.objects.get().action == "option-set.created"


def test_smtp_client_is_made_and_in_effect(browser):
    data = typed(
        browser,
        "/option-sets/smtp/new/",
        mailbox="support@contoso.com",
        directory_id=DIRECTORY,
        client_id=CLIENT,
        password=CANARY,
    )
    page = browser.post("/option-sets/smtp/new/", data, follow=True)
    client = SmtpClient.objects.get()
    assert (client.section, client.server) == ("smtp-client", "smtp.office365.com")
    assert Sender.objects.get().revision.number == 1
    assert "In effect now." in page.content.decode()


def test_edit_page_shows_values_but_no_secret(browser, anna):
    client = revisions.save_pop_client(
        client=None,
        address="a@contoso.com",
        raw={"server": "imap.contoso.example", "password": CANARY},
        user=anna,
    ).client
    text = browser.get(edit_url(client)).content.decode()
    assert 'value="imap.contoso.example"' in text
    assert "by anna; leave empty to keep it" in text
    assert CANARY not in text
    assert 'name="password" autocomplete' in text.replace(' id="id_password"', "")


def test_edit_saves_a_revision_and_keeps_the_password(browser):
    client = saved_pop()
    data = typed(browser, edit_url(client), folder_path="Sales")
    page = browser.post(edit_url(client), data, follow=True)
    client.refresh_from_db()
    assert (client.revision, client.folder_path) == (2, "Sales")
    assert secrets.reveal(client.password_id) == CANARY
    text = page.content.decode()
    assert "Revision 2 of pop-client-support is saved" in text
    assert "In effect from the next POP cycle." in text


def test_edit_without_a_change_says_so(browser):
    client = saved_pop()
    page = browser.post(edit_url(client), typed(browser, edit_url(client)), follow=True)
    assert "Nothing was changed." in page.content.decode()
    assert client.revisions.count() == 1


def test_wrong_edit_marks_what_was_changed(browser):
    client = saved_pop()
    data = typed(browser, edit_url(client), server="a b", folder_path="Sales")
    page = browser.post(edit_url(client), data)
    text = page.content.decode()
    marked = [
        name
        for name, field in page.context["form"].option_fields()
        if "Changed here" in {str(mark["word"]) for mark in field.marks}
    ]
    assert (page.status_code, marked) == (400, ["server", "folder_path"])
    assert ">Save (2 changes)</button>" in text


def test_reset_button_puts_the_default_back_and_saves_nothing(browser):
    client = saved_pop(cycle_time="00:05:00", folder_path="Sales")
    assert (
        'name="reset" value="cycle_time"'
        in browser.get(edit_url(client)).content.decode()
    )
    data = typed(browser, edit_url(client), folder_path="Typed", reset="cycle_time")
    page = browser.post(edit_url(client), data)
    form = page.context["form"]
    assert (form["cycle_time"].value(), form["folder_path"].value()) == (
        "00:01:00",
        "Typed",
    )
    assert client.revisions.count() == 1


@pytest.mark.parametrize("name", ["password", "address", "nonsense"])
def test_reset_of_anything_else_is_not_found(browser, name):
    client = saved_pop()
    data = typed(browser, edit_url(client), reset=name)
    assert browser.post(edit_url(client), data).status_code == 404


def test_stale_edit_shows_base_theirs_and_yours(browser, anna):
    client = saved_pop(folder_path="Base", maximum_msg_number="5")
    data = typed(browser, edit_url(client), folder_path="Mine", password="new-canary")
    revisions.save_pop_client(
        client=client,
        address="support@contoso.com",
        raw={"folder-path": "Theirs", "maximum-msg-number": "7"},
        base_revision=1,
        user=anna,
    )
    page = browser.post(edit_url(client), data)
    assert page.status_code == 409
    assert [
        (c.name, c.shown_base, c.shown_theirs, c.shown_mine, c.take_mine)
        for c in page.context["choices"]
    ] == [
        ("folder_path", "Base", "Theirs", "Mine", True),
        ("maximum_msg_number", "5", "7", "5", False),
    ]
    text = page.content.decode()
    assert "new-canary" not in text
    assert "It was not kept: enter it again" in text
    assert client.revisions.count() == 2


def test_choices_of_the_stale_page_are_saved_over_theirs(browser):
    client = saved_pop(folder_path="Base", enable_client="yes")
    data = typed(browser, edit_url(client), folder_path="Mine")
    revisions.save_pop_client(
        client=client,
        address="support@contoso.com",
        raw={"folder-path": "Theirs", "enable-client": "no"},
        base_revision=1,
    )
    page = browser.post(edit_url(client), data)
    chosen = dict(page.context["same"]) | {"base_revision": "2"}
    for choice in page.context["choices"]:
        chosen[choice.name] = choice.mine if choice.take_mine else choice.theirs
    browser.post(edit_url(client), chosen)
    client.refresh_from_db()
    assert (client.revision, client.folder_path, client.enable_client) == (
        3,
        "Mine",
        False,
    )


@pytest.mark.parametrize("base", ["", "x", "99", "-1", "9" * 30])
def test_foreign_base_revision_is_a_stale_edit_not_a_fault(browser, base):
    client = saved_pop()
    data = typed(browser, edit_url(client), base_revision=base, folder_path="Mine")
    assert browser.post(edit_url(client), data).status_code == 409


def test_list_shows_both_kinds_with_revisions_and_pending(browser):
    pop, smtp = saved_pop(), saved_smtp("out")
    revisions.save_smtp_client(
        client=smtp, section="", raw={"port": "587"}, base_revision=1
    )
    text = browser.get("/option-sets/").content.decode()
    assert f'href="/option-sets/pop/{pop.pk}/"' in text
    assert f'href="/option-sets/smtp/{smtp.pk}/"' in text
    assert "Pending: after restart" in text


def test_empty_list_offers_the_first_step(browser):
    text = browser.get("/option-sets/").content.decode()
    assert "Sections that read a mailbox stand here." in text
    assert "Sections that send mail stand here." in text


def test_compare_shows_what_is_pending_and_both_values(browser):
    client = saved_smtp()
    revisions.save_smtp_client(
        client=client,
        section="",
        raw={"server": "smtp.contoso.example", "password": "other"},
        base_revision=1,
    )
    page = browser.get(f"/option-sets/smtp/{client.pk}/")
    found = page.context["differing"]
    assert [(r.name, r.in_effect, r.saved, r.replaced) for r in found] == [
        ("server", "smtp.office365.com", "smtp.contoso.example", False),
        ("password", "set", "set", True),
    ]
    assert "2 changes are pending" in page.content.decode()


def test_compare_says_when_all_is_in_effect(browser):
    client = saved_smtp()
    text = browser.get(f"/option-sets/smtp/{client.pk}/").content.decode()
    assert "Everything saved is in effect." in text
    assert "No worker is seen" in text


def test_compare_of_two_revisions_and_restore(browser):
    client = saved_pop()
    revisions.save_pop_client(
        client=client,
        address="support@contoso.com",
        raw={"folder-path": "Sales"},
        base_revision=1,
    )
    url = f"/option-sets/pop/{client.pk}/"
    text = browser.get(f"{url}?a=1&b=2").content.decode()
    assert "Revision 1 against revision 2" in text
    page = browser.post(
        f"{url}restore/", {"number": "1", "base_revision": "2"}, follow=True
    )
    assert "Restored from revision 1" in page.content.decode()
    client.refresh_from_db()
    assert (client.revision, client.folder_path) == (3, "")


@pytest.mark.parametrize("query", ["a=1", "a=1&b=9", "a=x&b=1", f"a=1&b={'9' * 40}"])
def test_compare_of_unknown_revisions_is_not_found(browser, query):
    client = saved_pop()
    assert browser.get(f"/option-sets/pop/{client.pk}/?{query}").status_code == 404


def test_stale_restore_changes_nothing(browser):
    client = saved_pop()
    for number, folder in enumerate(("Sales", "Support"), start=1):
        revisions.save_pop_client(
            client=client,
            address="support@contoso.com",
            raw={"folder-path": folder},
            base_revision=number,
        )
    page = browser.post(
        f"/option-sets/pop/{client.pk}/restore/",
        {"number": "1", "base_revision": "2"},
        follow=True,
    )
    assert "Not restored" in page.content.decode()
    assert client.revisions.count() == 3


def test_restart_asks_with_the_number_of_waiting_messages(browser):
    client = saved_smtp()
    now = timezone.now()
    OutboundMessage.objects.create(
        smtp_client=client,
        message_id="<1@x>",
        envelope_from="a@contoso.com",
        recipients=[],
        size=1,
        digest="",
        created_at=now,
        not_before=now,
        state_since=now,
    )
    revisions.save_smtp_client(
        client=client, section="", raw={"port": "587"}, base_revision=1
    )
    url = f"/option-sets/smtp/{client.pk}/restart/"
    text = browser.get(url).content.decode()
    assert "1 message waits to be sent by it." in text
    assert Sender.objects.get().generation == 1
    page = browser.post(url, follow=True)
    sender = Sender.objects.get()
    assert (sender.generation, sender.revision.number) == (2, 2)
    assert "revision 2 is in effect" in page.content.decode()


def test_fetch_now_is_a_post(browser):
    client = saved_pop()
    url = f"/option-sets/pop/{client.pk}/fetch/"
    assert browser.get(url).status_code == 405
    page = browser.post(url, follow=True)
    assert "A cycle starts within seconds." in page.content.decode()
    assert Fetcher.objects.get().asked_at is not None


PAGES = [
    ("get", "/option-sets/", None),
    ("get", "/option-sets/pop/{pop}/", None),
    ("get", "/option-sets/pop/{pop}/saved/1/", None),
    ("get", "/mailboxes/new/", "add_popclient"),
    ("post", "/mailboxes/new/", "add_popclient"),
    ("get", "/option-sets/smtp/new/", "add_smtpclient"),
    ("post", "/option-sets/smtp/new/", "add_smtpclient"),
    ("get", "/option-sets/pop/{pop}/edit/", "change_popclient"),
    ("post", "/option-sets/pop/{pop}/edit/", "change_popclient"),
    ("post", "/option-sets/pop/{pop}/restore/", "change_popclient"),
    ("post", "/option-sets/pop/{pop}/fetch/", "change_fetcher"),
    ("get", "/option-sets/smtp/{smtp}/edit/", "change_smtpclient"),
    ("post", "/option-sets/smtp/{smtp}/edit/", "change_smtpclient"),
    ("post", "/option-sets/smtp/{smtp}/restore/", "change_smtpclient"),
    ("get", "/option-sets/smtp/{smtp}/restart/", "change_sender"),
    ("post", "/option-sets/smtp/{smtp}/restart/", "change_sender"),
]


@pytest.mark.parametrize(("method", "url", "right"), PAGES)
def test_who_may_open_what(method, url, right, django_user_model):
    pop, smtp = saved_pop(), saved_smtp()
    path = url.format(pop=pop.pk, smtp=smtp.pk)
    nobody = getattr(Client(), method)(path)
    assert (nobody.status_code, nobody["Location"]) == (302, f"/sign-in/?next={path}")
    viewer = Client()
    user = django_user_model.objects.create_user("viewer")
    viewer.force_login(user)
    allowed = getattr(viewer, method)(path)
    assert (allowed.status_code == 403) is (right is not None)
    if right is not None:
        user.user_permissions.add(Permission.objects.get(codename=right))
        assert getattr(viewer, method)(path).status_code != 403
    assert Revision.objects.count() == 2 or method == "post"


@pytest.mark.parametrize(
    "path", ["/option-sets/pop/9/", "/option-sets/imap/1/", "/option-sets/smtp/9/edit/"]
)
def test_unknown_option_set_is_not_found(browser, path):
    assert browser.get(path).status_code == 404


def test_no_page_ever_shows_a_secret(browser):
    pop, smtp = saved_pop(), saved_smtp()
    cipher = list(SecretValue.objects.values_list("ciphertext", flat=True))
    for path in (
        "/option-sets/",
        f"/option-sets/pop/{pop.pk}/",
        f"/option-sets/pop/{pop.pk}/edit/",
        f"/option-sets/pop/{pop.pk}/saved/1/",
        f"/option-sets/smtp/{smtp.pk}/",
        f"/option-sets/smtp/{smtp.pk}/restart/",
        f"/mailboxes/new/?copy={pop.pk}",
    ):
        text = browser.get(path).content.decode()
        assert [s for s in (CANARY, *cipher) if s in text] == [], path
