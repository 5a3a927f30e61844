"""Builds outgoing messages and puts them into the outbox, durable and complete.

Nothing here talks to a server: services/outbox sends what `queue` has stored. What is
stored are the final bytes; a try changes none of them.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import localtime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ...core.errors import MailboxesError
from ...models import Mailbox, OutboundChunk, OutboundMessage, Sender, SmtpClient
from ...transports.base import CHUNK_SIZE
from .. import addresses, audit
from ..addresses import AddressError
from ..mime import headers

LARGEST = 150 * (1 << 20)  # bytes of a whole message
# Bytes of all files that can fit into it: base64 (RFC 2045 section 6.8) makes 76
# letters and a line end of 57 bytes.
LARGEST_ATTACHED = LARGEST * 57 // 78
LONGEST_ID = 512
LONGEST_SUBJECT = 998  # RFC 5322 section 2.1.1
LONGEST_LINE = 998  # RFC 5322 section 2.1.1
LONGEST_NAME = 60  # characters of a name that are sure to fit into a usual line


class _Policy(EmailPolicy):
    """Leaves long names whole: Python folds within their quotes, and drops these."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        found = getattr(value, "addresses", ())
        long = any(len(one.display_name) > LONGEST_NAME for one in found)
        how = self.clone(max_line_length=LONGEST_LINE) if long else self
        return EmailPolicy.fold_binary(how, name, value)


# 7bit: a server without 8BITMIME can take it too (RFC 6152).
POLICY = _Policy(linesep="\r\n", cte_type="7bit")

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_ID = re.compile(r"<[^<>\s@]+@[^<>\s@]+>")


class MessageError(MailboxesError):
    """A message cannot be queued; `problems` names what is wrong by field.

    Fields: from, to, cc, bcc, subject, text, attachments, message.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems.values()))


@dataclass(frozen=True)
class Attachment:
    """A file to send along. `kind` "" is guessed from the name."""

    name: str
    data: bytes = field(repr=False)
    kind: str = ""


@dataclass(frozen=True)
class Composed:
    """A built message and to whom it goes; Bcc stands in `recipients` alone."""

    message: EmailMessage
    sender: str
    recipients: list[str]


def build(
    *,
    sender: str,
    to: str,
    cc: str = "",
    bcc: str = "",
    subject: str = "",
    text: str = "",
    attachments: Sequence[Attachment] = (),
    ticket: str = "",
) -> Composed:
    """A plain-text message in UTF-8 with our Message-ID (RFC 5322, RFC 2045).

    sender: one address, with a name if wished. to, cc, bcc: comma-separated lists.
    ticket: makes the Message-ID, so that the same form makes one message; letters and
        digits, "" for a random one.
    Raises MessageError.
    """
    problems: dict[str, str] = {}
    lists = {}
    for name, typed in (("from", sender), ("to", to), ("cc", cc), ("bcc", bcc)):
        try:
            lists[name] = addresses.parse(typed)
        except AddressError as error:
            problems[name] = str(error)
    if "from" not in problems and len(lists["from"]) != 1:
        problems["from"] = _("Choose one sender.")
    if not problems and not (lists["to"] or lists["cc"] or lists["bcc"]):
        problems["to"] = _("Give at least one recipient.")
    if _CONTROL.search(subject):
        problems["subject"] = _("The subject is one line; there is a line break in it.")
    elif len(subject) > LONGEST_SUBJECT:
        problems["subject"] = _("The subject is longer than 998 characters.")
    if any(_CONTROL.search(attachment.name) for attachment in attachments):
        problems["attachments"] = _("A file name holds a control character.")
    if problems:
        raise MessageError(problems)
    [author] = lists["from"]
    message = EmailMessage(policy=POLICY)
    message["Date"] = localtime()
    message["Message-ID"] = new_id(author.addr_spec, ticket)
    message["From"] = author
    for name in ("to", "cc"):
        if lists[name]:
            message[name.capitalize()] = lists[name]
    message["Subject"] = subject.strip()
    message.set_content(text.replace("\r\n", "\n").replace("\r", "\n"))
    for attachment in attachments:
        _attach(message, attachment)
    everyone = [*lists["to"], *lists["cc"], *lists["bcc"]]
    return Composed(message, author.addr_spec, _once(addresses.specs(everyone)))


def new_id(sender: str, ticket: str = "") -> str:
    """A Message-ID of ours (RFC 5322 section 3.6.4): random, @ the sender's domain."""
    return f"<{ticket or uuid.uuid4().hex}@{sender.rpartition('@')[2] or 'localhost'}>"


def queue(
    *,
    message: bytes | EmailMessage,
    envelope_from: str,
    recipients: Sequence[str],
    mailbox: Mailbox | None = None,
    smtp_client: SmtpClient | None = None,
    user: AbstractBaseUser | None = None,
) -> OutboundMessage:
    """Store a message for sending; it is on its way as soon as this has committed.

    message: whole MIME. Line ends become CRLF, Bcc is taken out, and what a message
        must have (Message-ID, Date, From) is put in where it is missing; the rest
        stays byte for byte.
    mailbox: whose smtp-client sends, unless `smtp_client` is given.
    Raises MessageError.
    """
    client = _client(mailbox, smtp_client)
    sender, wanted = _envelope(envelope_from, recipients)
    raw = message.as_bytes() if isinstance(message, EmailMessage) else message
    content, head = _final(raw, sender)
    message_id = head["message-id"]
    now = timezone.now()
    try:
        with transaction.atomic():
            row = OutboundMessage.objects.create(
                smtp_client=client,
                mailbox=mailbox,
                message_id=message_id,
                envelope_from=sender,
                recipients=[
                    {"address": address, "state": "pending", "code": None, "text": ""}
                    for address in wanted
                ],
                subject=head.get("subject", "")[:LONGEST_SUBJECT],
                size=len(content),
                digest=hashlib.sha256(content).hexdigest(),
                created_at=now,
                created_by_id=user.pk if user is not None else None,
                not_before=now,
                state_since=now,
            )
            for number, start in enumerate(range(0, len(content), CHUNK_SIZE)):
                OutboundChunk.objects.create(
                    message=row, number=number, data=content[start : start + CHUNK_SIZE]
                )
            audit.record(user, "outbox.queued", row, message_id=message_id)
    except IntegrityError as error:
        raise MessageError({"message": _taken(message_id)}) from error
    return row


def _client(mailbox: Mailbox | None, smtp_client: SmtpClient | None) -> SmtpClient:
    client = smtp_client or (mailbox.smtp_client if mailbox is not None else None)
    if client is None or client.archived_at is not None:
        name = mailbox.address if mailbox is not None else _("The sender")
        raise MessageError({"from": _("%s has no smtp-client to send with.") % name})
    if not Sender.objects.filter(smtp_client=client).exists():
        raise MessageError(
            {"from": _("The smtp-client %s was never saved.") % client.section}
        )
    if not Sender.objects.filter(smtp_client=client, enabled=True).exists():
        raise MessageError(
            {"from": _("The smtp-client %s is a draft: switch it on.") % client.section}
        )
    return client


def _envelope(sender: str, recipients: Sequence[str]) -> tuple[str, list[str]]:
    problems = {}
    wanted: list[str] = []
    try:
        sender = addresses.check(sender)
    except AddressError as error:
        problems["from"] = str(error)
    try:
        wanted = _once(addresses.check(address) for address in recipients)
    except AddressError as error:
        problems["to"] = str(error)
    if not problems and not wanted:
        problems["to"] = _("Give at least one recipient.")
    if problems:
        raise MessageError(problems)
    return sender, wanted


def _final(raw: bytes, sender: str) -> tuple[bytes, dict[str, str]]:
    """The bytes to store, and the header fields that we need of them."""
    if len(raw) > LARGEST:
        raise MessageError({"message": _("The message is larger than 150 MB.")})
    if not raw.strip():
        raise MessageError({"message": _("The message is empty.")})
    try:
        head, body = headers.split(raw)
    except ValueError as error:
        raise MessageError(
            {"message": _("The message does not begin with header lines.")}
        ) from error
    ids = headers.values(head, "message-id")
    if len(ids) > 1:
        raise MessageError({"message": _("The message has more than one Message-ID.")})
    missing = []
    if ids and ids[0]:
        message_id = ids[0]
        if not _ID.fullmatch(message_id) or len(message_id) > LONGEST_ID:
            raise MessageError(
                {"message": _("The Message-ID “%s” is not valid.") % message_id[:80]}
            )
    else:
        head = headers.without(head, "message-id")
        message_id = new_id(sender)
        missing.append(f"Message-ID: {message_id}")
    if OutboundMessage.objects.filter(message_id=message_id).exists():
        raise MessageError({"message": _taken(message_id)})
    if not headers.values(head, "date"):
        missing.append(f"Date: {_date()}")
    if not headers.values(head, "from"):
        missing.append(f"From: {sender}")
    for hidden in ("bcc", "resent-bcc"):
        head = headers.without(head, hidden)
    added = "".join(line + "\r\n" for line in missing).encode("ascii")
    content = added + head + b"\r\n" + body
    if len(content) > LARGEST:
        raise MessageError({"message": _("The message is larger than 150 MB.")})
    subjects = headers.values(head, "subject")
    return content, {
        "message-id": message_id,
        "subject": headers.decoded(subjects[0]) if subjects else "",
    }


def _date() -> str:
    built = EmailMessage(policy=POLICY)
    built["Date"] = localtime()
    return str(built["Date"])


def _taken(message_id: str) -> str:
    return _("A message with the Message-ID %s is in the outbox already.") % message_id


def _once(found: Iterable[str]) -> list[str]:
    return list({address.lower(): address for address in found}.values())


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    guessed = mimetypes.guess_type(attachment.name)[0]
    kind = attachment.kind or guessed or "application/octet-stream"
    main, _slash, sub = kind.partition("/")
    if not sub or main in ("multipart", "message"):
        main, sub = "application", "octet-stream"
    message.add_attachment(
        attachment.data,
        maintype=main,
        subtype=sub,
        filename=attachment.name.replace("\\", "/").rpartition("/")[2] or "file",
    )
