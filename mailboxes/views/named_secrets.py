"""Secrets by name, the sections `secret-<name>`: list, new, edit with who uses one.

What a save did, Restart sending of all its smtp-clients, deleting: shared_rows.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ..forms.named_secrets import NamedSecretForm
from ..models import NamedSecret
from ..services import uses
from . import inputs
from .shared_rows import METHODS, WHATS, after_save, require, use_context

WHAT = WHATS["secrets"]
STEP = "google-client"  # of the wizard, which asks for one


@login_required
def secret_list(request: HttpRequest) -> HttpResponse:
    """All of them, by name; never a value."""
    return render(
        request,
        "setup/secrets.html",
        {
            "rows": uses.counted(NamedSecret).select_related("value__created_by"),
            "nav": "secret-list",
        },
    )


@require_http_methods(METHODS)
@sensitive_post_parameters("password")
@login_required
def secret_new(request: HttpRequest) -> HttpResponse:
    """A new one; with `?draft=` one for the wizard, which goes on there."""
    require(request, "add", NamedSecret)
    draft = inputs.key(inputs.text(request.GET, "draft"))
    step = reverse("connect-step", args=[draft, STEP]) if draft else ""
    form = NamedSecretForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        row = form.save_with(request.user)
        if row is not None:
            told = _("%s is set up. Choose it in the options of a section.")
            if step:
                told = _("%s is set up. Choose it here.")
            messages.success(request, told % row.name)
            if step:
                return redirect(f"{step}#id_google_secret")
            return redirect("secret-edit", row.pk)
    return render(
        request,
        "setup/form.html",
        {
            "form": form,
            "what": WHAT,
            "title": _("New secret"),
            "lead": _("The client secret of a Google Cloud application, by a name."),
            "back": step or reverse("secret-list"),
            "nav": "secret-list",
        },
        status=400 if form.errors else 200,
    )


@require_http_methods(METHODS)
@sensitive_post_parameters("password")
@login_required
def secret_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them: a new value or name, and the sections that use it."""
    row = get_object_or_404(
        NamedSecret.objects.select_related("value__created_by"), pk=pk
    )
    if request.method == "POST":
        require(request, "change", NamedSecret)
    may = request.user.has_perm("mailboxes.change_namedsecret")
    form = NamedSecretForm(request.POST if request.method == "POST" else None, row=row)
    if form.is_bound and form.is_valid():
        before = uses.last_save(row)
        if form.save_with(request.user) is not None:
            return after_save(request, WHAT, row, before)
    return render(
        request,
        "setup/form.html",
        use_context(request, WHAT, row)
        | {
            "form": form if may else None,
            "title": row.name,
            "lead": _("Sections name it in the option secret."),
            "back": reverse("secret-list"),
            "may_delete": request.user.has_perm("mailboxes.delete_namedsecret"),
        },
        status=400 if form.errors else 200,
    )
