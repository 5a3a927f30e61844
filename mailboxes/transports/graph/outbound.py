"""Sends mail by Microsoft Graph: raw MIME, or a draft with uploads where it is large.

Graph saves what it sends in Sent Items; there a message is looked for whose answer was
lost (DESIGN D8). What goes in which way: graph/mime. Sources: learn.microsoft.com,
"user: sendMail", "Send Outlook messages in MIME format", "Attach large files to Outlook
messages as attachments"; limits: providers.md section 6.1.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from ...core.choices import Security, Stage
from ...core.errors import Code, MailError
from ..base import Content, Endpoint, OutboundTransport, SendResult
from ..channel import Channel, Whole
from . import errors as graph_errors, mime as graph_mime
from .client import HTTPS, items, segment
from .parts import Attachment
from .transport import GraphTransport

# A request takes 4 MB, and base64 makes four bytes of three.
MOST_MIME = 3_000_000  # bytes of a message in one request
MOST_ATTACHED = 2_500_000  # bytes of an attachment in one request; more is uploaded
MOST_UPLOADED = 150 * 1024 * 1024
RANGE = 10 * 320 * 1024  # bytes of an upload at a time: a multiple of 320 KiB, < 4 MB
# Said to a sender who may not look into the inbox.
NOT_OF_SENDING = frozenset({Code.GRAPH_ACCESS_DENIED, Code.GRAPH_ITEM_GONE})
# A gateway that lost the answer of what is behind it: it may have taken the message.
ANSWER_LOST = (502, 504)

# A large message lies in memory several times over: one at a time in this process.
_large = threading.Lock()


class GraphOutbound(GraphTransport, OutboundTransport):
    """Sends from one mailbox."""

    finds_sent: ClassVar[bool] = True
    # Who may send only is not let into the inbox, and signed in.
    let_off: ClassVar[frozenset[Code] | None] = NOT_OF_SENDING

    # sending

    def send(
        self, sender: str, recipients: Sequence[str], message: Content
    ) -> SendResult:
        whole = message if isinstance(message, bytes) else b"".join(message)
        if not self._client.usable:
            raise MailError(
                Code.CONNECTION_LOST,
                Stage.ENVELOPE,
                evidence={**self.facts, "answer": "the connection is not open"},
            )
        try:
            content = graph_mime.addressed(whole, recipients)
        except graph_mime.CannotAddress as error:
            words = f"To or Cc name {error}, who is no recipient (not sent)"
            raise self._unsendable(Code.MESSAGE_REFUSED, words) from error
        with self._timely():
            if len(content) <= MOST_MIME:
                answer = self._send_mime(content)
            else:
                with _large:
                    answer = self._send_large(content)
        return SendResult(tuple(recipients), {}, answer)

    def find_sent(self, message_id: str) -> bool | None:
        """A message with this Message-ID lies in Sent Items; None when nobody knows."""
        quoted = quote("'" + message_id.replace("'", "''") + "'", safe="")
        path = (
            f"{self._client.root}/mailFolders/sentitems/messages"
            f"?$filter=internetMessageId%20eq%20{quoted}&$select=id,isDraft"
        )
        try:
            with self._timely():
                found = items(self._client.json("GET", path, Stage.DATA))
        except MailError:
            return None
        return any(one.get("isDraft") is not True for one in found)

    def _send_mime(self, content: bytes) -> str:
        path = f"{self._client.root}/sendMail"
        return self._hand_over(path, base64.b64encode(content), "text/plain")

    def _send_large(self, content: bytes) -> str:
        try:
            small, attachments = graph_mime.split(content, MOST_MIME)
        except graph_mime.CannotSplit as error:
            raise self._unsendable(Code.MESSAGE_TOO_LARGE, str(error)) from error
        for one in attachments:
            if len(one.encoded) > 2 * MOST_UPLOADED:
                words = f"{one.name} is larger than 150 MB"
                raise self._unsendable(Code.MESSAGE_TOO_LARGE, words)
        draft = self._draft(small)
        try:
            while attachments:
                self._attach(draft, attachments.pop())
            return self._hand_over(f"{draft}/send", b"", "")
        except MailError as error:
            if not error.handed_over:
                self._discard(draft)
            raise

    def _hand_over(self, path: str, body: bytes, kind: str) -> str:
        """The request after which the message is sent; returns Graph's answer."""
        headers = {"Content-Type": kind} if kind else {}
        channels = self._client.channels
        try:
            answer = self._client.ask(
                "POST", path, Stage.DATA, headers=headers, body=body
            )
        except MailError as error:
            status = error.evidence.get("status")
            lost = status in ANSWER_LOST or (status is None and channels.handed_over)
            if not lost:
                raise
            raise MailError(
                Code.SEND_UNCONFIRMED,
                Stage.DATA,
                evidence={**error.evidence, "reason": error.code},
                handed_over=True,
            ) from error
        request = answer.headers.get("request-id", "")
        with suppress(MailError):  # what is said beside 202 changes nothing
            answer.whole(Stage.DATA)
        words = f"{answer.status} {answer.reason}"
        return f"{words} (request-id {request})" if request else words

    # a draft and its attachments

    def _draft(self, small: bytes) -> str:
        """The path of a new draft with this MIME."""
        path = f"{self._client.root}/messages"
        answer = self._client.ask(
            "POST",
            path,
            Stage.DATA,
            headers={"Content-Type": "text/plain"},
            body=base64.b64encode(small),
        )
        said = self._client.whole(answer, Stage.DATA)
        try:
            made = json.loads(said)["id"]
        except (ValueError, TypeError, KeyError) as error:
            raise self._unexpected("a draft without an id") from error
        return f"{path}/{segment(str(made))}"

    def _discard(self, draft: str) -> None:
        with suppress(MailError):
            self._client.ask("DELETE", draft, Stage.DATA).close()

    def _attach(self, draft: str, one: Attachment) -> None:
        about: dict[str, Any] = {"name": one.name, "contentType": one.kind}
        if one.inline:
            about |= {"isInline": True, "contentId": one.content_id}
        content = one.content
        size = len(content)
        if size <= MOST_ATTACHED:
            given = {
                "@odata.type": "#microsoft.graph.fileAttachment",
                "contentBytes": base64.b64encode(content).decode(),
                **about,
            }
            self._client.json("POST", f"{draft}/attachments", Stage.DATA, given)
            return
        item = {"attachmentType": "file", "size": size, **about}
        told = self._client.json(
            "POST",
            f"{draft}/attachments/createUploadSession",
            Stage.DATA,
            {"AttachmentItem": item},
        )
        self._upload(str(told.get("uploadUrl", "")), content)

    def _upload(self, url: str, content: bytes) -> None:
        """The ranges of an attachment, in order, to the server that Graph names.

        The address is a permission in itself: it gets no token, and is shown nowhere.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise self._unexpected("an upload session without https")
        end = Endpoint(parts.hostname, parts.port or HTTPS, Security.TLS)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        size = len(content)
        with Channel(end, self.policy, lambda: self.until) as line:
            for first in range(0, size, RANGE):
                piece = content[first : first + RANGE]
                last = first + len(piece) - 1
                headers = {
                    "Content-Type": "application/octet-stream",
                    "Content-Range": f"bytes {first}-{last}/{size}",
                }
                answer = line.request("PUT", path, headers, Whole(piece), Stage.DATA)
                said = answer.whole(Stage.DATA)
                if answer.status >= 300:
                    raise graph_errors.refusal(
                        answer.status, answer.headers, said, Stage.DATA, line.facts
                    )

    # inside

    def _unexpected(self, words: str) -> MailError:
        evidence = {**self.facts, "answer": words}
        return MailError(Code.PROTOCOL_ERROR, Stage.DATA, evidence=evidence)

    def _unsendable(self, code: Code, words: str) -> MailError:
        return MailError(
            code,
            Stage.ENVELOPE,
            permanent=True,
            evidence={**self.facts, "answer": words},
        )
