"""Says what keeps a client from working now, after a button was pressed above all.

A page tells what its button has done; where the next cycle or message has to wait all
the same, the sentences here say for what. They are made of rows read anew, because what
a button changed is not in the row that its page has loaded.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from ..core.choices import RunState
from ..models import Fetcher, PopClient, Sender, SmtpClient
from ..services import instance
from ..templatetags.ui import spell_duration


def tell(
    request: HttpRequest, client: PopClient | SmtpClient, done: str, soon: str
) -> None:
    """Leave a message on the next page: what was done, and what comes of it.

    soon: what happens within seconds where nothing keeps the client.
    """
    kept = why(client)
    if kept:
        messages.warning(request, f"{done} {kept}")
    else:
        messages.success(request, f"{done} {soon}".strip())


def why(client: PopClient | SmtpClient) -> str:
    """What keeps a client from working now, as one sentence; "" for nothing."""
    return _held() or _own(client)


def tell_nothing_fetched(request: HttpRequest, client: PopClient) -> None:
    """Leave a message on the next page: why Fetch now was refused."""
    kept = _own(client) or _("The mailbox has changed meanwhile: try again.")
    messages.error(request, _("Nothing is fetched.") + " " + kept)


def _held() -> str:
    if instance.is_held():
        return _("Everything is held: it waits until the hold is released.")
    return ""


def _own(client: PopClient | SmtpClient) -> str:
    """What keeps this client alone; "" for nothing."""
    if isinstance(client, PopClient):
        return _of_pop_client(client)
    return _of_smtp_client(client)


def _of_pop_client(client: PopClient) -> str:
    fetcher = Fetcher.objects.filter(pop_client=client).first()
    if fetcher is None or not client.enable_client:
        return _("The mailbox is a draft: switch it on in its options.")
    if fetcher.paused_at is not None:
        return _("The mailbox is paused: no cycle runs until the pause is ended.")
    if fetcher.state == RunState.STOPPED:
        return _("The mailbox is stopped: no cycle runs until it is resumed.")
    if fetcher.state == RunState.THROTTLED:
        return _waits(fetcher.not_before, _("Its server asked for a pause of %s."))
    return _waits(fetcher.not_before, _("It waits %s, because the last cycle failed."))


def _of_smtp_client(client: SmtpClient) -> str:
    name = client.section
    if client.archived_at is not None:
        return _("The smtp-client %s is in the archive: restore it there.") % name
    sender = Sender.objects.filter(smtp_client=client).first()
    if sender is None or not sender.enabled:
        return _("The smtp-client %s is a draft: switch it on in its options.") % name
    if sender.paused_at is not None:
        return (
            _("The smtp-client %s is paused: it waits until the pause is ended.") % name
        )
    if sender.state == RunState.STOPPED:
        return (
            _("The smtp-client %s is stopped: it waits until sending is restarted.")
            % name
        )
    if sender.state == RunState.THROTTLED:
        return _waits(sender.not_before, _("Its server asked for a pause of %s."))
    return _waits(sender.not_before, _("It waits %s, because the last try failed."))


def _waits(until: datetime | None, words: str) -> str:
    left = (until - timezone.now()).total_seconds() if until is not None else 0
    return words % spell_duration(left) if left > 0 else ""
