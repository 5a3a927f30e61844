"""What an export writes of rows that were renamed, or put in the archive, meanwhile."""

from __future__ import annotations

import pytest

from mailboxes.models import AppRegistration, Mailbox, PopClient, SmtpClient
from mailboxes.services import clients, registrations
from mailboxes.services.revisions import comparison
from mailboxes.services.sections import exporting, importing
from tests import factories
from tests.services.option_sets import saved_pop
from tests.services.sections.files import POP, SMTP, short

pytestmark = pytest.mark.django_db


def test_renamed_registration_goes_out_and_comes_in_by_its_new_name():
    row = factories.registration()
    client = saved_pop(registration=row.pk, grant_type="client_credentials")
    registrations.save(
        registration=row,
        name="Fabrikam",
        tenant_authority=row.tenant_authority,
        directory_id=row.directory_id,
        client_id=row.client_id,
    )
    text = exporting.export().text
    assert "registration = Fabrikam" in text
    report = importing.run(text)
    assert (report.errors, report.new, report.changes) == ([], 0, {})
    client.refresh_from_db()
    assert (client.revision, AppRegistration.objects.count()) == (1, 1)
    states = {state.option: state for state in comparison.of(client).options}
    assert states["registration"].saved == "Fabrikam"
    assert states["client-id"].registration == "Fabrikam"


def test_mailbox_whose_way_out_is_in_the_archive_goes_out_and_comes_in():
    importing.run(f"{SMTP}{POP}smtp-client = smtp-client\n")
    out = SmtpClient.objects.get()
    clients.archive(out, None)
    done = exporting.export()
    assert "smtp-client" not in done.text
    assert done.remarks == [
        "What these send through is in the archive, and in no file: pop-client-sales."
    ]
    report = importing.run(done.text)
    assert (report.errors, report.new, report.changes) == ([], 0, {})
    assert Mailbox.objects.get().smtp_client == out
    report = importing.run(f"{done.text}smtp-client = smtp-client\n")
    assert short(report.errors) == [
        (done.text.count("\n") + 1, "smtp-client", "I14-smtp-client")
    ]
    assert report.errors[0].message == (
        "smtp-client is in the archive. Restore it from there, or name another."
    )
    assert PopClient.objects.get().revision == 1
