"""What a page is told that was left open until its session had ended.

A poll gets 401 and not the sign-in page, which htmx would put into the region: app.js
says so on the page. Whoever sent a form comes, after signing in, back to the page where
it stood, because many addresses of forms answer a POST alone; the sign-in page says
that nothing was done. What was typed is kept nowhere here: it is in the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

ENDED = "ended"  # in the address of the sign-in page
SAFE = ("GET", "HEAD")


class SessionEndedMiddleware:
    """Looks at the answers that send somebody to the sign-in page."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.answer(request)
        if not _leads_to_sign_in(response):
            return response
        if "HX-Request" in request.headers:
            said = _("Your session has ended: reload this page to sign in again.")
            return HttpResponse(
                said, content_type="text/plain; charset=utf-8", status=401
            )
        stood = _where_the_form_stood(request)
        if request.method not in SAFE and stood:
            response["Location"] = f"{reverse('login')}?" + urlencode(
                {"next": stood, ENDED: "1"}, safe="/"
            )
        return response


def _leads_to_sign_in(response: HttpResponseBase) -> bool:
    """By `login_required`; signing out leads there too, without a way back."""
    if response.status_code != 302:
        return False
    to = urlsplit(response["Location"])
    return to.path == reverse("login") and to.query.startswith("next=")


def _where_the_form_stood(request: HttpRequest) -> str:
    """The page of ours that was sent; "" where the browser does not tell."""
    told = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        told, {request.get_host()}, require_https=request.is_secure()
    )
    page = urlsplit(told)
    if not ours or not page.netloc:
        return ""
    return f"{page.path}?{page.query}" if page.query else page.path
