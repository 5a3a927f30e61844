"""The wizard's page on which a sign-in is started and watched."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from mailboxes.core.choices import Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import PopClient, SetupDraft, SignIn
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import sign_ins
from mailboxes.services.sign_ins import result as sign_in_result
from mailboxes.services.wizard import making
from tests import factories
from tests.fixtures import setups
from tests.services.wizard.test_sign_in_step import begun
from tests.views.wizard_pages import at, signed_in, text

pytestmark = pytest.mark.django_db


def test_page_of_the_step_starts_and_shows_a_sign_in(sandbox: Sandbox) -> None:
    draft = begun(sandbox, "google")
    browser = Client()
    browser.force_login(factories.superuser("anna"))
    path = f"/connect/{draft.pk}/google-client/"
    page = browser.get(path, secure=True).content.decode()
    assert "https://testserver/owner-sign-in/answer/" in page
    page = browser.get(f"/connect/{draft.pk}/sign-in/").content.decode()
    assert "Start the sign-in" in page
    started = browser.post(f"/connect/{draft.pk}/sign-in/start/", follow=True)
    assert "Sign in with this browser" in started.content.decode()
    region = browser.get(f"/connect/{draft.pk}/sign-in/?region=1").content.decode()
    assert "Link to send to the owner" in region
    [link] = re.findall(r"<a [^>]*>Sign in with this browser", region)
    assert 'target="_blank" rel="noopener noreferrer"' in link


# consoles that a browser elsewhere cannot come back to

REFUSED = "A sign-in cannot come back here"
LOCAL = "Only a browser on this machine comes back here"


def drafted(mode: str) -> SetupDraft:
    draft = setups.begin()
    setups.save(draft, "mode", mode=mode)
    if mode != "google":
        setups.save(draft, "register", registration="")
        setups.save(draft, "ids", **setups.IDS)
    return draft


@pytest.fixture
def anna(settings) -> Client:
    settings.ALLOWED_HOSTS = ["*"]
    return signed_in(factories.superuser("anna"))


@pytest.mark.parametrize("mode", ["microsoft-sign-in", "microsoft-graph-sign-in"])
def test_console_on_http_offers_no_address_and_a_code_instead(
    anna: Client, mode: str
) -> None:
    draft = drafted(mode)
    answer = anna.get(at(draft, "register"), headers={"host": "console.lan"})
    page, shown = answer.content.decode(), text(answer)
    assert REFUSED in shown and "leave it empty" in shown
    assert "copy-redirect" not in page and "copy-sign-in" not in page
    [link] = re.findall(rf'href="({at(draft, "mode")}#id_mode_\d+)">([^<]+)<', page)
    assert "the owner enters a code" in link[1]
    cards = anna.get(at(draft, "mode")).content.decode()
    place = re.escape(link[0].partition("#")[2])
    device = mode.replace("sign-in", "device")
    assert re.search(rf'id="{place}" value="{device}"', cards)


def test_console_on_http_offers_an_application_no_address(anna: Client) -> None:
    draft = drafted("microsoft-app")
    answer = anna.get(at(draft, "register"), headers={"host": "console.lan"})
    assert "leave it empty" in text(answer) and REFUSED not in text(answer)
    assert "http://console.lan/consent/" not in answer.content.decode()


def test_console_on_http_gives_google_no_address(anna: Client) -> None:
    draft = drafted("google")
    answer = anna.get(at(draft, "google-client"), headers={"host": "console.lan"})
    assert REFUSED in text(answer)
    assert "copy-google-redirect" not in answer.content.decode()
    assert "the owner enters a code" not in text(answer)


def test_console_by_number_says_what_entra_takes(anna: Client) -> None:
    draft = drafted("microsoft-sign-in")
    answer = anna.get(at(draft, "register"), headers={"host": "127.0.0.1:8000"})
    shown = text(answer)
    assert "for localhost only" in shown and LOCAL in shown
    answer = anna.get(at(draft, "register"), headers={"host": "localhost:8000"})
    assert "for localhost only" not in text(answer) and LOCAL in text(answer)


@pytest.mark.parametrize(
    ("host", "secure", "words"),
    [
        ("console.lan", False, [REFUSED]),
        ("127.0.0.1:8000", False, [LOCAL]),
        ("mail.contoso.com", True, []),
    ],
)
def test_step_of_the_owner_says_before_that_nobody_comes_back(
    sandbox: Sandbox, anna: Client, host: str, secure: bool, words: list[str]
) -> None:
    draft = begun(sandbox, "google")
    there = {"secure": secure, "headers": {"host": host}}
    shown = text(anna.get(at(draft, "sign-in"), **there))
    assert [one for one in (REFUSED, LOCAL) if one in shown] == words
    anna.post(f"/connect/{draft.pk}/sign-in/start/", **there)
    shown = text(anna.get(at(draft, "sign-in"), **there))
    assert "Link to send to the owner" in shown
    assert [shown.count(one) for one in words] == [1] * len(words)
    alone = text(anna.get(f"/sign-ins/{SignIn.objects.get().pk}/", **there))
    assert [one for one in (REFUSED, LOCAL) if one in alone] == words


def test_link_for_the_owner_has_the_origin_of_the_settings(
    sandbox: Sandbox, anna: Client, settings
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://mail.contoso.com"]
    draft = begun(sandbox, "google")
    there = {"headers": {"host": "10.0.0.5:8000"}}
    anna.post(f"/connect/{draft.pk}/sign-in/start/", **there)
    shown = text(anna.get(at(draft, "sign-in"), **there))
    assert "https://mail.contoso.com/owner-sign-in/" in shown
    assert "10.0.0.5" not in shown


# somebody else has signed in


@pytest.mark.parametrize(
    ("mode", "linked"),
    [("microsoft-sign-in", True), ("microsoft-graph-sign-in", True), ("google", False)],
)
def test_another_account_leads_to_the_field_for_it(
    sandbox: Sandbox, anna: Client, mode: str, linked: bool
) -> None:
    draft = begun(sandbox, mode)
    row = making.ask_for_sign_in(draft.pk, None, "https://testserver/back/")
    option = "account" if linked else "mailbox"
    facts = {"account": "a@contoso.example", "user": row.login, "option": option}
    error = MailError(Code.SIGN_IN_OTHER, Stage.TOKEN, permanent=True, evidence=facts)
    sign_in_result.fail(row, error)
    page = anna.get(at(draft, "sign-in"), secure=True).content.decode()
    assert page.count("Another account has signed in") == 1
    field = f'<a href="{at(draft, "mailbox")}#id_account">Sign in again as'
    assert (field in page) is linked


def test_own_account_of_another_name_needs_no_rights(anna: Client) -> None:
    draft = drafted("microsoft-sign-in")
    person = {"address": draft.address, "direction": "both"}
    setups.save(draft, "mailbox", **person, account="a.meier@contoso.example")
    shown = text(anna.get(at(draft, "prerequisites")))
    words = f"Only if {draft.address} is another mailbox than that of a.meier@"
    assert words in shown and "If it is not that account's own mailbox" in shown


def test_step_of_the_owner_has_no_words_of_saving_or_of_microsoft(
    sandbox: Sandbox, anna: Client
) -> None:
    draft = begun(sandbox, "google")
    row = making.ask_for_sign_in(draft.pk, None, "https://testserver/back/")
    error = MailError(Code.TOKEN_REFUSED, Stage.TOKEN, permanent=True)
    sign_in_result.fail(row, error)
    found = sign_ins.finding(SignIn.objects.get())
    shown = text(anna.get(at(draft, "sign-in"), secure=True))
    assert found is not None and shown.count(str(found.title)) == 1
    assert "Save this step again" not in shown and "by Microsoft" not in shown


def test_sign_in_says_when_it_is_in_effect(sandbox: Sandbox, anna: Client) -> None:
    draft = begun(sandbox, "google")
    row = making.ask_for_sign_in(draft.pk, None, "https://testserver/back/")
    SignIn.objects.filter(pk=row.pk).update(state="done", ended_at=timezone.now())
    shown = text(anna.get(at(draft, "sign-in")))
    assert "The connection test signs in with it." in shown
    shown = text(anna.get(f"/sign-ins/{row.pk}/"))
    assert "in effect once that is switched on" in shown
    PopClient.objects.update(enable_client=True)
    assert "from the next cycle" in text(anna.get(f"/sign-ins/{row.pk}/"))


def test_page_of_a_sign_in_that_has_ended_is_not_loaded_again_and_again(
    sandbox: Sandbox, anna: Client
) -> None:
    """A poll of it asks for the whole page, so the page must not poll."""
    draft = begun(sandbox, "google")
    row = making.ask_for_sign_in(draft.pk, None, "https://testserver/back/")
    polls = 'hx-get="?region=1"'
    assert polls in anna.get(at(draft, "sign-in")).content.decode()
    SignIn.objects.filter(pk=row.pk).update(state="done", ended_at=timezone.now())
    assert anna.get(at(draft, "sign-in", "?region=1"))["HX-Refresh"] == "true"
    page = anna.get(at(draft, "sign-in"))
    assert polls not in page.content.decode()
    assert "A refresh token is stored" not in text(page)  # the notice says it
