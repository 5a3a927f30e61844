"""What is shown instead of a page that failed.

Django calls it while the failure is handled, and has logged it already. It needs no
database. Other refusals (400, 403, 404) are templates of these names.
"""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

AWAY = 503
RETRY_AFTER = "30"  # seconds


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while the database cannot be used, 500 for a fault of ours."""
    if not isinstance(sys.exception(), OperationalError | InterfaceError):
        return defaults.server_error(request)
    page = render_to_string("503.html")
    return HttpResponse(page, status=AWAY, headers={"Retry-After": RETRY_AFTER})
