"""IMAP after sign-in: folders, listing, settling on servers that can less."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailboxes.core.choices import AfterFetch, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.transports import imap
from mailboxes.transports.base import Folder, Limits, Listed
from mailboxes.transports.imap import ImapTransport
from tests.servers.imap_script import Answers, auth, signed_in, transport
from tests.servers.scripted import Talk


@pytest.mark.parametrize(
    ("answer", "code", "after"),
    [
        (b"{tag} NO no such folder\r\n", Code.FOLDER_MISSING, None),
        (
            b"{tag} BAD User is authenticated but not connected.\r\n",
            Code.NOT_CONNECTED,
            None,
        ),
        (
            b"{tag} BAD Request is throttled. Suggested Backoff Time: 299961"
            b" milliseconds\r\n",
            Code.SERVER_THROTTLED,
            299.961,
        ),
        (b"{tag} NO [UNAVAILABLE] busy\r\n", Code.SERVER_UNAVAILABLE, None),
        (b"* BYE shutting down\r\n", Code.SERVER_CLOSED, None),
        (b"rubbish\r\n", Code.PROTOCOL_ERROR, None),
        (b"{tag} OK but no numbering\r\n", Code.PROTOCOL_ERROR, None),
    ],
)
def test_select_refusals(answer: bytes, code: Code, after: float | None) -> None:
    with (
        signed_in({b"EXAMINE": answer}) as server,
        transport(server) as reader,
        pytest.raises(MailError) as caught,
    ):
        reader.select("")
    assert (caught.value.code, caught.value.stage) == (code, "mailbox")
    assert caught.value.retry_after == after
    assert caught.value.evidence["folder"] == "INBOX"


def test_throttled_fetch_waits_as_told() -> None:
    busy = (
        b"{tag} BAD Request is throttled. Suggested Backoff Time: 500 milliseconds\r\n"
    )
    with signed_in({b"UID FETCH": busy}) as server, transport(server) as reader:
        reader.select("")
        with pytest.raises(MailError) as caught:
            list(reader.stream([Listed(1, 10, None)]))
    assert (caught.value.code, caught.value.retry_after) == (
        Code.SERVER_THROTTLED,
        0.5,
    )


def test_uidnext_is_computed_where_the_server_gives_none() -> None:
    answers: Answers = {
        b"EXAMINE": b"* OK [UIDVALIDITY 5] v\r\n{tag} OK done\r\n",
        b"UID SEARCH": b"* SEARCH 3 41 7\r\n{tag} OK done\r\n",
    }
    with signed_in(answers) as server, transport(server) as reader:
        folder = reader.select("")
    assert (folder.validity, folder.next_id) == ("5", 42)


def test_folder_names_go_in_modified_utf7() -> None:
    with signed_in({}) as server, transport(server) as reader:
        assert reader.select("Entwürfe & more").name == "Entwürfe & more"
    assert any(b'EXAMINE "Entw&APw-rfe &- more"' in line for line in server.heard)


def test_search_answer_longer_than_imaplib_takes() -> None:
    """imaplib stops at 1 MB: about 125,000 messages."""
    numbers = b" ".join(b"%d" % n for n in range(1_000_001, 1_200_001))

    def found(talk: Talk, tag: bytes) -> None:
        talk.send(b"* SEARCH " + numbers + b"\r\n" + tag + b" OK done\r\n")

    with signed_in({b"UID SEARCH": found}) as server, transport(server) as reader:
        reader.select("")
        assert reader.list_new(1_200_000) == []  # it asked, and read the whole line


SIZE = b"* 1 FETCH (UID %d RFC822.SIZE 7)\r\n"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b"* SEARCH 1 2\r\n* SEARCH 3\r\n", [1, 2, 3]),
        (b"* SEARCH 3\r\n* 4 EXISTS\r\n* SEARCH\r\n* SEARCH 1 3 \r\n", [1, 3]),
        (b"* SEARCH\r\n", []),
        (b"", []),
        (b"* SEARCH 2 (MODSEQ 917)\r\n* SEARCH 1 (MODSEQ 5)\r\n", [1, 2]),
    ],
)
def test_search_answers_of_many_shapes(answer: bytes, found: list[int]) -> None:
    """RFC 3501 section 7: a response may come more than once for a command."""

    def search(talk: Talk, tag: bytes) -> None:
        talk.send(answer + tag + b" OK done\r\n")

    def sizes(talk: Talk, tag: bytes) -> None:
        ids = numbers(talk.heard[-1].split(b" ")[3])
        talk.send(b"".join(SIZE % one for one in ids) + tag + b" OK done\r\n")

    answers: Answers = {b"UID SEARCH": search, b"UID FETCH": sizes}
    with signed_in(answers) as server, transport(server) as reader:
        reader.select("")
        assert reader.list_new(0) == [Listed(number, 7, None) for number in found]
        assert reader.present([1, 2, 3]) == set(found)


@pytest.mark.parametrize("answer", [b"* SEARCH 1 two", b"* SEARCH {3}\r\n1 2"])
def test_search_answers_that_are_none(answer: bytes) -> None:
    search = answer + b"\r\n{tag} OK done\r\n"
    with signed_in({b"UID SEARCH": search}) as server, transport(server) as reader:
        reader.select("")
        with pytest.raises(MailError) as caught:
            reader.list_new(0)
    assert (caught.value.code, caught.value.stage) == (Code.PROTOCOL_ERROR, "list")


def test_arrivals_are_told_of_those_whose_time_the_server_tells() -> None:
    date = b'INTERNALDATE "17-Jul-1996 02:44:25 -0700"'
    answers: Answers = {
        b"UID FETCH": b"* 1 FETCH (UID 4 RFC822.SIZE 9 %s)\r\n"
        b"* 2 FETCH (UID 5 RFC822.SIZE 9)\r\n{tag} OK done\r\n" % date
    }
    with signed_in(answers) as server, transport(server) as reader:
        reader.select("")
        moment = datetime(1996, 7, 17, 9, 44, 25, tzinfo=UTC)
        assert reader.arrivals([6, 5, 4]) == {4: moment}


def test_ids_of_a_search_that_was_refused_do_not_count_for_the_next() -> None:
    said = [b"* SEARCH 1 2\r\n{tag} NO busy\r\n", b"* SEARCH 3\r\n{tag} OK done\r\n"]

    def search(talk: Talk, tag: bytes) -> None:
        talk.send(said.pop(0).replace(b"{tag}", tag))

    with signed_in({b"UID SEARCH": search}) as server, transport(server) as reader:
        reader.select("")
        with pytest.raises(MailError):
            reader.present([1, 2, 3])
        assert reader.present([1, 2, 3]) == {3}


def listing_of(count: int, refused: set[int]) -> tuple[list[int], list[int]]:
    """Ids in each command of a listing, and the ids that are listed without a size.

    A command with one of `refused` is answered NO and nothing else.
    """
    asked: list[int] = []

    def search(talk: Talk, tag: bytes) -> None:
        ids = b" ".join(b"%d" % number for number in range(1, count + 1))
        talk.send(b"* SEARCH " + ids + b"\r\n" + tag + b" OK done\r\n")

    def sizes(talk: Talk, tag: bytes) -> None:
        ids = numbers(talk.heard[-1].split(b" ")[3])
        asked.append(len(ids))
        if refused.intersection(ids):
            talk.send(tag + b" NO [SERVERBUG] broken\r\n")
            return
        talk.send(b"".join(SIZE % one for one in ids) + tag + b" OK done\r\n")

    answers: Answers = {b"UID SEARCH": search, b"UID FETCH": sizes}
    with signed_in(answers) as server, transport(server) as reader:
        reader.select("")
        listed = reader.list_new(0)
    assert [one.id for one in listed] == list(range(1, count + 1))
    return asked, [one.id for one in listed if not one.size]


def numbers(ids: bytes) -> list[int]:
    found: list[int] = []
    for part in ids.split(b","):
        first, _, last = part.partition(b":")
        found += range(int(first), int(last or first) + 1)
    return found


def test_what_is_refused_in_a_listing_is_asked_for_in_ever_smaller_commands() -> None:
    assert listing_of(1200, {601}) == (
        [500, 500, 200, *[20] * 25, *[1] * 20],
        [601],
    )
    assert listing_of(1200, set()) == ([500, 500, 200], [])
    assert listing_of(3, {2}) == ([3, 1, 1, 1], [2])
    assert listing_of(1, {1}) == ([1, 1], [1])


def test_listing_that_is_refused_as_a_whole_is_not_asked_for_one_by_one() -> None:
    everything = set(range(1, 101))
    assert listing_of(100, everything) == ([100, *[20] * 5], sorted(everything))


# settling on servers that can less


def settled(capabilities: bytes, action: AfterFetch, deleted: bytes) -> list[bytes]:
    """Commands after the search for what is there, with message 7 to settle."""

    def search(talk: Talk, tag: bytes) -> None:
        line = talk.heard[-1]
        found = b"7" if b"ALL" in line else deleted
        talk.send(b"* SEARCH " + found + b"\r\n" + tag + b" OK done\r\n")

    with (
        signed_in({b"UID SEARCH": search}, capabilities) as server,
        transport(server) as reader,
    ):
        reader.select("")
        assert reader.settle([7, 8], action, "Done") == {8}
    commands = [line.partition(b" ")[2] for line in server.heard]
    start = next(i for i, c in enumerate(commands) if c.startswith(b"UID SEARCH ALL"))
    end = commands.index(b"LOGOUT")
    return [c for c in commands[start + 1 : end] if not c.startswith(b"CAPABILITY")]


def test_settle_uses_move_and_uid_expunge_where_offered() -> None:
    assert settled(b"MOVE UIDPLUS", AfterFetch.MOVE, b"") == [b'UID MOVE 7 "Done"']
    assert settled(b"MOVE UIDPLUS", AfterFetch.DELETE, b"") == [
        rb"UID STORE 7 +FLAGS.SILENT (\Deleted)",
        b"UID EXPUNGE 7",
    ]


def test_abilities_are_those_after_sign_in_not_those_of_the_greeting() -> None:
    def search(talk: Talk, tag: bytes) -> None:
        talk.send(b"* SEARCH 7\r\n" + tag + b" OK done\r\n")

    answers: Answers = {
        b"greeting": b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n",
        b"AUTHENTICATE": auth(b"{tag} OK [CAPABILITY IMAP4rev1 MOVE] in\r\n"),
        b"UID SEARCH": search,
    }
    with signed_in(answers) as server, transport(server) as reader:
        reader.select("")
        assert reader.settle([7], AfterFetch.MOVE, "Done") == set()
    assert any(b'UID MOVE 7 "Done"' in line for line in server.heard)


def test_settle_move_without_move_copies_then_expunges() -> None:
    assert settled(b"UIDPLUS", AfterFetch.MOVE, b"") == [
        b"UID SEARCH DELETED UID 7",
        b'UID COPY 7 "Done"',
        rb"UID STORE 7 +FLAGS.SILENT (\Deleted)",
        b"UID EXPUNGE 7",
    ]


def test_settle_move_repeated_does_not_copy_twice() -> None:
    assert b'UID COPY 7 "Done"' not in settled(b"UIDPLUS", AfterFetch.MOVE, b"7")


def test_settle_without_uidplus_expunges_only_what_is_ours() -> None:
    flag = rb"UID STORE 7 +FLAGS.SILENT (\Deleted)"
    search = b"UID SEARCH DELETED"
    assert settled(b"", AfterFetch.DELETE, b"7") == [flag, search, b"EXPUNGE"]
    assert settled(b"", AfterFetch.DELETE, b"7 99") == [flag, search]


def test_settle_stops_when_the_numbering_changed() -> None:
    other = b"* OK [UIDVALIDITY 78] v\r\n* OK [UIDNEXT 9] n\r\n{tag} OK done\r\n"
    with signed_in({b"SELECT": other}) as server, transport(server) as reader:
        reader.select("")
        with pytest.raises(MailError) as caught:
            reader.settle([7], AfterFetch.DELETE)
    assert caught.value.stage == "settle"
    assert "UIDVALIDITY changed" in str(caught.value.evidence["answer"])
    assert not any(b"STORE" in line for line in server.heard)


@pytest.mark.parametrize(
    ("told", "folder"),
    [
        (b"* OK [UIDNEXT 9] n\r\n", Folder("INBOX", "7", 9)),
        (b"", Folder("INBOX", "7", 6, guessed=True)),
        (b"* OK [UIDNEXT 0] n\r\n", Folder("INBOX", "7", 6, guessed=True)),
    ],
)
def test_next_id_is_guessed_where_the_server_does_not_tell_it(
    told: bytes, folder: Folder
) -> None:
    answers: Answers = {
        b"EXAMINE": b"* OK [UIDVALIDITY 7] v\r\n" + told + b"{tag} OK done\r\n",
        b"UID SEARCH": b"* SEARCH 2 5\r\n{tag} OK done\r\n",
    }
    with signed_in(answers) as server, transport(server) as reader:
        found = reader.select("")
    assert (found, found.guessed) == (folder, folder.guessed)


@pytest.mark.parametrize(
    ("after", "limits", "asked", "found"),
    [
        (0, Limits(2), ["1:10000"], [3, 4]),
        (4, Limits(2), ["5:10004", "10005:90004", "90005:*"], [600_000]),
        (4, Limits(), ["5:*"], [600_000]),
        (590_001, Limits(2), ["590002:*"], [600_000]),
        (600_000, Limits(2), ["600001:*"], []),
    ],
)
def test_large_folder_is_searched_by_portions(
    after: int, limits: Limits, asked: list[str], found: list[int]
) -> None:
    """A server would name a million ids in each cycle, of which it takes a thousand."""

    def search(talk: Talk, tag: bytes) -> None:
        first, end = talk.heard[-1].split(b" ")[-1].split(b":")
        last = 600_000 if end == b"*" else int(end)
        ids = [n for n in (3, 4, 600_000) if int(first) <= n <= last or n == last]
        named = b" ".join(b"%d" % number for number in ids)
        talk.send(b"* SEARCH " + named + b"\r\n" + tag + b" OK done\r\n")

    answers: Answers = {
        b"EXAMINE": b"* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 90005] n\r\n"
        b"{tag} OK done\r\n",
        b"UID SEARCH": search,
    }
    with signed_in(answers) as server, transport(server) as reader:
        reader.select("")
        assert [one.id for one in reader.list_new(after, limits)] == found
    searched = [line for line in server.heard if b"UID SEARCH" in line]
    assert [line.split(b" ")[-1].decode() for line in searched] == asked


# rules of the house


def test_imapclient_is_never_given_a_range_string() -> None:
    """Calls of imapclient's message verbs take lists of ids, never a text."""
    verbs = {"fetch", "add_flags", "set_flags", "copy", "move", "uid_expunge"}
    seen = 0
    for path in Path(imap.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in verbs
            ):
                seen += 1
                assert isinstance(node.args[0], ast.Name), ast.unparse(node)
                assert node.args[0].id in {"ids", "fresh"}, ast.unparse(node)
                assert node.func.attr != "fetch", "bodies go through the pipeline"
    assert seen >= 4


def test_wire_shows_explicit_ids_to_flag_commands() -> None:
    """On the wire too: what imapclient sends for 600 ids has no `:` in it."""
    ids = list(range(1, 601))

    def search(talk: Talk, tag: bytes) -> None:
        numbers = b" ".join(b"%d" % n for n in ids)
        talk.send(b"* SEARCH " + numbers + b"\r\n" + tag + b" OK done\r\n")

    with signed_in({b"UID SEARCH": search}) as server, transport(server) as reader:
        reader.select("")
        assert reader.settle(ids, AfterFetch.MARK_READ) == set()
    stores = [line.split(b" ")[3] for line in server.heard if b"UID STORE" in line]
    assert [len(ids.split(b",")) for ids in stores] == [500, 100]
    assert not any(b":" in ids for ids in stores)


@pytest.mark.server
def test_settle_at_a_real_server_without_move_and_uidplus(bare_dovecot) -> None:
    user = bare_dovecot.new_user()
    letters = [b"Subject: %d\r\n\r\n" % number for number in range(4)]
    for letter in letters:
        bare_dovecot.deliver(user, letter)
    bare_dovecot.deliver(user, b"Subject: there\r\n\r\n", folder="Erledigt/März")
    credential = bare_dovecot.password_of(user)
    with ImapTransport(
        bare_dovecot.endpoint(), credential, bare_dovecot.policy()
    ) as reader:
        assert not reader._connected(Stage.MAILBOX).has_capability("UIDPLUS")
        reader.select("")
        assert reader.settle([1, 9], AfterFetch.MOVE, "Erledigt/März") == {9}
        assert reader.settle([2], AfterFetch.DELETE) == set()
        assert [item.id for item in reader.list_new(0)] == [3, 4]
        reader.select("Erledigt/März")
        found = {b"".join(f.chunks) for f in reader.stream(reader.list_new(0))}
        assert found == {letters[0], b"Subject: there\r\n\r\n"}
