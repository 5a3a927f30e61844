"""Finds the option set that an address names; "pop" and "smtp" stand for the kinds."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from ..models import Mailbox, PopClient, SmtpClient

Client = PopClient | SmtpClient
MODELS: dict[str, type[Client]] = {"pop": PopClient, "smtp": SmtpClient}
RELATED = {
    "pop": ("mailbox_row__smtp_client", "fetcher__revision"),
    "smtp": ("sender__revision",),
}


def find(kind: str, pk: int, *, archived: bool | None = False) -> Client:
    """The option set; Http404 when there is none, or its kind is unknown.

    archived: only such ones, only others, or (None) both.
    """
    if kind not in MODELS:
        raise Http404
    rows: Any = MODELS[kind].objects.filter(revision__gt=0)
    if archived is not None:
        rows = rows.filter(archived_at__isnull=not archived)
    client: Client = get_object_or_404(rows.select_related(*RELATED[kind]), pk=pk)
    return client


def short_kind(client: Client) -> str:
    """The word for its kind in addresses."""
    return "pop" if isinstance(client, PopClient) else "smtp"


def users_of(client: Client) -> list[Mailbox]:
    """Mailboxes that use it."""
    if isinstance(client, PopClient):
        return [client.mailbox_row]
    return list(client.mailboxes.filter(archived_at=None))


def require(request: HttpRequest, verb: str, model: type[Client]) -> None:
    """Raises PermissionDenied unless the person may `verb` (add, change) such sets."""
    if not may(request, verb, model):
        raise PermissionDenied


def may(request: HttpRequest, verb: str, model: type[Client]) -> bool:
    """Whether the person may `verb` (add, change) such sets."""
    return request.user.has_perm(f"mailboxes.{verb}_{model._meta.model_name}")


def may_test(request: HttpRequest, model: type[Client]) -> bool:
    """Whether the person may test connections: those who may operate the client."""
    runner = "fetcher" if model is PopClient else "sender"
    return request.user.has_perm(f"mailboxes.change_{runner}")
