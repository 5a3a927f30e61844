"""A POP3 section of the old server: in, out, and what is refused of it."""

from __future__ import annotations

import pytest

from mailboxes.models import PopClient
from mailboxes.services.options import snapshots
from mailboxes.services.sections import exporting, importing
from tests.services.option_sets import CLIENT, DIRECTORY

pytestmark = pytest.mark.django_db
PLAIN = """[pop-client-fax]
type = POP3
server = pop.contoso.example
pop-connection-security = ssl-tls
mailbox = fax@contoso.com
password = let-me-in
after-fetch = delete
first-fetch = from-now
"""
BY_TOKEN = f"""[pop-client-fax]
type = pop3
server = outlook.office365.com
mailbox = fax@contoso.com
password = let-me-in
mail.pop3.auth.mechanisms = XOAUTH2
tenant-authority = https://login.microsoftonline.com
directory-id = {DIRECTORY}
client-id = {CLIENT}
scope = https://outlook.office.com/.default
"""


@pytest.mark.parametrize("content", [PLAIN, BY_TOKEN])
def test_section_comes_in_and_goes_out_alike(content: str) -> None:
    report = importing.run(content)
    assert (report.errors, report.imported) == ([], 1)
    client = PopClient.objects.get()
    taken = snapshots.take(client)
    assert (taken.protocol, taken.uses_token) == ("POP3", content is BY_TOKEN)
    assert client.enable_client
    done = exporting.export()
    again = importing.run(done.text)
    assert (again.errors, again.new, again.changed) == ([], 0, 0)
    assert exporting.export() == done


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("after-fetch = move\nafter-fetch-folder = Archive\n", "after-fetch"),
        ("after-fetch = mark-read\n", "after-fetch"),
        ("folder-path = Sales\n", "folder-path"),
    ],
)
def test_what_pop3_has_not_is_refused(line: str, option: str) -> None:
    content = PLAIN.replace("after-fetch = delete\n", "") + line
    report = importing.run(content)
    assert report.imported == 0
    assert option in str(report.errors)
