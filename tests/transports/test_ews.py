"""EWS at the sandbox: folders, pages, settling, sending, and what is told of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mailboxes.core.choices import AfterFetch, Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.sandbox import effects
from mailboxes.sandbox.effects import Effect
from mailboxes.sandbox.ews import items as ews_items, server as ews_server
from mailboxes.sandbox.ews.xml import Refused
from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import ON_PREMISES
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.ews import (
    EwsInbound,
    EwsOutbound,
    calls,
    connection as ews_connection,
)
from mailboxes.transports.settling import PartlySettled

LOGIN, LEGACY = "support@contoso.example", "legacy@contoso.example"
ONLINE = "https://outlook.office365.com/EWS/Exchange.asmx"
OWN = f"https://{ON_PREMISES}/EWS/Exchange.asmx"
LETTER = f"From: {LOGIN}\r\nTo: anna@customers.example\r\nSubject: one\r\n\r\nHello\r\n"
CUSTOMER = "anna@customers.example"
DROPPED = Effect(effects.place("ews", "deleteitem"), end=effects.DROP)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "box", first_letters=0) as made:
        yield made


def policy(box: Sandbox) -> NetworkPolicy:
    return NetworkPolicy(proxy=Proxy(box.host, box.proxy_port), ca_pem=box.ca_pem)


def reader(box: Sandbox) -> EwsInbound:
    who = Credential(LOGIN, token=box.token(LOGIN))
    return EwsInbound(Endpoint(ONLINE, 0, Security.TLS), who, policy(box))


def sender(box: Sandbox) -> EwsOutbound:
    who = Credential(LOGIN, token=box.token(LOGIN))
    return EwsOutbound(Endpoint(ONLINE, 0, Security.TLS), who, policy(box))


def switch(box: Sandbox, *shown: Effect) -> None:
    box._call(lambda: box.box.faults.switch(LOGIN, "test", shown))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("", "INBOX"),
        ("Inbox", "INBOX"),
        ("SENTITEMS", "Sent Items"),
        ("Junk Email", "Junk Email"),
        ("inbox/Orders", "INBOX/Orders"),
        ("Archive\\2026", "Archive/2026"),
        ("Orders", "INBOX/Orders"),
    ],
)
def test_folder_is_found(box: Sandbox, path: str, name: str) -> None:
    def make() -> None:
        for one in ("INBOX/Orders", "Archive/2026"):
            box.box.store.create(LOGIN, one)
        box.box.store.add(LOGIN, name, [LETTER.encode()])

    box._call(make)
    with reader(box) as transport:
        folder = transport.select(path)
        (page,) = transport.changes("", None)
    assert (folder.messages, len(page.there)) == (1, 1)


def test_long_listing_comes_in_pages_and_goes_on(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls.Sync, "MOST", 2)
    box.deliver(LOGIN, *[LETTER.encode()] * 5)
    with reader(box) as transport:
        transport.select("")
        pages = list(transport.changes("", None))
        box.deliver(LOGIN, LETTER.encode())
        later = list(transport.changes(pages[-1].state, None))
        none = list(transport.changes(later[-1].state, None))
    assert [len(page.there) for page in pages] == [2, 2, 1]
    assert [page.complete for page in pages] == [False, False, True]
    assert [len(page.there) for page in later] == [1]
    assert [(page.there, page.gone, page.complete) for page in none] == [((), (), True)]


def test_state_that_the_server_lost_is_begun_again(box: Sandbox) -> None:
    box.deliver(LOGIN, *[LETTER.encode()] * 3)
    with reader(box) as transport:
        transport.select("")
        before = list(transport.changes("", None))
        box.reset_uidvalidity(LOGIN)
        after = list(transport.changes(before[-1].state, None))
    assert {one.key for one in after[0].there} == {one.key for one in before[0].there}
    assert [page.whole for page in after] == [True]


def test_header_of_a_message_comes_by_itself(box: Sandbox) -> None:
    long = LETTER.replace("Subject: one", "Subject: a\r\n b\r\nX-Odd: =?utf-8?q?=C3?=")
    box.deliver(LOGIN, long.encode())
    with reader(box) as transport:
        transport.select("")
        (page,) = transport.changes("", None)
        (head,) = transport.headers(page.there)
    lines = b"".join(head.chunks).split(b"\r\n")
    assert lines[-2:] == [b"", b""]
    assert [line.split(b":")[0] for line in lines[:-2]] == [
        b"From",
        b"To",
        b"Subject",
        b"X-Odd",
    ]


def test_delete_leaves_a_copy_but_for_what_was_deleted_before(box: Sandbox) -> None:
    box.deliver(LOGIN, LETTER.encode())
    with reader(box) as transport:
        for folder, left in (("", 1), ("deleteditems", 0)):
            transport.select(folder)
            (page,) = transport.changes("", None)
            keys = [one.key for one in page.there]
            assert transport.settle(keys, AfterFetch.DELETE) == set()
            assert transport.settle(keys, AfterFetch.DELETE) == set(keys)
            assert len(box.messages(LOGIN, "Deleted Items")) == left


@pytest.mark.parametrize("action", [AfterFetch.DELETE, AfterFetch.MOVE])
def test_item_that_is_refused_keeps_no_other(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, action: AfterFetch
) -> None:
    box.deliver(LOGIN, *[LETTER.encode()] * 60)
    with reader(box) as transport:
        transport.select("")
        keys = [one.key for page in transport.changes("", None) for one in page.there]
        entry = ews_items.Items._entry

        def held(items: ews_items.Items, element: Any) -> Any:
            if element.get("Id") == keys[1]:
                raise Refused("ErrorMoveCopyFailed", "The move or copy failed.")
            return entry(items, element)

        monkeypatch.setattr(ews_items.Items, "_entry", held)
        with pytest.raises(PartlySettled) as caught:
            transport.settle(keys, action, "Deleted Items")
    error = caught.value
    assert error.evidence["request_error"] == "ErrorMoveCopyFailed"
    assert (error.gone, error.refused, error.later) == (set(), {keys[1]}, set())
    assert len(box.messages(LOGIN, "Deleted Items")) == 59


@pytest.mark.parametrize("what", ["stream", "headers"])
def test_busy_server_is_asked_for_no_further_message(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    box.deliver(LOGIN, *[LETTER.encode()] * 120)
    with reader(box) as transport:
        transport.select("")
        there = [one for page in transport.changes("", None) for one in page.there]
        asked: list[str] = []

        def busy(_items: ews_items.Items, element: Any) -> Any:
            asked.append(element.get("Id"))
            if len(asked) == 1:
                raise Refused("ErrorItemCorrupt", "This one is damaged.")
            raise Refused(
                "ErrorServerBusy",
                "The server cannot service this request right now.",
                detail='<t:Value Name="BackOffMilliseconds">9500</t:Value>',
            )

        monkeypatch.setattr(ews_items.Items, "_entry", busy)
        with pytest.raises(MailError) as caught:
            list(getattr(transport, what)(there))
    assert (caught.value.code, caught.value.retry_after) == (Code.EWS_SERVER_BUSY, 9.5)
    assert len(asked) == 50  # one request


def test_line_that_falls_between_two_requests_tells_what_was_done(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.deliver(LOGIN, *[LETTER.encode()] * 60)
    with reader(box) as transport:
        transport.select("")
        keys = [one.key for page in transport.changes("", None) for one in page.there]
        delete = ews_items.Items.delete

        def once(items: ews_items.Items, asked: Any) -> list[str]:
            done = delete(items, asked)
            box.box.faults.switch(LOGIN, "test", [DROPPED])
            return done

        monkeypatch.setattr(ews_items.Items, "delete", once)
        with pytest.raises(PartlySettled) as caught:
            transport.settle(keys, AfterFetch.DELETE)
    error = caught.value
    assert error.code == Code.CONNECTION_LOST
    assert (error.refused, error.later) == (set(), set(keys[50:]))


def test_unknown_folder_to_move_to_is_told(box: Sandbox) -> None:
    box.deliver(LOGIN, LETTER.encode())
    with reader(box) as transport:
        transport.select("")
        (page,) = transport.changes("", None)
        with pytest.raises(MailError) as caught:
            transport.settle([page.there[0].key], AfterFetch.MOVE, "Nowhere")
    error = caught.value
    assert (error.code, error.stage) == (Code.FOLDER_TARGET_MISSING, Stage.SETTLE)
    assert error.evidence["folder"] == "Nowhere"


@pytest.mark.parametrize("version", ["Exchange2010_SP2", "Exchange2007_SP1"])
def test_older_schema_is_taken_where_the_server_is_older(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    known = ews_server.VERSIONS[: ews_server.VERSIONS.index(version) + 1]
    monkeypatch.setattr(ews_server, "VERSIONS", known)
    box.deliver(LOGIN, LETTER.encode())
    with reader(box) as transport:
        transport.select("")
        (page,) = transport.changes("", None)
        assert len(list(transport.stream(page.there))) == 1


def test_opening_tells_what_it_does(box: Sandbox) -> None:
    told: dict[Stage, Mapping[str, object]] = {}
    transport = reader(box)
    transport.progress = lambda stage, ms, facts: told.update({stage: facts})
    transport.open()
    transport.close()
    assert list(told) == ["dns", "tcp", "proxy", "tls", "greeting", "sign-in"]
    assert told[Stage.GREETING]["answer"] == "HTTP 401 Unauthorized"
    assert told[Stage.SIGN_IN]["user"] == LOGIN
    assert set(transport.timings) == set(told)


def test_password_is_refused_once_and_for_good(box: Sandbox) -> None:
    at = Endpoint(OWN, 0, Security.TLS)
    with pytest.raises(MailError) as caught:
        EwsInbound(at, Credential(LEGACY, password="wrong"), policy(box)).open()
    error = caught.value
    assert (error.code, error.permanent) == (Code.PASSWORD_REFUSED, True)
    assert error.evidence["user"] == LEGACY
    assert "wrong" not in str(error.evidence)
    assert box.requests(LEGACY)["ews"] == {"password": 1}


def test_password_is_not_sent_to_exchange_online(box: Sandbox) -> None:
    at = Endpoint(ONLINE, 0, Security.TLS)
    with pytest.raises(MailError) as caught:
        EwsInbound(at, Credential(LEGACY, password="right"), policy(box)).open()
    assert caught.value.code == Code.BASIC_AUTH_BLOCKED
    assert box.requests(LEGACY) == {}


def test_page_of_another_program_is_no_exchange(box: Sandbox) -> None:
    at = Endpoint("https://outlook.office365.com/owa", 0, Security.TLS)
    with pytest.raises(MailError) as caught:
        EwsInbound(at, Credential(LOGIN, token=box.token(LOGIN)), policy(box)).open()
    error = caught.value
    assert (error.code, error.stage) == (Code.GREETING_UNEXPECTED, Stage.SIGN_IN)


def test_message_is_not_sent_to_more_than_its_envelope(box: Sandbox) -> None:
    wide = LETTER.replace("Subject", "Cc: boss@customers.example\r\nSubject")
    with sender(box) as transport:
        with pytest.raises(MailError) as caught:
            transport.send(LOGIN, [CUSTOMER], wide.encode())
        error = caught.value
        assert (error.code, error.stage) == (Code.MESSAGE_REFUSED, Stage.ENVELOPE)
        assert "boss@customers.example" in str(error.evidence["answer"])
        assert transport.send(LOGIN, [CUSTOMER], LETTER.encode()).refused == {}
    assert len(box.delivered()) == 1


@pytest.mark.parametrize("odd", ['"Anna', '"', "undisclosed:;"])
def test_header_that_cannot_be_read_names_nobody(box: Sandbox, odd: str) -> None:
    odd = LETTER.replace("Subject", f"Cc: {odd}\r\nSubject")
    with sender(box) as transport:
        assert transport.send(LOGIN, [CUSTOMER], odd.encode()).refused == {}
    assert len(box.delivered()) == 1


@pytest.mark.parametrize(
    ("status", "handed_over"), [(502, True), (504, True), (503, False), (401, False)]
)
def test_only_an_open_answer_leaves_a_message_unconfirmed(
    box: Sandbox, status: int, handed_over: bool
) -> None:
    with sender(box) as transport:
        switch(box, Effect("ews.createitem", status=status))
        with pytest.raises(MailError) as caught:
            transport.send(LOGIN, [CUSTOMER], LETTER.encode())
    assert caught.value.handed_over is handed_over
    assert (caught.value.code == Code.SEND_UNCONFIRMED) is handed_over


def test_sent_message_is_found_by_its_id(box: Sandbox) -> None:
    named = LETTER.replace("Subject", "Message-ID: <a&b@contoso.example>\r\nSubject")
    with sender(box) as transport:
        transport.send(LOGIN, [CUSTOMER], named.encode())
        assert transport.find_sent("<a&b@contoso.example>")
        assert not transport.find_sent("<other@contoso.example>")


def test_kept_connection_that_is_dead_is_given_up_soon(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ews_connection, "SIGN_OF_LIFE", 0.3)
    with reader(box) as transport:
        assert transport.alive()
        switch(box, Effect(effects.place("ews", "getfolder"), end=effects.SILENT))
        begun = time.monotonic()
        assert transport.alive() is False
        assert (time.monotonic() - begun < 8, transport.until) == (True, None)
