"""Secrets are taken out of whatever a server says."""

from __future__ import annotations

import base64

import pytest

from mailboxes.services.scrub import MASK, Scrub

SECRET = "canary-Passw0rd-4711"
LOGIN = "support@contoso.com"
TOKEN = "eyJ0eXAiOiJKV1Qi.eyJhdWQiOiJodHRw.c2lnbmF0dXJl"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def scrub() -> Scrub:
    made = Scrub()
    made.know(SECRET, LOGIN)
    return made


@pytest.mark.parametrize(
    "said",
    [
        SECRET,
        encoded(SECRET),
        encoded(f"\0{LOGIN}\0{SECRET}"),
        encoded(f"user={LOGIN}\x01auth=Bearer {SECRET}\x01\x01"),
        encoded(f"\0{LOGIN}\0{SECRET}").rstrip("="),
        *(
            encoded(f"n,a={who},\x01host=h\x01port=993\x01auth=Bearer {SECRET}\x01\x01")
            for who in ("a", "ab", "abc")
        ),
    ],
)
def test_every_form_of_a_secret_is_masked(scrub: Scrub, said: str) -> None:
    assert scrub.clean(f"NO you sent {said}!") == f"NO you sent {MASK}!"


def test_secrets_are_found_in_depth(scrub: Scrub) -> None:
    evidence = {"answer": [SECRET, {"more": f"a{SECRET}b"}], "port": 993, "x": None}
    assert scrub.clean(evidence) == {
        "answer": [MASK, {"more": f"a{MASK}b"}],
        "port": 993,
        "x": None,
    }


@pytest.mark.parametrize("said", [TOKEN, f"auth=Bearer {TOKEN}", "auth=Bearer abc"])
def test_what_looks_like_a_token_is_masked_unknown(said: str) -> None:
    cleaned = str(Scrub().clean(f"got {said} there"))
    assert cleaned in (f"got {MASK} there", f"got auth=Bearer {MASK} there")


def test_very_short_secrets_are_left(scrub: Scrub) -> None:
    scrub.know("tls")
    assert scrub.clean("TLS and tls") == "TLS and tls"
