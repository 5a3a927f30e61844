"""Where on the console a fault is mended: from a finding to a page and a field."""

from __future__ import annotations

from django.urls import reverse

from ..models import PopClient, SmtpClient
from ..services.findings import Finding
from ..services.status import ClientStatus


def edit_url(status: ClientStatus, option: str = "") -> str:
    """The option-set form of a client, at the field of `option` if it has one."""
    return option_url(status.client, option)


def option_url(
    client: PopClient | SmtpClient, option: str = "", test: int | None = None
) -> str:
    """The same for a client itself. test: the run whose finding the form shows."""
    kind = "pop" if isinstance(client, PopClient) else "smtp"
    url = reverse("option-set-edit", args=[kind, client.pk])
    if test is not None:
        url += f"?test={test}"
    field = client.fields_by_option().get(option)
    return f"{url}#id_{field}" if field else url


def fix_url(status: ClientStatus) -> str:
    """The one link of a failure: the field at fault, or the client's options."""
    finding: Finding | None = status.finding
    return edit_url(status, finding.option if finding else "")


def client_url(status: ClientStatus) -> str:
    """The page of the mailbox, or the compare page of an smtp-client."""
    if isinstance(status.client, PopClient):
        return reverse("mailbox-detail", args=[status.mailbox_pk])
    return reverse("option-set-compare", args=["smtp", status.client.pk])
