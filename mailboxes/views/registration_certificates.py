"""The certificate of an app registration: enter, make, use, take away, download.

The page they stand on is registrations. A new one waits where mail could stop until it
is uploaded; it is used, or discarded, by a button of its own. A download holds the
certificate alone, never its private key. Rules: the service of the same name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from ..core.errors import OptionError, SecretUnreadable
from ..forms.certificates import CertificateForm
from ..models import AppRegistration, AuditEvent
from ..services import uses
from ..services.registrations import certificates as registration_certificates
from .registrations import WHAT, detail, find
from .shared_rows import after_save, require


@require_POST
@sensitive_post_parameters("certificate")
@login_required
def certificate_enter(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a key and certificate that was pasted."""
    row = find(pk)
    require(request, "change", AppRegistration)
    form = CertificateForm(request.POST, row=row)
    if form.is_valid():
        before = uses.last_save(row)
        if form.save_with(request.user) is not None:
            return _added(request, row, before)
    return detail(request, row, certificate_form=form)


@require_POST
@login_required
def certificate_make(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a key and certificate here; the certificate is then downloaded."""
    return _change(request, pk, registration_certificates.make, _added)


@require_POST
@login_required
def certificate_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign in by the one that waits: it is uploaded."""
    use = partial(registration_certificates.use_next, today=timezone.now().date())
    return _change(request, pk, use)


@require_POST
@login_required
def certificate_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Discard the one that waits."""
    return _change(request, pk, registration_certificates.drop_next, _discarded)


@require_POST
@login_required
def certificate_take_away(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign in by the client secret again."""
    return _change(request, pk, registration_certificates.take_away)


def _saved(
    request: HttpRequest, row: AppRegistration, before: AuditEvent | None
) -> HttpResponse:
    return after_save(request, WHAT, row, before)


def _added(
    request: HttpRequest, row: AppRegistration, before: AuditEvent | None
) -> HttpResponse:
    """To what has to be done at Entra, where it waits."""
    if row.next_certificate_id is None:
        return _saved(request, row, before)
    words = _("The new certificate waits here. Upload it at Entra, then use it.")
    messages.success(request, words)
    return _panel(row.pk)


def _discarded(
    request: HttpRequest, row: AppRegistration, before: AuditEvent | None
) -> HttpResponse:
    words = _(
        "The new certificate was discarded. If it was uploaded, delete it at Entra too."
    )
    messages.success(request, words)
    return _panel(row.pk)


def _panel(pk: int) -> HttpResponse:
    return redirect(reverse("registration-detail", args=[pk]) + "#certificate")


def _change(
    request: HttpRequest,
    pk: int,
    change: Callable[..., object],
    after: Callable[..., HttpResponse] = _saved,
) -> HttpResponse:
    row = find(pk)
    require(request, "change", AppRegistration)
    before = uses.last_save(row)
    try:
        change(row, request.user, seen=request.POST.get("seen", ""))
    except OptionError as error:
        for problem in error.problems:
            messages.error(request, problem.message)
        return _panel(pk)
    return after(request, row, before)


@require_safe
@login_required
def certificate_download(
    request: HttpRequest, pk: int, *, waiting: bool = False
) -> HttpResponse:
    """The certificate for Entra, as a file. 404 where there is none.

    waiting: the one that waits, in place of the one in use.
    """
    row = find(pk)
    try:
        text = registration_certificates.public(row, waiting=waiting)
    except SecretUnreadable as error:
        raise Http404(_("The certificate cannot be read with this key.")) from error
    if not text:
        raise Http404
    name = slugify(row.name) or "certificate"
    if waiting:
        name = f"{name}-new"
    return HttpResponse(
        text,
        content_type="application/x-pem-file",
        # Entra's page takes .cer, .pem and .crt; .cer is what its words speak of.
        headers={"Content-Disposition": f'attachment; filename="{name}.cer"'},
    )
