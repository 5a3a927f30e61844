"""Writing a message: from whom, what is wrong with it, and that it goes out once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from mailboxes.forms import compose as forms
from mailboxes.models import Mailbox, OutboundChunk, OutboundMessage, Sender, SmtpClient
from mailboxes.services import clients, instance
from mailboxes.services.outbox import compose, rows as outbox_rows
from tests import factories
from tests.views.test_outbox import signed_in, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(client: Client) -> Client:
    """Signed in, without any right."""
    client.force_login(factories.user("anna"))
    return client


def sending_mailbox() -> Mailbox:
    return Mailbox.objects.create(
        address="support@contoso.example",
        alias="Support, all",
        smtp_client=factories.smtp_client(),
    )


def test_compose_needs_the_right(anna: Client) -> None:
    assert anna.get("/outbox/compose/").status_code == 403
    assert "Compose" not in words(anna.get("/outbox/"))


def test_compose_without_a_sending_mailbox_says_so() -> None:
    client = signed_in("add_outboundmessage")
    assert "No mailbox can send" in words(client.get("/outbox/compose/"))


def test_compose_begins_with_a_mailbox_that_sends() -> None:
    for number, state in enumerate(["stopped", "active", "active"]):
        client = factories.smtp_client(f"smtp-client-{number}", state=state)
        Mailbox.objects.create(address=f"a{number}@b.example", smtp_client=client)
    page = signed_in("add_outboundmessage").get("/outbox/compose/")
    field = page.context["form"]["sender"]
    assert [label for _value, label in field.field.choices] == [
        "a0@b.example (sending is stopped)",
        "a1@b.example",
        "a2@b.example",
    ]
    assert field.value() == Mailbox.objects.get(address="a1@b.example").pk


def test_composed_message_is_queued_once() -> None:
    mailbox = sending_mailbox()
    client = signed_in("add_outboundmessage")
    page = client.get("/outbox/compose/").content.decode()
    found = re.search(r'name="ticket" value="([0-9a-f]{32})"', page)
    assert found is not None
    data = {
        "sender": mailbox.pk,
        "to": "anna@b.example",
        "bcc": "dora@b.example",
        "subject": "Question",
        "text": "Dear customer,\n\nis it paid?\n",
        "ticket": found[1],
        "attachments": [SimpleUploadedFile("a.txt", b"one"), *_two()],
    }
    response = client.post("/outbox/compose/", data, follow=True)
    assert "Queued. It is sent within seconds." in words(response)
    row = OutboundMessage.objects.get()
    assert row.message_id == f"<{found[1]}@contoso.example>"
    assert (row.state, row.subject, row.mailbox) == ("queued", "Question", mailbox)
    assert [r["address"] for r in row.recipients] == [
        "anna@b.example",
        "dora@b.example",
    ]
    raw = outbox_rows.content(row.pk)
    assert b'From: "Support, all" <support@contoso.example>' in raw
    assert raw.count(b"Content-Disposition: attachment") == 2
    data["attachments"] = [SimpleUploadedFile("a.txt", b"one"), *_two()]
    again = client.post("/outbox/compose/", data, follow=True)
    assert "This message is in the outbox already." in words(again)
    assert OutboundMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("columns", "held", "kept"),
    [
        ({}, True, "Everything is held: it waits until the hold is released."),
        (
            {"state": "stopped"},
            False,
            "The smtp-client smtp-client is stopped: it waits until sending is"
            " restarted.",
        ),
    ],
)
def test_composed_message_that_has_to_wait_is_not_promised(
    columns: dict[str, str], held: bool, kept: str
) -> None:
    mailbox = sending_mailbox()
    Sender.objects.update(**columns)
    if held:
        instance.hold("A copy is made")
    data = {"sender": mailbox.pk, "to": "a@b.example", "subject": "Hi"}
    someone = signed_in("add_outboundmessage")
    response = someone.post("/outbox/compose/", data, follow=True)
    assert [str(one) for one in response.context["messages"]] == [f"Queued. {kept}"]


def test_files_that_are_too_large_are_refused_before_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []
    monkeypatch.setattr(compose, "LARGEST_ATTACHED", 2000)
    monkeypatch.setattr(forms, "_read", lambda files: read.append(len(files)) or [])
    mailbox = sending_mailbox()
    files = [SimpleUploadedFile(name, b"x" * 1001) for name in ("a.bin", "b.bin")]
    data = {"sender": mailbox.pk, "to": "nobody", "attachments": files}
    response = signed_in("add_outboundmessage").post("/outbox/compose/", data)
    assert response.context["form"].errors == {
        "attachments": [
            "The files are too large: a message takes 0 MB of files. Send fewer of"
            " them, or smaller ones."
        ],
        "to": ["“nobody” is not an e-mail address."],
    }
    assert read == [0]


@pytest.mark.parametrize(
    "change",
    [
        {"to": "carl@b.example"},
        {"cc": "carl@b.example"},
        {"bcc": "carl@b.example"},
        {"subject": "Another question"},
        {"text": "Is it paid?"},
        {"attachments": "a.txt"},
    ],
)
def test_another_message_from_the_same_form_is_asked_about_and_not_dropped(
    change: dict[str, Any],
) -> None:
    mailbox = sending_mailbox()
    client = signed_in("add_outboundmessage")
    data = {
        "sender": mailbox.pk,
        "to": "anna@b.example",
        "subject": "Question",
        "text": "Dear customer",
        "ticket": "0" * 32,
    }
    client.post("/outbox/compose/", data)
    changed = data | change
    page = client.post("/outbox/compose/", _with_file(changed))
    form = page.context["form"]
    [sentence] = form.errors["__all__"]
    assert sentence.startswith(
        "Another message was sent from this form already. Nothing of this one is lost:"
        " press Send to send it as well."
    )
    assert sentence.endswith("Choose its files again first.") == (
        "attachments" in change
    )
    shown = {name: form[name].value() for name in data if name != "ticket"}
    assert shown == {n: str(v) for n, v in changed.items() if n in shown}
    ticket = form["ticket"].value()
    assert f'name="ticket" value="{ticket}"' in page.content.decode()
    assert ticket != data["ticket"]
    client.post("/outbox/compose/", _with_file(changed | {"ticket": ticket}))
    ids = OutboundMessage.objects.order_by("pk").values_list("message_id", flat=True)
    assert list(ids) == [f"<{one}@contoso.example>" for one in (data["ticket"], ticket)]


def _with_file(data: dict[str, Any]) -> dict[str, Any]:
    if name := data.get("attachments"):
        return data | {"attachments": [SimpleUploadedFile(name, b"one")]}
    return data


def test_message_whose_content_is_erased_is_not_said_to_be_the_same() -> None:
    data = {"sender": sending_mailbox().pk, "to": "a@b.example", "ticket": "0" * 32}
    client = signed_in("add_outboundmessage")
    client.post("/outbox/compose/", data)
    OutboundChunk.objects.all().delete()
    page = client.post("/outbox/compose/", data)
    assert list(page.context["form"].errors) == ["__all__"]


def _two() -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile("b.txt", b"two")]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"to": ""}, "to", "Give at least one recipient."),
        ({"to": "nobody"}, "to", "“nobody” is not an e-mail address."),
        ({"cc": "a@b.example;c@d.example"}, "cc", "Separate addresses with commas"),
        (
            {"subject": "Hi\r\nBcc: x@y.example"},
            "subject",
            "The subject is one line; there is a line break in it.",
        ),
        ({"sender": "999"}, "sender", "This mailbox cannot send."),
        ({"sender": ""}, "sender", "This field is required."),
    ],
)
def test_each_mistake_stands_at_its_field(
    changes: dict[str, str], field: str, sentence: str
) -> None:
    mailbox = sending_mailbox()
    client = signed_in("add_outboundmessage")
    data = {"sender": str(mailbox.pk), "to": "a@b.example", "subject": "Hi"} | changes
    response = client.post("/outbox/compose/", data)
    assert response.status_code == 200
    errors = response.context["form"].errors
    assert list(errors) == [field]
    assert sentence in errors[field][0]
    assert "<title>Error: Compose" in response.content.decode()
    assert OutboundMessage.objects.count() == 0


def second_mailbox(**changes: object) -> Mailbox:
    """A mailbox that comes after the one that is likeliest to send."""
    sending_mailbox()
    fields = {"smtp_client": factories.smtp_client("smtp-client-billing")} | changes
    return Mailbox.objects.create(address="billing@contoso.example", **fields)


def test_compose_begins_with_the_mailbox_whose_button_was_pressed() -> None:
    mailbox = second_mailbox()
    page = signed_in("add_outboundmessage").get(f"/outbox/compose/?from={mailbox.pk}")
    assert page.context["form"]["sender"].value() == mailbox.pk
    assert page.context["refusal"] is None


def _archived(mailbox: Mailbox) -> str:
    assert mailbox.smtp_client is not None
    clients.archive(mailbox.smtp_client, None)
    return f"/option-sets/smtp/{mailbox.smtp_client.pk}/"


def _draft(mailbox: Mailbox) -> str:
    SmtpClient.objects.filter(pk=mailbox.smtp_client_id).update(enable_client=False)
    Sender.objects.filter(smtp_client=mailbox.smtp_client).update(enabled=False)
    return f"/option-sets/smtp/{mailbox.smtp_client_id}/edit/#id_enable_client"


def _saved_only(mailbox: Mailbox) -> str:
    Sender.objects.filter(smtp_client=mailbox.smtp_client).update(enabled=False)
    return f"/option-sets/smtp/{mailbox.smtp_client_id}/restart/"


def _without_client(mailbox: Mailbox) -> str:
    Mailbox.objects.filter(pk=mailbox.pk).update(smtp_client=None)
    return "/option-sets/"


def _in_archive(mailbox: Mailbox) -> str:
    Mailbox.objects.filter(pk=mailbox.pk).update(archived_at=timezone.now())
    return ""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_archived, "Its smtp-client smtp-client-billing is in the archive."),
        (_draft, "Its smtp-client smtp-client-billing is a draft."),
        (
            _saved_only,
            "Its smtp-client smtp-client-billing is switched on, which is not in"
            " effect yet.",
        ),
        (_without_client, "It has no smtp-client to send with."),
        (_in_archive, "It is in the archive."),
    ],
)
def test_mailbox_that_cannot_send_is_named_and_nobody_takes_its_place(
    change, why: str
) -> None:
    mailbox = second_mailbox()
    url = change(mailbox)
    page = signed_in("add_outboundmessage").get(f"/outbox/compose/?from={mailbox.pk}")
    refusal = page.context["refusal"]
    assert (refusal.title, refusal.why, refusal.url) == (
        "billing@contoso.example cannot send",
        why,
        url,
    )
    assert page.context["form"]["sender"].value() is None
    assert "Choose a mailbox" in words(page)


@pytest.mark.parametrize("wanted", ["999", "nonsense", "9" * 30, "-1"])
def test_mailbox_that_is_not_known_is_not_replaced(wanted: str) -> None:
    sending_mailbox()
    page = signed_in("add_outboundmessage").get(f"/outbox/compose/?from={wanted}")
    assert "The mailbox is not known here" in words(page)
    assert page.context["form"]["sender"].value() is None


def test_mailbox_without_smtp_client_leads_to_the_field_of_its_options() -> None:
    pop_client = factories.pop_client()
    mailbox = pop_client.mailbox_row_id
    page = signed_in("add_outboundmessage").get(f"/outbox/compose/?from={mailbox}")
    assert page.context["refusal"].url == (
        f"/option-sets/pop/{pop_client.pk}/edit/#id_smtp_client"
    )
