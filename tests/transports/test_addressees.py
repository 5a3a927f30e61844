"""Whom a header names: leniently, and the same with every Python."""

from __future__ import annotations

import pytest

from mailboxes.transports.addressees import head_of, named


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"To: A <a@x.example>, b@x.example\r\n", {"a@x.example", "b@x.example"}),
        # Newer Pythons give nothing for the field, were they not told to be lenient.
        (b"To: a@x.example <a@x.example>, b@x.example\r\nCc: c@x.example\r\n",
         {"a@x.example", "b@x.example", "c@x.example"}),
        (b"To: undisclosed-recipients:;\r\nCC: C@X.example\r\n", {"c@x.example"}),
        (b'To: "Sales,\r\n  Team" <s@x.example>\r\n', {"s@x.example"}),
        (b"Subject: a@x.example\r\n", set()),
    ],
)  # fmt: skip
def test_everybody_in_the_fields_is_named(head: bytes, found: set[str]) -> None:
    assert named(head_of(head), ("To", "Cc")) == found
