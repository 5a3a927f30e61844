from __future__ import annotations

from email import policy
from email.parser import BytesParser
from email.utils import getaddresses
from hashlib import sha256

import pytest

from mailboxes.models import Mailbox, OutboundChunk, OutboundMessage
from mailboxes.services.outbox import compose
from mailboxes.services.outbox.compose import Attachment, MessageError
from tests import factories

pytestmark = pytest.mark.django_db
FROM = "support@contoso.example"


def parsed(composed: compose.Composed):
    return BytesParser(policy=policy.SMTP).parsebytes(composed.message.as_bytes())


def test_build_makes_all_headers_and_hides_bcc() -> None:
    composed = compose.build(
        sender="Support <support@contoso.example>",
        to='"Lee, Anna" <anna@b.example>, bob@b.example',
        cc="carl@b.example",
        bcc="dora@b.example",
        subject="Grüße",
        text="Hällo\r\nWelt\n",
    )
    message = parsed(composed)
    assert composed.sender == FROM
    assert composed.recipients == [
        "anna@b.example",
        "bob@b.example",
        "carl@b.example",
        "dora@b.example",
    ]
    assert message["From"] == "Support <support@contoso.example>"
    assert message["To"] == '"Lee, Anna" <anna@b.example>, bob@b.example'
    assert message["Cc"] == "carl@b.example"
    assert message["Subject"] == "Grüße"
    assert message["Message-ID"].endswith("@contoso.example>")
    assert message["Date"].datetime.tzinfo is not None
    assert message.get_content_charset() == "utf-8"
    assert message.get_content().splitlines() == ["Hällo", "Welt"]
    raw = composed.message.as_bytes()
    assert b"dora" not in raw
    assert raw.isascii()


@pytest.mark.parametrize("letter", ["word ", "w\\örd "])
def test_long_name_stays_one_name(letter: str) -> None:
    """The standard library folds within the quotes of a name and drops them."""
    name = "Lee, Anna " + letter * 30
    composed = compose.build(
        sender=f'"{name}" <support@contoso.example>',
        to=f'"{name}" <anna@b.example>, bob@b.example',
    )
    raw = composed.message.as_bytes()
    header = BytesParser(policy=policy.compat32).parsebytes(raw)
    for field, wanted in (
        ("From", [FROM]),
        ("To", ["anna@b.example", "bob@b.example"]),
    ):
        value = header[field].replace("\r\n", "")
        assert [address for _name, address in getaddresses([value])] == wanted
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_build_attaches_files() -> None:
    message = parsed(
        compose.build(
            sender=FROM,
            to="a@b.example",
            text="see",
            attachments=[
                Attachment("../übersicht.pdf", b"%PDF\x00\r\n.\r\n"),
                Attachment("mail.eml", b"Subject: x\r\n\r\ny", "message/rfc822"),
            ],
        )
    )
    first, second = message.iter_attachments()
    assert first.get_filename() == "übersicht.pdf"
    assert first.get_content_type() == "application/pdf"
    assert first.get_content() == b"%PDF\x00\r\n.\r\n"
    assert second.get_content_type() == "application/octet-stream"


def test_long_lines_are_folded_by_encoding() -> None:
    text = "x" * 5000
    composed = compose.build(sender=FROM, to="a@b.example", text=text)
    assert max(map(len, composed.message.as_bytes().split(b"\r\n"))) <= 998
    assert parsed(composed).get_content().strip() == text


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("to", "", "Give at least one recipient."),
        ("to", "nobody", "“nobody” is not an e-mail address."),
        ("to", "a@b.example; c@b.example", "Separate addresses with commas, not"),
        ("to", "a@b.example\r\nBcc: x@y.example", "there is a line break"),
        ("to", "a@b.example, <>", "is not an e-mail address"),
        ("to", "a@b.example c@d.example", "is not an e-mail address"),
        ("cc", "ü@b.example", "letters beyond ASCII"),
        ("bcc", "a@@b.example", "is not an e-mail address"),
        ("subject", "Hi\r\nBcc: x@y.example", "there is a line break"),
        ("subject", "x" * 999, "longer than 998"),
        ("sender", "a@b.example, c@d.example", "Choose one sender."),
        ("sender", "x\n@b.example", "there is a line break"),
    ],
)
def test_build_names_the_field_at_fault(field: str, value: str, sentence: str) -> None:
    values = {"sender": FROM, "to": "a@b.example", "subject": "Hi"} | {field: value}
    with pytest.raises(MessageError) as caught:
        compose.build(**values)
    key = "from" if field == "sender" else field
    assert list(caught.value.problems) == [key]
    assert sentence in caught.value.problems[key]


def test_build_takes_a_domain_beyond_ascii() -> None:
    composed = compose.build(sender=FROM, to="anna@bücher.example")
    assert composed.recipients == ["anna@xn--bcher-kva.example"]
    assert b"To: anna@xn--bcher-kva.example" in composed.message.as_bytes()


def queued(raw: bytes, **changes) -> OutboundMessage:
    client = changes.pop("smtp_client", None) or factories.smtp_client()
    values = {
        "message": raw,
        "smtp_client": client,
        "envelope_from": FROM,
        "recipients": ["a@b.example"],
    } | changes
    return compose.queue(**values)


def stored(row: OutboundMessage) -> bytes:
    chunks = OutboundChunk.objects.filter(message=row).order_by("number")
    return b"".join(bytes(chunk.data) for chunk in chunks)


def test_queue_completes_a_message_and_keeps_the_rest() -> None:
    user = factories.user("anna")
    row = queued(
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nTo: a@b.example\nBcc: c@d.example,\n"
        b" e@d.example\nResent-Bcc: f@d.example\nX-Odd:   kept  \n\n.dot\nlast",
        recipients=["a@b.example", "A@b.example", "c@d.example"],
        user=user,
    )
    content = stored(row)
    head, _, body = content.partition(b"\r\n\r\n")
    fields = head.split(b"\r\n")
    assert fields[0] == f"Message-ID: {row.message_id}".encode()
    assert fields[1].startswith(b"Date: ")
    assert fields[2:] == [
        b"From: support@contoso.example",
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=",
        b"To: a@b.example",
        b"X-Odd:   kept  ",
    ]
    assert body == b".dot\r\nlast\r\n"
    assert row.subject == "Grüße"
    assert row.state == "queued"
    assert row.size == len(content)
    assert row.digest == sha256(content).hexdigest()
    assert row.created_by == user
    assert row.recipients == [
        {"address": "A@b.example", "state": "pending", "code": None, "text": ""},
        {"address": "c@d.example", "state": "pending", "code": None, "text": ""},
    ]


def test_queue_keeps_a_message_id_and_refuses_it_twice() -> None:
    client = factories.smtp_client()
    raw = b"Message-ID: <1@x.example>\r\nDate: x\r\nFrom: x\r\n\r\nHi\r\n"
    row = queued(raw, smtp_client=client)
    assert (row.message_id, stored(row)) == ("<1@x.example>", raw)
    with pytest.raises(MessageError) as caught:
        queued(raw, smtp_client=client)
    assert caught.value.problems == {
        "message": "A message with the Message-ID <1@x.example> is in the outbox"
        " already."
    }
    assert OutboundMessage.objects.count() == 1


def test_queue_cuts_into_chunks_of_a_megabyte() -> None:
    row = queued(b"Subject: big\r\n\r\n" + b"x" * 76 * 30_000)
    sizes = [len(chunk.data) for chunk in row.chunks.order_by("number")]
    assert [size <= 1 << 20 for size in sizes] == [True] * 3
    assert sum(sizes) == row.size


@pytest.mark.parametrize(
    ("raw", "changes", "problems"),
    [
        (b"", {}, {"message": "The message is empty."}),
        (
            b"no header\r\n\r\nHi",
            {},
            {"message": "The message does not begin with header lines."},
        ),
        (
            b"Subject: x\r\nno field\r\n\r\nHi",
            {},
            {"message": "The message does not begin with header lines."},
        ),
        (
            b"Message-ID: <a@b>\r\nMessage-ID: <c@d>\r\n\r\nHi",
            {},
            {"message": "The message has more than one Message-ID."},
        ),
        (
            b"Message-ID: nonsense\r\n\r\nHi",
            {},
            {"message": "The Message-ID “nonsense” is not valid."},
        ),
        (
            b"Subject: x\r\n\r\n",
            {"recipients": []},
            {"to": "Give at least one recipient."},
        ),
        (
            b"Subject: x\r\n\r\n",
            {"recipients": ["a@b.example\r\nRCPT TO:<x@y.example>"]},
            {"to": "“a@b.example\r\nRCPT TO:<x@y.example>” is not an e-mail address."},
        ),
        (
            b"Subject: x\r\n\r\n",
            {"envelope_from": "nobody"},
            {"from": "“nobody” is not an e-mail address."},
        ),
    ],
)
def test_queue_refuses(raw: bytes, changes: dict, problems: dict) -> None:
    with pytest.raises(MessageError) as caught:
        queued(raw, **changes)
    assert caught.value.problems == problems
    assert OutboundMessage.objects.count() == 0


def test_queue_refuses_what_is_larger_than_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compose, "LARGEST", 100)
    with pytest.raises(MessageError) as caught:
        queued(b"Subject: x\r\n\r\n" + b"y" * 100)
    assert caught.value.problems == {"message": "The message is larger than 150 MB."}


def test_queue_refuses_a_mailbox_without_smtp_client() -> None:
    mailbox = Mailbox.objects.create(address=FROM)
    with pytest.raises(MessageError) as caught:
        compose.queue(
            message=b"Subject: x\r\n\r\n",
            mailbox=mailbox,
            envelope_from=FROM,
            recipients=["a@b.example"],
        )
    assert caught.value.problems == {
        "from": "support@contoso.example has no smtp-client to send with."
    }
