"""From a finding to the field that mends it, also where a registration gives it."""

from __future__ import annotations

import pytest
from django.test import Client

from mailboxes.core.choices import RunState
from mailboxes.models import Fetcher, PopClient
from mailboxes.views import links
from tests import factories
from tests.services.option_sets import saved_pop

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
