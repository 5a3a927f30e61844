"""Secrets are sealed in one table and revealed only with a key we have."""

from __future__ import annotations

import pytest
from django.test import override_settings

from mailboxes.core.crypto import new_key
from mailboxes.core.errors import SecretUnreadable
from mailboxes.models import SecretValue
from mailboxes.services import secrets

pytestmark = pytest.mark.django_db


def test_secret_is_sealed_and_revealed() -> None:
    row = secrets.seal("hunter2")
    assert "hunter2" not in row.ciphertext
    assert secrets.reveal(row.pk) == "hunter2"


def test_missing_row_is_unreadable() -> None:
    with pytest.raises(SecretUnreadable):
        secrets.reveal(987654)


def test_unknown_keys_are_named() -> None:
    row = secrets.seal("x")
    assert secrets.unknown_key_ids() == []
    with override_settings(MAILADMIN_ENCRYPTION_KEYS=[new_key()]):
        assert secrets.unknown_key_ids() == [row.key_id]
        with pytest.raises(SecretUnreadable):
            secrets.reveal(row.pk)


def test_row_never_shows_its_secret() -> None:
    row = SecretValue.objects.get(pk=secrets.seal("hunter2").pk)
    assert repr(row) == f"<SecretValue {row.pk} password ********>"
    assert "hunter2" not in str(row)
