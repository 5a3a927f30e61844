"""Finds the section that a person names at a terminal: by its name or an address."""

from __future__ import annotations

from ...core.errors import MailboxesError
from ...models import Mailbox, PopClient, SmtpClient

Client = PopClient | SmtpClient


class NotFound(MailboxesError):
    """Nothing of that name; the text says so in one sentence."""


def named(name: str, *, sends: bool = False, purpose: str = "use") -> Client:
    """The section of that name; of an address, the one that fetches, or sends.

    purpose: what it is wanted for, in the words of a refusal. Raises NotFound.
    """
    models: tuple[type[Client], ...] = (PopClient, SmtpClient)
    for model in models:
        found = model.objects.filter(
            section=name, archived_at=None, revision__gt=0
        ).first()
        if found is not None:
            return found
    mailbox = (
        Mailbox.objects.filter(address__iexact=name, archived_at=None)
        .select_related("pop_client__mailbox_row", "smtp_client")
        .first()
    )
    if mailbox is None:
        raise NotFound(
            f"No section and no mailbox is called {name!r}; manage.py status lists"
            " them."
        )
    pop: PopClient | None = getattr(mailbox, "pop_client", None)
    client = mailbox.smtp_client if sends or pop is None else pop
    if client is None:
        what = "no smtp-client to send with" if sends else f"no client to {purpose}"
        raise NotFound(f"{mailbox.address} has {what}.")
    return client
