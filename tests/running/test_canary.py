"""Secrets of a running copy stand nowhere but in ciphertext."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from mailboxes.core import certificates
from mailboxes.services.sandbox_control import SandboxControl
from mailboxes.services.wizard.modes import BY_NAME
from tests.browser import wizard_walk
from tests.browser.conftest import visit
from tests.fixtures.product import Product, wait_for
from tests.running import canaries

pytestmark = pytest.mark.browser

# Fernet tokens are the one place where a secret may lie, and there nobody can read it.
SEALED = "mailboxes_secretvalue"

# How a JWT begins, whichever member of its head stands first.
ASSERTIONS = {"eyJhbGciOi", "eyJ0eXAiOi", "eyJ4NXQ", "eyJraWQiOi"}
GRANTS = (
    *("microsoft-app", "microsoft-sign-in", "microsoft-device"),
    *("google", "google-service"),
)
SHORT = 120  # seconds that an access token lasts


def _canaries(product: Product) -> set[str]:
    """Passwords that the copy was given, and the start of every JWT."""
    world = json.loads((product.data / "sandbox" / "sandbox.json").read_text())
    words = set(ASSERTIONS)
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


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_secrets_of_every_grant_stand_nowhere(
    chromium: Browser, own_product: Product
) -> None:
    """Keys, assertions, codes, verifiers and refresh tokens, the rotated ones too."""
    product = own_product
    visitor = visit(chromium, product)
    visitor.sign_in()
    world = wizard_walk.sandbox_world(product)
    # So short a life that each use gets another token, by another refresh token.
    SandboxControl(int(world["control"]["port"])).token_life(SHORT)
    kept: dict[str, set[str]] = {}

    def keep() -> None:
        for purpose, text in canaries.revealed(product):
            kept.setdefault(purpose, set()).update(canaries.words(text))

    def watch(owner: Page) -> None:
        """Before the owner signs in: what the sign-in keeps, and the code to come."""
        keep()
        owner.on("request", lambda sent: codes.update(_code(sent.url)))

    codes: set[str] = set()
    pages = ""
    for name in GRANTS:
        walk = wizard_walk.begin(visitor, chromium, product, BY_NAME[name], f"c-{name}")
        walk.certificate, walk.watch = name == "microsoft-sign-in", watch
        wizard_walk.go(walk)
        wizard_walk.first_message(walk)
        pages += visitor.page.content()
        keep()
    for path in ("/registrations/1/", "/option-sets/", "/system/", "/secrets/"):
        visitor.goto(path)
        pages += visitor.page.content()
    assert {purpose: bool(found) for purpose, found in kept.items()} == dict.fromkeys(
        (
            *("certificate", "named", "password", "refresh-token"),
            *("sign-in", "token-cache", "client-secret"),
        ),
        True,
    )
    assert len(codes) == 2  # of Microsoft's link and of Google's
    assert len(kept["refresh-token"]) > 3  # three owners have signed in
    every = set().union(codes, *kept.values(), ASSERTIONS)
    assert canaries.found_in(product, every) == []
    assert [word[:6] for word in every if word in pages] == []
    planted = min(codes)
    (product.data / "log" / "planted.log").write_text(planted)
    assert canaries.found_in(product, [planted]) == [f"planted.log: {planted[:6]}…"]
    visitor.context.close()
    assert visitor.trouble == []


def test_words_of_a_secret_are_what_gives_it_away() -> None:
    pem = certificates.make("x").pem
    key = list(canaries.words(pem))
    assert [(len(word), word in pem) for word in key] == [(64, True), (64, True)]
    inside = json.dumps({"private_key": pem, "client_email": "mail@example.com"})
    assert list(canaries.words(inside)) == key
    cache = {"AccessToken": {"key": {"secret": "x" * 20, "target": "y" * 20}}}
    assert list(canaries.words(json.dumps(cache))) == ["x" * 20]
    assert list(canaries.words("a-client-secret")) == ["a-client-secret"]


def _code(url: str) -> list[str]:
    """The authorization code in an address that a browser is sent back to."""
    return parse_qs(urlsplit(url).query).get("code", [])
