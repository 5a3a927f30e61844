"""Whatever is typed as a list of addresses is read, or refused in a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from mailboxes.services import addresses
from mailboxes.services.addresses import AddressError
from mailboxes.services.outbox import compose
from mailboxes.services.outbox.compose import MessageError

PIECES = [*'()<>[]@,:.\\" =?_', "=?", "?=", "?q?", "a", "ß", "\xa0", "b.de", "a@b.de"]
ODD = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        "?= ß@ß.de]:\xa0?=, .\\",  # TypeError in the standard library
        "(" * 1200,  # RecursionError
        "<" * 1200,
        "[" * 1200,
    ],
)
def test_text_that_the_parser_trips_over_is_no_address(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        addresses.parse(text)
    assert str(caught.value).endswith("is not an e-mail address.")
    with pytest.raises(MessageError) as refused:
        compose.build(sender="a@b.example", to=text, cc=text, bcc=text)
    assert sorted(refused.value.problems) == ["bcc", "cc", "to"]


def test_list_has_a_longest_length() -> None:
    one = "anna@customers.example, "
    assert len(addresses.parse(one * (addresses.MOST // len(one)))) == 1
    with pytest.raises(AddressError) as caught:
        addresses.parse(one * (addresses.MOST // len(one) + 1))
    assert str(caught.value) == (
        "Give at most 20000 characters of addresses; write the others separately."
    )


@given(ODD)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = addresses.parse(text)
    except AddressError:
        return
    for address in found:
        assert addresses.check(address.addr_spec) == address.addr_spec
