"""Files against what is there: a section is the whole section, secrets stay."""

from __future__ import annotations

import pytest

from mailboxes.models import (
    AppRegistration,
    AuditEvent,
    KeptSection,
    Mailbox,
    NamedSecret,
    PopClient,
    Proxy,
    Revision,
    SecretValue,
    SmtpClient,
)
from mailboxes.services import clients, registrations, revisions, secrets
from mailboxes.services.options import snapshots
from mailboxes.services.sections import exporting, importing, plan, writing
from tests import factories
from tests.services.option_sets import CANARY, CLIENT, DIRECTORY, named, saved_pop
from tests.services.sections.files import POP, SMTP, replaced, short

pytestmark = pytest.mark.django_db
OTHER = "77777777-7777-8888-9999-aaaaaaaaaaaa"
GRAPH = f"""[pop-client-graph]
type = GRAPH
server = graph.microsoft.com
mailbox = graph@contoso.com
scope = https://graph.microsoft.com/.default
client-id = {CLIENT}
directory-id = {DIRECTORY}
enable-client = false
password = {CANARY}
"""


def imported(content, **options):
    report = importing.run(content, **options)
    assert (report.errors, report.imported) == ([], report.sections)
    return report


def pop(section="pop-client-sales") -> PopClient:
    return PopClient.objects.select_related("mailbox_row").get(section=section)


def values(section="pop-client-sales") -> dict:
    return snapshots.take(pop(section)).values


def changed(report) -> list[tuple[str, str, str, str]]:
    return [
        (section, c.option, c.old_text, c.new_text)
        for section, changes in report.changes.items()
        for c in changes
    ]


# --- a section of the file is the whole section ----------------------------------


@pytest.mark.parametrize("secret", [CANARY, "********", "", None])
def test_the_same_file_again_changes_nothing(secret):
    imported(POP + SMTP)
    report = imported(replaced(POP + SMTP, "password", secret))
    assert (report.new, report.changed, report.imported) == (0, 0, 2)
    assert Revision.objects.count() == 2
    assert SecretValue.objects.count() == 2
    assert AuditEvent.objects.filter(action__startswith="option-set").count() == 2


def test_what_the_file_does_not_name_has_its_default():
    imported(POP + "folder-path = Sales\nalias = Sales\nmail.x = 1\nmail.y = 2\n")
    report = imported(POP + "mail.y = 2\ncycle-time = 00:05:00\n")
    assert changed(report) == [
        ("pop-client-sales", "alias", "Sales", ""),
        ("pop-client-sales", "folder-path", "Sales", ""),
        ("pop-client-sales", "cycle-time", "00:01:00", "00:05:00"),
        ("pop-client-sales", "mail.x", "1", ""),
    ]
    client = pop()
    assert (client.folder_path, client.cycle_time, client.extra) == (
        "",
        300,
        {"mail.y": "2"},
    )
    assert (client.revision, client.mailbox_row.alias) == (2, "")
    assert client.revisions.get(number=2).note == "Imported from a file"


def test_a_dry_run_says_what_would_change():
    imported(POP)
    report = importing.run(replaced(POP, "password", "new"), dry_run=True)
    assert changed(report) == [("pop-client-sales", "password", "set", "replaced")]
    assert Revision.objects.count() == 1


def test_the_address_stays_where_the_file_names_none():
    imported(POP + "address = desk@contoso.com\n")
    imported(POP)
    assert Mailbox.objects.get().address == "desk@contoso.com"
    imported(POP + "address = help@contoso.com\n")
    assert Mailbox.objects.get().address == "help@contoso.com"


def test_what_is_spelled_out_and_so_anyway_stays():
    imported(replaced(POP, "mailbox", None) + "address = sales@contoso.com\n")
    report = imported(POP + "port = 993\n")
    assert report.changes == {}
    report = imported(POP + "port = 143\npop-connection-security = start-tls\n")
    assert [option for _, option, _, _ in changed(report)] == [
        "pop-connection-security"
    ]
    report = imported(POP + "port = 993\npop-connection-security = start-tls\n")
    assert [option for _, option, _, _ in changed(report)] == ["port"]


def test_a_name_in_another_case_is_the_same_section():
    imported(POP)
    report = imported(POP.replace("[pop-client", "[POP-CLIENT"))
    assert (report.new, report.changed) == (0, 0)


def test_the_kind_of_a_section_that_is_there_counts_more_than_its_name():
    imported(POP.replace("[pop-client-sales]", "[smtp-client-odd]\nkind = pop-client"))
    report = imported(POP.replace("pop-client-sales", "smtp-client-odd"))
    assert (report.new, report.changed) == (0, 0)
    report = importing.run("[smtp-client-odd]\nkind = smtp-client\n")
    assert (1, "section", "X04-section") in short(report.errors)


def test_a_kept_section_is_replaced_and_superseded():
    imported("[desk]\na = 1\nb = 2\n")
    imported("[desk]\nb = 3\n")
    assert KeptSection.objects.get().options == {"b": "3"}
    imported(POP.replace("pop-client-sales", "desk"))
    assert KeptSection.objects.count() == 0


def test_changed_secrets_and_proxies_move_their_sections_on_once():
    proxy = "[proxy]\nuseProxy = true\nhost = a.example\nport = 1\nfoo = 1\n"
    imported(proxy + POP + SMTP)
    report = imported(proxy.replace("a.example", "b.example") + POP + SMTP)
    assert [option for _, option, _, _ in changed(report)] == ["proxy", "proxy"]
    assert (pop().revision, SmtpClient.objects.get().revision) == (2, 2)
    assert Proxy.objects.get().host == "b.example"
    assert pop().revisions.get(number=2).pinned["proxy"]["host"] == "b.example"
    imported("[secret-a]\npassword = one\n")
    imported("[secret-a]\npassword = two\n")
    imported("[secret-a]\npassword = ********\n")
    row = NamedSecret.objects.get()
    assert secrets.reveal(row.value_id) == "two"
    assert SecretValue.objects.filter(purpose="named").count() == 2


# --- app registrations ---------------------------------------------------------------


def registration(**changes) -> AppRegistration:
    fields = {
        "name": "contoso",
        "tenant_authority": "https://login.microsoftonline.com",
        "directory_id": DIRECTORY,
        "client_id": CLIENT,
        "secret": CANARY,
    }
    return registrations.save(**(fields | changes)).registration


@pytest.mark.parametrize("secret", [CANARY, "********", None])
def test_a_section_that_names_a_registration_inherits(secret):
    row = registration()
    report = imported(replaced(GRAPH, "password", secret) + "registration = contoso\n")
    own = snapshots.take(pop("pop-client-graph")).own
    assert (own["registration"], own["client-id"], own["password"]) == (
        row.pk,
        "",
        None,
    )
    assert values("pop-client-graph")["client-id"] == CLIENT
    assert values("pop-client-graph")["password"] == row.secret_id
    assert "I15-leaves-registration" not in {e.rule for e in report.warnings}


def test_equal_values_stay_inherited_without_the_name():
    row = registration()
    imported(GRAPH + "registration = contoso\n")
    report = imported(GRAPH.replace(CLIENT, "{" + CLIENT.upper() + "}"))
    assert report.changes == {}
    assert values("pop-client-graph")["registration"] == row.pk


@pytest.mark.parametrize(
    ("option", "value"), [("client-id", OTHER), ("password", "another-secret")]
)
def test_a_different_value_leaves_the_registration_with_a_warning(option, value):
    registration()
    imported(GRAPH + "registration = contoso\n")
    content = replaced(GRAPH, option, value)
    report = imported(content)
    line = content[: content.index(f"{option} =")].count("\n") + 1
    assert (line, option, "I15-leaves-registration") in short(report.warnings)
    found = values("pop-client-graph")
    assert found["registration"] is None
    assert secrets.reveal(found["password"]) == (
        value if option == "password" else CANARY
    )
    assert found["client-id"] == (value if option == "client-id" else CLIENT)


def test_leaving_with_a_masked_secret_takes_the_one_in_effect_along():
    row = registration()
    imported(GRAPH + "registration = contoso\n")
    imported(replaced(replaced(GRAPH, "client-id", OTHER), "password", "********"))
    assert values("pop-client-graph")["password"] == row.secret_id


def test_a_registration_of_the_file_can_be_named_in_it():
    content = (
        "[registration-new]\ntenant-authority = https://login.microsoftonline.com/\n"
        f"directory-id = {DIRECTORY}\nclient-id = {CLIENT}\npassword = {CANARY}\n"
        "secret-ends-on = 2027-05-31\n"
    )
    imported(content + replaced(GRAPH, "password", None) + "registration = new\n")
    row = AppRegistration.objects.get()
    assert (row.name, str(row.secret_ends_on)) == ("new", "2027-05-31")
    assert row.tenant_authority == "https://login.microsoftonline.com"
    assert secrets.reveal(row.secret_id) == CANARY
    assert values("pop-client-graph")["registration"] == row.pk
    report = importing.run(content.replace("2027-05-31", "May"))
    assert short(report.errors) == [(6, "secret-ends-on", "R02-date")]


# --- equal values in many sections ----------------------------------------------------


def many(count: int, secret: str = CANARY) -> str:
    return "".join(
        GRAPH.replace("-graph]", f"-{n}]").replace("graph@", f"u{n}@")
        .replace(CANARY, secret)
        for n in range(count)
    )  # fmt: skip


def test_equal_values_are_offered_as_one_registration():
    report = importing.run(many(3), dry_run=True)
    assert [one.as_json() for one in report.registrations] == [
        {
            "name": "app-66666666",
            "tenant-authority": "https://login.microsoftonline.com",
            "directory-id": DIRECTORY,
            "client-id": CLIENT,
            "sections": ["pop-client-0", "pop-client-1", "pop-client-2"],
            "new": True,
            "made": False,
        }
    ]
    assert importing.run(many(1), dry_run=True).registrations == []
    imported(many(3))
    assert AppRegistration.objects.count() == 0


def test_registrations_are_made_when_asked_for():
    imported(many(3), make_registrations=True)
    row = AppRegistration.objects.get()
    assert secrets.reveal(row.secret_id) == CANARY
    assert SecretValue.objects.count() == 1
    for n in range(3):
        snapshot = snapshots.take(pop(f"pop-client-{n}"))
        assert snapshot.own["registration"] == row.pk
        assert (snapshot.own["client-id"], snapshot.own["password"]) == ("", None)
        assert (snapshot["client-id"], snapshot["password"]) == (CLIENT, row.secret_id)
    report = imported(many(3), make_registrations=True)
    assert (report.changes, report.registrations) == ({}, [])


def test_other_secrets_are_other_registrations():
    content = many(2) + many(4, "other")[len(many(2, "other")) :]
    report = importing.run(content, dry_run=True)
    assert [(one.name, one.sections) for one in report.registrations] == [
        ("app-66666666", ("pop-client-0", "pop-client-1")),
        ("app-66666666-2", ("pop-client-2", "pop-client-3")),
    ]


def test_sections_without_the_secret_go_with_those_that_have_it():
    (one,) = importing.run(many(1) + POP + SMTP, dry_run=True).registrations
    assert one.sections == ("smtp-client", "pop-client-0", "pop-client-sales")


def test_a_registration_that_is_there_is_joined():
    row = registration()
    report = imported(many(2), make_registrations=True)
    assert [(one.name, one.new) for one in report.registrations] == [("contoso", False)]
    assert AppRegistration.objects.get() == row
    assert values("pop-client-1")["registration"] == row.pk


# --- two people at once ------------------------------------------------------------


def test_a_save_between_reading_and_writing_is_not_overwritten(monkeypatch):
    imported(POP + SMTP)
    real = plan.make

    def slow(*args, **options):
        made = real(*args, **options)
        client = pop()
        row = client.mailbox_row
        revisions.save_pop_client(
            client=client,
            address=row.address,
            raw=named({"folder_path": "Theirs"}),
            base_revision=1,
        )
        return made

    monkeypatch.setattr(plan, "make", slow)
    report = importing.run(POP + "folder-path = Mine\n" + replaced(SMTP, "port", "25"))
    assert short(report.errors) == [(1, "", "I21-stale")]
    assert report.imported == 0
    assert (pop().folder_path, SmtpClient.objects.get().revision) == ("Theirs", 1)


@pytest.mark.parametrize("change", ["save", "delete"])
def test_a_shared_row_that_moved_is_not_overwritten(monkeypatch, change):
    imported("[secret-a]\npassword = one\n")
    real = plan.make

    def slow(*args, **options):
        made = real(*args, **options)
        if change == "delete":
            NamedSecret.objects.all().delete()
        else:
            NamedSecret.objects.update(value=secrets.seal("theirs"))
        return made

    monkeypatch.setattr(plan, "make", slow)
    report = importing.run("[secret-a]\npassword = mine\n")
    assert short(report.errors) == [(1, "", "I21-stale")]


def test_a_section_that_was_just_made_is_not_overwritten(monkeypatch):
    real = plan.make

    def slow(*args, **options):
        made = real(*args, **options)
        monkeypatch.setattr(plan, "make", real)
        imported(POP + "folder-path = Theirs\n")
        return made

    monkeypatch.setattr(plan, "make", slow)
    report = importing.run(POP)
    assert short(report.errors) == [(1, "", "I21-stale")]
    assert pop().folder_path == "Theirs"


def test_an_address_that_was_just_taken_is_an_error(monkeypatch):
    real = writing._moved

    def slow(made):
        monkeypatch.setattr(writing, "_moved", real)
        Mailbox.objects.create(address="sales@contoso.com")
        client = PopClient(section="theirs", mailbox_row=Mailbox.objects.get())
        client.save()
        return real(made)

    monkeypatch.setattr(writing, "_moved", slow)
    report = importing.run(POP)
    assert short(report.errors) == [(0, "", "X05-taken")]
    assert PopClient.objects.count() == 0  # theirs was in our transaction


def test_a_save_since_the_check_is_not_overwritten():
    report, bases = importing.check(POP)
    assert (report.errors, bases) == ([], {"pop-client-sales": 0})
    imported(POP)
    report = importing.run(POP, bases=bases)
    assert short(report.errors) == [(1, "", "I21-stale")]
    _, bases = importing.check(POP + "folder-path = Mine\n")
    report = importing.run(POP + "folder-path = Mine\n", bases=bases)
    assert (report.errors, report.changed) == ([], 1)


# --- rights ------------------------------------------------------------------------


def test_what_a_person_may_not_do_by_hand_they_may_not_by_file():
    imported(POP)
    content = "[secret-a]\npassword = x\n" + POP + "folder-path = a\n" + SMTP + "[x]\n"
    report = importing.run(content, may=lambda right: right.endswith("_smtpclient"))
    assert [(e.line, e.message) for e in report.errors] == [
        (0, "This needs the right add_keptsection."),
        (1, "This needs the right add_namedsecret."),
        (3, "This needs the right change_popclient."),
    ]
    assert importing.run(POP, may=lambda right: False).errors == []


def test_registration_that_was_saved_since_the_check_is_not_overwritten():
    row = factories.registration()
    text = exporting.export().text.replace(
        f"directory-id = {row.directory_id}", "directory-id = mine.example"
    )
    report, bases = importing.check(text)
    assert report.errors == []
    AppRegistration.objects.update(directory_id="theirs.example")
    report = importing.run(text, bases=bases)
    assert short(report.errors) == [(1, "", "I21-stale")]
    assert AppRegistration.objects.get().directory_id == "theirs.example"
    _, bases = importing.check(text)
    assert importing.run(text, bases=bases).errors == []


def test_section_that_went_into_the_archive_meanwhile_is_not_written(monkeypatch):
    client = saved_pop("sales@contoso.com")
    real = writing._moved

    def late(plan):
        clients.archive(client, None)
        return real(plan)

    monkeypatch.setattr(writing, "_moved", late)
    report = importing.run(POP + "folder-path = Mine\n")
    assert short(report.errors) == [(1, "", "I21-stale")]
