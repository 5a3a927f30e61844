"""Pages of app registrations, secrets and proxies."""

from __future__ import annotations

from datetime import timedelta

import pytest
import trustme
from django.test import Client
from django.utils import timezone

from mailboxes.core import certificates
from mailboxes.models import (
    AppRegistration,
    AuditEvent,
    NamedSecret,
    Proxy,
    SecretValue,
    Sender,
)
from mailboxes.services import proxies, registrations, secrets
from mailboxes.services.secrets import named as named_secrets
from tests import factories
from tests.fixtures import setups
from tests.services import sending
from tests.services.option_sets import CANARY, CLIENT, DIRECTORY, saved_pop, saved_smtp

pytestmark = pytest.mark.django_db

MICROSOFT = "https://login.microsoftonline.com"
NEW = {
    "name": "Contoso",
    "tenant_authority": MICROSOFT,
    "client_id": CLIENT,
    "directory_id": DIRECTORY,
    "secret": CANARY,
    "secret_ends_on": "2028-05-31",
}


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(factories.superuser("anna"))
    return client


def errors(page) -> dict[str, list[str]]:
    return {name: list(found) for name, found in page.context["form"].errors.items()}


def typed(page, **changes: str) -> dict[str, str]:
    form = page.context["form"]
    return {b.html_name: str(b.value() or "") for b in form} | changes


def test_registration_is_made_and_offered_in_option_sets(browser):
    page = browser.post("/registrations/new/", NEW, follow=True)
    row = AppRegistration.objects.get()
    assert page.redirect_chain == [(f"/registrations/{row.pk}/", 302)]
    assert secrets.reveal(row.secret_id) == CANARY
    text = page.content.decode()
    assert "No section uses it yet." in text
    assert (CANARY in text, "by anna" in text) == (False, True)
    form = browser.get("/mailboxes/new/").context["form"]
    offered = form.fields["registration"].widget.choices
    assert (str(row.pk), "Contoso") in offered


def test_mistakes_of_a_registration_stand_at_its_fields_in_the_options_words(browser):
    wrong = NEW | {
        "name": " ",
        "client_id": "not-a-guid",
        "secret": CLIENT.replace("6", "b"),
        "secret_ends_on": "31.5.2028",
    }
    page = browser.post("/registrations/new/", wrong)
    assert page.status_code == 400
    found = errors(page)
    assert found["name"] == ["Enter a name of 1 to 40 characters."]
    assert found["client_id"] == [
        "Enter a GUID such as 11111111-2222-3333-4444-555555555555."
    ]
    assert found["secret_ends_on"] == ["Enter a date such as 2027-05-31."]
    assert 'value="not-a-guid"' in page.content.decode()
    assert AppRegistration.objects.count() == 0


def test_list_marks_secrets_that_end(browser):
    today = timezone.now().date()
    for name, days in (("A", 31), ("B", 30), ("C", 1), ("D", -1), ("E", -9)):
        factories.registration(name, secret_ends_on=today + timedelta(days=days))
    factories.registration("F", secret="")
    factories.registration("G", secret_ends_on=None)
    text = browser.get("/registrations/").content.decode()
    for words in (
        "ends in 30 days",
        "ends tomorrow",
        "ended yesterday",
        "ended 9 days ago",
        "not set",
        "last day not known",
    ):
        assert text.count(words) == 1, words
    assert "ends in 31 days" not in text


@pytest.mark.parametrize("path", ["/registrations/", "/secrets/", "/proxies/"])
def test_empty_list_says_what_stands_there(browser, path):
    assert "stand here." in browser.get(path).content.decode()


@pytest.mark.parametrize(
    "path", ["/registrations/", "/secrets/", "/proxies/", "/option-sets/", "/"]
)
def test_list_asks_as_much_for_three_rows_as_for_one(
    browser, path, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def more(number: int) -> None:
        today = timezone.now().date()
        row = factories.registration(f"R{number}", secret_ends_on=today)
        named_secrets.save(name=f"s{number}", password="x", user=row and None)
        proxies.save_proxy(name=f"p{number}", host="proxy.example", port=1)
        names_it = {"registration": str(row.pk), "proxy": f"p{number}"}
        saved_pop(f"a{number}@contoso.com", **names_it)
        saved_smtp(f"out-{number}", **names_it)

    more(1)
    browser.get(path)
    with CaptureQueriesContext(
        connection,
    ) as first:
        browser.get(path)
    more(2)
    more(3)
    with django_assert_num_queries(len(first.captured_queries)):
        browser.get(path)
    assert len(first.captured_queries) <= 15


def test_page_of_a_registration_asks_as_much_for_three_sections(
    browser, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    row = factories.registration()
    path = f"/registrations/{row.pk}/"
    saved_pop("a0@contoso.com", registration=str(row.pk))
    saved_smtp("out-0", registration=str(row.pk))
    browser.get(path)
    with CaptureQueriesContext(connection) as first:
        browser.get(path)
    for number in (1, 2):
        saved_pop(f"a{number}@contoso.com", registration=str(row.pk))
        saved_smtp(f"out-{number}", registration=str(row.pk))
    with django_assert_num_queries(len(first.captured_queries)):
        browser.get(path)


def test_edit_makes_a_revision_in_each_section_and_says_when(browser):
    row = factories.registration()
    client = saved_pop(registration=str(row.pk))
    path = f"/registrations/{row.pk}/edit/"
    page = browser.get(path)
    assert "secret" not in page.context["form"].fields
    page = browser.post(path, typed(page, directory_id="contoso.com"), follow=True)
    text = page.content.decode()
    assert f"{row.name} was saved" in text
    assert "Changed: directory (tenant) ID." in text
    assert (
        "1 section got a new revision: 1 pop-client, which uses it at its next cycle."
        in text
    )
    client.refresh_from_db()
    assert client.revision == 2
    row.refresh_from_db()
    assert row.secret_id is not None


def test_edit_without_a_change_says_so(browser):
    row = factories.registration()
    path = f"/registrations/{row.pk}/edit/"
    page = browser.post(path, typed(browser.get(path)), follow=True)
    assert "Nothing was changed." in page.content.decode()
    assert page.redirect_chain[-1][0] == f"/registrations/{row.pk}/"


def test_second_admin_sees_what_the_first_saved_and_decides(browser):
    row = factories.registration()
    path = f"/registrations/{row.pk}/edit/"
    data = typed(browser.get(path), directory_id="mine.example")
    registrations.save(
        registration=row,
        name="Renamed",
        tenant_authority=MICROSOFT,
        directory_id="theirs.example",
        client_id=row.client_id,
    )
    page = browser.post(path, data)
    text = page.content.decode()
    assert page.status_code == 400
    assert "Somebody else has saved this since you opened it." in text
    assert "Saved meanwhile: theirs.example" in text
    assert "Saved meanwhile: Renamed" in text
    row.refresh_from_db()
    assert row.directory_id == "theirs.example"
    page = browser.post(path, typed(page), follow=True)
    row.refresh_from_db()
    assert (row.directory_id, row.name) == ("mine.example", "Contoso")


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("", "Enter the Value of the new client secret."),
        (
            "a\tb",
            "Enter the password again: it held a line break or another control"
            " character.",
        ),
    ],
)
def test_wrong_new_secret_changes_nothing(browser, secret, message):
    row = factories.registration()
    page = browser.post(f"/registrations/{row.pk}/secret/", {"secret": secret})
    assert (page.status_code, errors(page)) == (400, {"secret": [message]})
    assert "<details" in page.content.decode() and " open>" in page.content.decode()
    assert AppRegistration.objects.get().secret_id == row.secret_id


def test_restart_of_all_is_one_update_each_and_audited(browser):
    row = factories.registration()
    names_it = {"registration": str(row.pk), "grant-type": "client_credentials"}
    clients = [saved_smtp(f"out-{n}", **names_it) for n in range(3)]
    sending.queue(clients[0])
    url = f"/setup/registrations/{row.pk}/restart/"
    assert "Everything saved is in effect already." in (
        browser.get(url).content.decode()
    )
    registrations.replace_secret(row, secret="new~1", secret_ends_on=None, user=None)
    page = browser.get(f"/registrations/{row.pk}/")
    assert "Restart sending of all 3 smtp-clients" in page.content.decode()
    text = browser.get(url).content.decode()
    assert "1 message waits to be sent by them." in text
    assert set(Sender.objects.values_list("generation", flat=True)) == {1}
    page = browser.post(url, follow=True)
    assert "Sending of 3 smtp-clients was restarted." in page.content.decode()
    rows = Sender.objects.values_list("generation", "revision__number")
    assert set(rows) == {(2, 2)}
    assert AuditEvent.objects.filter(action="sending.restarted").count() == 3


def test_what_is_in_use_is_not_deleted_and_says_by_whom(browser):
    row = factories.registration()
    client = saved_pop(registration=str(row.pk))
    url = f"/setup/registrations/{row.pk}/delete/"
    text = browser.get(url).content.decode()
    assert f"{row.name} is in use" in text
    page = browser.post(url)
    assert page.status_code == 409
    assert f'href="/option-sets/pop/{client.pk}/"' in page.content.decode()
    assert AppRegistration.objects.count() == 1


def test_what_nobody_uses_is_deleted(browser):
    row = factories.registration()
    secret, _ = named_secrets.save(name="gmail", password="x")
    proxy = proxies.save_proxy(name="squid", host="proxy.example", port=1)
    for word, one in (("registrations", row), ("secrets", secret), ("proxies", proxy)):
        url = f"/setup/{word}/{one.pk}/delete/"
        assert f"Delete {one}?" in browser.get(url).content.decode()
        page = browser.post(url, follow=True)
        assert f"{one} was deleted." in page.content.decode()
    assert (AppRegistration.objects.count(), Proxy.objects.count()) == (0, 0)
    assert NamedSecret.objects.count() == 0


def test_secret_is_made_replaced_and_never_shown(browser):
    browser.post("/secrets/new/", {"name": "gmail", "password": CANARY})
    row = NamedSecret.objects.get()
    client = saved_pop(secret="gmail", enable_client="no")
    path = f"/secrets/{row.pk}/"
    assert CANARY not in browser.get(path).content.decode()
    page = browser.post(path, typed(browser.get(path), password="other"), follow=True)
    text = page.content.decode()
    assert "The secret of gmail was replaced" in text
    assert "Changed: secret." in text
    row.refresh_from_db()
    client.refresh_from_db()
    assert (secrets.reveal(row.value_id), client.revision) == ("other", 2)
    page = browser.post("/secrets/new/", {"name": "a b", "password": ""})
    assert sorted(errors(page)) == ["name", "password"]


def test_secret_for_the_wizard_leads_back_to_it(browser):
    draft = setups.begin("g@contoso.example")
    setups.save(draft, "mode", mode="google")
    step = f"/connect/{draft.pk}/google-client/"
    new = f"/secrets/new/?draft={draft.pk}"
    assert f'href="{new}"' in browser.get(step).content.decode()
    assert f'href="{step}"' in browser.get(new).content.decode()
    saved = browser.post(new, {"name": "gmail", "password": CANARY})
    assert saved["Location"] == f"{step}#id_google_secret"
    page = browser.get(step).content.decode()
    assert "gmail is set up. Choose it here." in page and CANARY not in page
    assert browser.get("/secrets/new/?draft=٣").status_code == 200
    odd = browser.post("/secrets/new/?draft=x", {"name": "two", "password": "x"})
    assert odd["Location"].startswith("/secrets/")


def test_proxy_has_a_kind_and_its_change_is_told(browser):
    data = {"name": "squid", "kind": "http", "host": "proxy.example", "port": "3128"}
    browser.post("/proxies/new/", data)
    row = Proxy.objects.get()
    saved_smtp(proxy="squid")
    path = f"/proxies/{row.pk}/"
    page = browser.post(path, typed(browser.get(path), port="3129"), follow=True)
    text = page.content.decode()
    assert "1 smtp-client, which uses it after Restart sending" in text
    browser.post(path, typed(browser.get(path), kind="socks5"))
    row.refresh_from_db()
    assert row.kind == "socks5"
    page = browser.post("/proxies/new/", data | {"name": "socks", "kind": "socks5"})
    assert Proxy.objects.get(name="socks").kind == "socks5"
    assert "SOCKS5" in browser.get("/proxies/").content.decode()


def test_person_who_may_only_look_gets_no_form():
    row = factories.registration()
    secret, _ = named_secrets.save(name="gmail", password=CANARY)
    proxy = proxies.save_proxy(
        name="squid", host="proxy.example", port=1, username="u", password=CANARY
    )
    viewer = Client()
    viewer.force_login(factories.user("viewer"))
    cipher = list(SecretValue.objects.values_list("ciphertext", flat=True))
    for path in (
        f"/registrations/{row.pk}/",
        f"/secrets/{secret.pk}/",
        f"/proxies/{proxy.pk}/",
    ):
        page = viewer.get(path)
        text = page.content.decode()
        assert (page.status_code, 'type="password"' in text) == (200, False)
        assert [s for s in (CANARY, "first~client-secret", *cipher) if s in text] == []
        assert viewer.post(path).status_code in (403, 405)


def test_dashboard_shows_what_ends_soon_worst_first(browser):
    today = timezone.now().date()
    row = factories.registration("Soon", secret_ends_on=today + timedelta(days=3))
    factories.registration("Over", secret_ends_on=today - timedelta(days=2))
    page = browser.get("/")
    text = page.content.decode()
    names = [one.registration.name for one in page.context["ending"]]
    assert names == ["Over", "Soon"]
    assert f'href="/registrations/{row.pk}/#secret"' in text
    assert "ended 2 days ago" in text
    AppRegistration.objects.all().delete()
    assert "Ends soon" not in browser.get("/").content.decode()


def test_way_without_a_proxy_is_set_up_and_shown(browser: Client) -> None:
    pem = trustme.CA().cert_pem.bytes().decode()
    given = {"name": "own-ca", "kind": "direct", "ca_pem": pem}
    blank = {"host": "", "port": "", "username": "", "password": ""}
    refused = browser.post("/proxies/new/", given | blank | {"ca_pem": ""})
    assert errors(refused) == {
        "ca_pem": ["Enter the certificates that are to be trusted."]
    }
    browser.post("/proxies/new/", given | blank)
    row = Proxy.objects.get()
    assert (row.kind, row.host, row.port) == ("direct", "", 0)
    page = browser.get(f"/proxies/{row.pk}/")
    assert page.context["lead"] == "No proxy, further certificate authorities alone"
    assert "<code>:0" not in browser.get("/proxies/").content.decode()


def test_private_key_among_authorities_is_not_sent_back(browser: Client) -> None:
    ours = certificates.make("Our authority")
    given = {"name": "own-ca", "kind": "direct", "ca_pem": ours.pem}
    page = browser.post("/proxies/new/", given)
    assert list(errors(page)) == ["ca_pem"]
    assert "PRIVATE KEY" not in page.content.decode()
    assert "BEGIN CERTIFICATE" in page.content.decode()  # what to paste
    public = {"ca_pem": ours.public + "rubbish -----BEGIN "}
    page = browser.post("/proxies/new/", given | public)
    assert ours.public.splitlines()[1] in page.content.decode()
