"""The admin: all models, one form and one service for option sets, no secrets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailboxes.core.errors import OptionError, Problem
from mailboxes.models import (
    AppRegistration,
    AuditEvent,
    Batch,
    Cycle,
    Lease,
    Mailbox,
    NamedSecret,
    PopClient,
    Proxy,
    Revision,
    SecretValue,
    Source,
    Worker,
)
from mailboxes.services import clients, proxies, revisions, secrets
from tests import factories
from tests.services.option_sets import CANARY, CLIENT, DIRECTORY, saved_pop, saved_smtp

pytestmark = pytest.mark.django_db

SHARED = {"proxy", "appregistration", "namedsecret"}
EDITABLE = {"popclient", "smtpclient", "mailbox", *SHARED}
MODELS = sorted(apps.get_app_config("mailboxes").get_models(), key=lambda m: m.__name__)
NEW = {
    "address": "support@contoso.com",
    "enable_client": "on",
    "server": "outlook.office365.com",
    "mechanisms": "XOAUTH2",
    "directory_id": DIRECTORY,
    "client_id": CLIENT,
    "password": CANARY,
    "base_revision": "0",
}


@pytest.fixture
def browser(django_user_model) -> Client:
    user = django_user_model.objects.create_superuser("anna", password="x")
    client = Client()
    client.force_login(user)
    return client


def url(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:mailboxes_{model._meta.model_name}_{page}", args=args)


def typed(browser: Client, path: str, **changes: str) -> dict[str, str]:
    form = browser.get(path).context["adminform"].form
    data = {}
    for bound in form:
        value = bound.value()
        if value is True:
            data[bound.html_name] = "on"
        elif value is not False and value is not None:
            data[bound.html_name] = str(value)
    return data | changes


@pytest.mark.table(6)
@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_model_has_a_list_page(browser, model):
    assert model in admin.site._registry
    assert browser.get(url(model, "changelist")).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_only_six_models_can_be_changed_there(rf, django_user_model, model):
    request = rf.get("/")
    request.user = django_user_model.objects.create_superuser("anna")
    page = admin.site._registry[model]
    may = (page.has_add_permission(request), page.has_change_permission(request))
    name = model._meta.model_name
    assert may == ((name in EDITABLE),) * 2
    assert page.has_delete_permission(request) is (name in SHARED)
    archives = {"archive"} if name in ("popclient", "smtpclient") else set()
    assert set(page.get_actions(request)) == archives


def test_queue_has_no_pages_and_no_schedules():
    """A schedule runs any function that it names."""
    labels = {model._meta.app_label for model in admin.site._registry}
    assert labels == {"mailboxes", "auth"}
    assert settings.Q_CLUSTER["scheduler"] is False


def test_new_pop_client_goes_through_the_service(browser):
    page = browser.post(url(PopClient, "add"), NEW, follow=True)
    client = PopClient.objects.get()
    assert (client.section, client.revision, client.revisions.count()) == (
        "pop-client-support",
        1,
        1,
    )
    assert secrets.reveal(client.password_id) == CANARY
    assert AuditEvent.objects.get().action == "option-set.created"
    assert "In effect from the next POP cycle." in page.content.decode()


def test_mistakes_stand_at_their_fields_in_the_same_words(browser):
    wrong = NEW | {"server": "a b", "directory_id": "common", "address": ""}
    page = browser.post(url(PopClient, "add"), wrong)
    form = page.context["adminform"].form
    console = browser.post("/mailboxes/new/", wrong).context["form"]
    assert dict(form.errors) == dict(console.errors)
    assert sorted(form.errors) == ["address", "directory_id", "server"]
    assert PopClient.objects.count() == 0
    assert CANARY not in page.content.decode()


def test_change_makes_a_revision_and_keeps_the_password(browser):
    client = saved_pop()
    path = url(PopClient, "change", client.pk)
    browser.post(path, typed(browser, path, folder_path="Sales"))
    client.refresh_from_db()
    assert (client.revision, client.folder_path) == (2, "Sales")
    assert secrets.reveal(client.password_id) == CANARY


def test_stored_secret_is_named_by_its_date(browser):
    text = browser.get(url(PopClient, "change", saved_pop().pk)).content.decode()
    assert "; leave empty to keep it." in text


def test_change_over_a_newer_save_is_refused(browser):
    client = saved_pop()
    path = url(PopClient, "change", client.pk)
    data = typed(browser, path, folder_path="Mine")
    revisions.save_pop_client(
        client=client,
        address="support@contoso.com",
        raw={"folder-path": "Theirs"},
        base_revision=1,
    )
    page = browser.post(path, data)
    assert "Somebody else has saved these options" in page.content.decode()
    client.refresh_from_db()
    assert (client.revision, client.folder_path) == (2, "Theirs")


def test_save_lost_between_look_and_write_is_told(browser, monkeypatch):
    client = saved_pop()
    path = url(PopClient, "change", client.pk)
    data = typed(browser, path, folder_path="Mine")
    real = revisions._move_on

    def late(row, base, columns, to):
        PopClient.objects.filter(pk=row.pk).update(revision=7)
        real(row, base, columns, to)

    monkeypatch.setattr(revisions, "_move_on", late)
    page = browser.post(path, data)
    assert (page.status_code, page["Location"]) == (302, path)
    client.refresh_from_db()
    assert (client.revision, client.folder_path) == (1, "")
    text = browser.get(path).content.decode()
    assert "Somebody else has saved these options since you opened them." in text


def test_refusal_of_the_service_is_told_in_its_words(browser, monkeypatch):
    """Between the look of the form and the write somebody took the name."""

    def taken(**given: object):
        raise OptionError([Problem("section", "X05-taken", "Somebody has it.")])

    monkeypatch.setattr(revisions, "save_pop_client", taken)
    page = browser.post(url(PopClient, "add"), NEW, follow=True)
    assert "Nothing was saved: Somebody has it." in page.content.decode()


def test_viewer_of_option_sets_sees_values_and_no_form(django_user_model):
    user = django_user_model.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_popclient"))
    viewer = Client()
    viewer.force_login(user)
    pop = saved_pop(folder_path="Sales")
    page = viewer.get(url(PopClient, "change", pop.pk))
    text = page.content.decode()
    assert (page.status_code, "Sales" in text, 'name="server"' in text) == (
        200,
        True,
        False,
    )
    assert CANARY not in text
    assert viewer.post(url(PopClient, "change", pop.pk), NEW).status_code == 403


def test_smtp_client_change_is_saved_not_in_effect(browser):
    client = saved_smtp()
    path = url(type(client), "change", client.pk)
    browser.post(path, typed(browser, path, port="587"))
    client.refresh_from_db()
    assert (client.revision, client.sender.revision.number) == (2, 1)


def test_proxy_password_is_write_only(browser):
    data = {"name": "squid", "kind": "http", "host": "proxy.example", "port": "3128"}
    browser.post(url(Proxy, "add"), data | {"username": "u", "password": CANARY})
    proxy = Proxy.objects.get()
    assert secrets.reveal(proxy.password_id) == CANARY
    path = url(Proxy, "change", proxy.pk)
    assert CANARY not in browser.get(path).content.decode()
    client = saved_pop(proxy="squid")
    browser.post(path, data | {"username": "u", "password": "", "port": "3129"})
    proxy.refresh_from_db()
    assert (proxy.port, secrets.reveal(proxy.password_id)) == (3129, CANARY)
    client.refresh_from_db()
    assert client.revision == 2


def test_proxy_mistakes_stand_at_their_fields(browser):
    page = browser.post(
        url(Proxy, "add"), {"kind": "socks4", "host": "http://p:1", "port": "0"}
    )
    assert {k: list(v) for k, v in page.context["adminform"].form.errors.items()} == {
        "name": ["Enter a name of 1 to 40 characters."],
        "kind": ["Choose one of: http, socks5, direct."],
        "host": ["Enter the host name alone, without http:// and without a path: p."],
        "port": ["Enter a whole number, 1 to 65535."],
    }


def test_proxy_in_use_is_not_deleted(browser):
    proxy = proxies.save_proxy(name="squid", host="proxy.example", port=3128)
    saved_pop(proxy=proxy.pk)
    browser.post(url(Proxy, "delete", proxy.pk), {"post": "yes"})
    assert Proxy.objects.count() == 1
    free = proxies.save_proxy(name="free", host="proxy.example", port=3128)
    browser.post(url(Proxy, "delete", free.pk), {"post": "yes"})
    assert not Proxy.objects.filter(name="free").exists()
    assert AuditEvent.objects.filter(action="proxy.deleted").count() == 1


def test_mailbox_that_only_sends_is_made_here(browser):
    out = saved_smtp()
    browser.post(
        url(Mailbox, "add"), {"address": "out@contoso.com", "smtp_client": out.pk}
    )
    assert Mailbox.objects.get().smtp_client == out
    assert AuditEvent.objects.filter(action="mailbox.created").count() == 1


def test_secrets_are_never_shown(browser):
    pop, proxy = (
        saved_pop(),
        proxies.save_proxy(
            name="p", host="p.example", port=1, username="u", password=CANARY
        ),
    )
    texts = [CANARY, *SecretValue.objects.values_list("ciphertext", flat=True)]
    paths = [url(model, "changelist") for model in MODELS]
    paths += [url(PopClient, "change", pop.pk), url(Proxy, "change", proxy.pk)]
    paths += [url(SecretValue, "change", s.pk) for s in SecretValue.objects.all()]
    paths += [url(PopClient, "history", pop.pk)]
    for path in paths:
        page = browser.get(path)
        assert page.status_code == 200, path
        assert [text for text in texts if text in page.content.decode()] == [], path


def test_rows_of_the_machinery_open_read_only(browser):
    now = timezone.now()
    pop = saved_pop()
    rows = [
        Cycle.objects.create(
            kind="fetch",
            pop_client=pop,
            revision=pop.revisions.get(),
            owner="x",
            fence=1,
            started_at=now,
        ),
        Worker.objects.create(name="h:1", started_at=now, beat_at=now),
        Batch.objects.create(kind="fetch", created_at=now),
        Lease.objects.create(name="ticker"),
        pop.revisions.get(),
        pop.fetcher,
        AuditEvent.objects.get(),
    ]
    for row in rows:
        path = url(type(row), "change", row.pk)
        page = browser.get(path)
        assert (page.status_code, b'name="_save"' in page.content) == (200, False)
        assert browser.post(path, {}).status_code == 403
    assert Source.objects.count() == 0


def test_sign_in_is_the_consoles(client, django_user_model):
    page = client.get("/admin/mailboxes/cycle/")
    assert page["Location"] == "/admin/login/?next=/admin/mailboxes/cycle/"
    page = client.get(page["Location"])
    assert page["Location"] == "/sign-in/?next=/admin/mailboxes/cycle/"
    page = client.get("/admin/login/?next=https://evil.example/")
    assert page["Location"] == "/sign-in/?next=/admin/"
    client.force_login(django_user_model.objects.create_user("viewer"))
    assert client.get("/admin/login/?next=/admin/").status_code == 403


def test_registration_goes_through_the_service(browser):
    data = {
        "name": "Contoso",
        "tenant_authority": "https://login.microsoftonline.com/",
        "client_id": CLIENT,
        "directory_id": DIRECTORY,
        "secret": CANARY,
        "secret_ends_on": "2028-05-31",
    }
    browser.post(url(AppRegistration, "add"), data)
    row = AppRegistration.objects.get()
    assert secrets.reveal(row.secret_id) == CANARY
    assert row.tenant_authority == "https://login.microsoftonline.com"
    client = saved_pop(registration=str(row.pk), grant_type="client_credentials")
    path = url(AppRegistration, "change", row.pk)
    assert CANARY not in browser.get(path).content.decode()
    page = browser.post(path, typed(browser, path, secret="other"), follow=True)
    assert "1 section uses it" in page.content.decode()
    client.refresh_from_db()
    assert client.revision == 2
    wrong = browser.post(path, typed(browser, path, client_id="x", name=""))
    assert sorted(wrong.context["adminform"].form.errors) == ["client_id", "name"]


def test_registration_changed_meanwhile_is_told(browser):
    row = factories.registration()
    path = url(AppRegistration, "change", row.pk)
    data = typed(browser, path, directory_id="mine.example")
    AppRegistration.objects.update(directory_id="theirs.example")
    page = browser.post(path, data)
    assert "Somebody else has saved this" in page.content.decode()
    assert AppRegistration.objects.get().directory_id == "theirs.example"


def test_named_secret_is_write_only_and_kept_while_in_use(browser):
    browser.post(url(NamedSecret, "add"), {"name": "gmail", "password": CANARY})
    row = NamedSecret.objects.get()
    assert secrets.reveal(row.value_id) == CANARY
    path = url(NamedSecret, "change", row.pk)
    assert CANARY not in browser.get(path).content.decode()
    client = saved_pop(secret="gmail", enable_client="no")
    browser.post(url(NamedSecret, "delete", row.pk), {"post": "yes"})
    assert NamedSecret.objects.count() == 1
    PopClient.objects.filter(pk=client.pk).update(secret=None)
    browser.post(url(NamedSecret, "delete", row.pk), {"post": "yes"})
    assert AuditEvent.objects.filter(action="secret.deleted").count() == 1


def test_other_options_and_inherited_values_stand_in_the_admin_too(browser):
    row = factories.registration()
    client = saved_pop(registration=str(row.pk))
    path = url(PopClient, "change", client.pk)
    text = browser.get(path).content.decode()
    assert "Inherited from Contoso: 66666666-7777-8888-9999-aaaaaaaaaaaa." in text
    assert "secret-&lt;name&gt;" in text
    browser.post(path, typed(browser, path, extra="mail.a = 1"))
    client.refresh_from_db()
    assert client.extra == {"mail.a": "1"}
    page = browser.post(path, typed(browser, path, extra="mail.a"))
    assert list(page.context["adminform"].form.errors["extra"]) == [
        "Line 1: Write name = value."
    ]


def test_archive_is_asked_for_one_set_on_the_consoles_page(browser):
    one, other = saved_pop(), saved_pop("b@contoso.com")
    path = url(PopClient, "changelist")

    def act(*clients: PopClient):
        data = {"action": "archive", "_selected_action": [c.pk for c in clients]}
        return browser.post(path, data)

    page = act(one, other)
    assert page["Location"] == path
    assert act(one)["Location"] == f"/option-sets/pop/{one.pk}/archive/"
    one.refresh_from_db()
    assert one.archived_at is None
    browser.post(f"/option-sets/pop/{one.pk}/archive/")
    assert act(one)["Location"] == f"/option-sets/pop/{one.pk}/"
    assert browser.post(url(PopClient, "delete", one.pk)).status_code == 403


def test_secrets_among_other_options_are_masked(django_user_model, browser):
    pop = saved_pop()
    revisions.save_pop_client(
        client=pop,
        address="support@contoso.com",
        raw={},
        extra={"old.password": CANARY, "note": "kept as it is"},
        base_revision=1,
    )
    user = django_user_model.objects.create_user("viewer", is_staff=True)
    codes = ("view_popclient", "view_revision")
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    viewer = Client()
    viewer.force_login(user)
    revision = pop.revisions.get(number=2)
    paths = [url(PopClient, "change", pop.pk), url(Revision, "change", revision.pk)]
    pages = [viewer.get(path) for path in paths]
    pages += [browser.get(path) for path in paths]
    pages += [browser.get(f"/option-sets/pop/{pop.pk}/edit/")]
    for page in pages:
        text = page.content.decode()
        assert (page.status_code, CANARY in text, "kept as it is" in text) == (
            200,
            False,
            True,
        )


def errors_of(page) -> dict[str, list[str]]:
    found = page.context["adminform"].form.errors
    return {name: list(messages) for name, messages in found.items()}


def test_mailbox_has_the_rules_of_the_console(browser):
    path = url(Mailbox, "add")
    browser.post(path, {"address": "out@contoso.com"})
    page = browser.post(path, {"address": "Out@contoso.com"})
    assert errors_of(page) == {
        "address": ["There is a mailbox Out@contoso.com already."]
    }
    path = url(Mailbox, "change", Mailbox.objects.get().pk)
    page = browser.post(path, {"alias": "x\u202ey"})
    assert errors_of(page) == {"alias": ["Remove the control characters."]}
    browser.post(path, {"alias": " Out ", "tags": "a, b  a"})
    row = Mailbox.objects.get()
    assert (row.alias, row.tags) == ("Out", "a b")


def test_only_what_a_person_changes_of_a_mailbox_is_written(browser):
    out = saved_smtp()
    row = Mailbox.objects.create(address="a@contoso.com", alias="old")
    path = url(Mailbox, "change", row.pk)
    data = {"alias": "old", "initial-alias": "old", "tags": "mine", "initial-tags": ""}
    assert 'name="initial-alias"' in browser.get(path).content.decode()
    Mailbox.objects.update(alias="theirs", smtp_client=out)
    browser.post(path, data | {"smtp_client": "", "initial-smtp_client": ""})
    row.refresh_from_db()
    assert (row.alias, row.tags, row.smtp_client) == ("theirs", "mine", out)
    event = AuditEvent.objects.get(action="mailbox.saved")
    assert event.details == {"fields": ["tags"]}


def test_way_out_in_the_archive_is_not_offered(browser):
    clients.archive(saved_smtp(), None)
    row = Mailbox.objects.create(address="a@contoso.com")
    page = browser.get(url(Mailbox, "change", row.pk))
    assert list(page.context["adminform"].form.fields["smtp_client"].queryset) == []


def test_dates_of_the_admin_are_written_as_in_the_console(browser):
    pop = saved_pop()
    at = datetime(2026, 11, 26, 18, 47, 5, tzinfo=UTC)
    factories.cycle(pop, started_at=at, ended_at=at)
    page = browser.get(reverse("admin:mailboxes_cycle_changelist")).content.decode()
    assert "26 Nov 2026 18:47:05" in page and "p.m." not in page


def test_switch_of_djangos_own_theme_is_nowhere(browser):
    for path in ("/admin/password_change/", "/admin/"):
        assert "theme-toggle" not in browser.get(path).content.decode()
