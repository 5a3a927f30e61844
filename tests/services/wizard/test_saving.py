"""One step is saved at once, by the rules of the options, and never over another."""

from __future__ import annotations

import json

import pytest
from django.core import serializers

from mailboxes.core.errors import OptionError, StaleEdit
from mailboxes.models import (
    AppRegistration,
    AuditEvent,
    ConsentLink,
    Mailbox,
    SecretValue,
    SetupDraft,
)
from mailboxes.services import option_rules, secrets
from mailboxes.services.wizard import drafts, saving
from mailboxes.services.wizard.fields import FIELDS
from mailboxes.services.wizard.setup import Setup
from mailboxes.services.wizard.steps import BY_ID
from tests import factories
from tests.fixtures import setups
from tests.services.option_sets import saved_pop

pytestmark = pytest.mark.django_db
CANARY = "canary-Passw0rd-4711"


def problems(draft: SetupDraft, step: str, **typed: str) -> dict[str, str]:
    """What is said at which field."""
    with pytest.raises(OptionError) as refused:
        setups.save(draft, step, **typed)
    return {p.option: p.message for p in refused.value.problems}


def with_mode(mode: str = "microsoft-app", **more: str) -> SetupDraft:
    draft = setups.begin(**more)
    setups.save(draft, "mode", mode=mode)
    return draft


# beginning


def test_an_address_and_a_direction_begin_a_draft() -> None:
    anna = factories.user("anna")
    draft = setups.begin(user=anna)
    assert (draft.address, draft.direction, draft.owner) == (
        setups.ADDRESS,
        "both",
        anna,
    )
    event = AuditEvent.objects.get(action="setup.begun")
    assert (event.actor, event.object_name) == (anna, str(draft))


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"address": ""}, "address", "Enter the mail address of the mailbox."),
        (
            {"address": "nobody"},
            "address",
            "Enter a mail address such as support@contoso.com.",
        ),
        ({"direction": "up"}, "direction", "Choose what the mailbox is for."),
    ],
)
def test_a_first_step_that_is_wrong(typed: dict, field: str, message: str) -> None:
    given = {"address": setups.ADDRESS, "direction": "both"} | typed
    with pytest.raises(OptionError) as refused:
        drafts.begin(given, None)
    assert [(p.option, p.message) for p in refused.value.problems] == [(field, message)]


def test_a_mailbox_that_is_connected_already_is_told() -> None:
    saved_pop("support@contoso.com")
    with pytest.raises(OptionError, match="There is a mailbox Support@contoso.com"):
        setups.begin("Support@contoso.com")
    assert setups.begin("support@contoso.com", "send").pk  # it may still send


def test_a_mailbox_that_sends_already_is_told() -> None:
    smtp = factories.smtp_client("way-out")
    Mailbox.objects.create(address=setups.ADDRESS, smtp_client=smtp)
    with pytest.raises(OptionError, match="sends through way-out already"):
        setups.begin()
    assert setups.begin(direction="receive").pk


def test_a_second_draft_for_an_address_is_told() -> None:
    setups.begin(user=factories.user("anna"))
    with pytest.raises(OptionError, match="a draft for .* already, by anna"):
        setups.begin()


# values


def test_values_are_cleaned_and_written_once_for_both_sections() -> None:
    draft = with_mode()
    judged = setups.save(
        draft, "network", server_in=" Outlook.Office365.com ", proxy=""
    )
    draft.refresh_from_db()
    assert draft.values["pop-client"] == {
        "server": "outlook.office365.com",
        "proxy": None,
    }
    assert draft.values["smtp-client"] == {"proxy": None}
    assert judged.notices == ["Server: blanks or quotes around the value were removed."]


@pytest.mark.parametrize(
    ("step", "typed", "field"),
    [
        ("network", {"server_in": "https://outlook.office365.com/"}, "server_in"),
        ("network", {"server_out": ""}, "server_out"),
        (
            "network",
            {"port_out": "465", "server_out": "smtp.office365.com"},
            "port_out",
        ),
        ("network", {"security_in": "none"}, "security_in"),
        ("fetching", {"first_fetch_days": "x"}, "first_fetch_days"),
        ("fetching", {"after_fetch": "move"}, "after_fetch_folder"),
    ],
)
def test_rules_and_words_are_those_of_the_option_set_form(
    step: str, typed: dict[str, str], field: str
) -> None:
    draft = with_mode()
    setups.save(draft, "ids", **setups.IDS)
    setup = Setup.load(draft.pk)
    said = problems(draft, step, **typed)
    [kind] = [k for k in ("pop-client", "smtp-client") if k in _kinds(field)]
    raw = setup.own(kind) | {
        one.options[kind]: typed[one.name]
        for one in BY_ID[step].asked(setup)
        if one.name in typed and kind in one.options
    }
    of_form = {p.option: p.message for p in option_rules.clean(kind, raw).problems}
    assert said == {field: of_form[_kinds(field)[kind]]}
    assert step not in setups.reloaded(draft).steps


def _kinds(field: str) -> dict[str, str]:
    return dict(FIELDS[field].options)


def test_ids_make_an_app_registration_with_its_own_words() -> None:
    draft = with_mode()
    assert problems(draft, "ids", **(setups.IDS | {"client_id": "x", "name": ""})) == {
        "name": "Enter a name of 1 to 40 characters.",
        "client_id": "Enter a GUID such as 11111111-2222-3333-4444-555555555555.",
    }
    setups.save(draft, "ids", **setups.IDS)
    row = AppRegistration.objects.get()
    assert (row.name, row.client_id, row.directory_id) == (
        "Contoso",
        setups.GATEWAY.client_id,
        setups.world.TENANT_ID,
    )
    draft.refresh_from_db()
    assert (draft.registration, draft.registration_made) == (row, True)


@pytest.mark.parametrize(
    ("mode", "directory", "refused"),
    [
        ("microsoft-sign-in", "consumers", ""),
        ("microsoft-device", "common", ""),
        ("microsoft-sign-in", "organizations", ""),
        ("microsoft-password", "consumers", "a mailbox password cannot"),
        ("microsoft-password", "organizations", ""),
        ("microsoft-app", "common", "an application cannot"),
        ("microsoft-app", "organizations", "an application cannot"),
    ],
)
def test_directory_is_judged_by_the_way_that_was_chosen(
    mode: str, directory: str, refused: str
) -> None:
    draft = with_mode(mode)
    typed = setups.IDS | {"directory_id": directory}
    if not refused:
        setups.save(draft, "ids", **typed)
        assert AppRegistration.objects.get().directory_id == directory
        return
    assert problems(draft, "ids", **typed) == {
        "directory_id": f"Enter the tenant's GUID or domain: {refused} sign in at"
        f' "{directory}".'
    }


def test_proposed_name_is_one_that_is_free() -> None:
    draft = with_mode()
    step = BY_ID["ids"]
    seen = saving.fingerprint(Setup.load(draft.pk), step)
    assert Setup.load(draft.pk).value("name") == "contoso.example"
    for name in ("contoso.example", "contoso.example-2"):
        factories.registration(name)
    assert Setup.load(draft.pk).value("name") == "contoso.example-3"
    typed = setups.IDS | {"name": "contoso.example-3"}
    saving.save(draft.pk, step, typed, None, seen_then=seen)  # nobody saved this step
    assert setups.reloaded(draft).registration.name == "contoso.example-3"


def test_proposed_name_is_never_too_long() -> None:
    domain = f"{'a' * 50}.example"
    draft = with_mode(address=f"x@{domain}")
    assert Setup.load(draft.pk).value("name") == "a" * 40
    factories.registration("a" * 40)
    assert Setup.load(draft.pk).value("name") == f"{'a' * 36}-2"


def test_ids_that_are_the_same_are_refused() -> None:
    draft = with_mode()
    same = {"directory_id": setups.GATEWAY.client_id}
    assert list(problems(draft, "ids", **(setups.IDS | same))) == ["directory_id"]


def test_a_changed_id_makes_its_consent_and_rights_to_do_again() -> None:
    draft = setups.app_only()
    setups.save(draft, "permissions")
    setups.save(draft, "exchange", principal_id=setups.GATEWAY.principal_id)
    first = ConsentLink.objects.get(answered_at=None)
    other = setups.UNCONSENTED.client_id
    setups.save(draft, "ids", **(setups.IDS | {"client_id": other}))
    draft.refresh_from_db()
    assert draft.principal_id == ""
    assert {"permissions", "exchange"} & set(draft.steps) == set()
    first.refresh_from_db()
    second = ConsentLink.objects.get(answered_at=None)
    assert (first.outcome, second.client_id) == ("replaced", other)


def test_the_ids_of_a_registration_of_others_are_not_changed_here() -> None:
    row = factories.registration()
    draft = with_mode()
    setups.save(draft, "register", registration=str(row.pk))
    setups.save(draft, "ids", **setups.IDS)
    row.refresh_from_db()
    assert row.client_id != setups.GATEWAY.client_id
    assert setups.reloaded(draft).registration == row


@pytest.mark.parametrize("chosen", ["999", "x", "9" * 30])
def test_a_registration_that_is_not_there_is_refused(chosen: str) -> None:
    draft = with_mode()
    assert list(problems(draft, "register", registration=chosen)) == ["registration"]


def test_another_mode_undoes_what_was_done_by_hand_and_keeps_fetching() -> None:
    draft = setups.app_only()
    setups.save(draft, "permissions")
    setups.save(draft, "fetching", **(setups.FETCHING | {"folder_path": "Inbox/X"}))
    setups.save(draft, "mode", mode="imap-smtp")
    draft.refresh_from_db()
    assert set(draft.steps) == {"mailbox", "mode", "ids", "secret", "fetching"}
    assert draft.values["pop-client"]["folder-path"] == "Inbox/X"
    assert "server" not in draft.values["pop-client"]


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("x", "Enter a GUID"),
        (setups.GATEWAY.client_id, "This is the Application (client) ID."),
        (setups.world.TENANT_ID, "This is the Directory (tenant) ID."),
    ],
)
def test_an_object_id_that_is_another_id_is_told(typed: str, part: str) -> None:
    draft = setups.app_only()
    assert problems(draft, "exchange", principal_id=typed)["principal_id"].startswith(
        part
    )


def test_a_national_cloud_brings_its_servers_and_scope() -> None:
    draft = with_mode()
    us = "https://login.microsoftonline.us"
    setups.save(draft, "ids", **(setups.IDS | {"tenant_authority": us}))
    setup = Setup.load(draft.pk)
    assert (setup.value("server_in"), setup.value("server_out")) == (
        "outlook.office365.us",
        "smtp.office365.us",
    )
    assert setup.value("scope") == "https://outlook.office365.us/.default"


# secrets


def test_secrets_are_sealed_at_once_and_lie_nowhere_else() -> None:
    draft = with_mode("microsoft-password")
    setups.save(draft, "ids", **setups.IDS)
    setups.save(draft, "password", login="", password=CANARY)
    draft.refresh_from_db()
    assert draft.password is not None
    assert secrets.reveal(draft.password.pk) == CANARY
    rows = [
        *SetupDraft.objects.all(),
        *AuditEvent.objects.all(),
        *AppRegistration.objects.all(),
        *SecretValue.objects.all(),
    ]
    assert CANARY not in serializers.serialize("json", rows)


def test_a_client_secret_belongs_to_the_registration() -> None:
    draft = with_mode()
    setups.save(draft, "ids", **setups.IDS)
    assert problems(draft, "secret", secret="", secret_ends_on="") == {
        "secret": "Enter the Value of the client secret."
    }
    setups.save(draft, "secret", secret=CANARY, secret_ends_on="2099-01-31")
    row = AppRegistration.objects.get()
    assert row.secret is not None and secrets.reveal(row.secret.pk) == CANARY
    assert f"{row.secret_ends_on}" == "2099-01-31"
    setups.save(draft, "secret", secret="", secret_ends_on="2099-02-28")
    row.refresh_from_db()
    assert secrets.reveal(row.secret.pk) == CANARY  # only the day was changed
    assert CANARY not in json.dumps(setups.reloaded(draft).values)


def test_a_secret_id_is_warned_of() -> None:
    draft = with_mode()
    setups.save(draft, "ids", **setups.IDS)
    judged = setups.save(
        draft, "secret", secret=setups.GATEWAY.client_id, secret_ends_on=""
    )
    assert [w.message for w in judged.warnings] == [
        "This looks like the Secret ID. Paste the Value."
    ]


def test_a_replaced_password_is_deleted() -> None:
    draft = with_mode("imap-smtp")
    setups.save(draft, "password", login="", password="first")
    first = setups.reloaded(draft).password_id
    setups.save(draft, "password", login="", password="second")
    assert not SecretValue.objects.filter(pk=first).exists()
    assert problems(with_mode("imap-smtp", address="b@c.example"), "password") == {
        "password": "Enter the password of the log-in name."
    }


def test_a_relay_without_sign_in_needs_no_password() -> None:
    draft = with_mode("imap-smtp", direction="send")
    setups.save(draft, "password", login="", password="")
    setup = Setup.load(draft.pk)
    assert (setup.own("smtp-client")["mailbox"], setup.draft.password) == ("", None)


# two people


def test_a_step_that_somebody_else_saved_is_told_not_overwritten() -> None:
    draft = with_mode()
    step = BY_ID["network"]
    seen = saving.fingerprint(Setup.load(draft.pk), step)
    setups.save(draft, "network", server_in="one.example")
    with pytest.raises(StaleEdit):
        saving.save(draft.pk, step, {"server_in": "two.example"}, None, seen_then=seen)
    assert setups.reloaded(draft).values["pop-client"]["server"] == "one.example"


def test_another_step_that_somebody_saved_is_no_conflict() -> None:
    draft = with_mode()
    step = BY_ID["network"]
    seen = saving.fingerprint(Setup.load(draft.pk), step)
    setups.save(draft, "fetching", **setups.FETCHING)
    saving.save(draft.pk, step, {"server_in": "two.example"}, None, seen_then=seen)
    values = setups.reloaded(draft).values["pop-client"]
    assert (values["server"], values["first-fetch"]) == ("two.example", "from-now")


def test_a_save_at_the_same_moment_is_done_again_on_top(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draft = with_mode()
    judge, meanwhile = saving.judge, []

    def slow(setup, step, typed):
        judged = judge(setup, step, typed)
        if not meanwhile:
            meanwhile.append(True)
            setups.save(draft, "fetching", **setups.FETCHING)
        return judged

    monkeypatch.setattr(saving, "judge", slow)
    setups.save(draft, "network", server_in="two.example")
    values = setups.reloaded(draft).values["pop-client"]
    assert (values["server"], values["first-fetch"]) == ("two.example", "from-now")


def test_nothing_is_saved_in_a_draft_that_is_over() -> None:
    draft = with_mode()
    drafts.discard(draft, None)
    with pytest.raises(StaleEdit):
        setups.save(draft, "network", server_in="two.example")


def test_visitors_know_of_each_other() -> None:
    anna, bob = factories.user("anna"), factories.user("bob")
    draft = setups.begin(user=anna)
    drafts.visit(draft, anna, "mode")
    drafts.visit(draft, bob, "network")
    assert [v.user for v in drafts.others(draft, anna)] == [bob]
    assert [v.user for v in drafts.others(draft, bob)] == [anna]


def test_what_was_done_by_hand_can_be_taken_back() -> None:
    draft = setups.app_only()
    setups.save(draft, "permissions")
    saving.undo(draft.pk, BY_ID["permissions"], None)
    assert "permissions" not in setups.reloaded(draft).steps
