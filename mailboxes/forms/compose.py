"""The form of a new message; rules of addresses and headers: outbox/compose."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from email.headerregistry import Address
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_lazy as _

from ..core.choices import RunState
from ..models import Mailbox
from ..services.outbox import compose
from ..services.outbox.compose import Attachment, Composed, MessageError

FIELDS = {"from": "sender"}
LIST = {"autocomplete": "off", "spellcheck": "false"}
_TICKET = re.compile(r"[0-9a-f]{32}")


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(one, initial) for one in files if one]


def senders() -> QuerySet[Mailbox]:
    """Mailboxes that can send."""
    return Mailbox.objects.filter(
        archived_at=None,
        smtp_client__isnull=False,
        smtp_client__archived_at=None,
        smtp_client__sender__enabled=True,
    ).select_related("smtp_client__sender", "pop_client__fetcher")


def likeliest(mailboxes: Iterable[Mailbox]) -> Mailbox | None:
    """The mailbox to begin with: one that works, by all that is known."""

    def trouble(mailbox: Mailbox) -> tuple[bool, bool, bool]:
        assert mailbox.smtp_client is not None  # senders
        sender = mailbox.smtp_client.sender
        pop_client = getattr(mailbox, "pop_client", None)
        fetcher = getattr(pop_client, "fetcher", None)
        return (
            sender.state != RunState.ACTIVE or sender.paused_at is not None,
            fetcher is not None and fetcher.state != RunState.ACTIVE,
            sender.last_success_at is None,
        )

    return min(mailboxes, key=trouble, default=None)


class SenderField(forms.ModelChoiceField):
    """Names a mailbox, and says where it does not send at the moment."""

    def label_from_instance(self, obj: Any) -> str:
        sender = obj.smtp_client.sender
        if sender.state == RunState.STOPPED or sender.paused_at is not None:
            return gettext("%s (sending is stopped)") % obj.address
        return str(obj.address)


class ComposeForm(forms.Form):
    """`ticket` makes the Message-ID: a form that is sent twice makes one message.

    initial["sender"]: None lets the person choose; left out, it is the likeliest.
    """

    use_required_attribute = False

    sender = SenderField(
        Mailbox.objects.none(),
        label=_("From"),
        empty_label=None,
        error_messages={"invalid_choice": _("This mailbox cannot send.")},
    )
    to = forms.CharField(
        label=_("To"),
        help_text=_("Addresses separated by commas."),
        error_messages={"required": _("Give at least one recipient.")},
        widget=forms.TextInput(attrs=LIST),
    )
    cc = forms.CharField(
        label=_("Cc"), required=False, widget=forms.TextInput(attrs=LIST)
    )
    bcc = forms.CharField(
        label=_("Bcc"),
        required=False,
        help_text=_("These recipients are not named in the message."),
        widget=forms.TextInput(attrs=LIST),
    )
    subject = forms.CharField(label=_("Subject"), required=False)
    text = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12}),
    )
    attachments = FilesField(label=_("Attachments"), required=False)
    ticket = forms.CharField(required=False, widget=forms.HiddenInput)

    composed: Composed

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mailboxes = senders()
        self.fields["sender"].queryset = mailboxes  # type: ignore[attr-defined]
        if "sender" not in self.initial:
            self.initial["sender"] = likeliest(mailboxes)
        elif self.initial["sender"] is None:
            sender: Any = self.fields["sender"]
            sender.empty_label = gettext("Choose a mailbox")
        self.initial.setdefault("ticket", uuid.uuid4().hex)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        mailbox: Mailbox | None = data.get("sender")
        ticket = data.get("ticket", "")
        files = data.get("attachments") or []
        if sum(file.size or 0 for file in files) > compose.LARGEST_ATTACHED:
            self.add_error("attachments", _too_large())
            files = []
        try:
            self.composed = compose.build(
                sender=_named(mailbox) if mailbox else "nobody@example.com",
                to=data.get("to", ""),
                cc=data.get("cc", ""),
                bcc=data.get("bcc", ""),
                subject=data.get("subject", ""),
                text=data.get("text", ""),
                attachments=list(_read(files)),
                ticket=ticket if _TICKET.fullmatch(ticket) else "",
            )
        except MessageError as error:
            self.add_problems(error)
        return data

    def renew(self, sentence: str) -> None:
        """Refuse it with `sentence`; sent once more, it is a message of its own."""
        fields = self.data.copy()
        fields["ticket"] = uuid.uuid4().hex
        self.data = fields
        self.add_error(None, sentence)

    def add_problems(self, error: MessageError) -> None:
        """Put each sentence at its field; what belongs to none stands above all."""
        for name, sentence in error.problems.items():
            field = FIELDS.get(name, name)
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, sentence)


def _named(mailbox: Mailbox) -> str:
    name = "".join(c for c in mailbox.alias if c.isprintable())
    return str(Address(name, addr_spec=mailbox.address))


def _too_large() -> str:
    return gettext(
        "The files are too large: a message takes %(files)d MB of files. Send fewer of"
        " them, or smaller ones."
    ) % {"files": compose.LARGEST_ATTACHED >> 20}


def _read(files: Iterable[UploadedFile]) -> Iterable[Attachment]:
    for file in files:
        yield Attachment(file.name or "file", file.read(), file.content_type or "")
