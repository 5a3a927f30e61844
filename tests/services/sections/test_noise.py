"""Whatever a file says: an import answers with a report and never raises."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import given, strategies as st

from mailboxes.models import PopClient, SmtpClient
from mailboxes.services.sections import exporting, importing
from mailboxes.services.sections.kinds import BESIDE, Kind

pytestmark = pytest.mark.django_db

HEADS = st.sampled_from(
    [
        "[pop-client]", "[POP-client-2]", "[smtp-client]", "[secret-a]", "[secret-]",
        "[proxy]", "[proxy-]", "[registration-b]", "[log]", "[]", "[", "[a b]",
        "section;kind;type", "section,type,password",
    ]
)  # fmt: skip
OPTIONS = st.sampled_from(
    [
        *PopClient.fields_by_option(),
        *SmtpClient.fields_by_option(),
        *BESIDE[Kind.POP],
        *("kind", "useProxy", "host", "user", "certificate-authorities"),
        *("mail.imap.auth.mechanisms", "mail.x.auth.mechanisms", "mail..x", ""),
    ]
)
TEXTS = st.one_of(
    st.sampled_from(
        [
            "", "********", "true", "0", "-1", "IMAP", "GRAPH", "smtp", "XOAUTH2", "a",
            "b", "proxy", "smtp-client", "google", "a@contoso.com", '"x"', "99" * 20,
            "00:00:10", "client_credentials", "pop-client", "https://x/", "2027-01-01",
        ]
    ),
    st.text(max_size=30),
)  # fmt: skip
LINES = st.one_of(
    HEADS,
    st.builds("{} = {}".format, OPTIONS, TEXTS),
    st.builds("{};{};{}".format, TEXTS, TEXTS, TEXTS),
    st.text(max_size=40),
)


@given(
    st.lists(LINES, max_size=25).map("\n".join)
    | st.lists(LINES, max_size=25).map(lambda lines: "\n".join(lines).encode("utf-16"))
    | st.binary(max_size=200),
    st.booleans(),
)
def test_nothing_raises(db, content, choice):
    report = importing.run(
        content, dry_run=True, as_drafts=choice, make_registrations=choice
    )
    assert report.imported == 0
    assert report.as_json()["errors"] == [entry.as_json() for entry in report.errors]


@given(st.lists(st.builds("{} = {}".format, OPTIONS, TEXTS), max_size=12))
def test_what_has_no_mistake_comes_in_and_out_and_in(db, lines):
    content = "\n".join(
        ["[pop-client]", "address = a@contoso.com", "enable-client = false", *lines]
    )
    with transaction.atomic():
        report = importing.run(content, as_drafts=True)
        assert report.imported == (0 if report.errors else report.sections)
        exported = exporting.export(with_secrets=True).text
        report = importing.run(exported)
        rules = [entry.rule for entry in report.errors]
        empty = [] if exported else ["I24-nothing"]
        assert (rules, report.new, report.changes) == (empty, 0, {})
        transaction.set_rollback(True)
