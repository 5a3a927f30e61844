"""A real mailbox as a place of the contract: a folder of its own for each test.

Nothing outside of that folder is read, moved or deleted; it is removed afterwards. The
messages that tests send go to the mailbox itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from mailboxes.core.choices import AfterFetch, Stage
from mailboxes.core.errors import MailError
from mailboxes.transports.base import Credential, Folder
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.imap.errors import KNOWN

from .settings import Live

ROOT = "mailadmin-live"


class LiveImap(ImapTransport):
    """Reads below a folder as if that were the whole mailbox."""

    root: ClassVar[str] = ROOT

    def select(self, folder: str) -> Folder:
        with self._named(folder):
            found = super().select(self.within(folder))
        return replace(found, name=folder or "INBOX")

    def settle(
        self, ids: Iterable[int], action: AfterFetch, target: str = ""
    ) -> set[int]:
        with self._named(target):
            return super().settle(ids, action, self.within(target) if target else "")

    def within(self, folder: str) -> str:
        """The name on the server."""
        return f"{self.root}/{folder}" if folder else self.root

    @contextmanager
    def _named(self, folder: str) -> Iterator[None]:
        """Errors name the folder as the test did."""
        try:
            yield
        except MailError as error:
            if "folder" in error.evidence:
                error.evidence["folder"] = folder
            raise


@contextmanager
def opened(
    live: Live, credential: Credential
) -> Iterator[tuple[type[LiveImap], Callable[..., None]]]:
    """The transport of a fresh folder, and what delivers into it. Raises MailError."""
    root = f"{ROOT}-{secrets.token_hex(4)}"
    kind = type("LiveImap", (LiveImap,), {"root": root})
    with kind(live.imap, credential, live.policy) as keeper:
        client: Any = keeper._client
        made = [root]
        with keeper._border(Stage.MAILBOX, folder=root):
            client.create_folder(root)

        def deliver(
            data: bytes, folder: str = "INBOX", arrived: datetime | None = None
        ) -> None:
            name = root
            with keeper._border(Stage.MAILBOX, folder=folder):
                for part in [] if folder == "INBOX" else folder.split("/"):
                    name = f"{name}/{part}"
                    if name not in made:
                        client.create_folder(name)
                        made.append(name)
                client.append(name, data, msg_time=arrived)

        try:
            yield kind, deliver
        finally:
            with suppress(*KNOWN):
                client.unselect_folder() if client.has_capability("UNSELECT") else None
            for name in reversed(made):
                with suppress(*KNOWN):
                    client.delete_folder(name)
