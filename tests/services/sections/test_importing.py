"""What a file means: kinds, fields beside options, secrets, all or nothing."""

from __future__ import annotations

import pytest
import trustme

from mailboxes.models import (
    AuditEvent,
    Fetcher,
    KeptSection,
    Mailbox,
    NamedSecret,
    PopClient,
    Proxy,
    Revision,
    SecretValue,
    Sender,
    SmtpClient,
)
from mailboxes.models.clients import MECHANISMS
from mailboxes.services import clients, secrets
from mailboxes.services.options import snapshots
from mailboxes.services.sections import importing
from tests.services.option_sets import CANARY, CLIENT, DIRECTORY, saved_pop
from tests.services.sections.files import POP, SMTP, replaced, short

pytestmark = pytest.mark.django_db


def run(content: str | bytes, **options):
    return importing.run(content, **options)


def imported(content: str | bytes, **options):
    report = run(content, **options)
    assert report.errors == []
    assert report.imported == report.sections
    return report


def values(section: str) -> dict:
    client = PopClient.objects.filter(section=section).first()
    client = client or SmtpClient.objects.get(section=section)
    return snapshots.take(client).values


# --- what comes in -------------------------------------------------------------


def test_sections_of_the_old_server_come_in():
    report = imported(POP + SMTP)
    assert (report.sections, report.new, report.changed) == (2, 2, 0)
    client = PopClient.objects.get()
    assert (client.section, client.mailbox_row.address, client.mailbox) == (
        "pop-client-sales",
        "sales@contoso.com",
        "sales@contoso.com",
    )
    own = client.revisions.get().values
    assert (own[MECHANISMS], own["client-id"], own["directory-id"]) == (
        "XOAUTH2",
        CLIENT,
        DIRECTORY,
    )
    assert secrets.reveal(own["password"]) == CANARY
    assert Fetcher.objects.get().pop_client == client
    assert Sender.objects.get().revision == SmtpClient.objects.get().revisions.get()


def test_dry_run_says_the_same_and_writes_nothing():
    report = run(POP + SMTP, dry_run=True)
    again = run(POP + SMTP)
    assert (report.sections, report.imported, report.new) == (2, 0, 2)
    assert report.warnings == again.warnings
    assert again.imported == 2
    assert Revision.objects.count() == 2


def test_one_mistake_keeps_everything_out():
    report = run(replaced(POP, "server", "a b") + SMTP)
    assert short(report.errors) == [(3, "server", "T07-host")]
    assert (report.sections, report.imported) == (2, 0)
    assert PopClient.objects.count() + SmtpClient.objects.count() == 0
    assert SecretValue.objects.count() + AuditEvent.objects.count() == 0


def test_an_import_is_audited_as_a_whole_and_by_section():
    imported(POP + SMTP, file_name="old.cfg")
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "option-set.created",
        "option-set.created",
        "options.imported",
    ]
    whole = AuditEvent.objects.get(action="options.imported")
    assert whole.details == {
        "sections": 2,
        "new": 2,
        "changed": 0,
        "file": "old.cfg",
        "drafts": False,
    }


def test_secrets_stand_in_no_report_audit_or_log(caplog):
    caplog.set_level("DEBUG")
    bad = "[secret-a]\npassword = " + CANARY + "\nnonsense " + CANARY + "\n"
    report = run(bad + replaced(POP, "port", CANARY) + "mail.x.password = " + CANARY)
    report = run(POP + SMTP)
    assert CANARY not in str(report.as_json()) + repr(report)
    assert CANARY not in str(list(AuditEvent.objects.values()))
    assert CANARY not in str(list(Revision.objects.values()))
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    ("name", "option", "model"),
    [
        ("POP-CLIENT-a", "x = 1", PopClient),
        ("pop-clienta", "x = 1", PopClient),
        ("sales", "TYPE = imap", PopClient),
        ("outbound", "Server-Type = smtp", SmtpClient),
        ("Smtp-Client-2", "x = 1", SmtpClient),
        ("sales", "kind = pop-client", PopClient),
        ("smtp-client-x", "kind = pop-client", PopClient),
    ],
)
def test_kind_by_what_is_said_or_name_or_options(name, option, model):
    imported(
        f"[{name}]\n{option}\naddress = a@contoso.com\nserver = mail.example.com\n"
        "enable-client = false\n"
    )
    assert [c.section for c in model.objects.all()] == [name]


def test_sections_that_mean_nothing_are_kept_and_said():
    report = imported(
        "[email-processing]\nAttachment-mngt = LEAVE\n[log]\nverbose=all\n"
    )
    assert short(report.unknown) == [(1, "", "I18-kept"), (3, "", "I18-kept")]
    assert {row.name: row.options for row in KeptSection.objects.all()} == {
        "email-processing": {"Attachment-mngt": "LEAVE"},
        "log": {"verbose": "all"},
    }


def test_a_secret_of_a_section_that_means_nothing_is_not_kept():
    report = imported("[database]\nuser = u\nPassword = hunter2\n")
    assert short(report.warnings) == [(3, "Password", "I17-secret-not-kept")]
    assert KeptSection.objects.get().options == {"user": "u"}


def test_other_options_are_kept_and_secrets_among_them_are_not():
    report = imported(POP + "mail.imap.Pool = 4\nmail.imap.proxy.password = x\n")
    assert short(report.unknown) == [(9, "mail.imap.Pool", "I18-kept")]
    assert (10, "mail.imap.proxy.password", "I17-secret-not-kept") in short(
        report.warnings
    )
    assert PopClient.objects.get().extra == {"mail.imap.Pool": "4"}


def test_sign_in_mode_of_another_type_is_kept_without_effect():
    content = POP.replace("mail.imap.auth", "mail.ews.auth").replace(
        "outlook.office365.com", "imap.contoso.example"
    )
    report = imported(content)
    assert (5, "mail.ews.auth.mechanisms", "I18-kept") in short(report.unknown)
    assert PopClient.objects.get().extra == {"mail.ews.auth.mechanisms": "XOAUTH2"}
    assert values("pop-client-sales")[MECHANISMS] == ""


@pytest.mark.parametrize(
    "name", ["MAIL.IMAP.Auth.Mechanisms", "mail.<type>.auth.mechanisms"]
)
def test_names_of_options_have_no_case(name):
    content = POP.replace("mail.imap.auth.mechanisms", name)
    imported(content.replace("server =", "SERVER =").replace("type =", "Type ="))
    assert values("pop-client-sales")[MECHANISMS] == "XOAUTH2"


# --- what is wrong ---------------------------------------------------------------


def test_a_problem_stands_at_its_line_or_at_the_head():
    report = run(replaced(replaced(POP, "password", None), "type", "NNTP"))
    found = {(e.line, e.option) for e in report.errors}
    assert {(2, "type"), (1, "password")} <= found


def test_no_type_is_a_warning_and_imap():
    report = imported(replaced(POP, "type", None))
    assert (1, "type", "I16-type-absent") in short(report.warnings)
    assert values("pop-client-sales")["type"] == "IMAP"


@pytest.mark.parametrize("again", ["[pop-client-sales]", "[POP-Client-Sales]"])
def test_equal_values_twice_are_read_as_one(again):
    report = imported(POP + f"{again}\nType = IMAP\nfolder-path = Sales\n")
    assert short(report.warnings)[-2:] == [
        (9, "", "I09-section-repeated"),
        (10, "Type", "I10-option-repeated"),
    ]
    assert values("pop-client-sales")["folder-path"] == "Sales"


def test_different_values_are_an_error_that_names_the_earlier_line():
    report = run(POP + "server = mail.example.com\nmail.x = 1\nMail.x = 2\n")
    assert [(e.line, e.option, e.message) for e in report.errors] == [
        (9, "server", "Another value stands at line 3. Remove one of both.")
    ]


def test_two_new_sections_with_one_address_are_an_error():
    report = run(POP + POP.replace("pop-client-sales", "pop-client-2"))
    assert [(e.line, e.option, e.message) for e in report.errors] == [
        (9, "address", "The section at line 1 has this address already.")
    ]


def test_an_address_of_another_mailbox_is_refused():
    saved_pop("Sales@contoso.com")
    PopClient.objects.update(section="x")
    report = run(POP)
    assert [(e.line, e.option, e.rule) for e in report.errors] == [
        (1, "address", "X01-address")
    ]


def test_a_log_in_name_that_is_no_address_needs_one():
    content = (
        replaced(POP, "mailbox", "sales")
        .replace("XOAUTH2", "")
        .replace("outlook.office365.com", "imap.contoso.example")
    )
    assert short(run(content).errors) == [(1, "address", "X01-address")]
    imported(content + "address = sales@contoso.com\n")
    assert Mailbox.objects.get().address == "sales@contoso.com"


@pytest.mark.parametrize("name", ["pop client", "pop-client-" + "x" * 40])
def test_a_name_that_is_no_section_is_refused(name):
    report = run(
        POP.replace("pop-client-sales", name).replace("pop client", "pop-client s")
    )
    assert short(report.errors) == [(1, "section", "X04-section")]


def test_archived_section_is_said_to_be_one():
    client = saved_pop("sales@contoso.com")
    clients.archive(client, None)
    report = run(POP.replace("sales@", "other@"))
    assert [e.message for e in report.errors] == [
        "The section pop-client-sales is in the archive. Restore it from there, or"
        " enter another name."
    ]


# --- beside the options ------------------------------------------------------------


def test_fields_beside_the_options():
    imported(
        POP
        + "alias = Sales team\ntags = eu, retail\nsmtp-client = SMTP-client\n"
        + SMTP
    )
    row = Mailbox.objects.get()
    assert (row.alias, row.tags, row.smtp_client.section) == (
        "Sales team",
        "eu retail",
        "smtp-client",
    )


def test_unknown_smtp_client_is_refused():
    report = run(POP + "smtp-client = nobody\n")
    assert short(report.errors) == [(9, "smtp-client", "I14-smtp-client")]


def test_mailbox_that_only_sent_gets_its_section():
    row = Mailbox.objects.create(address="Sales@Contoso.com")
    imported(POP)
    assert PopClient.objects.get().mailbox_row == row


def test_nobody_sends_through_a_new_smtp_client_is_said():
    report = imported(POP + SMTP)
    assert (9, "", "I16-nobody-sends") in short(report.warnings)
    report = imported(POP + "smtp-client = smtp-client\n" + SMTP)
    assert "I16-nobody-sends" not in {e.rule for e in report.warnings}


@pytest.mark.parametrize(
    ("ssl", "security"), [("true", "ssl-tls"), ("0", "none"), ("maybe", "ssl-tls")]
)
def test_enable_ssl_fills_the_encryption(ssl, security):
    content = POP.replace("XOAUTH2", "").replace("outlook.office365.com", "127.0.0.1")
    report = run(content + f"enable-ssl = {ssl}\n", dry_run=True)
    run(content + f"enable-ssl = {ssl}\n")
    assert values("pop-client-sales")["pop-connection-security"] == security
    said = [e.message for e in report.cleaned if e.line == 9]
    expected = f"pop-connection-security is {security}, from enable-ssl = {ssl}."
    assert said == ([] if ssl == "maybe" else [expected])


def test_enable_ssl_does_not_overrule_the_encryption():
    report = imported(POP + "enable-ssl = false\npop-connection-security = start-tls\n")
    assert values("pop-client-sales")["pop-connection-security"] == "start-tls"
    assert report.cleaned == []


def test_cleaned_values_are_said_at_their_lines():
    report = imported(replaced(POP, "client-id", "{" + CLIENT.upper() + "}"))
    (entry,) = report.cleaned
    assert (entry.line, entry.option, entry.rule) == (6, "client-id", "T00-cleaned")


# --- secrets and proxies -------------------------------------------------------------


def test_secret_sections():
    imported("[secret-Goo]\npassword = a=b%c;d\n")
    row = NamedSecret.objects.get()
    assert (row.name, secrets.reveal(row.value_id)) == ("Goo", "a=b%c;d")


def test_secret_section_without_a_value_is_an_error_but_for_drafts():
    assert short(run("[secret-a]\n").errors) == [(1, "password", "N02-password")]
    assert short(run("[secret-a]\npassword = ********\n").errors) == [
        (2, "password", "I13-mask")
    ]
    report = imported("[secret-a]\npassword = ********\n", as_drafts=True)
    assert short(report.warnings) == [(2, "password", "I13-mask")]
    assert NamedSecret.objects.get().value is None


PROXY = """[proxy]
useProxy = {}
proxyHost = Proxy.Example
port = 3128
user = u
password = s3
"""


@pytest.mark.parametrize("word", ["true", "TRUE", " True "])
def test_proxy_that_is_on_is_that_of_all_sections(word):
    imported(PROXY.format(word) + POP + SMTP + "proxy =\n")
    row = Proxy.objects.get()
    assert (row.name, row.host, row.port, row.username, row.kind) == (
        "proxy",
        "proxy.example",
        3128,
        "u",
        "http",
    )
    assert secrets.reveal(row.password_id) == "s3"
    assert values("pop-client-sales")["proxy"] == row.pk
    assert PopClient.objects.get().revisions.get().pinned["proxy"]["host"] == row.host
    assert values("smtp-client")["proxy"] is None


@pytest.mark.parametrize("word", ["false", "yes", "1", "truely", ""])
def test_proxy_that_is_not_true_is_off_and_kept_without_its_secret(word):
    report = imported(PROXY.format(word) + POP)
    assert Proxy.objects.count() == 0
    assert values("pop-client-sales")["proxy"] is None
    assert short(report.unknown) == [(1, "", "I18-kept")]
    assert KeptSection.objects.get().options == {
        "useProxy": word,
        "proxyHost": "Proxy.Example",
        "port": "3128",
        "user": "u",
    }


def test_proxies_of_ours_are_named_by_sections():
    imported("[proxy-squid]\nhost = squid\nport = 3128\n" + POP + "proxy = squid\n")
    assert values("pop-client-sales")["proxy"] == Proxy.objects.get(name="squid").pk


def test_digits_are_a_name_in_a_file_and_no_id():
    proxy = Proxy.objects.create(name="squid", host="squid", port=1)
    report = run(POP + f"proxy = {proxy.pk}\n")
    assert short(report.errors) == [(9, "proxy", "T06-proxy")]


@pytest.mark.parametrize(
    ("line", "number", "option", "rule"),
    [
        ("port = 0", 3, "port", "Y01-proxy"),
        ("port = x", 3, "port", "Y01-proxy"),
        ("", 1, "port", "Y01-proxy"),
        ("port = 1\nkind = ftp", 4, "kind", "Y01-proxy"),
        ("port = 1\nuser = u", 1, "password", "Y01-proxy"),
        ("port = 1\nproxy-password = x", 1, "user", "Y01-proxy"),
        ("port = 1\nuser = u\npassword = ********", 5, "password", "I13-mask"),
    ],
)
def test_mistakes_of_a_proxy(line, number, option, rule):
    report = run(f"[proxy-a]\nhost = squid\n{line}\n")
    assert short(report.errors) == [(number, option, rule)]


def test_certificates_of_a_proxy_stand_in_one_line():
    pem = trustme.CA().cert_pem.bytes().decode().strip()
    written = pem.replace("\n", "\\n")
    imported(
        f"[proxy-a]\nhost = squid\nport = 1\ncertificate-authorities = {written}\n"
    )
    assert Proxy.objects.get().ca_pem == pem


# --- drafts, masks -------------------------------------------------------------------


def test_drafts_come_in_switched_off():
    content = replaced(POP, "password", "********") + SMTP
    assert short(run(content).errors) == [(8, "password", "I13-mask")]
    report = imported(content, as_drafts=True)
    assert (8, "password", "I13-mask") in short(report.warnings)
    assert not values("pop-client-sales")["enable-client"]
    assert not values("smtp-client")["enable-client"]
    assert Sender.objects.get().enabled is False


def test_a_section_that_says_it_is_off_is_a_draft():
    report = imported(replaced(POP, "password", "********") + "enable-client = no\n")
    assert (8, "password", "I13-mask") in short(report.warnings)


def test_quotes_around_a_secret_are_said():
    report = imported(replaced(POP, "password", '"pw"'))
    assert short(report.cleaned) == [(8, "password", "T00-cleaned")]
    assert secrets.reveal(values("pop-client-sales")["password"]) == "pw"
