"""Sending by the fake Graph: sendMail, drafts, attachments, upload sessions, send.

MIME comes as base64 in text/plain, else it is JSON. Recipients are those of the
header, Bcc included, which nobody but the sender sees. What becomes of a message:
delivery. Sources: learn.microsoft.com, "user: sendMail", "Attach large files to Outlook
messages".
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import formataddr, formatdate, getaddresses, make_msgid
from typing import Any

from ..delivery import Delivery
from ..http import Answer, Request
from ..mailstore import Entry, Folder, Mailstore
from . import errors as graph_errors
from .call import Call
from .errors import Refused
from .messages import DRAFT, SEEN, Messages, header_of

DRAFTS = "Drafts"
UPLOADS = "https://outlook.office.com"
MOST_ATTACHMENT = 3 * 1024 * 1024  # bytes in one request; more by an upload session
MOST_UPLOADED = 150 * 1024 * 1024
MOST_RANGE = 4 * 1024 * 1024
_BCC = re.compile(rb"^bcc:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*", re.I | re.M)
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass
class Attachment:
    """One that was put to a draft."""

    name: str
    kind: str
    content: bytes
    inline: bool = False
    content_id: str = ""


@dataclass
class Upload:
    """An upload session: what has come so far of one attachment."""

    item: int
    about: dict[str, Any]
    size: int
    content: bytearray = field(default_factory=bytearray)


@dataclass
class Sending:
    store: Mailstore
    messages: Messages
    delivery: Delivery
    attached: dict[int, list[Attachment]] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def send_mail(self, call: Call) -> None:
        """POST sendMail. Raises Refused."""
        if call.is_json:
            told = call.json().get("message")
            if not isinstance(told, dict):
                raise graph_errors.bad_request("The parameter 'Message' is missing.")
            content = _of_json(told, call.account.address)
        else:
            content = _of_mime(call.body)
        self._hand_over(call, content)

    def draft(self, call: Call, place: Folder | None) -> Answer:
        """POST messages: a draft of JSON or MIME."""
        content = (
            _of_json(call.json(), call.account.address)
            if call.is_json
            else _of_mime(call.body)
        )
        account = call.account.address
        folder = place or self.store.folder(account, DRAFTS)
        assert folder is not None
        [uid] = self.store.add(account, folder.name, [content], f"{SEEN} {DRAFT}")
        [entry] = self.store.entries(folder.id, uid, uid)
        return Answer(201, self.messages.described(call, folder, entry))

    def attach(self, call: Call, entry: Entry) -> Answer:
        """POST attachments: one that fits into a request."""
        told = call.json()
        try:
            content = base64.b64decode(str(told.get("contentBytes", "")), validate=True)
        except binascii.Error:
            raise graph_errors.bad_request("contentBytes is not base64.") from None
        if len(content) > MOST_ATTACHMENT:
            raise Refused(
                413, "ErrorMessageSizeExceeded", "The attachment is too large."
            )
        self._attach(entry.item, told, content)
        return Answer(201, {"id": secrets.token_urlsafe(32), "name": told.get("name")})

    def create_upload(self, call: Call, entry: Entry) -> Answer:
        """POST attachments/createUploadSession."""
        about = call.json().get("AttachmentItem") or call.json().get("attachmentItem")
        size = about.get("size") if isinstance(about, dict) else None
        if not isinstance(about, dict) or not isinstance(size, int):
            raise graph_errors.bad_request("AttachmentItem is missing.")
        if not 0 < size <= MOST_UPLOADED:
            raise Refused(
                413, "ErrorAttachmentSizeLimitExceeded", "The attachment is too large."
            )
        name = secrets.token_urlsafe(32)
        self.uploads[name] = Upload(entry.item, about, size)
        url = f"{UPLOADS}/api/gv1.0/users('x')/messages('y')/AttachmentSessions"
        return Answer(
            201,
            {
                "uploadUrl": f"{url}('{name}')?authtoken=sandbox",
                "expirationDateTime": "2099-01-01T00:00:00Z",
                "nextExpectedRanges": ["0-"],
            },
        )

    def upload(self, request: Request) -> Answer:
        """PUT of a range; the address itself is the permission."""
        name = request.path.rpartition("('")[2].removesuffix("')")
        one = self.uploads.get(name)
        found = _RANGE.fullmatch(request.headers.get("content-range", ""))
        if request.headers.get("authorization"):
            raise Refused(401, "InvalidAuthenticationToken", "Remove Authorization.")
        if one is None:
            raise graph_errors.gone()
        if request.method == "DELETE":
            del self.uploads[name]
            return Answer(204, None)
        if found is None or len(request.body) > MOST_RANGE:
            raise graph_errors.bad_request("Invalid range.")
        first, last, size = (int(text) for text in found.groups())
        if size != one.size or first != len(one.content):
            raise Refused(416, "ErrorInvalidRange", "The range is not the next one.")
        if last - first + 1 != len(request.body):
            raise graph_errors.bad_request("Invalid range.")
        one.content += request.body
        if len(one.content) < one.size:
            told = {"nextExpectedRanges": [f"{len(one.content)}-"]}
            return Answer(200, told)
        del self.uploads[name]
        self._attach(one.item, one.about, bytes(one.content))
        return Answer(201, None, {"Location": f"{UPLOADS}/attachments('1')"})

    def send(self, call: Call, place: Folder, entry: Entry) -> None:
        """POST messages/X/send: of a draft. Raises Refused."""
        if DRAFT not in entry.flags:
            raise Refused(400, "ErrorInvalidOperation", "Only a draft can be sent.")
        [content] = self.store.bodies([entry.body])
        whole = _with(content or b"", self.attached.get(entry.item, []))
        self._hand_over(call, whole)
        self.attached.pop(entry.item, None)
        self.store.remove(place.id, [entry.uid])

    def _hand_over(self, call: Call, content: bytes) -> None:
        user = call.account.address
        header = header_of(content)
        recipients = [
            address
            for name in ("To", "Cc", "Bcc")
            for _, address in getaddresses([str(v) for v in header.get_all(name, [])])
            if address
        ]
        if not recipients:
            raise Refused(
                400, "ErrorInvalidRecipients", "At least one recipient isn't valid."
            )
        wrong = self.delivery.wrong_sender(user, "", content)
        if wrong is not None:
            raise Refused(
                403,
                "ErrorSendAsDenied",
                "The user account which was used to submit this request does not have"
                " the right to send mail on behalf of the specified sending account.",
            )
        end = content.find(b"\r\n\r\n")
        end = len(content) if end < 0 else end + 2
        shown = _BCC.sub(b"", content[:end]) + content[end:]
        known = [one for one in recipients if self.delivery.knows(one)]
        self.delivery.accept(user, user, known, shown)

    def _attach(self, item: int, about: dict[str, Any], content: bytes) -> None:
        self.attached.setdefault(item, []).append(
            Attachment(
                str(about.get("name", "attachment")),
                str(about.get("contentType") or "application/octet-stream"),
                content,
                about.get("isInline") is True,
                str(about.get("contentId") or ""),
            )
        )


def _of_mime(body: bytes) -> bytes:
    """The message in a body of base64. Raises Refused."""
    try:
        content = base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise Refused(
            400,
            "ErrorMimeContentInvalidBase64String",
            "Invalid base64 string for MIME content.",
        ) from None
    if b":" not in content.partition(b"\n")[0]:
        raise Refused(400, "ErrorMimeContentInvalid", "The MIME content is not valid.")
    return content


def _of_json(told: dict[str, Any], sender: str) -> bytes:
    """A message of Graph's JSON as MIME."""
    made = EmailMessage(policy=policy.SMTP)
    people = {"From": [told.get("from") or {}]} if told.get("from") else {}
    people |= {
        field_name: told.get(name) or []
        for field_name, name in (
            ("To", "toRecipients"),
            ("Cc", "ccRecipients"),
            ("Bcc", "bccRecipients"),
        )
    }
    for name, listed in people.items():
        found = [one.get("emailAddress", {}) for one in listed]
        text = ", ".join(
            formataddr((str(one.get("name", "")), str(one.get("address", ""))))
            for one in found
        )
        if text:
            made[name] = text
    if "From" not in made:
        made["From"] = sender
    made["Subject"] = str(told.get("subject", ""))
    made["Date"] = formatdate()
    made["Message-ID"] = str(
        told.get("internetMessageId") or make_msgid(domain="contoso.example")
    )
    body = told.get("body") or {}
    html = str(body.get("contentType", "")).lower() == "html"
    made.set_content(str(body.get("content", "")), subtype="html" if html else "plain")
    for one in told.get("attachments") or []:
        content = base64.b64decode(str(one.get("contentBytes", "")))
        kind = str(one.get("contentType") or "application/octet-stream").split("/")
        made.add_attachment(
            content, maintype=kind[0], subtype=kind[-1], filename=str(one.get("name"))
        )
    return made.as_bytes()


def _with(content: bytes, attached: list[Attachment]) -> bytes:
    """A draft with its attachments, as one message."""
    if not attached:
        return content
    message: Any = message_from_bytes(content, policy=policy.SMTP)
    if message.get_content_type() != "multipart/mixed":
        message.make_mixed()
    for one in attached:
        main, _, sub = one.kind.partition("/")
        part: Message = EmailMessage(policy=policy.SMTP)
        part.set_content(  # type: ignore[attr-defined]
            one.content,
            maintype=main if sub and main not in ("multipart", "message") else "x",
            subtype=sub or "octet-stream",
            disposition="inline" if one.inline else "attachment",
            filename=one.name,
            cid=f"<{one.content_id.strip('<>')}>" if one.content_id else None,
        )
        message.attach(part)
    return bytes(message.as_bytes())
