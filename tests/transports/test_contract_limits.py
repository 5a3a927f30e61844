"""What every inbound transport promises about limits, at the places of the contract."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from mailboxes.core.choices import AfterFetch
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.base import CHUNK_SIZE
from tests.transports.test_contract import (
    MESSAGE,
    Place,
    place,  # noqa: F401 - a fixture
)


def test_stream_keeps_the_beginning_of_what_is_too_large(place: Place) -> None:  # noqa: F811
    place.deliver(MESSAGE + b"z" * CHUNK_SIZE)
    place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        listed = [replace(item, size=1) for item in reader.list_new(0)]
        found = {f.id: f for f in reader.stream(listed, len(MESSAGE))}
        assert reader.alive()
    assert [(found[n].complete, len(found[n].chunks)) for n in (1, 2)] == [
        (False, 1),
        (True, 1),
    ]
    assert b"".join(found[1].chunks).startswith(MESSAGE)
    assert b"".join(found[2].chunks) == MESSAGE


def test_present_tells_what_is_there_still(place: Place) -> None:  # noqa: F811
    for _ in range(3):
        place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        reader.settle([2], AfterFetch.DELETE)
        assert reader.present([1, 2, 3, 77]) == {1, 3}
        assert reader.present([]) == set()


def test_arrivals_are_those_of_the_listing(place: Place) -> None:  # noqa: F811
    for _ in range(3):
        place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        told = {one.id: one.arrived for one in reader.list_new(0)}
        reader.settle([2], AfterFetch.DELETE)
        assert reader.arrivals([1, 2, 77]) == {1: told[1]}
        assert reader.arrivals([]) == {}


def test_no_call_waits_past_the_moment_that_is_set(place: Place) -> None:  # noqa: F811
    place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.until = time.monotonic() + 30
        reader.select("")
        assert len(reader.list_new(0)) == 1
        reader.until = time.monotonic() - 1
        with pytest.raises(MailError) as caught:
            reader.list_new(0)
        assert (caught.value.code, caught.value.stage) == (Code.READ_TIMEOUT, "list")
        assert not reader.alive()
    reader.until = None
    with reader:
        assert reader.alive()
