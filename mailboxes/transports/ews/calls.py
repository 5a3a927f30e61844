"""The operations of EWS that we use: exchangelib's requests, our way and our reading.

exchangelib knows the messages of every version; each class here lends it our channel
and takes response codes from the answer as they stand, so that one refused item of many
is told apart from a refused request. What a code means: answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from exchangelib import errors
from exchangelib.fields import FieldPath
from exchangelib.items import Message
from exchangelib.properties import DistinguishedFolderId, FolderId, ItemId, Mailbox
from exchangelib.services import (
    DeleteItem,
    FindFolder,
    FindItem,
    GetFolder,
    GetItem,
    MoveItem,
    SyncFolderItems,
    UpdateItem,
)
from exchangelib.util import MNS, TNS, create_element

from ...core.choices import Stage
from ...core.errors import Code, MailError
from .. import numerals
from ..channel import Answer, Upload, Whole
from . import answers
from .answers import Refusal

Element = Any  # of lxml, through exchangelib
# All that may come out of exchangelib's reading of an answer.
KNOWN: tuple[type[Exception], ...] = (
    errors.EWSError,
    AttributeError,  # what is missing in an answer is None
    TypeError,
    ValueError,
)
WRONG_VERSION = (
    errors.ErrorInvalidSchemaVersionForMailboxVersion,
    errors.ErrorInvalidServerVersion,
    errors.ErrorIncorrectSchemaVersion,
)


class Call:
    """Mixed into a service of exchangelib, before it."""

    account: Any
    protocol: Any

    def _api_versions_to_try(self: Any) -> tuple[str]:
        return (self.account.version.api_version,)

    def _update_api_version(self, api_version: str, header: Element) -> None:
        """The version is ours to choose: it stays what the first request settled."""

    @property
    def _timezone(self) -> None:
        return None  # all times are in UTC

    def send(self: Any, payload: Element, body: Upload | None = None) -> Answer:
        """The answer to a request. body: in place of the request as it is written."""
        return self.protocol.wire.post(
            self._extra_headers(), body or Whole(self.written(payload))
        )

    def written(self: Any, payload: Element) -> bytes:
        """The whole SOAP message of a request."""
        text: bytes = self.wrap(
            content=payload, api_version=self.account.version.api_version
        )
        return text

    def asked(self: Any, payload: Element) -> list[Element | Refusal]:
        """The response messages of a request, each good or refused.

        Raises MailError, and of exchangelib what `KNOWN` has.
        """
        return self.read(self.send(payload).whole(self.protocol.wire.stage))

    def read(self: Any, content: bytes) -> list[Element | Refusal]:
        """As `asked`, of an answer that is there."""
        _header, body = self._get_soap_parts(response=_Content(content))
        return [_judged(one) for one in self._get_soap_messages(body=body)]

    @classmethod
    def _raise_soap_errors(cls, fault: Element) -> None:
        """A SOAP fault. Raises Faulty, or exchangelib's own for a wrong version."""
        refusal = of_fault(fault)
        if refusal.code in (
            "ErrorInvalidServerVersion",
            "ErrorIncorrectSchemaVersion",
            "ErrorInvalidSchemaVersionForMailboxVersion",
        ):
            raise errors.ErrorInvalidServerVersion(refusal.text)
        raise Faulty(refusal)


class Faulty(errors.EWSError):
    """A request that was refused as a whole."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


class _Content:
    """An answer as exchangelib reads one."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def iter_content(self) -> Iterator[bytes]:
        yield self._content


def _judged(message: Element) -> Element | Refusal:
    code = message.findtext(f"{{{MNS}}}ResponseCode") or ""
    if message.get("ResponseClass") != "Error" and code == "NoError":
        return message
    return Refusal(
        code,
        message.findtext(f"{{{MNS}}}MessageText") or "",
        _pause(message),
    )


def of_fault(fault: Element) -> Refusal:
    """What a SOAP fault says; without a response code its faultcode."""
    code, text = "", fault.findtext("faultstring") or ""
    for element in fault.iter():
        name = str(element.tag).rpartition("}")[2]
        if name == "ResponseCode":
            code = (element.text or "").strip()
        elif name == "Message" and element.text:
            text = element.text.strip()
    code = code or (fault.findtext("faultcode") or "").rpartition(":")[2]
    return Refusal(code, text, _pause(fault))


def _pause(element: Element) -> float | None:
    """BackOffMilliseconds in seconds, wherever it stands."""
    for value in element.iter(f"{{{TNS}}}Value"):
        if value.get("Name") == "BackOffMilliseconds":
            return numerals.milliseconds(value.text)
    return None


def mapped(error: Exception, stage: Stage, facts: dict[str, object]) -> MailError:
    """The MailError of one of `KNOWN`."""
    if isinstance(error, Faulty):
        return answers.refused(error.refusal, stage, facts)
    name = type(error).__name__
    if name in answers.CODES:
        return answers.refused(Refusal(name, str(error)), stage, facts)
    # Not the text: it may quote the answer, and with it somebody's mail.
    code = Code.GREETING_UNEXPECTED if stage is Stage.SIGN_IN else Code.PROTOCOL_ERROR
    return MailError(code, stage, evidence={**facts, "answer": name})


def only(container: Element) -> Element:
    """What is in a container for one. Raises ValueError: it is empty."""
    for element in container:
        return element
    raise ValueError("an answer without what was asked for")


def fields(*names: str) -> list[FieldPath]:
    """Properties of a message, by exchangelib's names."""
    return [FieldPath(field=Message.get_field_by_fieldname(name)) for name in names]


class Folders(Call, GetFolder):
    def one(self, folder: FolderId) -> Element | Refusal:
        """Id, name and count of a folder."""
        payload = self.get_payload([folder], additional_fields=None, shape="Default")
        (message,) = self.asked(payload)
        if isinstance(message, Refusal):
            return message
        return only(message.find(f"{{{MNS}}}Folders"))


class Children(Call, FindFolder):
    PAGE = 1000

    def of(self, folder: FolderId) -> Iterator[Element | Refusal]:
        """The folders right under one."""
        offset, last = 0, False
        while not last:
            payload = self.get_payload(
                [folder],
                additional_fields=None,
                restriction=None,
                shape="Default",
                depth="Shallow",
                page_size=self.PAGE,
                offset=offset,
            )
            (message,) = self.asked(payload)
            if isinstance(message, Refusal):
                yield message
                return
            root = message.find(f"{{{MNS}}}RootFolder")
            found = list(root.find(f"{{{TNS}}}Folders"))
            yield from found
            offset += len(found)
            last = root.get("IncludesLastItemInRange") != "false" or not found


class Sync(Call, SyncFolderItems):
    MOST = 512  # changes of one answer, as Exchange admits (providers.md section 4)

    def page(self, folder: FolderId, state: str) -> Element | Refusal:
        payload = self.get_payload(
            folder=folder,
            shape="IdOnly",
            additional_fields=fields("size", "datetime_received"),
            sync_state=state or None,
            ignore=None,
            max_changes_returned=self.MOST,
            sync_scope=None,
        )
        (message,) = self.asked(payload)
        return message


class Items(Call, GetItem):
    def request(self, keys: Sequence[str], *names: str) -> Element:
        return self.get_payload(
            [ItemId(id=key) for key in keys], fields(*names), "IdOnly"
        )

    def get(self, keys: Sequence[str], *names: str) -> list[Element | Refusal]:
        """One item or refusal for each of `keys`, in their order."""
        found: list[Element | Refusal] = []
        for message in self.asked(self.request(keys, *names)):
            if isinstance(message, Refusal):
                found.append(message)
            else:
                found.append(only(message.find(f"{{{MNS}}}Items")))
        if len(found) != len(keys):
            raise ValueError("another number of items than was asked for")
        return found


class Finds(Call, FindItem):
    def by_message_id(self, folder: FolderId, message_id: str) -> Element | Refusal:
        """The response message; its items are those with this Message-ID."""
        payload = self.get_payload(
            [folder],
            additional_fields=None,
            restriction=_Equal("message:InternetMessageId", message_id),
            order_fields=None,
            query_string=None,
            shape="IdOnly",
            depth="Shallow",
            calendar_view=None,
            page_size=10,
        )
        (message,) = self.asked(payload)
        return message


class _Equal:
    """A restriction: one property has one value."""

    def __init__(self, field_uri: str, value: str) -> None:
        self._field, self._value = field_uri, value

    def to_xml(self, version: Any) -> Element:
        restriction = create_element("m:Restriction")
        test = create_element("t:IsEqualTo")
        test.append(create_element("t:FieldURI", attrs={"FieldURI": self._field}))
        constant = create_element("t:FieldURIOrConstant")
        constant.append(create_element("t:Constant", attrs={"Value": self._value}))
        test.append(constant)
        restriction.append(test)
        return restriction


class Reads(Call, UpdateItem):
    def mark(self, keys: Sequence[str]) -> list[Element | Refusal]:
        """Mark as read; read receipts are not sent."""
        items = [(Message(id=key, is_read=True), ["is_read"]) for key in keys]
        payload = self.get_payload(
            items,
            conflict_resolution="AlwaysOverwrite",
            message_disposition="SaveOnly",
            send_meeting_invitations_or_cancellations="SendToNone",
            suppress_read_receipts=True,
        )
        return self.asked(payload)


class Moves(Call, MoveItem):
    def move(self, keys: Sequence[str], folder: FolderId) -> list[Element | Refusal]:
        return self.asked(self.get_payload([ItemId(id=key) for key in keys], folder))


class Deletes(Call, DeleteItem):
    def delete(self, keys: Sequence[str], *, hard: bool) -> list[Element | Refusal]:
        """Into Deleted Items, from where the retention of the mailbox takes them.

        hard: for good.
        """
        return self.asked(
            self.get_payload(
                [ItemId(id=key) for key in keys],
                delete_type="HardDelete" if hard else "MoveToDeletedItems",
                send_meeting_cancellations="SendToNone",
                affected_task_occurrences="AllOccurrences",
                suppress_read_receipts=True,
            )
        )


class _Known(DistinguishedFolderId):
    """Without a mailbox it is that of who signs in; exchangelib would insist on one."""

    def clean(self, version: Any = None) -> None:
        FolderId.clean(self, version=version)


def distinguished(name: str, login: str) -> FolderId:
    """A folder that Exchange knows by a name of its own, such as inbox.

    login: whose it is, where that is an address.
    """
    mailbox = Mailbox(email_address=login) if "@" in login else None
    return _Known(id=name, mailbox=mailbox)
