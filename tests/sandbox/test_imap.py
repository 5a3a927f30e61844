"""The IMAP server as imaplib and imapclient see it."""

from __future__ import annotations

import base64
import hashlib
import imaplib
import json
import time
from pathlib import Path

import pytest
from imapclient.exceptions import IMAPClientError, LoginError

from mailboxes.sandbox.server import Sandbox
from tests.sandbox.clients import (
    LEGACY,
    ORDERS,
    SUPPORT,
    Client,
    imap,
    imap_plain,
    letter,
    signed_in,
    tls,
    xoauth2,
)

END = b"Z1 OK FETCH completed.\r\n"


def test_capabilities_before_and_after_sign_in(sandbox: Sandbox) -> None:
    client = imap(sandbox)
    assert {"AUTH=XOAUTH2", "AUTH=PLAIN", "SASL-IR", "IMAP4REV1"} <= set(
        client.capabilities
    )
    client.authenticate("XOAUTH2", xoauth2(SUPPORT, sandbox.token(SUPPORT)))
    (line,) = client.capability()[1]
    assert b"AUTH=" not in line and b"MOVE" in line and b"UIDPLUS" in line


def test_starttls_comes_before_sign_in(sandbox: Sandbox) -> None:
    client = imap_plain(sandbox)
    assert {"LOGINDISABLED", "STARTTLS"} <= set(client.capabilities)
    with pytest.raises(imaplib.IMAP4.error):
        client.login(LEGACY, sandbox.account(LEGACY).password)
    client.starttls(tls(sandbox))
    client.authenticate("XOAUTH2", xoauth2(SUPPORT, sandbox.token(SUPPORT)))
    assert client.select("INBOX") == ("OK", [b"12"])


def test_the_initial_response_is_taken(sandbox: Sandbox) -> None:
    client = imap(sandbox)
    text = f"user={SUPPORT}\x01auth=Bearer {sandbox.token(SUPPORT)}\x01\x01"
    line = base64.b64encode(text.encode())
    client.send(b"A1 AUTHENTICATE XOAUTH2 " + line + b"\r\n")
    assert client.readline() == b"A1 OK AUTHENTICATE completed.\r\n"


@pytest.mark.parametrize(
    ("user", "how"),
    [
        (SUPPORT, {"seconds": -1}),
        (SUPPORT, {"resource": "https://graph.microsoft.com"}),
        (ORDERS, {}),
        (SUPPORT, {"spoil": True}),
    ],
    ids=["expired", "audience", "user", "signature"],
)
def test_a_wrong_token_is_refused_after_a_challenge(
    sandbox: Sandbox, user: str, how: dict[str, object]
) -> None:
    spoil = how.pop("spoil", False)
    token = sandbox.token(SUPPORT, **how)  # type: ignore[arg-type]
    if spoil:
        token = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    client = imap(sandbox)
    heard: list[bytes] = []
    answers = iter([f"user={user}\x01auth=Bearer {token}\x01\x01".encode(), b""])

    def answer(challenge: bytes) -> bytes:
        heard.append(challenge)
        return next(answers)

    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATE failed."):
        client.authenticate("XOAUTH2", answer)
    assert json.loads(heard[1]) == {
        "status": "401",
        "schemes": "bearer",
        "scope": "https://outlook.office.com/IMAP.AccessAsUser.All",
    }
    client.authenticate("XOAUTH2", xoauth2(SUPPORT, sandbox.token(SUPPORT)))


def test_a_password_works_only_where_it_is_allowed(sandbox: Sandbox) -> None:
    assert imap(sandbox).login(LEGACY, sandbox.account(LEGACY).password)[0] == "OK"
    plain = f"\0{LEGACY}\0{sandbox.account(LEGACY).password}".encode()
    assert imap(sandbox).authenticate("PLAIN", lambda _: plain)[0] == "OK"
    for address, password in (
        (SUPPORT, sandbox.account(SUPPORT).password),
        (LEGACY, "wrong"),
    ):
        with pytest.raises(imaplib.IMAP4.error, match="LOGIN failed."):
            imap(sandbox).login(address, password)


def test_imapclient_reads_what_was_delivered(sandbox: Sandbox) -> None:
    raw = letter(7, size=3000)
    (uid,) = sandbox.deliver(SUPPORT, raw)
    client = signed_in(sandbox)
    found = client.fetch(
        [uid],
        [
            "RFC822.SIZE",
            "FLAGS",
            "INTERNALDATE",
            "ENVELOPE",
            "BODY.PEEK[]",
            "BODY.PEEK[HEADER]",
            "BODY.PEEK[]<10.20>",
            "BODY.PEEK[HEADER.FIELDS (SUBJECT)]",
        ],
    )[uid]
    assert found[b"BODY[]"] == raw
    assert found[b"RFC822.SIZE"] == len(raw)
    assert found[b"FLAGS"] == ()
    assert found[b"BODY[HEADER]"] == raw[: raw.index(b"\r\n\r\n") + 4]
    assert found[b"BODY[]<10>"] == raw[10:30]
    assert found[b"BODY[HEADER.FIELDS (SUBJECT)]"] == b"Subject: Letter 7\r\n\r\n"
    assert found[b"ENVELOPE"].message_id == b"<letter.7@contoso.example>"
    assert found[b"ENVELOPE"].from_[0].mailbox == b"support"


def test_every_first_letter_comes_as_stored(sandbox: Sandbox) -> None:
    client = signed_in(sandbox)
    bodies = client.fetch(client.search(), ["BODY.PEEK[]"])
    assert [
        (uid, hashlib.sha256(one[b"BODY[]"]).hexdigest())
        for uid, one in sorted(bodies.items())
    ] == [(m["uid"], m["sha256"]) for m in sandbox.messages(SUPPORT)]


@pytest.mark.parametrize(
    ("keys", "uids"),
    [
        (["ALL"], [1, 2, 3]),
        (["UID", "2:*"], [2, 3]),
        (["UID", "9:*"], [3]),
        (["UNSEEN"], [1, 3]),
        (["SEEN"], [2]),
        (["NOT", "SEEN"], [1, 3]),
        (["OR", "UID", "1", "SEEN"], [1, 2]),
        (["HEADER", "Message-ID", "<letter.2@contoso.example>"], [2]),
        (["SUBJECT", "Letter 3"], [3]),
        (["SINCE", "1-Jan-2020"], [1, 2, 3]),
        (["SINCE", "1-Jan-2099"], []),
        (["BEFORE", "1-Jan-2099", "LARGER", "300"], [3]),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else "",
)
def test_search(tmp_path: Path, keys: list[str], uids: list[int]) -> None:
    with Sandbox(tmp_path, first_letters=0) as box:
        box.deliver(SUPPORT, letter(1), letter(2), letter(3, size=400))
        client = signed_in(box)
        client.add_flags([2], ["\\Seen"])
        assert client.search(keys) == uids


def test_flags_are_kept(sandbox: Sandbox) -> None:
    client = signed_in(sandbox)
    assert client.add_flags([1], ["\\Seen", "\\Flagged"]) == {
        1: (b"\\Seen", b"\\Flagged")
    }
    client.remove_flags([1], ["\\Flagged"])
    client.fetch([2], ["BODY[]"])
    client.logout()
    again = signed_in(sandbox)
    flags = again.get_flags([1, 2, 3])
    assert flags == {1: (b"\\Seen",), 2: (b"\\Seen",), 3: ()}


def test_move_and_copy_tell_the_new_uids(sandbox: Sandbox) -> None:
    client = signed_in(sandbox)
    before = {m["uid"]: m["sha256"] for m in sandbox.messages(SUPPORT)}
    client.create_folder("Done")
    validity = client.folder_status("Done", ["UIDVALIDITY"])[b"UIDVALIDITY"]
    client.copy([1, 3], "Done")
    answer = client._imap.untagged_responses["COPYUID"]
    assert answer == [f"{validity} 1,3 1:2".encode()]
    client.move([2], "Done")
    assert [m["uid"] for m in sandbox.messages(SUPPORT)] == [1, *range(3, 13)]
    moved = sandbox.messages(SUPPORT, "Done")
    assert [(m["uid"], m["sha256"]) for m in moved] == [
        (1, before[1]),
        (2, before[3]),
        (3, before[2]),
    ]
    with pytest.raises(IMAPClientError, match="TRYCREATE"):
        client.move([1], "Nowhere")


def test_expunge_takes_only_what_is_marked_and_named(sandbox: Sandbox) -> None:
    client = signed_in(sandbox)
    client.delete_messages([1, 2, 3])
    client.uid_expunge([2])
    assert [m["uid"] for m in sandbox.messages(SUPPORT)][:3] == [1, 3, 4]
    client.expunge()
    assert [m["uid"] for m in sandbox.messages(SUPPORT)][:2] == [4, 5]
    assert len(client.search()) == 9


def test_append_and_status(sandbox: Sandbox) -> None:
    client = signed_in(sandbox)
    client.append("Drafts", letter(5), ["\\Draft"])
    assert client.folder_status("Drafts", ["MESSAGES", "UIDNEXT", "UNSEEN"]) == {
        b"MESSAGES": 1,
        b"UIDNEXT": 2,
        b"UNSEEN": 1,
    }
    assert [m["flags"] for m in sandbox.messages(SUPPORT, "Drafts")] == ["\\Draft"]


def test_folders_have_delimiter_and_use(sandbox: Sandbox) -> None:
    client = signed_in(sandbox)
    found = {
        name: (flags, delimiter) for flags, delimiter, name in client.list_folders()
    }
    assert found["Deleted Items"] == ((b"\\HasNoChildren", b"\\Trash"), b"/")
    assert client.folder_exists("inbox") and not client.folder_exists("Nowhere")
    with pytest.raises(IMAPClientError, match="doesn't exist"):
        client.select_folder("Nowhere")


def test_idle_hears_of_new_mail(sandbox: Sandbox) -> None:
    client = signed_in(sandbox)
    client.idle()
    sandbox.deliver(SUPPORT, letter())
    assert client.idle_check(timeout=10) == [(13, b"EXISTS")]
    client.idle_done()
    assert client.search(["UID", "13"]) == [13]


def test_noop_hears_of_what_another_client_took_away(sandbox: Sandbox) -> None:
    one, other = signed_in(sandbox), signed_in(sandbox)
    other.delete_messages([5])
    other.expunge()
    assert one.noop()[1] == [(5, b"EXPUNGE")]


def test_a_reset_gives_another_uidvalidity(sandbox: Sandbox) -> None:
    old = sandbox.uidvalidity(SUPPORT)
    client = signed_in(sandbox)
    client.delete_messages([1])
    client.expunge()
    assert sandbox.reset_uidvalidity(SUPPORT) > old
    with pytest.raises((OSError, IMAPClientError)):
        client.noop()
    again = signed_in(sandbox)
    assert again.search() == list(range(1, 12))
    assert again.folder_status("INBOX", ["UIDVALIDITY", "UIDNEXT"]) == {
        b"UIDVALIDITY": sandbox.uidvalidity(SUPPORT),
        b"UIDNEXT": 12,
    }


def test_fault_drop_at_login(sandbox: Sandbox) -> None:
    sandbox.fault(SUPPORT, "imap-drop-at-login", times=1)
    with pytest.raises((LoginError, OSError)):
        signed_in(sandbox)
    assert len(signed_in(sandbox).search()) == 12


def test_fault_drop_in_fetch(sandbox: Sandbox) -> None:
    client = signed_in(sandbox)
    sandbox.fault(SUPPORT, "imap-drop-in-fetch")
    with pytest.raises((IMAPClientError, OSError)):
        client.fetch(list(range(1, 13)), ["BODY.PEEK[]"])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            "imap-throttled",
            "Request is throttled. Suggested Backoff Time: 2000 milliseconds",
        ),
        ("imap-not-connected", "User is authenticated but not connected."),
    ],
)
def test_fault_after_sign_in(sandbox: Sandbox, fault: str, words: str) -> None:
    sandbox.fault(SUPPORT, fault)
    with pytest.raises(IMAPClientError, match=words):
        signed_in(sandbox)
    assert len(signed_in(sandbox, ORDERS).search()) == 12


@pytest.mark.parametrize("fault", ["imap-unavailable", "imap-refuse-token"])
def test_fault_at_sign_in(sandbox: Sandbox, fault: str) -> None:
    sandbox.fault(SUPPORT, fault)
    words = "UNAVAILABLE" if fault == "imap-unavailable" else "AUTHENTICATE failed"
    client = imap(sandbox)
    with pytest.raises(imaplib.IMAP4.error, match=words):
        client.authenticate("XOAUTH2", xoauth2(SUPPORT, sandbox.token(SUPPORT)))


def test_fault_without_xoauth2(sandbox: Sandbox) -> None:
    sandbox.fault("*", "imap-no-xoauth2")
    assert not Client(sandbox).has_capability("AUTH=XOAUTH2")


@pytest.mark.parametrize(
    "line",
    ["X1", "X1 NONSENSE", "X1 FETCH", "X1 UID FETCH 1 (", "X1 UID SEARCH JUNK", "X1 )"],
)
def test_a_wrong_command_is_told_and_forgiven(sandbox: Sandbox, line: str) -> None:
    client = signed_in(sandbox)
    line_out = client._imap
    line_out.send(line.encode() + b"\r\n")
    assert line_out.readline().startswith(b"X1 BAD")
    assert client.search(["UID", "1"]) == [1]


def test_fetch_rate(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """A figure to look at; the machine decides how large it is."""
    count, size = 4000, 20_000
    sandbox.deliver(SUPPORT, *[letter(n, size=size) for n in range(count)])
    client = imap(sandbox)
    client.authenticate("XOAUTH2", xoauth2(SUPPORT, sandbox.token(SUPPORT)))
    client.select("INBOX")
    line = client.socket()
    began = time.monotonic()
    line.sendall(b"Z1 UID FETCH 13:* (UID BODY.PEEK[])\r\n")
    total, tail = 0, b""
    while not tail.endswith(b"Z1 OK FETCH completed.\r\n"):
        data = line.recv(1 << 20)
        assert data
        total += len(data)
        tail = (tail + data)[-64:]
    took = time.monotonic() - began
    assert total > count * size
    with capsys.disabled():
        print(f"\nsandbox IMAP through its proxy: {count / took:,.0f} messages/s")


def test_a_message_expunged_during_a_fetch_is_left_out(
    sandbox: Sandbox,
) -> None:
    raw = [letter(n, size=4_000_000) for n in range(12)]
    sandbox.deliver(SUPPORT, *raw)
    reader, other = imap(sandbox), signed_in(sandbox)
    reader.authenticate("XOAUTH2", xoauth2(SUPPORT, sandbox.token(SUPPORT)))
    reader.select("INBOX")
    reader.send(b"Z1 UID FETCH 13:24 (BODY.PEEK[])\r\n")
    first = reader.file.readline()  # the server goes on only as we read
    other.delete_messages([24])
    other.expunge()
    text = first + b"".join(iter(reader.file.readline, END))
    assert text.count(b"FETCH (UID ") == 11
    assert text.endswith(b"* 24 EXPUNGE\r\n")


def test_a_mailbox_without_rights_is_a_scenario(sandbox: Sandbox) -> None:
    sandbox.fault("norights@contoso.example", None)
    with pytest.raises(IMAPClientError, match="User is authenticated but not connect"):
        signed_in(sandbox, "norights@contoso.example")


def test_a_literal_may_come_without_asking(sandbox: Sandbox) -> None:
    client = signed_in(sandbox)
    raw = letter(3)
    client._imap.send(b"Y1 APPEND Drafts {%d+}\r\n%s\r\n" % (len(raw), raw))
    assert client._imap.readline().startswith(b"Y1 OK [APPENDUID ")
    assert len(sandbox.messages(SUPPORT, "Drafts")) == 1


def test_delete_removes_a_folder_with_its_letters(sandbox: Sandbox) -> None:
    client = signed_in(sandbox)
    client.create_folder("Done")
    client.append("Done", b"Subject: x\r\n\r\n")
    client.delete_folder("Done")
    assert client.folder_exists("Done") is False
    for name in ("Done", "INBOX"):
        with pytest.raises(IMAPClientError, match="can't be deleted"):
            client.delete_folder(name)
    assert len(sandbox.messages(SUPPORT)) == 12
