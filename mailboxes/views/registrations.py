"""App registrations: list, new, edit, one with its sections, a new client secret.

What a save did, Restart sending of all its smtp-clients, deleting: shared_rows.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from ..forms.certificates import CertificateForm
from ..forms.registrations import (
    RegistrationEditForm,
    RegistrationForm,
    ReplaceSecretForm,
)
from ..models import AppRegistration
from ..models.option_shared import AUTHORITIES
from ..services import ends_soon, registrations, uses
from ..services.fetch import seen
from ..services.registrations import certificates as registration_certificates
from .shared_rows import METHODS, WHATS, after_save, require, use_context

WHAT = WHATS["registrations"]


@login_required
def registration_list(request: HttpRequest) -> HttpResponse:
    """All of them, with their provider, secret and number of sections."""
    return render(
        request,
        "setup/registrations.html",
        {
            "rows": [
                {"row": row, "provider": _provider(row)}
                for row in uses.counted(AppRegistration)
            ],
            "today": timezone.now().date(),
            "nav": "registration-list",
        },
    )


def _provider(row: AppRegistration) -> str:
    if row.google:
        return "Google"
    return dict(AUTHORITIES).get(row.tenant_authority, row.tenant_authority)


@require_http_methods(METHODS)
@sensitive_post_parameters("secret")
@login_required
def registration_new(request: HttpRequest) -> HttpResponse:
    """A new one, with its client secret."""
    require(request, "add", AppRegistration)
    data = request.POST if request.method == "POST" else None
    form = RegistrationForm(data)
    if form.is_bound and form.is_valid():
        row = form.save_with(request.user)
        if row is not None:
            _say(request, form)
            messages.success(
                request,
                _("%s is set up. Choose it in the options of a section.") % row.name,
            )
            return redirect("registration-detail", row.pk)
    return render(
        request,
        "setup/form.html",
        {
            "form": form,
            "what": WHAT,
            "title": _("New app registration"),
            "lead": _(
                "One application at Microsoft Entra or Google, for many sections."
            ),
            "back": reverse("registration-list"),
            "nav": "registration-list",
        },
        status=400 if form.errors else 200,
    )


@require_safe
@login_required
def registration_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them: its values, who uses it, and the small form for a new secret."""
    return detail(request, find(pk))


def detail(
    request: HttpRequest,
    row: AppRegistration,
    form: ReplaceSecretForm | None = None,
    certificate_form: CertificateForm | None = None,
) -> HttpResponse:
    """The page, with a form that was refused on it."""
    may = request.user.has_perm("mailboxes.change_appregistration")
    today = timezone.now().date()
    if form is None and may:
        form = ReplaceSecretForm(row=row)
    if certificate_form is None and may and not row.google:
        certificate_form = CertificateForm(row=row)
    refused = [
        one for one in (form, certificate_form) if one is not None and one.errors
    ]
    return render(
        request,
        "setup/registration.html",
        use_context(request, WHAT, row)
        | {
            "facts": _facts(row),
            "form": form,
            "certificate_form": certificate_form,
            "seen": seen.fingerprint(row, registrations.SEEN),
            "refused": bool(refused),
            "may_change": may,
            "today": today,
            "near": _near(row.secret_ends_on, today),
            "certificate_near": _near(row.certificate_ends_on, today),
            "new_one_waits": registration_certificates.waits(row),
        },
        status=400 if refused else 200,
    )


def _near(day: date | None, today: date) -> bool:
    return day is not None and (day - today).days <= ends_soon.SOON


def _facts(row: AppRegistration) -> list[dict[str, Any]]:
    return [
        {"label": _("Provider"), "value": _provider(row)},
        {"label": _("Authority"), "value": row.tenant_authority, "mono": True},
        {
            "label": _("Application (client) ID"),
            "value": row.client_id or "–",
            "mono": True,
        },
        {
            "label": _("Directory (tenant) ID"),
            "value": row.directory_id or "–",
            "mono": True,
        },
    ]


@require_http_methods(METHODS)
@login_required
def registration_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """All but the secret."""
    row = find(pk)
    require(request, "change", AppRegistration)
    data = request.POST if request.method == "POST" else None
    form = RegistrationEditForm(data, row=row)
    if form.is_bound and form.is_valid():
        before = uses.last_save(row)
        if form.save_with(request.user) is not None:
            _say(request, form)
            return after_save(request, WHAT, row, before)
    return render(
        request,
        "setup/form.html",
        {
            "form": form,
            "what": WHAT,
            "row": row,
            "title": _("Edit %s") % row.name,
            "lead": _(
                "Every section that uses it gets a new revision: pop-clients use it at"
                " their next cycle, smtp-clients after Restart sending."
            ),
            "back": reverse("registration-detail", args=[pk]),
            "nav": "registration-list",
        },
        status=400 if form.errors else 200,
    )


@require_http_methods(["POST"])
@sensitive_post_parameters("secret")
@login_required
def registration_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Replace the client secret, for all sections in one edit."""
    row = find(pk)
    require(request, "change", AppRegistration)
    form = ReplaceSecretForm(request.POST, row=row)
    if form.is_valid():
        before = uses.last_save(row)
        if form.save_with(request.user) is not None:
            _say(request, form)
            return after_save(request, WHAT, row, before)
    return detail(request, row, form)


def _say(request: HttpRequest, form: Any) -> None:
    for notice in form.result.notices:
        messages.info(request, notice)
    for problem in form.result.warnings:
        messages.warning(request, problem.message)


def find(pk: int) -> AppRegistration:
    """The registration, with who set its secret and its certificates; else 404."""
    return get_object_or_404(
        AppRegistration.objects.select_related(
            "secret__created_by",
            "certificate__created_by",
            "next_certificate__created_by",
        ),
        pk=pk,
    )
