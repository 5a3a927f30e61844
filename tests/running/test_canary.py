"""Secrets of a running copy stand nowhere but in ciphertext."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from tests.fixtures.product import Product, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("product")]

# Fernet tokens are the one place where a secret may lie, and there nobody can read it.
SEALED = "mailboxes_secretvalue"


def _canaries(product: Product) -> set[str]:
    """Passwords that the copy was given, and the start of every JWT."""
    world = json.loads((product.data / "sandbox" / "sandbox.json").read_text())
    words = {"eyJhbGciOi", "eyJ0eXAiOi"}
    for account in world["mailboxes"]:
        words |= {account["password"], account["configured_password"]}
    keys = (product.data / "encryption-keys").read_text().split()
    return {word for word in words | set(keys) if word}


def test_logs_and_rows_hold_no_secret(product: Product) -> None:
    wait_for(lambda: product.status()["pop-client-support"]["messages"] > 0, 60, "mail")
    for section in ("pop-client-support", "pop-client-billing", "smtp-client-support"):
        product.manage("test_connection", section, "--json", check=False)
    canaries = _canaries(product)
    found = []
    for log in [*(product.data / "log").iterdir(), product.log]:
        text = log.read_text(encoding="utf-8", errors="replace")
        found += [f"{log.name}: {word[:6]}…" for word in canaries if word in text]
    database = product.data / "mailadmin.sqlite3"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        tables = db.execute("SELECT name FROM sqlite_master WHERE type='table'")
        for (table,) in tables.fetchall():
            for row in db.execute(f'SELECT * FROM "{table}"'):
                text = " ".join(map(str, row))
                found += [f"{table}: {w[:6]}…" for w in canaries if w in text]
    assert [f for f in found if not f.startswith(SEALED)] == []
    assert found == []


def test_exports_of_status_hold_no_secret(product: Product) -> None:
    text = product.manage("status", "--json").stdout
    assert [word[:6] for word in _canaries(product) if word in text] == []


def test_data_folder_is_closed_to_others(product: Product) -> None:
    open_to_others = [
        path.name
        for path in product.data.iterdir()
        if path.is_file()
        and path.suffix not in (".out", ".eml")  # the tests' own
        and path.stat().st_mode & 0o077
    ]
    assert open_to_others == []
