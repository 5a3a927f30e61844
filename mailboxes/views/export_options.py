"""Option sets as a file to keep or to take to the old server.

Masked for whoever may see the options; with secrets only for a superuser who asks for
it, and that is written down. The way in: import_options.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..services.sections import exporting

RIGHTS = ("mailboxes.view_popclient", "mailboxes.view_smtpclient")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(RIGHTS, raise_exception=True)
def options_export(request: HttpRequest) -> HttpResponse:
    """GET: the file with masks. POST: with secrets in plain text."""
    if request.method != "POST":
        return _file(exporting.export().text)
    if not request.user.is_superuser:
        raise PermissionDenied
    if not request.POST.get("plain"):
        messages.error(
            request,
            _("Nothing was exported: tick that secrets are written in plain text."),
        )
        return redirect("options-import")
    done = exporting.export(with_secrets=True)
    exporting.record(request, done)
    return _file(done.text)


def _file(text: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="option-sets.ini"'
    response["Cache-Control"] = "no-store"
    return response
