"""From a draft to option sets: off for a test, on at the end, nothing overwritten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.core.errors import OptionError
from mailboxes.models import (
    AppRegistration,
    AuditEvent,
    Fetcher,
    Mailbox,
    PopClient,
    Revision,
    SecretValue,
    Sender,
    SetupDraft,
    SmtpClient,
    TestRun,
)
from mailboxes.services import registrations, revisions, secrets
from mailboxes.services.secrets import named as named_secrets
from mailboxes.services.wizard import drafts, making, proof
from mailboxes.services.wizard.making import ChangedOutside, NotProven
from mailboxes.services.wizard.modes import POP, SMTP
from mailboxes.services.wizard.setup import Setup
from tests import factories
from tests.fixtures import setups

pytestmark = pytest.mark.django_db


def made(draft: SetupDraft) -> tuple[PopClient, SmtpClient]:
    setup = making.save_off(draft.pk, None)
    assert setup.draft.pop_client and setup.draft.smtp_client
    return setup.draft.pop_client, setup.draft.smtp_client


def change(client: PopClient, **raw: object) -> None:
    """Somebody saves the option set on its own page."""
    client.refresh_from_db()
    revisions.save_pop_client(
        client=client,
        address=client.mailbox_row.address,
        smtp_client=client.mailbox_row.smtp_client,
        raw={name.replace("_", "-"): value for name, value in raw.items()},
        base_revision=client.revision,
    )


# off


def test_two_sections_are_made_that_are_off() -> None:
    pop, smtp = made(setups.app_only())
    row = AppRegistration.objects.get()
    assert {
        "address": pop.mailbox_row.address,
        "sends through": pop.mailbox_row.smtp_client,
        "sections": (pop.section, smtp.section),
        "on": (pop.enable_client, smtp.enable_client),
        "types": (pop.type, smtp.server_type),
        "servers": (pop.server, smtp.server),
        "modes": (pop.mechanisms, smtp.mechanisms),
        "grants": (pop.grant_type, smtp.grant_type),
        "logins": (pop.mailbox, smtp.mailbox),
        "registrations": (pop.registration, smtp.registration),
        "passwords": (pop.password, smtp.password),
    } == {
        "address": setups.ADDRESS,
        "sends through": smtp,
        "sections": ("pop-client-returns", "smtp-client-returns"),
        "on": (False, False),
        "types": ("IMAP", "SMTP"),
        "servers": ("outlook.office365.com", "smtp.office365.com"),
        "modes": ("XOAUTH2", "XOAUTH2"),
        "grants": ("client_credentials", "client_credentials"),
        "logins": ("", setups.ADDRESS),
        "registrations": (row, row),
        "passwords": (None, None),
    }
    assert Sender.objects.get().enabled is False


def test_a_second_time_saves_nothing() -> None:
    draft = setups.app_only()
    made(draft)
    made(draft)
    assert Revision.objects.count() == 2


def test_a_changed_step_saves_a_revision_of_its_section() -> None:
    draft = setups.app_only()
    made(draft)
    setups.save(draft, "fetching", **(setups.FETCHING | {"folder_path": "Inbox/X"}))
    pop, smtp = made(draft)
    assert (pop.revision, pop.folder_path, smtp.revision) == (2, "Inbox/X", 1)


def test_the_password_of_a_mailbox_goes_to_both_sections() -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-password")
    setups.save(draft, "ids", **setups.IDS)
    setups.save(draft, "password", login="user@contoso.example", password="right")
    setups.save(draft, "network", **setups.NETWORK)
    setups.save(draft, "fetching", **setups.FETCHING)
    pop, smtp = made(draft)
    assert (pop.mailbox, smtp.mailbox) == ("user@contoso.example",) * 2
    assert pop.password_id == smtp.password_id
    assert secrets.reveal(pop.password_id) == "right"
    assert (pop.grant_type, pop.mechanisms) == ("password", "XOAUTH2")


def test_another_mode_leaves_nothing_of_the_one_before() -> None:
    draft = setups.app_only()
    made(draft)
    setups.save(draft, "mode", mode="imap-smtp")
    setups.save(draft, "password", login="", password="right")
    servers = {"server_in": "imap.x.example", "server_out": "smtp.x.example"}
    setups.save(draft, "network", **(setups.NETWORK | servers))
    pop, _smtp = made(draft)
    assert (pop.mechanisms, pop.grant_type, pop.registration, pop.server) == (
        "",
        "password",
        None,
        "imap.x.example",
    )


def test_sending_only_makes_a_mailbox_without_a_pop_client() -> None:
    draft = setups.app_only(direction="send")
    setup = making.save_off(draft.pk, None)
    [row] = Mailbox.objects.all()
    assert (row.address, row.smtp_client) == (setups.ADDRESS, setup.draft.smtp_client)
    assert not PopClient.objects.exists()


def test_a_direction_that_is_given_up_goes_into_the_archive() -> None:
    draft = setups.app_only()
    _pop, smtp = made(draft)
    setups.save(draft, "mailbox", address=setups.ADDRESS, direction="receive")
    setup = making.save_off(draft.pk, None)
    smtp.refresh_from_db()
    assert smtp.archived_at is not None
    assert setup.draft.pop_client.mailbox_row.smtp_client is None


# changed elsewhere


def test_what_was_changed_on_its_own_page_is_told() -> None:
    draft = setups.app_only()
    pop, _ = made(draft)
    change(pop, server="imap.other.example", cycle_time="00:00:05")
    with pytest.raises(ChangedOutside) as told:
        making.test(draft.pk, None)
    assert [(c.option, c.new_text) for c in told.value.changes] == [
        ("server", "imap.other.example")
    ]
    assert not TestRun.objects.exists()


@pytest.mark.parametrize(
    ("theirs", "server"),
    [(True, "imap.other.example"), (False, "outlook.office365.com")],
)
def test_a_conflict_is_settled_either_way(theirs: bool, server: str) -> None:
    draft = setups.app_only()
    pop, _ = made(draft)
    change(pop, server="imap.other.example")
    making.take_over(draft.pk, POP, None, theirs=theirs)
    pop, _ = made(draft)
    assert pop.server == server
    assert Setup.load(draft.pk).value("server_in") == server


@pytest.mark.parametrize(("theirs", "on"), [(True, True), (False, False)])
def test_section_that_was_switched_on_elsewhere_runs_on(theirs: bool, on: bool) -> None:
    draft = setups.app_only()
    pop, _ = made(draft)
    change(pop, enable_client=True)
    with pytest.raises(ChangedOutside) as told:
        making.test(draft.pk, None)
    assert [c.option for c in told.value.changes] == ["enable-client"]
    making.take_over(draft.pk, POP, None, theirs=theirs)
    making.test(draft.pk, None)
    pop, smtp = PopClient.objects.get(), SmtpClient.objects.get()
    assert (pop.enable_client, smtp.enable_client) == (on, False)


def test_section_that_runs_is_not_switched_off_by_another_mode() -> None:
    draft = setups.app_only(direction="receive")
    pop = making.save_off(draft.pk, None).draft.pop_client
    assert pop is not None
    change(pop, enable_client=True)
    making.take_over(draft.pk, POP, None, theirs=True)
    setups.save(draft, "mode", mode="microsoft-graph")
    setup = making.save_off(draft.pk, None)
    pop.refresh_from_db()
    assert (pop.enable_client, pop.type) == (True, "GRAPH")
    assert setup.draft.state == "open"


def test_section_that_was_switched_off_again_stays_off() -> None:
    draft = setups.app_only()
    pop, _ = made(draft)
    for on in (True, False):
        change(pop, enable_client=on)
        making.take_over(draft.pk, POP, None, theirs=True)
    pop, _ = made(draft)
    assert pop.enable_client is False


def test_options_that_the_wizard_does_not_ask_stay_as_they_were_changed() -> None:
    draft = setups.app_only()
    pop, _ = made(draft)
    change(pop, cycle_time="00:00:05", connect_timeout="00:00:07")
    pop, _ = made(draft)
    assert (pop.cycle_time, pop.connect_timeout, pop.revision) == (5, 7, 2)


def test_a_client_secret_that_was_renewed_elsewhere_is_no_conflict() -> None:
    draft = setups.app_only()
    made(draft)
    registrations.replace_secret(
        AppRegistration.objects.get(), secret="new~1", secret_ends_on=None, user=None
    )
    pop, _ = made(draft)
    assert pop.revision == 2


# proof


@pytest.mark.parametrize(
    ("step", "typed", "green"),
    [
        ("fetching", {"first_fetch": "everything", "after_fetch": "mark-read"}, True),
        ("fetching", {"folder_path": "Inbox/X"}, False),
        ("network", {"port_in": "993"}, False),
        ("secret", {"secret": "other~1", "secret_ends_on": ""}, False),
        ("secret", {"secret": "", "secret_ends_on": "2098-01-01"}, True),
    ],
)
def test_a_green_test_holds_for_the_same_settings(
    step: str, typed: dict[str, str], green: bool
) -> None:
    draft = setups.app_only()
    setups.say_green(draft)
    assert Setup.load(draft.pk).proven
    setups.save(draft, step, **typed)
    assert Setup.load(draft.pk).proven is green
    setup = making.save_off(draft.pk, None)
    assert setup.proven is green


def test_a_red_test_after_a_green_one_takes_the_proof_away() -> None:
    draft = setups.app_only()
    setups.say_green(draft)
    setups.failed(draft, "sign-in", "token-not-accepted")
    assert set(Setup.load(draft.pk).proofs) == {SMTP}


def test_values_that_come_back_are_proven_again() -> None:
    draft = setups.app_only()
    setups.say_green(draft)
    setups.save(draft, "network", port_in="993")
    making.save_off(draft.pk, None)
    setups.save(draft, "network", port_in="0")
    assert Setup.load(draft.pk).proven


def test_another_proxy_is_another_way() -> None:
    values = {"password": 1}
    one, two = (
        proof.fingerprint(POP, "", _all(values), {"proxy": {"host": host}})
        for host in ("a.example", "b.example")
    )
    assert one != two


def _all(values: dict[str, object]) -> dict[str, object]:
    return {name: values.get(name) for name in proof._tested(POP)}


def test_the_folder_of_the_green_test_is_counted() -> None:
    draft = setups.app_only()
    [run, _] = setups.say_green(draft)
    run.checks.filter(stage="mailbox").update(
        state="passed", evidence={"folder": "INBOX", "messages": 12}
    )
    assert proof.messages_in_folder(run) == ("INBOX", 12)


# on


def test_turning_on_needs_a_green_test() -> None:
    draft = setups.app_only()
    with pytest.raises(NotProven):
        making.turn_on(draft.pk, None)
    assert not PopClient.objects.exists()  # nothing was saved


def test_turned_on_it_is_fetched_and_sends_at_once() -> None:
    anna = factories.user("anna")
    draft = setups.app_only()
    runs = setups.say_green(draft)
    later = timezone.now() + timedelta(hours=1)
    Fetcher.objects.update(next_due=later)
    setup = making.turn_on(draft.pk, anna)
    pop, smtp = setup.draft.pop_client, setup.draft.smtp_client
    assert (pop.enable_client, smtp.enable_client) == (True, True)
    fetcher, sender = Fetcher.objects.get(), Sender.objects.get()
    assert fetcher.next_due < timezone.now() and fetcher.asked_at is not None
    assert (sender.enabled, sender.revision.number) == (True, smtp.revision)
    assert (setup.draft.state, setup.draft.password) == ("done", None)
    details = AuditEvent.objects.get(action="setup.turned-on").details
    assert details == {
        "tests": {"pop-client": runs[0].pk, "smtp-client": runs[1].pk},
        "untested": False,
    }


def test_untested_is_written_down() -> None:
    draft = setups.app_only()
    making.turn_on(draft.pk, None, untested=True)
    assert AuditEvent.objects.get(action="setup.turned-on").details["untested"] is True
    assert PopClient.objects.get().enable_client is True


def test_what_a_version_cannot_do_is_kept_as_a_draft(first_version: None) -> None:
    draft = setups.begin(direction="receive")
    setups.save(draft, "mode", mode="exchange-ews")
    url = "https://mail.example.com/EWS/Exchange.asmx"
    setups.save(draft, "network", server_in=url)
    setups.save(draft, "fetching", **setups.FETCHING)
    setup = making.turn_on(draft.pk, None)
    client = setup.draft.pop_client
    assert (client.enable_client, client.type) == (False, "EWS")
    assert AuditEvent.objects.filter(action="setup.kept-as-draft").count() == 1


@pytest.mark.parametrize("yesterday", [False, True])
def test_password_that_no_section_uses_ends_with_the_draft(yesterday: bool) -> None:
    draft = setups.begin(direction="receive")
    setups.save(draft, "mode", mode="microsoft-password")
    setups.save(draft, "password", login="", password="right")
    password = setups.reloaded(draft).password_id
    setups.save(draft, "mode", mode="microsoft-app")
    if yesterday:  # the password outlived its mode
        sealed = secrets.seal("right", SecretValue.Purpose.PASSWORD, None)
        SetupDraft.objects.filter(pk=draft.pk).update(password=sealed)
        password = sealed.pk
    else:
        assert setups.reloaded(draft).password_id is None
    for step, typed in (("ids", setups.IDS), ("secret", setups.SECRET)):
        setups.save(draft, step, **typed)
    setups.save(draft, "network", **setups.NETWORK)
    setups.save(draft, "fetching", **setups.FETCHING)
    making.turn_on(draft.pk, None, untested=True)
    assert not SecretValue.objects.filter(pk=password).exists()
    assert PopClient.objects.get().enable_client is True


def test_password_that_a_section_uses_stays_when_it_is_turned_on() -> None:
    draft = setups.begin(direction="receive")
    setups.save(draft, "mode", mode="imap-smtp")
    setups.save(draft, "password", login="", password="right")
    servers = {"server_in": "imap.x.example"}
    setups.save(draft, "network", **(setups.NETWORK | servers))
    setups.save(draft, "fetching", **setups.FETCHING)
    making.turn_on(draft.pk, None, untested=True)
    password = PopClient.objects.get().password_id
    assert password is not None and secrets.reveal(password) == "right"


def test_a_draft_is_turned_on_once() -> None:
    draft = setups.app_only()
    making.turn_on(draft.pk, None, untested=True)
    with pytest.raises(making.StaleEdit):
        making.turn_on(draft.pk, None, untested=True)


def test_a_section_name_that_was_taken_meanwhile_gives_way() -> None:
    factories.smtp_client("smtp-client-returns")
    _pop, smtp = made(setups.app_only())
    assert smtp.section == "smtp-client-returns-2"


def test_an_address_that_was_connected_meanwhile_is_refused() -> None:
    draft = setups.app_only()
    factories.pop_client(setups.ADDRESS)
    with pytest.raises(OptionError, match="There is a mailbox"):
        making.save_off(draft.pk, None)


# discarded


def test_discarding_leaves_no_password_and_nothing_that_runs() -> None:
    named_secrets.save(name="other", password="x")
    draft = setups.begin()
    setups.save(draft, "mode", mode="imap-smtp")
    setups.save(draft, "password", login="", password="right")
    assert drafts.discard(setups.reloaded(draft), None)
    assert not drafts.discard(draft, None)
    assert list(SecretValue.objects.values_list("purpose", flat=True)) == ["named"]
    assert AuditEvent.objects.filter(action="setup.discarded").count() == 1


def test_discarding_archives_what_was_made_but_not_what_runs() -> None:
    draft = setups.app_only()
    pop, smtp = made(draft)
    change(pop, enable_client=True)
    drafts.discard(Setup.load(draft.pk).draft, None)
    pop.refresh_from_db(), smtp.refresh_from_db()
    assert (pop.archived_at is None, smtp.archived_at is None) == (True, False)
    assert AppRegistration.objects.count() == 1


def test_a_mailbox_of_a_discarded_draft_can_be_connected_again() -> None:
    draft = setups.app_only()
    pop, smtp = made(draft)
    drafts.discard(Setup.load(draft.pk).draft, None)
    again = setups.begin()
    assert (again.pop_client, again.smtp_client) == (pop, smtp)
    setups.save(again, "mode", mode="imap-smtp")
    setups.save(again, "password", login="", password="right")
    servers = {"server_in": "imap.x.example", "server_out": "smtp.x.example"}
    setups.save(again, "network", **(setups.NETWORK | servers))
    setups.save(again, "fetching", **setups.FETCHING)
    found, out = made(again)
    assert (found.pk, found.archived_at, found.server) == (
        pop.pk,
        None,
        "imap.x.example",
    )
    assert (out.pk, out.archived_at, found.mailbox_row.smtp_client) == (
        smtp.pk,
        None,
        out,
    )
