"""Sends mail by EWS: CreateItem with the whole message, a copy in Sent Items.

Exchange sends to whom the header names, so the envelope has to be found there: those
that are not (Bcc) get a field of their own, which Exchange takes out again. The message
goes out of memory as it is; base64 is made piece by piece.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from exchangelib.services import CreateItem
from exchangelib.util import MNS, TNS, create_element

from ...core.choices import Stage
from ...core.errors import Code, MailError
from .. import addressees
from ..base import Content, OutboundTransport, Reply, SendResult
from ..channel import Upload
from . import calls, large
from .answers import Refusal
from .connection import EwsConnection

MARK = "mime-content-goes-here"
PIECE = 3 << 17  # bytes made base64 at a time; divisible by three
HEADER = 1 << 20  # bytes in which a header has to end
# Answers that leave open whether the message was taken (DESIGN D8).
OPEN_CODES = frozenset({"ErrorTimeoutExpired", "ErrorBatchProcessingStopped"})
OPEN_STATUSES = frozenset({200, 404, 500, 502, 504})
_END = re.compile(rb"\r?\n\r?\n")


class _Create(calls.Call, CreateItem):
    def request(self, login: str) -> Any:
        """CreateItem with one message whose content is still to come."""
        payload = create_element(
            "m:CreateItem", attrs={"MessageDisposition": "SendAndSaveCopy"}
        )
        saved = create_element("m:SavedItemFolderId")
        saved.append(
            calls.distinguished("sentitems", login).to_xml(self.account.version)
        )
        payload.append(saved)
        items, message = create_element("m:Items"), create_element("t:Message")
        content = create_element("t:MimeContent", attrs={"CharacterSet": "UTF-8"})
        content.text = MARK
        message.append(content)
        items.append(message)
        payload.append(items)
        return payload


class _Mime:
    """The request with the message in its place, made while it is sent."""

    def __init__(self, written: bytes, header: bytes, rest: memoryview) -> None:
        self._head, _, self._tail = written.partition(MARK.encode())
        self._header, self._rest = header, rest
        content = len(header) + len(rest)
        self.size = len(self._head) + len(self._tail) + (content + 2) // 3 * 4

    def pieces(self) -> Iterator[bytes]:
        yield self._head
        first = -len(self._header) % 3  # so that what follows is made of whole groups
        yield _base64(self._header + bytes(self._rest[:first]))
        for at in range(first, len(self._rest), PIECE):
            yield _base64(self._rest[at : at + PIECE])
        yield self._tail


class EwsOutbound(EwsConnection, OutboundTransport):
    """One mailbox that sends. Exchange answers for all recipients at once."""

    finds_sent: ClassVar[bool] = True

    def send(
        self, sender: str, recipients: Sequence[str], message: Content
    ) -> SendResult:
        if not self._usable:
            self._opened(Stage.ENVELOPE)
        whole = message if isinstance(message, bytes) else b"".join(message)
        header, rest = self._addressed(recipients, whole)
        with large.alone(len(whole), self.until, Stage.DATA):
            self._hand_over(recipients, header, rest)
        return SendResult(tuple(recipients), {}, "NoError")

    def _hand_over(
        self, recipients: Sequence[str], header: bytes, rest: memoryview
    ) -> None:
        with self.border(Stage.DATA):
            create = _Create(account=self._opened(Stage.DATA))
            payload = create.request(self.credential.login)
            body: Upload = _Mime(create.written(payload), header, rest)
        try:
            with self.border(Stage.DATA):
                answer = create.send(payload, body)
                (done,) = create.read(answer.whole(Stage.DATA))
        except MailError as error:
            raise self._confirmed(error) from error
        if isinstance(done, Refusal):
            raise self._confirmed(self._refused(done, recipients))

    def _addressed(
        self, recipients: Sequence[str], message: bytes
    ) -> tuple[bytes, memoryview]:
        """The header with a Bcc for whom it does not name, and the rest.

        Raises MailError: the header names somebody to whom it is not to go.
        """
        end = _END.search(message[:HEADER])
        at = end.start() if end else len(message)
        fields = ("To", "Cc", "Bcc")
        named = addressees.named(addressees.head_of(message[:at]), fields)
        wanted = {address.lower(): address for address in recipients}
        if named - wanted.keys():
            others = ", ".join(sorted(named - wanted.keys()))
            raise MailError(
                Code.MESSAGE_REFUSED,
                Stage.ENVELOPE,
                permanent=True,
                evidence={
                    **self.facts,
                    "answer": "not sent: EWS sends to all of To, Cc and Bcc, and the"
                    f" envelope is without {others}",
                },
            )
        hidden = [wanted[address] for address in wanted.keys() - named]
        header = message[:at]
        if hidden:
            folded = ",\r\n ".join(sorted(hidden))
            header += f"\r\nBcc: {folded}".encode()
        return header, memoryview(message)[at:]

    def _refused(self, refusal: Refusal, recipients: Sequence[str]) -> MailError:
        error = self.refused(refusal, Stage.DATA)
        if error.code == Code.RECIPIENT_REFUSED:
            reply = Reply(550, f"{refusal.code}: {refusal.text}")
            error.evidence["recipients"] = {
                who: [reply.code, reply.text] for who in recipients
            }
        return error

    def _confirmed(self, error: MailError) -> MailError:
        """As it is where Exchange has said no; else nobody knows (DESIGN D8)."""
        wire = self._wire
        if wire is None or not wire.channel.handed_over or not _left_open(error):
            return error
        self._usable = False
        return MailError(
            Code.SEND_UNCONFIRMED,
            Stage.DATA,
            evidence={
                **self.facts,
                "reason": error.code,
                "answer": error.evidence.get("answer", ""),
            },
            handed_over=True,
        )

    def find_sent(self, message_id: str) -> bool | None:
        """See base. Exchange may put a copy there some seconds after it took it."""
        folder = calls.distinguished("sentitems", self.credential.login)
        try:
            with self.border(Stage.MAILBOX):
                finds = calls.Finds(account=self._opened(Stage.MAILBOX))
                found = finds.by_message_id(folder, message_id)
                if isinstance(found, Refusal):
                    return None
                root = found.find(f"{{{MNS}}}RootFolder")
                return len(root.find(f"{{{TNS}}}Items")) > 0
        except MailError:
            return None


def _left_open(error: MailError) -> bool:
    status = error.evidence.get("status")
    if status is not None:
        return status in OPEN_STATUSES
    said = error.evidence.get("request_error")
    return said is None or said in OPEN_CODES


def _base64(data: bytes | memoryview) -> bytes:
    return binascii.b2a_base64(data, newline=False)
