"""The form of an option set in Chromium: what a screen reader says, what the script
hides and counts, and that nothing needs the script or a mouse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mailboxes.core.options import format_value
from mailboxes.models import PopClient, SmtpClient
from mailboxes.models.clients import GRAPH_SCOPE
from mailboxes.services import revisions
from tests import factories
from tests.fixtures.browser import press_enter
from tests.services.option_sets import pop_basic, saved_pop, saved_smtp

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]
CONTROLS = {"textbox", "combobox", "checkbox", "spinbutton"}


@pytest.fixture
def pop() -> PopClient:
    return saved_pop(cycle_time="00:05:00")


@pytest.fixture
def smtp() -> SmtpClient:
    return saved_smtp()


def edit(client: PopClient | SmtpClient) -> str:
    kind = "pop" if isinstance(client, PopClient) else "smtp"
    return f"/option-sets/{kind}/{client.pk}/edit/"


def basic() -> PopClient:
    made = revisions.save_pop_client(
        client=None, address="basic@contoso.com", raw=pop_basic()
    ).client
    assert isinstance(made, PopClient)
    return made


def spoken(page: Page) -> dict[str, str]:
    """Accessible descriptions of all controls by their names, as Chromium has them."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    found: dict[str, str] = {}
    for node in nodes:
        if node.get("role", {}).get("value") in CONTROLS and not node["ignored"]:
            name = node["name"]["value"]
            found[name] = node.get("description", {}).get("value", "")
    return found


def test_screen_reader_says_option_name_default_and_help_in_that_order(
    console: Open, pop: PopClient, smtp: SmtpClient
) -> None:
    for client in (pop, smtp):
        page = console(edit(client))
        show = page.get_by_role("button", name="show", exact=True)
        for _ in range(show.count()):
            show.first.click()
        for fold in page.locator("details.fold > summary").all():
            fold.click()
        said = spoken(page)
        values = {"type": "IMAP", "server-type": "SMTP", "grant-type": "password"}
        values |= {"mail.<type>.auth.mechanisms": "XOAUTH2"}
        for option in client.options().values():
            type_ = "imap" if client is pop else "smtp"
            default = format_value(option, option.default)
            whose = {"vendor": "the product's default", "ours": "our default"}
            told = [
                option.written_name(type_),
                f"Default {default} {whose[option.default_from]}"
                if option.has_default
                else "No default",
                option.help_for(values),
            ]
            text = said[option.label_for(values)]
            assert text.startswith(" ".join(told)), text


@pytest.mark.slow
def test_error_and_marks_come_after_them(console: Open, smtp: SmtpClient) -> None:
    page = console(edit(smtp))
    page.get_by_label("Port", exact=True).fill("x")
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_load_state()
    assert spoken(page)["Port"] == (
        "port Default 0 our default 0 means the usual port: 587 with STARTTLS, 465 with"
        " TLS, else 25. Enter a whole number, 0 to 65535. Changed here"
    )


def shown(page: Page, name: str) -> bool:
    return page.locator(f"#field-{name}").is_visible()


def test_options_without_effect_are_folded_counted_and_kept(console: Open) -> None:
    client = basic()
    page = console(edit(client))
    panel = page.locator("#sign-in")
    assert (shown(page, "client_id"), shown(page, "secret")) == (False, False)
    expect(panel.get_by_text("8 options have no effect now")).to_be_visible()
    panel.get_by_role("button", name="show").click()
    assert shown(page, "client_id")
    expect(panel.get_by_role("button", name="hide")).to_have_attribute(
        "aria-expanded", "true"
    )
    mark = page.locator("#field-client_id .mark")
    expect(mark).to_have_text("No effect now")
    page.get_by_label("Application (client) ID").fill("kept-as-it-is")
    panel.get_by_role("button", name="hide").click()
    assert not shown(page, "client_id")
    page.get_by_role("button", name="Save (1 change)").click()
    page.wait_for_url("**/saved/2/")
    client.refresh_from_db()
    assert client.client_id == "kept-as-it-is"


def test_mode_shows_its_options_and_renames_the_password(console: Open) -> None:
    page = console(edit(basic()))
    password = page.locator("#field-password label")
    mode = page.get_by_label("Sign-in mode", exact=True)
    expect(password).to_have_text("Mailbox password")
    mode.select_option("XOAUTH2")
    assert shown(page, "client_id") and shown(page, "directory_id")
    expect(page.locator("#field-client_id .mark")).to_have_count(0)
    page.get_by_label("Account that signs in").fill("anna@contoso.com")
    expect(password).to_have_text("Password of the account")
    expect(page.locator("#field-mailbox label")).to_have_text("Shared mailbox")
    page.get_by_label("Account that signs in").fill("")
    page.get_by_label("How the token is got").select_option("client_credentials")
    expect(password).to_have_text("Client secret")
    assert not shown(page, "account")
    expect(page.locator("#field-password .help")).to_contain_text("Secret ID")
    page.get_by_label("Authority", exact=True).fill("accounts.google.com")
    expect(password).to_have_text("Refresh token")
    assert (shown(page, "directory_id"), shown(page, "secret")) == (False, True)
    page.get_by_label("Type", exact=True).select_option("GRAPH")
    assert (shown(page, "port"), shown(page, "server")) == (False, False)


@pytest.mark.slow
def test_registration_that_is_chosen_takes_the_place_of_own_values(
    console: Open, pop: PopClient
) -> None:
    row = factories.registration()
    page = console(edit(pop))
    assert shown(page, "client_id")
    page.get_by_label("App registration", exact=True).select_option(str(row.pk))
    assert not shown(page, "client_id")
    page.get_by_role("button", name="Show the form for this choice").click()
    page.wait_for_load_state()
    expect(page.locator("#field-client_id .inherited")).to_contain_text(row.client_id)
    assert PopClient.objects.get().revision == 1


@pytest.mark.slow
def test_save_counts_changes_as_they_are_made(console: Open, pop: PopClient) -> None:
    page = console(edit(pop))
    save = page.locator(".savebar .primary")
    expect(save).to_have_text("Save")
    folder = page.get_by_label("Folder", exact=True)
    folder.fill("Sales")
    page.get_by_label("Fetch mail").uncheck()
    expect(save).to_have_text("Save (2 changes)")
    expect(page.locator("#field-folder_path .mark")).to_have_text("Changed here")
    folder.fill("")
    expect(save).to_have_text("Save (1 change)")
    expect(page.locator("#field-folder_path .mark")).to_have_count(0)
    page.get_by_label("Server", exact=True).fill("a b")
    save.click()
    page.wait_for_load_state()
    # After a mistake too, and back to what is saved.
    expect(save).to_have_text("Save (2 changes)")
    page.get_by_label("Server", exact=True).fill("outlook.office365.com")
    expect(save).to_have_text("Save (1 change)")


def test_link_to_a_folded_option_shows_it(console: Open, pop: PopClient) -> None:
    page = console(f"{edit(pop)}#id_first_fetch_days")
    expect(page.get_by_label("Days back")).to_be_visible()


def test_without_javascript_everything_is_there_and_works(
    console: Open, pop: PopClient, smtp: SmtpClient
) -> None:
    page = console(edit(pop), java_script_enabled=False)
    hidden = [
        name for name, option in pop.options().items()
        if option.used and not shown(page, name)
    ]  # fmt: skip
    assert hidden == []
    expect(page.locator("#field-first_fetch_days .mark")).to_have_text("No effect now")
    page.get_by_label("Folder", exact=True).fill("Sales")
    page.get_by_role("button", name="Reset to default: Cycle time").click()
    page.wait_for_load_state()
    assert page.url.endswith("#field-cycle_time")
    expect(page.get_by_label("Cycle time", exact=True)).to_have_value("00:01:00")
    expect(page.get_by_label("Folder", exact=True)).to_have_value("Sales")
    page.get_by_role("button", name="Save (2 changes)").click()
    page.wait_for_url("**/saved/2/")

    page = console(edit(smtp), java_script_enabled=False)
    page.get_by_label("Type", exact=True).select_option("GRAPH")
    page.get_by_role("button", name="Save").last.click()
    page.get_by_role("button", name=f"Use {GRAPH_SCOPE}").click()
    page.wait_for_load_state()
    expect(page.get_by_label("Scope", exact=True)).to_have_value(GRAPH_SCOPE)
    smtp.refresh_from_db()
    assert smtp.revision == 1


def _tab_to(page: Page, name: str) -> None:
    for _ in range(200):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.ariaLabel")
        if focused == name:
            return
    pytest.fail(f"Tab never reached {name}")


def test_keyboard_reaches_reset_show_and_save(console: Open, pop: PopClient) -> None:
    page = console(edit(pop))
    expect(page.get_by_label("Days back")).to_be_hidden()
    _tab_to(page, "Reset to default: Cycle time")
    press_enter(page)
    expect(page.get_by_label("Cycle time", exact=True)).to_have_value("00:01:00")
    page.locator("#fetching .quiet-count button").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("Days back")).to_be_visible()
    assert page.evaluate("document.activeElement.textContent") == "hide"
    page.get_by_label("Cycle time", exact=True).focus()
    press_enter(page)  # in a field: Save
    page.wait_for_url("**/saved/2/")
    pop.refresh_from_db()
    assert (pop.revision, pop.cycle_time) == (2, 60)


def test_offered_values_are_a_list_and_any_other_is_taken(
    console: Open, pop: PopClient
) -> None:
    page = console(edit(pop))
    offered: list[Any] = page.evaluate(
        "[...document.getElementById('id_scope').list.options].map(o => o.value)"
    )
    assert GRAPH_SCOPE in offered and len(offered) == 2
    assert page.get_by_label("Authority", exact=True).evaluate("e => e.tagName") == (
        "INPUT"
    )


def test_two_admins_meet_at_three_columns(console: Open, pop: PopClient) -> None:
    page = console(edit(pop))
    page.get_by_label("Folder", exact=True).fill("Mine")
    revisions.save_pop_client(
        client=pop,
        address=pop.mailbox_row.address,
        raw={"folder-path": "Theirs"},
        extra={"mail.a": "1"},
        base_revision=1,
    )
    page.get_by_role("button", name="Save (1 change)").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("somebody else")
    heads = page.locator("table.choices thead th").all_inner_texts()
    assert heads == ["Option", "When you opened it", "Theirs", "Yours"]
    expect(page.get_by_role("radio", name="Folder, yours: Mine")).to_be_checked()
    expect(page.get_by_role("radio", name="mail.a, theirs: 1")).to_be_checked()
    page.get_by_role("button", name="Save these choices").click()
    page.wait_for_url("**/saved/3/")
    pop.refresh_from_db()
    assert (pop.folder_path, pop.extra) == ("Mine", {"mail.a": "1"})


def test_field_that_a_link_leads_to_is_seen_with_its_label(
    console: Open, pop: PopClient
) -> None:
    small = {"width": 360, "height": 640}
    page = console(f"{edit(pop)}#id_cycle_time", viewport=small)
    expect(page.locator("#id_cycle_time")).to_be_focused()
    expect(page.locator("label[for=id_cycle_time]")).to_be_in_viewport(ratio=1)
