"""Sending of the sandbox's EWS: CreateItem with a whole message, and SendItem.

The envelope is what Exchange makes of To, Cc and Bcc of the message; Bcc does not go
out with it. Items made of properties alone get a small message of their own.
"""

from __future__ import annotations

import base64
import binascii
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP
from email.utils import getaddresses, make_msgid

from ..delivery import Delivery
from ..mailstore import Mailstore
from .ids import of_item
from .shapes import item_element
from .xml import Element, Refused, failure, m, success, t, tag, text_of

DRAFTS = "Drafts"
MOST = 150 * 1024 * 1024  # bytes; what Exchange can be set to take at most
_BCC = re.compile(rb"^bcc:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)
_TO = ("ToRecipients", "CcRecipients", "BccRecipients")


class Sending:
    """What one mailbox sends. account: its address in lower case.

    person: who has signed in, "" for an application.
    """

    def __init__(
        self, store: Mailstore, delivery: Delivery, account: str, person: str
    ) -> None:
        self._store = store
        self._delivery = delivery
        self._account = account
        self._person = person

    def create(self, asked: Element) -> list[str]:
        """CreateItem: sends, or keeps a draft, as MessageDisposition says."""
        disposition = asked.get("MessageDisposition", "SaveOnly")
        found = []
        for item in asked.find(m("Items")) or ():
            try:
                content = _content(item, self._account)
                if len(content) > MOST:
                    raise Refused(
                        "ErrorMessageSizeExceeded",
                        "The message exceeds the maximum supported size.",
                    )
                if disposition == "SaveOnly":
                    shown = self._saved(DRAFTS, content)
                else:
                    self._send(content, keep=disposition == "SendAndSaveCopy")
                    shown = ""
            except Refused as refused:
                found.append(failure("CreateItem", refused, tag("m:Items")))
                continue
            found.append(success("CreateItem", tag("m:Items", shown)))
        return found

    def send_item(self, asked: Element) -> list[str]:
        """SendItem: sends drafts."""
        keep = asked.get("SaveItemToFolder") in ("true", "1")
        found = []
        for element in asked.find(m("ItemIds")) or ():
            try:
                folder, item = of_item(element.get("Id", ""))
                there = self._store.by_item(self._account, item)
                if there is None or there[0].id != folder:
                    raise Refused("ErrorItemNotFound", "The item was not found.")
                content = self._store.bodies([there[1].body])[0] or b""
                self._send(content, keep=keep)
            except Refused as refused:
                found.append(failure("SendItem", refused))
                continue
            self._store.remove(folder, [there[1].uid])
            found.append(success("SendItem"))
        return found

    def _saved(self, folder: str, content: bytes) -> str:
        (uid,) = self._store.add(self._account, folder, [content], "\\Seen")
        place = self._store.folder(self._account, folder)
        assert place is not None
        (entry,) = self._store.entries(place.id, uid, uid)
        return tag("t:Message", item_element(place.id, entry))

    def _send(self, content: bytes, *, keep: bool) -> None:
        header = BytesHeaderParser().parsebytes(content[: 256 * 1024])
        values = [str(v) for n in ("To", "Cc", "Bcc") for v in header.get_all(n, [])]
        to = [address for _, address in getaddresses(values) if "@" in address]
        if not to:
            raise Refused(
                "ErrorInvalidRecipients", "At least one recipient isn't valid."
            )
        wrong = self._delivery.wrong_sender(
            self._account, self._account, content, self._person
        )
        if wrong:
            raise Refused(
                "ErrorSendAsDenied",
                "The user account which was used to submit this request does not have "
                "the right to send mail on behalf of the specified sending account.",
            )
        outside = _without_bcc(content)
        # Recipients that do not exist come back as a report, as from Exchange.
        known = [one for one in to if self._delivery.knows(one)]
        self._delivery.accept(self._account, self._account, known, outside, keep=keep)


def _content(item: Element, account: str) -> bytes:
    given = item.find(t("MimeContent"))
    if given is None:
        return _of_properties(item, account)
    try:
        content = base64.b64decode(text_of(given), validate=True)
    except binascii.Error as error:
        raise Refused(
            "ErrorMimeContentInvalidBase64String",
            "The MIME content is not a valid base64 string.",
        ) from error
    if not message_from_bytes(content[:65536]).keys():
        raise Refused("ErrorMimeContentInvalid", "The MIME content is invalid.")
    return content


def _of_properties(item: Element, account: str) -> bytes:
    letter = EmailMessage(policy=SMTP)
    letter["From"] = account
    for name in _TO:
        inside = item.find(t(name))
        if inside is not None:
            found = [text_of(one) for one in inside.iter(t("EmailAddress"))]
            letter[name.removesuffix("Recipients")] = ", ".join(found)
    letter["Subject"] = text_of(item.find(t("Subject")))
    letter["Message-ID"] = make_msgid(domain=account.partition("@")[2])
    letter.set_content(text_of(item.find(t("Body"))) + "\n")
    return letter.as_bytes()


def _without_bcc(content: bytes) -> bytes:
    head, end, body = content.partition(b"\r\n\r\n")
    return _BCC.sub(b"", head + b"\r\n")[:-2] + end + body
