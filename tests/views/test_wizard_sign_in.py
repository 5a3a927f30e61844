"""The wizard's page on which a sign-in is started and watched."""

from __future__ import annotations

import pytest
from django.test import Client

from mailboxes.sandbox.server import Sandbox
from tests import factories
from tests.services.wizard.test_sign_in_step import begun

pytestmark = pytest.mark.django_db


def test_page_of_the_step_starts_and_shows_a_sign_in(sandbox: Sandbox) -> None:
    draft = begun(sandbox, "google")
    browser = Client()
    browser.force_login(factories.superuser("anna"))
    page = browser.get(f"/connect/{draft.pk}/google-client/").content.decode()
    assert "http://testserver/owner-sign-in/answer/" in page
    page = browser.get(f"/connect/{draft.pk}/sign-in/").content.decode()
    assert "Start the sign-in" in page
    started = browser.post(f"/connect/{draft.pk}/sign-in/start/", follow=True)
    assert "Sign in with this browser" in started.content.decode()
    region = browser.get(f"/connect/{draft.pk}/sign-in/?region=1")
    assert "Link to send to the owner" in region.content.decode()
