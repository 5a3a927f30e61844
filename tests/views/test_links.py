"""From a finding to the field that mends it, also where a registration gives it."""

from __future__ import annotations

import pytest
from django.test import Client

from mailboxes.core.choices import RunState
from mailboxes.models import Fetcher, PopClient, Sender
from mailboxes.services.findings import find
from mailboxes.views import links
from tests import factories
from tests.services.option_sets import saved_pop, saved_smtp

pytestmark = pytest.mark.django_db


def as_application(**changes: object) -> PopClient:
    row = factories.registration()
    named = {
        "registration": str(row.pk),
        "grant-type": "client_credentials",
        "password": "",
    }
    return saved_pop(**(named | changes))


def test_an_own_value_is_mended_on_the_form_of_the_section() -> None:
    client = saved_pop()
    form = f"/option-sets/pop/{client.pk}/edit/"
    assert links.option_url(client, "password") == f"{form}#id_password"
    assert links.option_url(client, "folder-path", 5) == (
        f"{form}?test=5#id_folder_path"
    )
    assert links.option_url(client, "") == form


def test_an_inherited_value_is_mended_in_its_registration() -> None:
    client = as_application()
    row = f"/registrations/{client.registration_id}"
    assert links.option_url(client, "password") == f"{row}/?replace=1#id_secret"
    assert links.option_url(client, "client-id") == f"{row}/edit/#id_client_id"
    assert links.option_url(client, "directory-id") == f"{row}/edit/#id_directory_id"
    assert "#id_scope" in links.option_url(client, "scope")


def test_a_mailbox_password_is_no_value_of_the_registration() -> None:
    client = as_application(**{"grant-type": "password", "password": "x"})
    assert links.option_url(client, "password").endswith("/edit/#id_password")


def test_client_secret_of_an_owners_application_is_mended_in_the_registration() -> None:
    signs_in = {"grant-type": "authorization_code", "password": "refresh~1"}
    client = as_application(**signs_in)
    found = find("AADSTS7000222", {"side": "authority", "owner": True}, stage="token")
    assert links.field_url(client, found) == (
        f"/registrations/{client.registration_id}/?replace=1#id_secret"
    )


def test_the_dashboard_links_to_the_form_for_a_new_secret(client: Client) -> None:
    factories.live_worker()
    client.force_login(factories.superuser())
    pop = as_application()
    Fetcher.objects.update(
        state=RunState.STOPPED, code="AADSTS7000222", stage="token", failures=1
    )
    target = f"/registrations/{pop.registration_id}/?replace=1#id_secret"
    assert f'href="{target}"' in client.get("/").content.decode()
    page = client.get(target).content.decode()
    assert '<details class="fold" open>' in page


def test_what_is_mended_in_the_portal_leads_to_what_to_do_there(
    client: Client,
) -> None:
    """Conditional access: no field here lets the account in."""
    factories.live_worker()
    client.force_login(factories.superuser())
    pop = saved_pop()
    Fetcher.objects.update(
        state=RunState.STOPPED, code="AADSTS53003", stage="token", failures=1
    )
    target = f"/mailboxes/{pop.mailbox_row_id}/"
    assert f'href="{target}#failure"' in client.get("/").content.decode()
    page = client.get(target).content.decode()
    assert 'id="failure"' in page and "Conditional Access" in page


def test_the_second_best_field_is_offered_after_the_portal() -> None:
    pop = saved_pop()
    finding = find("AADSTS50076")
    assert (finding.portal_first, finding.option) == (True, "grant-type")
    assert links.field_url(pop, finding) == (
        f"/option-sets/pop/{pop.pk}/edit/#id_grant_type"
    )


def test_a_failure_of_sending_is_told_on_the_page_of_its_options(
    client: Client,
) -> None:
    factories.live_worker()
    client.force_login(factories.superuser())
    smtp = saved_smtp()
    Sender.objects.update(
        state=RunState.FAILING, code="smtp-auth-off-mailbox", stage="sign-in"
    )
    target = f"/option-sets/smtp/{smtp.pk}/"
    assert f'href="{target}#failure"' in client.get("/").content.decode()
    assert "Set-CASMailbox" in client.get(target).content.decode()


@pytest.mark.parametrize(
    "code", ["AADSTS700027", "AADSTS50012", "entra-certificate-expired"]
)
def test_refused_certificate_is_mended_in_its_panel(code: str) -> None:
    client = as_application()
    assert links.field_url(client, find(code)) == (
        f"/registrations/{client.registration_id}/#certificate"
    )


def test_fix_without_a_field_is_no_link_to_a_form(client: Client) -> None:
    """What is done in the portal is not mended at the top of the options."""
    pop = saved_pop()
    assert links.field_url(pop, find("AADSTS65001"), 5) == ""
    assert links.field_url(pop, find("folder-missing"), 5) == (
        f"/option-sets/pop/{pop.pk}/edit/?test=5#id_folder_path"
    )


@pytest.mark.parametrize(
    ("right", "code", "seen"),
    [
        ("change_popclient", "folder-missing", True),
        ("change_popclient", "AADSTS7000222", False),
        ("change_appregistration", "folder-missing", False),
        ("change_appregistration", "AADSTS7000222", True),
    ],
)
def test_fix_is_a_link_for_those_who_may_change_what_stands_there(
    right: str, code: str, seen: bool, client: Client
) -> None:
    factories.live_worker()
    pop = as_application()
    Fetcher.objects.update(state=RunState.STOPPED, code=code, stage="token", failures=1)
    fix = f'href="{links.field_url(pop, find(code))}"'
    client.force_login(factories.user("night", right))
    told = f'href="/mailboxes/{pop.mailbox_row_id}/#failure"'
    dashboard = client.get("/").content.decode()
    assert (fix in dashboard, told in dashboard) == (seen, not seen)
    page = client.get(f"/mailboxes/{pop.mailbox_row_id}/").content.decode()
    assert (fix in page, 'id="failure"' in page) == (seen, True)


@pytest.mark.parametrize("page", ["registrations", "secrets", "proxies"])
def test_empty_list_offers_nothing_to_those_who_may_not_make_it(
    page: str, client: Client
) -> None:
    client.force_login(factories.user("night"))
    assert f"/{page}/new/" not in client.get(f"/{page}/").content.decode()
