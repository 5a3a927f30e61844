"""A certificate in a section file: named by its thumbprint, its key never there."""

from __future__ import annotations

import pytest

from mailboxes.models import AppRegistration, PopClient, Revision
from mailboxes.services.registrations import certificates as registration_certificates
from mailboxes.services.sections import exporting, importing
from mailboxes.services.sections.report import Report
from tests.services.option_sets import CANARY, CLIENT, DIRECTORY
from tests.services.registrations.test_certificates import MADE, TODAY
from tests.services.sections.files import short

pytestmark = pytest.mark.django_db

REGISTRATION = f"""[registration-app]
tenant-authority = https://login.microsoftonline.com
directory-id = {DIRECTORY}
client-id = {CLIENT}
password = {CANARY}~secret~value~000000000000000000
"""
SECTION = """
[pop-client-sales]
type = IMAP
server = outlook.office365.com
mailbox = sales@contoso.com
mail.imap.auth.mechanisms = XOAUTH2
grant-type = client_credentials
registration = app
"""
NAMED = f"certificate-thumbprint = {MADE.thumbprint}\n"


def certified() -> AppRegistration:
    """A registration with a client secret, a certificate and a section."""
    assert importing.run(REGISTRATION + SECTION).errors == []
    row = waiting_for_upload()
    registration_certificates.use_next(row, None, today=TODAY)
    return row


def waiting_for_upload() -> AppRegistration:
    """As above, its certificate not used yet."""
    row = AppRegistration.objects.get()
    registration_certificates.enter(row, MADE.pem, None, today=TODAY)
    return row


def told(report: Report) -> list[str]:
    return [entry.message for entry in report.warnings]


@pytest.mark.parametrize("with_secrets", [False, True])
def test_export_names_the_certificate_and_never_its_key(with_secrets: bool) -> None:
    certified()
    done = exporting.export(with_secrets=with_secrets)
    assert NAMED in done.text
    assert ("PRIVATE" in done.text, "CERTIFICATE" in done.text) == (False, False)
    assert done.remarks[0] == (
        "The key of a certificate is never written, with secrets neither; the file"
        " names the certificate by its thumbprint: registration-app."
    )


@pytest.mark.parametrize("with_secrets", [False, True])
def test_import_of_an_export_keeps_the_certificate(with_secrets: bool) -> None:
    row = certified()
    before = Revision.objects.count()
    report = importing.run(exporting.export(with_secrets=with_secrets).text)
    assert (report.errors, told(report), report.unknown) == ([], [], [])
    assert (report.new, report.changes, Revision.objects.count()) == (0, {}, before)
    kept = AppRegistration.objects.get()
    assert kept.certificate_id == row.certificate_id


def test_import_elsewhere_says_that_the_key_does_not_come() -> None:
    report = importing.run(REGISTRATION + NAMED + SECTION)
    assert short(report.warnings) == [(6, "certificate-thumbprint", "I22-certificate")]
    assert told(report) == [
        f"The key of the certificate {MADE.thumbprint} is not in the file: it never"
        " leaves the copy that it was made in. After the import make one on the page of"
        " the app registration and upload it at Entra, or paste key and certificate"
        " there; until then the application has its client secret or nothing to sign in"
        " by."
    ]
    assert report.unknown == []
    assert AppRegistration.objects.get().certificate_id is None


def test_another_certificate_stays_where_the_file_names_one() -> None:
    certified()
    text = (REGISTRATION + NAMED + SECTION).replace(MADE.thumbprint, "AB" * 20)
    report = importing.run(text)
    assert told(report)[0].endswith(
        f"goes on signing in by the certificate {MADE.thumbprint}."
    )
    assert AppRegistration.objects.get().certificate_thumbprint == MADE.thumbprint


def test_one_that_waits_is_not_in_the_file_and_is_named_where_a_file_has_it() -> None:
    importing.run(REGISTRATION + SECTION)
    row = waiting_for_upload()
    assert MADE.thumbprint not in exporting.export(with_secrets=True).text
    report = importing.run(REGISTRATION + NAMED + SECTION)
    assert told(report) == [
        f"The certificate {MADE.thumbprint} waits here and is not used yet. If it is"
        " uploaded at Entra, use it on the page of the app registration."
    ]
    kept = AppRegistration.objects.get()
    assert (kept.certificate_id, kept.next_certificate_id) == (
        None,
        row.next_certificate_id,
    )


def test_thumbprint_is_read_as_other_tools_write_it() -> None:
    certified()
    pairs = (MADE.thumbprint[at : at + 2] for at in range(0, 40, 2))
    typed = ":".join(pairs).lower()
    report = importing.run(REGISTRATION + f"certificate-thumbprint = {typed}\n")
    assert told(report) == []


def test_sections_without_the_key_come_in_as_drafts() -> None:
    """A certificate alone is a secret that is missing: a mistake, but for a draft."""
    text = "\n".join(REGISTRATION.splitlines()[:-1]) + f"\n{NAMED}{SECTION}"
    report = importing.run(text)
    assert [one.option for one in report.errors] == ["registration"]
    report = importing.run(text, as_drafts=True)
    assert report.errors == []
    assert PopClient.objects.get().enable_client is False
