"""Proxies: list, new, edit with who uses one.

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

from ..forms.proxies import LABELS, ProxyForm
from ..models import Proxy
from ..services import uses
from .shared_rows import METHODS, WHATS, after_save, require, use_context

WHAT = WHATS["proxies"]


def _lead(row: Proxy) -> str:
    kind = str(LABELS.get(row.kind, row.kind))
    return f"{kind}, {row.host}:{row.port}" if row.host else kind


@login_required
def proxy_list(request: HttpRequest) -> HttpResponse:
    """All of them, by name."""
    return render(
        request,
        "setup/proxies.html",
        {
            "rows": [
                {"row": row, "kind": LABELS.get(row.kind, row.kind)}
                for row in uses.counted(Proxy)
            ],
            "nav": "proxy-list",
        },
    )


@require_http_methods(METHODS)
@sensitive_post_parameters("password")
@login_required
def proxy_new(request: HttpRequest) -> HttpResponse:
    """A new one."""
    require(request, "add", Proxy)
    form = ProxyForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        row = form.save_with(request.user)
        if row is not None:
            messages.success(
                request,
                _("%s is set up. Choose it in the options of a section.") % row.name,
            )
            return redirect("proxy-edit", row.pk)
    return render(
        request,
        "setup/form.html",
        {
            "form": form,
            "what": WHAT,
            "title": _("New proxy"),
            "lead": _("A way to the mail servers and to the authority."),
            "back": reverse("proxy-list"),
            "nav": "proxy-list",
        },
        status=400 if form.errors else 200,
    )


@require_http_methods(METHODS)
@sensitive_post_parameters("password")
@login_required
def proxy_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them: its values, and the sections that use it."""
    row = get_object_or_404(Proxy.objects.select_related("password__created_by"), pk=pk)
    if request.method == "POST":
        require(request, "change", Proxy)
    may = request.user.has_perm("mailboxes.change_proxy")
    form = ProxyForm(request.POST if request.method == "POST" else None, row=row)
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
            "lead": _lead(row),
            "back": reverse("proxy-list"),
            "may_delete": request.user.has_perm("mailboxes.delete_proxy"),
        },
        status=400 if form.errors else 200,
    )
