"""Sections out: flattened, masked, with what the old server should be told."""

from __future__ import annotations

import csv
import io

import pytest
import trustme

from mailboxes.core.crypto import new_key
from mailboxes.models import (
    AuditEvent,
    KeptSection,
    NamedSecret,
    PopClient,
    Proxy,
    Revision,
    SecretValue,
)
from mailboxes.services import clients, proxies, revisions, secrets
from mailboxes.services.sections import exporting, importing
from tests.services.option_sets import CANARY, CLIENT, DIRECTORY
from tests.services.sections.files import POP, SMTP

pytestmark = pytest.mark.django_db
PEM = trustme.CA().cert_pem.bytes().decode().strip()
# A bit of everything that there is.
WHOLE = (
    f"[secret-goo]\npassword = {CANARY}-1\n\n"
    f"[proxy-squid]\nhost = squid\nport = 3128\nkind = http\nuser = u\n"
    f"password = {CANARY}-2\ncertificate-authorities = "
    + PEM.replace("\n", "\\n")
    + f"\n\n[registration-app]\ntenant-authority = https://login.microsoftonline.com\n"
    f"directory-id = {DIRECTORY}\nclient-id = {CLIENT}\npassword = {CANARY}-3\n"
    "secret-ends-on = 2027-05-31\n\n"
    + SMTP
    + POP
    + "alias = Sales\ntags = a b\nsmtp-client = smtp-client\nproxy = squid\n"
    + 'registration = app\nmail.imap.x = " y"\nendpoint = default\n'
    + POP.replace("-sales]", "-desk]").replace("sales@", "desk@")
    + "first-fetch = last-days\nfirst-fetch-days = 3\n"
    + POP.replace("[pop-client-sales]", "[desk]").replace("sales@", "office@")
    + "\n[email-processing]\nattachment-mngt = LEAVE\n"
)


def imported(content, **options):
    report = importing.run(content, **options)
    assert (report.errors, report.imported) == ([], report.sections)
    return report


def section(text: str, name: str) -> dict[str, str]:
    """Options of a section of an export."""
    lines = text.partition(f"[{name}]\n")[2].partition("\n\n")[0].splitlines()
    return dict(line.split(" = ", 1) for line in lines)


def test_a_section_has_what_the_old_server_must_know():
    imported(POP + "alias = Sales\n")
    done = exporting.export()
    assert section(done.text, "pop-client-sales") == {
        "address": "sales@contoso.com",
        "alias": "Sales",
        "enable-client": "true",
        "mailbox": "sales@contoso.com",
        "type": "IMAP",
        "server": "outlook.office365.com",
        "port": "993",
        "pop-connection-security": "ssl-tls",
        "connect-timeout": "00:00:15",
        "protocol-timeout": "00:01:00",
        "mail.imap.auth.mechanisms": "XOAUTH2",
        "client-id": CLIENT,
        "directory-id": DIRECTORY,
        "password": "********",
        "cycle-time": "00:01:00",
        "maximum-msg-number": "1000",
        "maximum-msg-size": "52428800",
    }
    assert (done.sections, done.secrets) == (["pop-client-sales"], False)
    assert done.remarks == ["The old server does not know: alias."]


def test_grants_that_are_ours_are_said():
    imported(WHOLE.replace("type = IMAP", "type = IMAP\ngrant-type = user_password"))
    assert exporting.export().remarks[-1] == (
        "The old server does not know these values of grant-type: user_password."
    )


def test_what_is_inherited_is_written_out():
    imported(WHOLE)
    found = section(exporting.export().text, "pop-client-sales")
    assert (found["registration"], found["client-id"], found["directory-id"]) == (
        "app",
        CLIENT,
        DIRECTORY,
    )


@pytest.mark.parametrize("with_secrets", [False, True])
def test_import_of_an_export_changes_nothing(with_secrets):
    imported(WHOLE)
    before = (Revision.objects.count(), SecretValue.objects.count())
    done = exporting.export(with_secrets=with_secrets)
    report = imported(done.text)
    assert (report.new, report.changes, report.cleaned) == (0, {}, [])
    assert (Revision.objects.count(), SecretValue.objects.count()) == before
    assert exporting.export(with_secrets=with_secrets) == done


@pytest.mark.parametrize("with_secrets", [False, True])
def test_table_that_comes_in_again_changes_nothing(with_secrets):
    imported(WHOLE)
    before = (Revision.objects.count(), SecretValue.objects.count())
    done = exporting.export(with_secrets=with_secrets, as_table=True)
    assert done.text.startswith("\ufeffkind,section,")
    assert (CANARY in done.text) is with_secrets
    report = imported(done.text)
    assert (report.new, report.changes, report.cleaned) == (0, {}, [])
    assert (Revision.objects.count(), SecretValue.objects.count()) == before


def test_spreadsheet_calculates_nothing_of_a_table():
    values = ["=1+1", "+cmd|x", "-1", "@SUM(1)", "'=1", "'' -1", "a=1"]
    lines = [f"o{number} = {value}" for number, value in enumerate(values)]
    imported("[@x]\n" + "\n".join(lines) + "\n-name = 1\n")
    done = exporting.export(as_table=True)
    rows = list(csv.reader(io.StringIO(done.text.removeprefix("\ufeff"))))
    assert not [
        cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))
    ]
    before = KeptSection.objects.get().options
    KeptSection.objects.all().delete()
    imported(done.text)
    assert KeptSection.objects.get().options == before
    assert KeptSection.objects.get().name == "@x"
    assert [before[f"o{number}"] for number in range(len(values))] == values


def test_table_says_what_it_cannot_hold():
    imported("[x]\nkind = of theirs\nsection = 7\nempty =\na = 1\n[y]\nA = 2\n")
    done = exporting.export(as_table=True)
    assert done.text == "\ufeffkind,section,empty,a\r\nkept,x,,1\r\nkept,y,,\r\n"
    assert done.remarks == [
        "Left out, for an empty cell is an option that is not written, and a column has"
        " one name: A, empty, kind, section."
    ]


@pytest.mark.parametrize("as_table", [False, True])
def test_many_certificate_authorities_come_in_again(as_table):
    """A bundle of all public ones has more than 200,000 characters."""
    bundle = "\n".join([PEM] * 300)
    assert len(bundle) > 200_000
    proxies.save_proxy(name="big", kind="direct", host="", port="", ca_pem=bundle)
    imported(exporting.export(as_table=as_table).text)
    assert Proxy.objects.get().ca_pem == bundle


def test_secrets_are_masked_unless_asked_for():
    imported(WHOLE)
    assert CANARY not in exporting.export().text
    done = exporting.export(with_secrets=True)
    assert done.secrets is True
    assert done.text.count(CANARY) == 3 + 4
    assert CANARY not in repr(done)


def test_a_lost_key_leaves_the_mask_and_is_said(settings):
    imported(POP)
    settings.MAILADMIN_ENCRYPTION_KEYS = [new_key()]
    done = exporting.export(with_secrets=True)
    assert (done.secrets, "password = ********" in done.text) == (False, True)
    assert done.remarks == [
        "A secret cannot be read with the keys of this copy: it is masked."
    ]


def test_some_sections_come_with_what_they_name():
    imported(WHOLE)
    done = exporting.export(["POP-client-sales"])
    assert done.sections == [
        "proxy-squid",
        "registration-app",
        "smtp-client",
        "pop-client-sales",
    ]
    assert exporting.export(["desk"]).sections == ["desk"]
    assert exporting.export(["email-processing"]).sections == ["email-processing"]
    missing = exporting.export(["desk", "nobody"])
    assert (missing.missing, missing.text) == (["nobody"], "")


def test_archived_sections_are_left_out():
    imported(POP)
    clients.archive(PopClient.objects.get(), None)
    assert exporting.export().sections == []


def test_a_proxy_for_all_is_that_of_the_old_server():
    proxy = "[proxy]\nuseProxy = true\nhost = squid\nport = 1\nextra = x\n"
    imported(proxy + POP + SMTP)
    done = exporting.export()
    assert section(done.text, "proxy") == {
        "useProxy": "true",
        "host": "squid",
        "port": "1",
        "kind": "http",
        "extra": "x",
    }
    assert "proxy" not in section(done.text, "pop-client-sales")
    assert done.remarks == []
    assert imported(done.text).changes == {}
    imported(SMTP + "proxy =\n")
    done = exporting.export()
    assert section(done.text, "pop-client-sales")["proxy"] == "proxy"
    assert section(done.text, "proxy-proxy")["host"] == "squid"
    assert imported(done.text).changes == {}


def test_a_proxy_that_is_off_stays_a_section_of_its_own():
    imported("[proxy-proxy]\nhost = a\nport = 1\n" + POP + "proxy = proxy\n")
    off = "[proxy]\nuseProxy = false\nhost = b\n"
    imported(off)
    done = exporting.export()
    assert section(done.text, "proxy") == {"useProxy": "false", "host": "b"}
    assert section(done.text, "proxy-proxy")["host"] == "a"
    assert imported(done.text).changes == {}


@pytest.mark.parametrize("name", ["smtp-client-odd", "secret-odd", "proxy-odd"])
def test_a_name_that_says_another_kind_is_corrected(name):
    imported(POP.replace("[pop-client-sales]", f"[{name}]\nkind = pop-client"))
    done = exporting.export()
    assert section(done.text, name)["kind"] == "pop-client"
    assert imported(done.text).changes == {}
    PopClient.objects.update(section="else")
    assert "kind = " not in exporting.export().text


def test_the_limits_of_the_old_server_are_said():
    many = "".join(
        POP.replace("-sales]", f"-{n}]").replace("sales@", f"s{n}@") for n in range(26)
    )
    imported(many + SMTP + SMTP.replace("smtp-client]", "smtp-client-2]"))
    assert exporting.export().remarks == [
        "The old server has one section for sending, smtp-client; this file has 2.",
        "The old server is advised to have at most 25 mailboxes; this file has 26.",
    ]


def test_what_fits_into_no_line_is_left_out_and_said():
    KeptSection.objects.create(name="log", options={"a": "b\nc", "d": "e"})
    done = exporting.export()
    assert done.text == "[log]\nd = e\n"
    assert done.remarks == ["Left out, for they cannot be written in one line: a."]


def test_taking_secrets_out_is_written_down():
    imported(POP)
    exporting.record(None, exporting.export(with_secrets=True))
    event = AuditEvent.objects.get(action="options.exported")
    assert event.details == {"secrets": True, "sections": ["pop-client-sales"]}


def test_other_options_that_look_secret_are_masked_and_stay():
    imported(POP)
    client = PopClient.objects.get()
    revisions.save_pop_client(
        client=client,
        address="sales@contoso.com",
        raw={},
        extra={"mail.imap.x.password": "hunter2"},
        base_revision=1,
    )
    done = exporting.export(with_secrets=True)
    assert section(done.text, "pop-client-sales")["mail.imap.x.password"] == "********"
    assert imported(done.text).changes == {}


def test_secret_that_a_section_without_meaning_holds_is_masked_and_stays():
    """Of a version that kept everything; a file's is refused today."""
    options = {"old.password": CANARY, "a": "1"}
    KeptSection.objects.create(name="x", options=options)
    for with_secrets in (False, True):
        text = exporting.export(with_secrets=with_secrets).text
        assert text == "[x]\nold.password = ********\na = 1\n"
        assert imported(text).warnings == []
        assert KeptSection.objects.get().options == options


@pytest.mark.parametrize("as_drafts", [False, True])
def test_secret_that_is_empty_comes_in_again_without_a_change(as_drafts):
    masked = "[secret-s]\npassword = ********\n"
    assert importing.run(masked, as_drafts=True).errors == []
    assert NamedSecret.objects.get().value_id is None
    text = exporting.export().text
    assert "[secret-s]" in text
    report = importing.run(text, as_drafts=as_drafts)
    assert report.errors == []
    assert not AuditEvent.objects.filter(action="secret.saved").exists()
    assert importing.run("[secret-s]\npassword = right\n").errors == []
    assert secrets.reveal(NamedSecret.objects.get().value_id) == "right"
    fresh = importing.run("[secret-other]\n")
    assert [e.rule for e in fresh.errors] == ["N02-password"]
