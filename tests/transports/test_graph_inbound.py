"""Reading by Graph at the sandbox: folders, changes, faults at each step, limits.

What every protocol with text ids promises stands in test_keyed_contract.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailboxes.core.choices import AfterFetch, Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.sandbox.effects import SILENT, Effect, place
from mailboxes.sandbox.fault_names import FAULTS
from mailboxes.sandbox.graph.server import Graph
from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import GRAPH_RESOURCE, PROXY_LOGIN
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.graph import transport as graph_transport
from mailboxes.transports.graph.client import AT_ONCE, segment
from mailboxes.transports.graph.inbound import GraphInbound
from mailboxes.transports.keyed import Changes, Remote
from mailboxes.transports.settling import PartlySettled

SUPPORT, ORDERS = "support@contoso.example", "orders@contoso.example"
MESSAGE = b"From: a@example.org\r\nSubject: one\r\n\r\nHello\r\n"


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox", first_letters=0) as running:
        yield running


def credential(box: Sandbox, user: str = SUPPORT, login: str = SUPPORT) -> Credential:
    return Credential(login, token=box.token(user, resource=GRAPH_RESOURCE))


def reader(box: Sandbox, who: Credential | None = None) -> GraphInbound:
    return GraphInbound(
        Endpoint("graph.microsoft.com", 0, Security.TLS),
        who or credential(box),
        NetworkPolicy(
            10,
            10,
            proxy=Proxy(box.host, box.proxy_port, SUPPORT, PROXY_LOGIN[1]),
            ca_pem=box.ca_pem,
        ),
    )


def deliver(box: Sandbox, count: int) -> None:
    letters = [MESSAGE.replace(b"one", b"%d" % number) for number in range(count)]
    box.deliver(SUPPORT, *letters)


def all_of(graph: GraphInbound, state: str = "") -> tuple[list[Changes], list[Remote]]:
    pages = list(graph.changes(state, None))
    return pages, [one for page in pages for one in page.there]


def put(box: Sandbox, folder: str, content: bytes = MESSAGE) -> None:
    def work() -> None:
        box.box.store.create(SUPPORT, folder)
        box.box.store.add(SUPPORT, folder, [content])

    box._call(work)


def refusal(call: Callable[[], object]) -> MailError:
    with pytest.raises(MailError) as caught:
        call()
    return caught.value


# folders


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("", 1),
        ("INBOX", 1),
        ("Posteingang", 1),
        ("Gesendete Elemente", 2),
        ("Sent Items", 2),
        ("sentitems", 2),
        ("Archive/Straße/2026", 3),
        ("/archive/STRASSE/2026/", 3),
        ("Inbox/A/B", 4),
        ("Posteingang/A/B", 4),
    ],
)
def test_folder_is_found_by_what_an_admin_calls_it(
    box: Sandbox, name: str, count: int
) -> None:
    """In the mailbox's language or in English, in any case, with slashes in names."""
    for folder, number in {
        "INBOX": 1,
        "Sent Items": 2,
        "Archive/Straße": 0,
        "Archive/Straße/2026": 3,
        "INBOX/A": 0,
    }.items():
        box._call(lambda folder=folder: box.box.store.create(SUPPORT, folder))
        for _ in range(number):
            put(box, folder)
    for _ in range(4):
        put(box, "INBOX/A/B")
    shown = box.box.graph.folders.displayed
    shown[SUPPORT, "INBOX"] = "Posteingang"
    shown[SUPPORT, "Sent Items"] = "Gesendete Elemente"
    with reader(box) as graph:
        assert graph.select(name).messages == count


def test_name_with_a_slash_of_its_own_is_found(box: Sandbox) -> None:
    put(box, "Cases")
    box.box.graph.folders.displayed[SUPPORT, "Cases"] = "Cases/Open"
    with reader(box) as graph:
        assert graph.select("Cases/Open").messages == 1


def test_folder_beyond_the_first_page_is_found(box: Sandbox) -> None:
    def make() -> None:
        for number in range(130):
            box.box.store.create(SUPPORT, f"A{number:03d}")

    box._call(make)
    put(box, "A129")
    with reader(box) as graph:
        assert graph.select("a129").messages == 1


def test_folder_that_was_made_anew_has_another_validity(box: Sandbox) -> None:
    with reader(box) as graph:
        validities = {graph.select(name).validity for name in ("", "INBOX", "Archive")}
    assert len(validities) == 2
    assert max(map(len, validities)) <= 64


# changes


def test_listing_comes_in_pages_with_size_and_time(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailboxes.transports.graph.inbound.AT_A_TIME", 2)
    deliver(box, 5)
    with reader(box) as graph:
        graph.select("")
        pages, found = all_of(graph)
    assert [len(page.there) for page in pages] == [2, 2, 1]
    assert {one.size for one in found} == {len(MESSAGE.replace(b"one", b"1"))}
    now = datetime.now(UTC)
    assert all(one.arrived and 0 <= (now - one.arrived).seconds < 60 for one in found)


def test_state_after_a_page_goes_on_there(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailboxes.transports.graph.inbound.AT_A_TIME", 2)
    deliver(box, 5)
    with reader(box) as graph:
        graph.select("")
        first = next(graph.changes("", None))
        pages, rest = all_of(graph, first.state)
    assert not first.complete
    assert len(first.there) + len(rest) == 5
    assert not pages[-1].whole  # it is not known what the first page held


def test_what_left_and_what_changed_is_told(box: Sandbox) -> None:
    deliver(box, 3)
    with reader(box) as graph:
        graph.select("")
        pages, (first, second, third) = all_of(graph)
        assert graph.settle([first.key], AfterFetch.MOVE, "Archive") == set()
        graph.settle([second.key], AfterFetch.MARK_READ)
        deliver(box, 1)
        after, there = all_of(graph, pages[-1].state)
        assert [key for page in after for key in page.gone] == [first.key]
        assert {one.key for one in there} - {third.key, second.key} != set()
        assert second.key in {one.key for one in there}  # Graph tells of changes too
        graph.select("Archive")
        assert graph.present([first.key, second.key]) == {first.key}


def test_void_state_is_begun_again(box: Sandbox) -> None:
    deliver(box, 3)
    with reader(box) as graph:
        graph.select("")
        pages, found = all_of(graph)
        box.fault(SUPPORT, "graph-delta-lost", times=1)
        again, same = all_of(graph, pages[-1].state)
        assert {one.key for one in same} == {one.key for one in found}
        assert again[-1].whole
        box.fault(SUPPORT, None)
        garbage, _ = all_of(graph, pages[-1].state.replace("$deltatoken=", "$&x="))
        assert garbage[-1].complete


def test_state_that_graph_does_not_take_any_more_is_begun_again(box: Sandbox) -> None:
    """Said by 400, which no later try would change."""
    deliver(box, 3)
    with reader(box) as graph:
        graph.select("")
        pages, found = all_of(graph)
        bad = Effect(
            place("graph", "delta-state"),
            status=400,
            error="BadRequest",
            text="Badly formed token.",
        )
        box._call(lambda: box.box.faults.switch(SUPPORT, "test", (bad,)))
        _, same = all_of(graph, pages[-1].state)
    assert {one.key for one in same} == {one.key for one in found}


def test_of_what_is_told_twice_the_last_word_counts(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that was moved away and back, and one that came and left."""
    left = {"@removed": {"reason": "deleted"}}
    came = {"receivedDateTime": "2026-11-24T10:00:00Z"}
    told = [("back", left), ("gone", came), ("back", came), ("gone", left)]
    page = {
        "value": [{"id": key, **what} for key, what in told],
        "@odata.deltaLink": "https://graph.microsoft.com/next",
    }
    monkeypatch.setattr(GraphInbound, "_page", lambda self, path: page)
    (found,) = reader(box).changes("/before", None)
    assert [one.key for one in found.there] == ["back"]
    assert found.gone == ("gone",)


def test_link_to_another_server_keeps_the_token_here(box: Sandbox) -> None:
    deliver(box, 1)
    with reader(box) as graph:
        graph.select("")
        pages, _ = all_of(graph)
        assert pages[-1].state.startswith("/v1.0/me/mailFolders/")
        elsewhere = f"https://evil.example{pages[-1].state}"
        assert all_of(graph, elsewhere)[0][-1].complete


@pytest.mark.parametrize(
    ("status", "error", "text"),
    [
        (400, "ErrorInvalidUrlQuery", "$expand is not supported."),
        (500, "InternalServerError", "Value cannot be null.\r\nParameter name: type"),
    ],
)
def test_delta_without_sizes_is_read_all_the_same(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, status: int, error: str, text: str
) -> None:
    deliver(box, 2)
    effect = Effect(place("graph", "delta"), status=status, error=error, text=text)
    fault = FAULTS["graph-no-expand"]._replace(effects=(effect,))
    monkeypatch.setitem(FAULTS, "graph-no-expand", fault)
    box.fault(SUPPORT, "graph-no-expand", times=1)
    with reader(box) as graph:
        graph.select("")
        _, found = all_of(graph)
    assert [one.size for one in found] == [0, 0]


# bodies


def test_bodies_come_four_at_a_time_and_no_more(box: Sandbox) -> None:
    deliver(box, 12)
    with reader(box) as graph:
        graph.select("")
        _, found = all_of(graph)
        box.fault(SUPPORT, "slow", seconds=0.05)
        got = list(graph.stream(found))
    assert len({body.key for body in got}) == 12
    assert box.box.graph.at_once[SUPPORT] == 4


def test_stream_that_is_given_up_ends_its_requests(box: Sandbox) -> None:
    deliver(box, 12)
    with reader(box) as graph:
        graph.select("")
        _, found = all_of(graph)
        bodies = graph.stream(found)
        next(bodies)
        bodies.close()
        assert graph.alive()


def test_header_is_read_from_the_mime_where_graph_has_none(box: Sandbox) -> None:
    box.deliver(SUPPORT, b"\r\nno header at all\r\n")
    with reader(box) as graph:
        graph.select("")
        _, found = all_of(graph)
        [got] = graph.headers(found)
    assert not got.complete


# after the fetch


def test_move_to_a_missing_folder_says_so(box: Sandbox) -> None:
    deliver(box, 1)
    with reader(box) as graph:
        graph.select("")
        _, [one] = all_of(graph)
        error = refusal(lambda: graph.settle([one.key], AfterFetch.MOVE, "Nowhere"))
        assert error.code == Code.FOLDER_TARGET_MISSING
        assert error.evidence["folder"] == "Nowhere"
        assert graph.present([one.key]) == {one.key}


def test_deleted_messages_lie_in_deleted_items(box: Sandbox) -> None:
    deliver(box, 45)
    with reader(box) as graph:
        graph.select("")
        _, found = all_of(graph)
        assert graph.settle([one.key for one in found], AfterFetch.DELETE) == set()
    assert len(box.messages(SUPPORT, "Deleted Items")) == 45
    assert box.messages(SUPPORT) == []


@pytest.mark.parametrize(
    ("status", "code", "told", "left"),
    [
        (403, "ErrorMoveCopyFailed", Code.GRAPH_ACCESS_DENIED, "refused"),
        (500, "ErrorItemCorrupt", Code.GRAPH_UNAVAILABLE, "refused"),
        (404, "ErrorFolderNotFound", Code.FOLDER_TARGET_MISSING, "later"),
        (401, "InvalidAuthenticationToken", Code.TOKEN_NOT_ACCEPTED, "later"),
    ],
)
def test_what_is_refused_is_told_apart_from_what_was_done(
    box: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: str,
    told: Code,
    left: str,
) -> None:
    deliver(box, 45)
    with reader(box) as graph:
        graph.select("")
        _, found = all_of(graph)
        keys = [one.key for one in found]
        part = Graph._part

        async def held(server: Graph, asked: Any, *rest: Any) -> dict[str, Any]:
            named = f"/{segment(keys[1])}/" in asked["url"]
            if asked["method"] == "GET" or not named:
                return await part(server, asked, *rest)
            error = {"code": code, "message": "The move or copy failed."}
            return {"id": asked["id"], "status": status, "body": {"error": error}}

        monkeypatch.setattr(Graph, "_part", held)
        with pytest.raises(PartlySettled) as caught:
            graph.settle(keys, AfterFetch.MOVE, "Deleted Items")
    error = caught.value
    # What every message would meet ends it with the batch.
    rest = {keys[1], *keys[20:]} if left == "later" else {keys[1]}
    assert (error.code, getattr(error, left)) == (told, rest)
    assert error.gone == set()
    assert len(box.messages(SUPPORT, "Deleted Items")) == 45 - len(rest)


def test_parts_that_are_throttled_are_asked_for_again(box: Sandbox) -> None:
    deliver(box, 30)
    with reader(box) as graph:
        graph.select("")
        _, found = all_of(graph)
        box.fault(SUPPORT, "graph-part-throttled", times=7)
        assert len(graph.present([one.key for one in found])) == 30


def test_parts_that_stay_throttled_end_with_the_pause_asked_for(box: Sandbox) -> None:
    deliver(box, 3)
    with reader(box) as graph:
        graph.select("")
        _, found = all_of(graph)
        box.fault(SUPPORT, "graph-part-throttled")
        graph.until = time.monotonic() + 0.5
        error = refusal(lambda: graph.present([one.key for one in found]))
    assert (error.code, error.retry_after) == (Code.GRAPH_THROTTLED, 1.0)


def test_pause_that_is_asked_for_ends_the_bodies(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled, asked = Graph._handled, list[str]()

    async def noted(graph: Graph, request: Any, *more: Any) -> Any:
        asked.append(request.target)
        return await handled(graph, request, *more)

    deliver(box, 40)
    with reader(box) as graph:
        graph.select("")
        _, found = all_of(graph)
        busy = Effect(
            place("graph", "value"),
            status=503,
            error="ServiceUnavailable",
            text="Try again later.",
            headers={"Retry-After": "7"},
        )
        box._call(lambda: box.box.faults.switch(SUPPORT, "test", (busy,)))
        monkeypatch.setattr(Graph, "_handled", noted)
        error = refusal(lambda: list(graph.stream(found)))
    assert (error.code, error.retry_after) == (Code.GRAPH_UNAVAILABLE, 7.0)
    assert len(asked) <= 2 * AT_ONCE  # what was under way when the first one ended


# what goes wrong


def steps(graph: GraphInbound) -> dict[str, Callable[[], object]]:
    """Each verb on a mailbox with some messages, by the place it is asked at."""
    graph.select("")
    _, found = all_of(graph)
    keys = [one.key for one in found]
    return {
        "folder": lambda: graph.select(""),
        "delta": lambda: all_of(graph),
        "value": lambda: list(graph.stream(found)),
        "content": lambda: list(graph.stream(found)),
        "batch": lambda: graph.settle(keys, AfterFetch.DELETE),
    }


STAGES = {
    "folder": Stage.MAILBOX,
    "delta": Stage.LIST,
    "value": Stage.FETCH,
    "content": Stage.FETCH,
    "batch": Stage.SETTLE,
}


@pytest.mark.parametrize("place", STAGES)
def test_connection_that_is_cut_is_lost_and_told_where(
    box: Sandbox, place: str
) -> None:
    deliver(box, 3)
    with reader(box) as graph:
        step = steps(graph)[place]
        box.fault(SUPPORT, f"graph-drop-in-{place}")
        error = refusal(step)
        assert (error.code, error.stage) == (Code.CONNECTION_LOST, STAGES[place])
        assert error.evidence["host"] == "graph.microsoft.com"
        assert not graph.alive()
        box.fault(SUPPORT, None)
    with reader(box) as graph:
        for again in steps(graph).values():
            again()


def test_idle_connection_that_was_cut_is_opened_again(box: Sandbox) -> None:
    deliver(box, 1)
    with reader(box) as graph:
        graph.select("")
        box.drop_connections()
        assert graph.select("").messages == 1


@pytest.mark.parametrize("place", [name for name in STAGES if name != "content"])
def test_server_that_says_nothing_is_waited_for_till_the_moment(
    box: Sandbox, place: str
) -> None:
    deliver(box, 8)
    with reader(box) as graph:
        step = steps(graph)[place]
        box.fault(SUPPORT, "slow", seconds=9)
        graph.until = time.monotonic() + 0.3
        began = time.monotonic()
        error = refusal(step)
        assert (error.code, error.stage) == (Code.READ_TIMEOUT, STAGES[place])
        assert time.monotonic() - began < 8
        assert not graph.alive()


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "https://outlook.office.com"}, Code.GRAPH_WRONG_AUDIENCE),
        ({"exp": 1}, Code.GRAPH_TOKEN_TIME),
    ],
)
def test_token_that_is_wrong_is_refused_at_sign_in(
    box: Sandbox, claims: dict[str, object], code: Code
) -> None:
    tokens = box.box.tokens
    token = tokens.sign(tokens.read(credential(box).token) | claims)
    error = refusal(reader(box, Credential(SUPPORT, token=token)).open)
    assert (error.code, error.stage) == (code, Stage.SIGN_IN)
    assert error.evidence["request_error"] == "InvalidAuthenticationToken"
    assert len(str(error.evidence["request_id"])) == 36
    assert token not in repr(error.evidence)


def test_missing_permission_is_found_at_the_mailbox(box: Sandbox) -> None:
    tokens = box.box.tokens
    token = tokens.sign(tokens.read(credential(box).token) | {"scp": "User.Read"})
    with reader(box, Credential(SUPPORT, token=token)) as graph:
        error = refusal(lambda: graph.select(""))
    assert (error.code, error.stage, error.permanent) == (
        Code.GRAPH_ACCESS_DENIED,
        Stage.MAILBOX,
        True,
    )


@pytest.mark.parametrize(
    ("login", "code"),
    [
        (ORDERS, None),
        ("noaccess@contoso.example", Code.GRAPH_ODATA_DISABLED),
        ("nobody@contoso.example", Code.GRAPH_USER_UNKNOWN),
    ],
)
def test_application_reads_the_mailbox_that_is_named(
    box: Sandbox, login: str, code: Code | None
) -> None:
    token = box.app_token(resource=GRAPH_RESOURCE)
    with reader(box, Credential(login, token=token, app_only=True)) as graph:
        if code is None:
            assert graph.select("").messages == 0
        else:
            assert refusal(lambda: graph.select("")).code == code


def test_users_token_names_a_mailbox_that_is_not_the_users_own(box: Sandbox) -> None:
    with reader(box, credential(box, ORDERS, SUPPORT)) as graph:
        assert refusal(lambda: graph.select("")).code == Code.GRAPH_ACCESS_DENIED


def test_kept_connection_that_is_dead_is_given_up_soon(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_transport, "SIGN_OF_LIFE", 0.3)
    with reader(box) as graph:
        assert graph.alive()
        silent = Effect(place("graph", "request"), end=SILENT)
        box._call(lambda: box.box.faults.switch(SUPPORT, "test", [silent]))
        begun = time.monotonic()
        assert graph.alive() is False
        assert (time.monotonic() - begun < 8, graph.until) == (True, None)
