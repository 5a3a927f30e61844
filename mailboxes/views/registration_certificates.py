"""The certificate of an app registration: enter, make, download, take away.

The page they stand on is registrations. A download holds the certificate alone, never
its private key.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from ..core.errors import OptionError, SecretUnreadable
from ..forms.certificates import CertificateForm
from ..models import AppRegistration
from ..services import registration_certificates, uses
from .registrations import WHAT, detail, find
from .shared_rows import after_save, require


@require_POST
@sensitive_post_parameters("certificate")
@login_required
def certificate_enter(request: HttpRequest, pk: int) -> HttpResponse:
    """Use a key and certificate that was pasted."""
    row = find(pk)
    require(request, "change", AppRegistration)
    form = CertificateForm(request.POST, row=row)
    if form.is_valid():
        before = uses.last_save(row)
        if form.save_with(request.user) is not None:
            return after_save(request, WHAT, row, before)
    return detail(request, row, certificate_form=form)


@require_POST
@login_required
def certificate_make(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a key and certificate here; the certificate is then downloaded."""
    return _change(request, pk, registration_certificates.make)


@require_POST
@login_required
def certificate_take_away(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign in by the client secret again."""
    return _change(request, pk, registration_certificates.take_away)


def _change(
    request: HttpRequest, pk: int, change: Callable[..., object]
) -> HttpResponse:
    row = find(pk)
    require(request, "change", AppRegistration)
    before = uses.last_save(row)
    try:
        change(row, request.user, seen=request.POST.get("seen", ""))
    except OptionError as error:
        for problem in error.problems:
            messages.error(request, problem.message)
        return redirect("registration-detail", pk)
    return after_save(request, WHAT, row, before)


@require_safe
@login_required
def certificate_download(request: HttpRequest, pk: int) -> HttpResponse:
    """The certificate for Entra, as a file. 404 where there is none."""
    row = find(pk)
    try:
        text = registration_certificates.public(row)
    except SecretUnreadable as error:
        raise Http404(_("The certificate cannot be read with this key.")) from error
    if not text:
        raise Http404
    name = slugify(row.name) or "certificate"
    return HttpResponse(
        text,
        content_type="application/x-pem-file",
        # Entra's page takes .cer, .pem and .crt; .cer is what its words speak of.
        headers={"Content-Disposition": f'attachment; filename="{name}.cer"'},
    )
