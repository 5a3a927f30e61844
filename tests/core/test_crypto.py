"""Encryption at rest: named keys, rotation, and never ciphertext as a password."""

from __future__ import annotations

import pytest

from mailboxes.core.crypto import Keyring, key_id, new_key
from mailboxes.core.errors import SecretUnreadable


def test_secret_survives_a_round_trip() -> None:
    ring = Keyring([new_key()])
    assert ring.open(ring.seal("pässword")) == "pässword"


def test_newest_key_writes_and_older_keys_read() -> None:
    old, new = new_key(), new_key()
    sealed = Keyring([old]).seal("s")
    both = Keyring([new, old])
    assert both.open(sealed) == "s"
    assert both.seal("s").split(":")[1] == key_id(new)


def test_wrong_key_is_named_not_hidden() -> None:
    sealed = Keyring([new_key()]).seal("s")
    with pytest.raises(SecretUnreadable):
        Keyring([new_key()]).open(sealed)


@pytest.mark.parametrize("damaged", ["", "plain", "f1:nope:x", "f2:{id}:{token}"])
def test_what_is_not_ours_is_refused(damaged: str) -> None:
    key = new_key()
    ring = Keyring([key])
    token = ring.seal("s").split(":")[2]
    with pytest.raises(SecretUnreadable):
        ring.open(damaged.format(id=key_id(key), token=token))


def test_changed_token_is_refused() -> None:
    ring = Keyring([new_key()])
    sealed = ring.seal("s")
    with pytest.raises(SecretUnreadable):
        ring.open(sealed[:-4] + "AAAA")


def test_repr_shows_key_ids_only() -> None:
    key = new_key()
    assert repr(Keyring([key])) == f"Keyring({key_id(key)})"
