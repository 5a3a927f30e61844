"""One strict Content-Security-Policy on every page (ux.md section 3.7).

Django has this built in from 6.0 on; drop the module when Python 3.11 goes.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
# The stock admin's style sheets hold a few data: images.
ADMIN_POLICY = POLICY.replace("img-src 'self'", "img-src 'self' data:")


class ContentSecurityPolicyMiddleware:
    """Sets the policy unless the view has set its own (the safe view of a message)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = ADMIN_POLICY if request.path.startswith("/admin/") else POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        return response
