"""What old servers and their administrators write in other words than ours."""

from __future__ import annotations

import pytest

from mailboxes.models import KeptSection, PopClient, SmtpClient
from mailboxes.services.sections import exporting, importing
from tests.services.sections.files import POP, SMTP, replaced, short

pytestmark = pytest.mark.django_db

GRAPH = "https://graph.microsoft.com/.default"


@pytest.mark.parametrize("name", ["proxy", "Proxy", "PROXY"])
def test_servers_proxy_counts_in_any_case(name):
    report = importing.run(
        f"[{name}]\nuseProxy = true\nhost = p.example\nport = 3128\n{POP}"
    )
    assert report.errors == []
    assert PopClient.objects.get().proxy.name == "proxy"
    assert "[proxy]\nuseProxy = true\n" in exporting.export().text


def test_proxy_in_capitals_that_is_off_is_kept():
    importing.run("[Proxy]\nuseProxy = false\nhost = p.example\n" + POP)
    assert PopClient.objects.get().proxy is None
    assert KeptSection.objects.get().name == "Proxy"


def test_type_of_an_smtp_client_is_its_server_type():
    """Else it would be SMTP, and the client secret would go there as a password."""
    text = replaced(SMTP, "mail.smtp.auth.mechanisms", None)
    text = text.replace("server-type = smtp", f"Type = GRAPH\nscope = {GRAPH}")
    report = importing.run(text)
    client = SmtpClient.objects.get()
    assert (report.errors, client.server_type, client.extra) == ([], "GRAPH", {})
    assert (2, "server-type", "T00-cleaned") in short(report.cleaned)
    assert "server-type = GRAPH" in exporting.export().text


def test_wrong_type_of_an_smtp_client_is_refused_at_its_line():
    report = importing.run(SMTP.replace("server-type = smtp", "type = exchange"))
    assert short(report.errors) == [(2, "server-type", "T04-choice")]


def test_type_beside_server_type_is_kept():
    report = importing.run(SMTP.replace("server-type", "type = GRAPH\nserver-type"))
    client = SmtpClient.objects.get()
    assert (report.errors, client.server_type, client.extra) == (
        [],
        "SMTP",
        {"type": "GRAPH"},
    )


@pytest.mark.parametrize(
    ("word", "value"),
    [("ssl", "ssl-tls"), ("SSL/TLS", "ssl-tls"), ("StartTLS", "start-tls")],
)
def test_other_words_for_the_encryption_are_understood(word, value):
    report = importing.run(POP + f"pop-connection-security = {word}\n")
    assert report.errors == []
    assert PopClient.objects.get().pop_connection_security == value
    assert (9, "pop-connection-security", "T00-cleaned") in short(report.cleaned)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "The file has no section: no line such as [pop-client-support]."),
        ("# x\n;y\n", "The file has no section: no line such as [pop-client-support]."),
        ("section,kind\n", "The table has no row below the names of its columns."),
        (
            "<?xml version='1.0'?>\n<CfgData/>",
            "This file is XML or HTML. Export the options as sections (INI) or CSV.",
        ),
        (
            b"\n{\n",
            "This file is JSON. Export the options as sections (INI) or CSV.",
        ),
        (
            b"%PDF-1.4\n\xff\xfe\n",
            "This file is a PDF. Export the options as sections (INI) or CSV.",
        ),
    ],
)
def test_file_without_sections_is_one_mistake(content, message):
    report = importing.run(content)
    assert [(e.line, e.message) for e in report.errors if e.line == 0] == [(0, message)]


@pytest.mark.parametrize(
    ("content", "line", "rule"),
    [
        ('section,kind,foo\n"a]b",kept,1\n', 2, "I06-section-name"),
        ('section,kind,foo\n"a\nb",kept,1\n', 2, "I06-section-name"),
        ('section,kind,"f=o"\na,kept,1\n', 1, "I07-option-name"),
        ('[a]\n"#c" = 1\n', 2, "I07-option-name"),
        ('[a]\n"[d" = 1\n', 2, "I07-option-name"),
    ],
)
def test_name_that_no_file_can_hold_is_refused(content, line, rule):
    """It would come out in an export that cannot be read."""
    report = importing.run(content)
    assert short(report.errors) == [(line, "", rule)]


def test_small_size_is_told_in_megabytes():
    report = importing.run(POP + "maximum-msg-size = 5\n")
    assert [(e.line, e.message) for e in report.errors] == [
        (
            9,
            "Enter a number of bytes, 1024 to 1073741824. 5 megabytes are 5242880.",
        )
    ]
