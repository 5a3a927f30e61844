"""Which addresses of ours a browser comes back to."""

from __future__ import annotations

import pytest

from mailboxes.views.return_address import ReturnAddress


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://mail.contoso.com/consent/", set()),
        ("https://10.0.0.5/consent/", set()),
        ("http://mail.contoso.com/consent/", {"refused"}),
        ("http://10.0.0.5:8000/consent/", {"refused", "by_number"}),
        ("http://localhost:8000/consent/", {"local"}),
        ("http://console.localhost/consent/", {"local"}),
        ("http://127.0.0.1:8000/consent/", {"local", "by_number"}),
        ("http://[::1]:8000/consent/", {"local", "by_number"}),
        ("https://localhost/consent/", {"local"}),
        ("", set()),
    ],
)
def test_address_says_who_gets_there(url: str, said: set[str]) -> None:
    address = ReturnAddress(url)
    names = ("local", "refused", "by_number")
    assert {name for name in names if getattr(address, name)} == said
