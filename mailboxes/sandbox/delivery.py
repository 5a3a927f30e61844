"""What becomes of a message that the SMTP server accepted.

Written to delivered.jsonl (one line per accepted message), put into the mailboxes of
our own people, and answered when it went to a customer. SMTP itself: smtp_server.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import deque
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path
from typing import Any

from . import answers
from .mailstore import INBOX, SENT, Mailstore, message_id
from .world import CUSTOMER_DOMAIN, TENANT_DOMAINS, UNKNOWN_DOMAIN, Account

REMEMBERED = 10_000


class Delivery:
    """Routes messages. answer_after: seconds until a customer's answer arrives."""

    def __init__(
        self,
        folder: Path,
        store: Mailstore,
        accounts: dict[str, Account],
        answer_after: float,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._answer_after = answer_after
        self._path = folder / "delivered.jsonl"
        self._log = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._recent: deque[dict[str, Any]] = deque(self._read(), maxlen=REMEMBERED)

    def close(self) -> None:
        os.close(self._log)

    def knows(self, recipient: str) -> bool:
        """Whether RCPT takes it: nobody at UNKNOWN_DOMAIN, ours if they exist."""
        domain = recipient.rpartition("@")[2].lower()
        if domain in TENANT_DOMAINS:
            return recipient.lower() in self._accounts
        return domain != UNKNOWN_DOMAIN

    def wrong_sender(
        self, user: str, sender: str, content: bytes, person: str = ""
    ) -> str | None:
        """An address that must not be sent as, in MAIL FROM or in From.

        user: the mailbox that sends. person: whose token opened it, "" for its own.
        """
        mailbox = self._accounts.get(user.lower())
        own = not person or mailbox is None or mailbox.sends_for(person)
        authors = [a for _, a in getaddresses(_header(content).get_all("From", []))]
        for address in [sender, *authors]:
            if address and not (own and address.lower() == user.lower()):
                return address
        return None

    def accept(
        self,
        user: str,
        sender: str,
        recipients: list[str],
        content: bytes,
        *,
        keep: bool = True,
    ) -> str:
        """Log, store, plan answers. Returns our number of the message.

        keep: a copy goes to Sent Items.
        """
        digest = hashlib.sha256(content).hexdigest()
        row = {
            "message_id": message_id(content),
            "user": user,
            "from": sender,
            "to": recipients,
            "size": len(content),
            "sha256": digest,
            "time": time.time(),
        }
        # First the log: a send that is counted and not stored is found, one that is
        # stored and not counted would hide a second send.
        os.write(self._log, json.dumps(row).encode() + b"\n")
        self._recent.append(row)
        if keep:
            self._store.add(user, SENT, [content], "\\Seen")
        for recipient in dict.fromkeys(one.lower() for one in recipients):
            if recipient in self._accounts:
                self._store.add(recipient, INBOX, [content])
            elif recipient.endswith("@" + CUSTOMER_DOMAIN):
                reply = answers.reply(content, customer=recipient, to=user)
                if reply is not None:
                    due = time.time() + self._answer_after
                    self._store.plan_answer(user, reply, due)
        return f"{digest[:16]}.{time.time_ns()}"

    def listing(self) -> list[dict[str, Any]]:
        """Accepted messages, oldest first; the newest REMEMBERED of them."""
        return list(self._recent)

    def _read(self) -> list[dict[str, Any]]:
        rows = []
        for line in self._path.read_bytes().splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:  # cut short by a kill in the middle of the write
                continue
        return rows[-REMEMBERED:]


def _header(content: bytes) -> Message:
    return BytesHeaderParser().parsebytes(content[: 64 * 1024])
