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
from ..services.sections.exporting import Exported

RIGHTS = ("mailboxes.view_popclient", "mailboxes.view_smtpclient")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(RIGHTS, raise_exception=True)
def options_export(request: HttpRequest) -> HttpResponse:
    """GET: the file with masks, `?table=1` as CSV. POST: with secrets in plain text."""
    if request.method != "POST":
        as_table = request.GET.get("table") == "1"
        return _file(exporting.export(as_table=as_table), as_table=as_table)
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
    return _file(done)


def _file(done: Exported, *, as_table: bool = False) -> HttpResponse:
    """The file; what there is to say about it stands in comments above the sections."""
    ending, kind = ("csv", "csv") if as_table else ("ini", "plain")
    remarks = [] if as_table else [f"# {remark}\n" for remark in done.remarks]
    content = "".join(remarks) + done.text
    response = HttpResponse(content, content_type=f"text/{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="option-sets.{ending}"'
    response["Cache-Control"] = "no-store"
    return response
