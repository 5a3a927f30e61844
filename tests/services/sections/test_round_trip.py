"""Generated sections: in, out and in again, equal in meaning and without a change."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, strategies as st

from mailboxes.core.options import Kind, Target
from mailboxes.models import KeptSection, Mailbox, PopClient, Revision, SmtpClient
from mailboxes.services import secrets
from mailboxes.services.options import snapshots
from mailboxes.services.sections import exporting, importing, ini, plan
from tests.services.option_sets import CLIENT, DIRECTORY

pytestmark = pytest.mark.django_db

WORDS = st.text(
    st.characters(
        exclude_categories=["Cc", "Cs", "Zl", "Zp"],
        exclude_characters="\ufeff\u200b\u200c\u200d\u2060\u00ad",
    ),
    min_size=1,
    max_size=20,
)
PASSWORDS = WORDS.filter(lambda text: text.strip(" \t*"))
PLAIN = st.from_regex(r"[A-Za-zäöü][A-Za-z0-9äöü =;#%/_.-]{0,18}[a-z]", fullmatch=True)
NAMES = st.from_regex(r"[a-z0-9][a-z0-9_.@-]{0,12}", fullmatch=True)
DURATIONS = st.integers(1, 300).map(lambda n: f"00:{n // 60:02}:{n % 60:02}")
HOSTS = st.sampled_from(["mail.example.com", "10.0.0.7", "imap.contoso.example"])
NUMBERS = st.integers(1024, 99_999).map(str)


def sometimes(options: dict[str, st.SearchStrategy]) -> st.SearchStrategy:
    """Some of these options."""
    return st.fixed_dictionaries({}, optional=options)


NETWORK = {
    "port": st.integers(0, 65535).map(str),
    "connect-timeout": DURATIONS,
    "protocol-timeout": DURATIONS,
    "proxy": st.sampled_from(["squid", ""]),
    "enable-debug": st.sampled_from(["true", "false"]),
    "exchange-version": PLAIN,
    "mail.x.Pool": WORDS,
    "mail.y": st.just(""),
}
FETCHING = {
    "alias": PLAIN,
    "tags": st.sampled_from(["a", "b c"]),
    "smtp-client": st.just("smtp-client"),
    "folder-path": PLAIN,
    "cycle-time": DURATIONS,
    "maximum-msg-number": NUMBERS,
    "maximum-msg-size": NUMBERS,
    "pop-connection-security": st.sampled_from(["ssl-tls", "START-TLS"]),
    "enable-ssl": st.sampled_from(["true", "TRUE"]),
    "copy-message-to-recipients": st.sampled_from(["true", "false"]),
    "copy-message-with-header": st.sampled_from(["X-Genesys-To", "X-To"]),
    "inbound-msg-copy-limit": st.integers(1, 50).map(str),
    "leave-on-server": st.sampled_from(["true", "false"]),
    "endpoint": PLAIN,
    "enable-client": st.sampled_from(["true", "false", "TRUE"]),
}
MAIL = st.sampled_from(
    [
        {},
        {"first-fetch": "everything"},
        {"first-fetch": "last-days", "first-fetch-days": "30"},
        {"after-fetch": "mark-read"},
        {"after-fetch": "move", "after-fetch-folder": "Done of today"},
    ]
)
SENDING = {
    "smtp-connection-security": st.sampled_from(["ssl-tls", "start-tls"]),
    "token-expiry-margin-time": DURATIONS,
    "enable-client": st.sampled_from(["true", "false"]),
    "exception-notify-address": PLAIN,
}
OAUTH = {"client-id": CLIENT, "directory-id": DIRECTORY}
APP_ONLY = OAUTH | {"grant-type": "client_credentials"}


def sign_in(type_: str) -> st.SearchStrategy:
    """A password, or a token by one of two grants, with a registration or without."""
    key = {f"mail.{type_}.auth.mechanisms": "XOAUTH2"}
    stripped = PASSWORDS.map(str.strip).filter(lambda text: text.strip("*"))
    return st.one_of(
        st.fixed_dictionaries({"password": PASSWORDS}),
        st.builds(
            lambda options, password: key | options | {"password": password},
            st.sampled_from([OAUTH, APP_ONLY, APP_ONLY | {"registration": "app"}]),
            stripped,
        ),
        st.just(key | {"registration": "app", "grant-type": "client_credentials"}),
    )


def joined(*parts: st.SearchStrategy) -> st.SearchStrategy:
    return st.tuples(*parts).map(
        lambda found: dict(i for p in found for i in p.items())
    )


POPS = st.lists(
    st.tuples(
        NAMES,
        joined(
            sometimes(NETWORK),
            sometimes(FETCHING),
            MAIL,
            sign_in("imap"),
            st.fixed_dictionaries({"server": HOSTS, "type": st.just("imap")}),
        ),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda pair: pair[0].lower(),
)
SMTPS = joined(
    sometimes(NETWORK),
    sometimes(SENDING),
    sign_in("smtp"),
    st.fixed_dictionaries({"server": HOSTS, "mailbox": st.just("u@contoso.com")}),
)
SHARED = joined(
    st.fixed_dictionaries({"secret": PASSWORDS, "app": PLAIN}),
    sometimes({"kept": st.dictionaries(NAMES.map("k{}".format), WORDS, max_size=3)}),
)


def written(pops: list, smtp: dict[str, str], shared: dict[str, Any]) -> str:
    """A file as a person could write it."""
    sections = {
        "secret-goo": {"password": shared["secret"]},
        "proxy-squid": {"host": "squid", "port": "3128"},
        "registration-app": {"tenant-authority": "https://login.microsoftonline.com"}
        | OAUTH
        | {"password": shared["app"]},
        "smtp-client": smtp,
    }
    for number, (name, options) in enumerate(pops):
        login = f"u{number}@contoso.com"
        beside = {"address": login} | ({"mailbox": login} if number % 2 else {})
        sections[f"pop-client-{name}"] = beside | options
    if "kept" in shared:
        sections["email-processing"] = shared["kept"]
    return "\n".join(
        f"[{name}]\n"
        + "".join(
            f"{option} = {ini.quoted(text)}\n" for option, text in options.items()
        )
        for name, options in sections.items()
    )


def meaning() -> dict[str, Any]:
    """What all option sets do, without keys of rows."""
    found: dict[str, Any] = {}
    for client in (*PopClient.objects.all(), *SmtpClient.objects.all()):
        snapshot = snapshots.take(client)
        values = dict(snapshot.values) | {
            "port": snapshot.port,
            "mailbox": snapshot.login,
        }
        for option in client.options().values():
            if option.kind is Kind.SECRET and values[option.name]:
                values[option.name] = secrets.reveal(values[option.name])
            elif option.kind is Kind.REFERENCE and values[option.name]:
                values[option.name] = snapshot.pinned[option.target]["name"]
        found[client.section] = (values, snapshot.extra)
    rows = Mailbox.objects.select_related("smtp_client")
    found["mailboxes"] = [
        (m.address, m.alias, m.tags, str(m.smtp_client)) for m in rows
    ]
    found["kept"] = [(row.name, row.options) for row in KeptSection.objects.all()]
    for target in (Target.PROXY, Target.SECRET, Target.REGISTRATION):
        found[target] = [str(row) for row in plan.Known.read().lookup.rows(target)]
    return found


@pytest.mark.timeout(600)  # for the search of a smaller example
@given(POPS, SMTPS, SHARED)
def test_export_then_import_changes_nothing(db, pops, smtp, shared):
    with transaction.atomic():
        report = importing.run(written(pops, smtp, shared))
        assert report.errors == []
        before, count = meaning(), Revision.objects.count()
        masked, plain = (
            exporting.export().text,
            exporting.export(with_secrets=True).text,
        )
        in_table = exporting.export(with_secrets=True, as_table=True)
        texts = [masked, plain]
        if not any("an empty cell" in remark for remark in in_table.remarks):
            texts.append(in_table.text)
        for text in texts:
            report = importing.run(text)
            assert (report.errors, report.cleaned, report.changes) == ([], [], {})
            assert report.imported == report.sections
            assert Revision.objects.count() == count
        assert (meaning(), exporting.export().text) == (before, masked)
        transaction.set_rollback(True)
    with transaction.atomic():
        report = importing.run(plain)
        assert (report.errors, report.cleaned) == ([], [])
        assert meaning() == before
        assert exporting.export(with_secrets=True).text == plain
        transaction.set_rollback(True)
