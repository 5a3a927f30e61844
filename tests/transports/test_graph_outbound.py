"""Sending by Graph at the sandbox: MIME, drafts with uploads, lost answers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mailboxes.core.choices import Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import GRAPH_RESOURCE, PROXY_LOGIN
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.graph.outbound import MOST_MIME, GraphOutbound

SUPPORT, ANNA = "support@contoso.example", "anna@customers.example"
ORDERS, BEN = "orders@contoso.example", "ben@customers.example"
MEGABYTE = 1 << 20


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox", first_letters=0) as running:
        yield running


def sender(box: Sandbox, credential: Credential | None = None) -> GraphOutbound:
    token = box.token(SUPPORT, resource=GRAPH_RESOURCE)
    return GraphOutbound(
        Endpoint("graph.microsoft.com", 0, Security.TLS),
        credential or Credential(SUPPORT, token=token),
        NetworkPolicy(
            proxy=Proxy(box.host, box.proxy_port, SUPPORT, PROXY_LOGIN[1]),
            ca_pem=box.ca_pem,
        ),
    )


def letter(to: str = ANNA, **headers: str) -> bytes:
    fields = {"From": SUPPORT, "To": to, "Subject": "One", **headers}
    fields.setdefault("Message-ID", "<one@contoso.example>")
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return (head + "\r\nHello\r\n.dot\r\n").encode()


def lying(box: Sandbox, folder: str) -> list[bytes]:
    """What the messages in a folder of the sender are made of."""

    def read() -> list[bytes]:
        store = box.box.store
        place = store.folder(SUPPORT, folder)
        assert place is not None
        found = store.bodies([entry.body for entry in store.entries(place.id)])
        return [content or b"" for content in found]

    return box._call(read)


def test_message_goes_out_as_it_is_and_lies_in_sent_items(box: Sandbox) -> None:
    with sender(box) as graph:
        result = graph.send(SUPPORT, [ANNA], letter())
    [sent] = box.delivered()
    assert (result.accepted, result.refused) == ((ANNA,), {})
    assert result.answer.startswith("202 Accepted (request-id ")
    assert (sent["to"], sent["message_id"]) == ([ANNA], "<one@contoso.example>")
    assert sent["sha256"] == hashlib.sha256(letter()).hexdigest()
    assert lying(box, "Sent Items") == [letter()]


def test_recipient_of_the_envelope_alone_becomes_a_bcc(box: Sandbox) -> None:
    with sender(box) as graph:
        graph.send(SUPPORT, [ANNA, BEN], letter(Bcc="left@over.example"))
    [sent] = box.delivered()
    assert sorted(sent["to"]) == [ANNA, BEN]
    assert b"Bcc" not in lying(box, "Sent Items")[0]


def test_message_that_would_reach_others_is_not_sent(box: Sandbox) -> None:
    with sender(box) as graph, pytest.raises(MailError) as caught:
        graph.send(SUPPORT, [ANNA], letter(Cc=BEN))
    assert (caught.value.code, caught.value.permanent) == (Code.MESSAGE_REFUSED, True)
    assert BEN in str(caught.value.evidence["answer"])
    assert box.delivered() == []


def test_sender_that_is_not_permitted_is_refused(box: Sandbox) -> None:
    with sender(box) as graph:
        with pytest.raises(MailError) as caught:
            graph.send(ORDERS, [ANNA], letter(From=ORDERS))
        assert (caught.value.code, caught.value.stage) == (
            Code.SENDER_REFUSED,
            Stage.DATA,
        )
        assert caught.value.permanent and not caught.value.handed_over
        graph.send(SUPPORT, [ANNA], letter())
    assert len(box.delivered()) == 1


def test_application_sends_from_a_mailbox_that_it_names(box: Sandbox) -> None:
    token = box.app_token(resource=GRAPH_RESOURCE)
    with sender(box, Credential(SUPPORT, token=token, app_only=True)) as graph:
        graph.send(SUPPORT, [ANNA], letter())
    assert [one["user"] for one in box.delivered()] == [SUPPORT]


def large() -> tuple[bytes, dict[str, bytes]]:
    """A message of some 12 MB with attachments of every size, and those."""
    made = EmailMessage(policy=policy.SMTP)
    made["From"], made["To"], made["Subject"] = SUPPORT, ANNA, "Größe"
    made["Message-ID"] = "<large@contoso.example>"
    made["References"] = "<before@contoso.example>"
    made.set_content("Plain\r\n")
    made.add_alternative("<p>Rich <img src='cid:logo'></p>", subtype="html")
    attached = {
        "small.pdf": b"%PDF" * 1000,
        "middle.bin": bytes(range(256)) * 8000,
        "große datei.bin": b"\x00\xffabc" * (7 * MEGABYTE // 5),
    }
    for name, content in attached.items():
        made.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return made.as_bytes(), attached


def parts(content: bytes) -> dict[str, Any]:
    read = message_from_bytes(content, policy=policy.SMTP)
    return {part.get_filename(): part.get_content() for part in read.iter_attachments()}


def test_large_message_goes_as_draft_with_uploads(box: Sandbox) -> None:
    message, attached = large()
    assert len(message) > 4 * MOST_MIME // 2
    with sender(box) as graph:
        result = graph.send(SUPPORT, [ANNA, BEN], message)
    [sent] = box.delivered()
    assert result.answer.startswith("202 ")
    assert (sorted(sent["to"]), sent["message_id"]) == (
        [ANNA, BEN],
        "<large@contoso.example>",
    )
    [content] = lying(box, "Sent Items")
    assert parts(content) == attached
    read = message_from_bytes(content, policy=policy.SMTP)
    assert (read["References"], read["Subject"]) == (
        "<before@contoso.example>",
        "Größe",
    )
    assert read.get_body(("plain",)).get_content() == "Plain\r\n"
    assert lying(box, "Drafts") == []


def test_text_that_is_too_large_is_not_sent(box: Sandbox) -> None:
    with sender(box) as graph, pytest.raises(MailError) as caught:
        graph.send(SUPPORT, [ANNA], letter() + b"x" * (MOST_MIME + 1))
    assert (caught.value.code, caught.value.permanent) == (
        Code.MESSAGE_TOO_LARGE,
        True,
    )


@pytest.mark.parametrize("place", ["draft", "attach", "upload"])
def test_draft_that_cannot_be_finished_is_taken_away(box: Sandbox, place: str) -> None:
    box.fault(SUPPORT, f"graph-drop-in-{place}", times=1)
    with sender(box) as graph, pytest.raises(MailError) as caught:
        graph.send(SUPPORT, [ANNA], large()[0])
    assert (caught.value.code, caught.value.handed_over) == (
        Code.CONNECTION_LOST,
        False,
    )
    assert (lying(box, "Drafts"), box.delivered()) == ([], [])


@pytest.mark.parametrize("big", [False, True])
def test_lost_answer_is_unconfirmed_and_found_in_sent_items(
    box: Sandbox, big: bool
) -> None:
    message = large()[0] if big else letter()
    box.fault(SUPPORT, "graph-drop-after-send", times=1)
    with sender(box) as graph:
        with pytest.raises(MailError) as caught:
            graph.send(SUPPORT, [ANNA], message)
        assert caught.value.code == Code.SEND_UNCONFIRMED
        assert caught.value.handed_over
        number = "large" if big else "one"
        assert graph.find_sent(f"<{number}@contoso.example>") is True
        assert graph.find_sent("<it's-not@contoso.example>") is False
    assert len(box.delivered()) == 1


def test_gateway_that_loses_the_answer_leaves_it_unconfirmed(box: Sandbox) -> None:
    with sender(box) as graph:
        box.fault(SUPPORT, "graph-gateway-timeout", times=1)
        with pytest.raises(MailError) as caught:
            graph.send(SUPPORT, [ANNA], letter())
        assert (caught.value.code, caught.value.handed_over) == (
            Code.SEND_UNCONFIRMED,
            True,
        )
        assert graph.find_sent("<one@contoso.example>") is True


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("graph-throttled", Code.GRAPH_THROTTLED),
        ("graph-unavailable", Code.GRAPH_UNAVAILABLE),
        ("graph-drop-in-sendmail", Code.CONNECTION_LOST),
    ],
)
def test_what_fails_before_a_message_is_taken(
    box: Sandbox, fault: str, code: Code
) -> None:
    with sender(box) as graph:
        box.fault(SUPPORT, fault, times=1)
        with pytest.raises(MailError) as caught:
            graph.send(SUPPORT, [ANNA], letter())
        error = caught.value
    if code is Code.CONNECTION_LOST:  # nobody can tell this from a lost answer
        assert (error.code, error.handed_over) == (Code.SEND_UNCONFIRMED, True)
    else:
        assert (error.code, error.retry_after) == (code, 7.0)
        assert not error.handed_over
    assert box.delivered() == []


def test_who_may_send_only_is_signed_in(box: Sandbox) -> None:
    claims = box.box.tokens.read(box.token(SUPPORT, resource=GRAPH_RESOURCE))
    token = box.box.tokens.sign(claims | {"scp": "Mail.Send"})
    with sender(box, Credential(SUPPORT, token=token)) as graph:
        assert graph.alive()
        graph.send(SUPPORT, [ANNA], letter())
        assert graph.find_sent("<one@contoso.example>") is None
    assert len(box.delivered()) == 1


def test_progress_is_told_in_the_order_of_the_stages(box: Sandbox) -> None:
    told: list[Stage] = []
    graph = sender(box)
    graph.progress = lambda stage, _ms, _facts: told.append(stage)
    with graph:
        assert told == [
            Stage.DNS,
            Stage.TCP,
            Stage.PROXY,
            Stage.TLS,
            Stage.GREETING,
            Stage.SIGN_IN,
        ]
        assert graph.facts["user"] == SUPPORT
        assert graph.facts["tls"] == "TLSv1.3"
