"""Names that say that an option holds a secret, wherever that is asked."""

from __future__ import annotations

import pytest

from mailboxes.models import AuditEvent, KeptSection, PopClient
from mailboxes.services import revisions
from mailboxes.services.options import changes
from mailboxes.services.secrets.names import looks_secret
from mailboxes.services.sections import exporting, importing
from tests.services.option_sets import CANARY, saved_pop

SECRET = [
    "mail.imap.proxy.password",
    "mail.imap.sasl.pwd",
    "mail.imap.sasl.api-key",
    "mail.imap.sasl.apikey",
    "mail.imap.sasl.credentials",
    "mail.smtp.PrivateKey",
    "mail.smtp.pass",
    "keystore-passphrase",
    "x-token",
    "token.value",
    "client_secret_2",
    "oldPasswords",
]
PLAIN = [
    "token-expiry-margin-time",
    "secret-file",
    "mail.token.url",
    "mail.imap.Pool",
    "mail.imap.passive",
    "mail.debug.auth",
    "monkey",
]


@pytest.mark.parametrize(
    ("name", "secret"), [(n, True) for n in SECRET] + [(n, False) for n in PLAIN]
)
def test_name_tells_whether_it_holds_a_secret(name: str, secret: bool) -> None:
    assert looks_secret(name) is secret


def test_private_key_is_a_secret_under_any_name() -> None:
    key = "-----BEGIN EC PRIVATE KEY-----\\nMHcC\\n-----END EC PRIVATE KEY-----"
    assert looks_secret("mail.x.pem", key)
    assert not looks_secret("mail.x.pem", key.replace("EC PRIVATE", "PUBLIC"))
    assert changes.extra_texts({"mail.x.pem": key}) == {"mail.x.pem": "set"}


def test_changes_show_no_secret_by_any_name() -> None:
    extra = dict.fromkeys(SECRET, CANARY)
    assert changes.extra_texts(extra) == dict.fromkeys(SECRET, "set")


@pytest.mark.django_db
def test_other_options_with_secrets_stand_in_no_audit_export_or_import() -> None:
    client = saved_pop()
    for value in (CANARY, f"{CANARY}-2"):
        revisions.save_pop_client(
            client=client,
            base_revision=client.revision,
            address=client.mailbox_row.address,
            raw={},
            extra=dict.fromkeys(SECRET, value) | {"mail.imap.Pool": "4"},
        )
        client.refresh_from_db()
    logged = str(list(AuditEvent.objects.values_list("details", flat=True)))
    assert CANARY not in logged
    assert "mail.imap.sasl.api-key" in logged
    text = exporting.export().text
    assert CANARY not in text
    assert "mail.imap.Pool = 4" in text
    extra = {"mail.x.pem": "-----BEGIN PRIVATE KEY-----", "mail.imap.Pool": "4"}
    revisions.save_pop_client(
        client=client,
        base_revision=client.revision,
        address=client.mailbox_row.address,
        raw={},
        extra=extra,
    )
    assert importing.run(exporting.export().text).errors == []
    client.refresh_from_db()
    assert client.extra == extra
    lines = "".join(f"{name} = {CANARY}\n" for name in SECRET)
    lines += "mail.x.pem = -----BEGIN PRIVATE KEY-----\\n\n"
    report = importing.run(
        f"[pop-client-other]\naddress = other@x.example\n{lines}", as_drafts=True
    )
    assert report.errors == []
    assert PopClient.objects.get(section="pop-client-other").extra == {}
    kept = importing.run("[log]\nverbose = all\npem = -----BEGIN PRIVATE KEY-----\n")
    assert [w.option for w in kept.warnings] == ["pem"]
    assert KeptSection.objects.get().options == {"verbose": "all"}
