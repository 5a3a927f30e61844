"""Where on the console a fault is mended: from a finding to a page and a field."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from ..core.choices import Step
from ..core.options import Kind, Option
from ..models import PopClient, SmtpClient
from ..services.findings import Finding
from ..services.options import pins
from ..services.status import ClientStatus

BY_CERTIFICATE = ("entra-certificate-refused", "entra-certificate-expired")


def edit_url(status: ClientStatus, option: str = "") -> str:
    """The option-set form of a client, at the field of `option` if it has one."""
    return option_url(status.client, option)


def option_url(
    client: PopClient | SmtpClient, option: str = "", test: int | None = None
) -> str:
    """The same for a client itself. test: the run whose finding the form shows."""
    at_registration = _registration_url(client, option)
    if at_registration:
        return at_registration
    kind = "pop" if isinstance(client, PopClient) else "smtp"
    url = reverse("option-set-edit", args=[kind, client.pk])
    if test is not None:
        url += f"?test={test}"
    field = client.fields_by_option().get(option)
    return f"{url}#id_{field}" if field else url


def _registration_url(client: PopClient | SmtpClient, option: str) -> str:
    """The field of the app registration that gives the option; "" where none does."""
    key = client.registration_id
    if key is None:
        return ""
    if option in pins.INHERITED:
        edit = reverse("registration-edit", args=[key])
        return f"{edit}#id_{pins.INHERITED[option]}"
    values = {o.name: getattr(client, f) for f, o in _plain(client).items()}
    if option == "password" and pins.password_is_app_secret(values):
        return _secret_url(key)
    return ""


def _secret_url(registration: int) -> str:
    """The form for a new client secret."""
    return f"{reverse('registration-detail', args=[registration])}?replace=1#id_secret"


def _plain(client: PopClient | SmtpClient) -> dict[str, Option]:
    """Options that are columns of their own: asking for them asks no other row."""
    return {
        field: option
        for field, option in client.options().items()
        if option.kind not in (Kind.SECRET, Kind.REFERENCE)
    }


def field_url(
    client: PopClient | SmtpClient, finding: Finding | None, test: int | None = None
) -> str:
    """The field that a finding names, on whatever form it stands; "" for none.

    test: the run that has found it.
    """
    if finding is not None and finding.id in BY_CERTIFICATE and client.registration_id:
        at = reverse("registration-detail", args=[client.registration_id])
        return f"{at}#certificate"
    if finding is not None and _of_owners_application(finding):
        key = client.registration_id
        return _secret_url(key) if key else option_url(client, finding.option, test)
    url = option_url(client, finding.option, test) if finding else ""
    return url if "#" in url else ""


def _of_owners_application(finding: Finding) -> bool:
    """The client secret of an application that a person signs in to (findings/owners).

    It stands in the registration alone.
    """
    return finding.step is Step.SECRET and finding.option == "registration"


def mend_url(
    request: HttpRequest,
    client: PopClient | SmtpClient,
    finding: Finding | None,
    test: int | None = None,
) -> str:
    """The same; "" for a person who may not change what stands there."""
    url = field_url(client, finding, test)
    model = client._meta.model_name
    if url.startswith(reverse("registration-list")):
        model = "appregistration"
    return url if request.user.has_perm(f"mailboxes.change_{model}") else ""


def fix_url(request: HttpRequest, status: ClientStatus) -> str:
    """The first link of a failure: the field at fault, or what to do elsewhere."""
    finding: Finding | None = status.finding
    field = mend_url(request, status.client, finding)
    if field and finding is not None and not finding.portal_first:
        return field
    return f"{client_url(status)}#failure"


def client_url(status: ClientStatus) -> str:
    """The page of the mailbox, or the compare page of an smtp-client."""
    if isinstance(status.client, PopClient):
        return reverse("mailbox-detail", args=[status.mailbox_pk])
    return reverse("option-set-compare", args=["smtp", status.client.pk])
