"""What a page is told that was left open until its session had ended.

A poll gets 401 and not the sign-in page, which htmx would put into the region: app.js
says so on the page. Whoever sends a form gets the sign-in page with what was typed kept
in it, signed; after signing in, console_sign_in asks whether it is to be sent. Secrets
and files are never kept: then the way leads back to the page where the form stood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from mailadmin import uploads

from ..forms.console_sign_in import ConsoleSignInForm
from ..services.secrets.names import looks_secret

SALT = "mailboxes.session-ended"
GOOD_FOR = 3600  # seconds
SAFE = ("GET", "HEAD")
TOKEN = "csrfmiddlewaretoken"


@dataclass(frozen=True)
class Kept:
    """A form that was sent too late. to: its address. fields: names and values."""

    to: str
    fields: list[tuple[str, str]]


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
        if request.method in SAFE or not stood:
            return response
        return render(
            request,
            "registration/login.html",
            {
                "form": ConsoleSignInForm(request),
                "next": stood,
                "ended": True,
                "kept": _seal(request),
            },
            status=403,
        )


def opened(sealed: str) -> Kept | None:
    """What `sealed` holds; None where it is older than an hour, or nothing of ours."""
    try:
        to, fields = signing.loads(sealed, salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        return None
    return Kept(to, [(name, value) for name, value in fields])


def _seal(request: HttpRequest) -> str:
    """What was typed; "" where a secret or a file is in it."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != TOKEN
    ]
    match = request.resolver_match
    of_admin = match is not None and match.app_name == "admin"
    files = request.FILES or getattr(request, uploads.REFUSED, False)
    if of_admin or files or any(_is_secret(request, *one) for one in fields):
        return ""
    return signing.dumps([request.get_full_path(), fields], salt=SALT, compress=True)


def _is_secret(request: HttpRequest, name: str, value: str) -> bool:
    """Named so by its view (sensitive_post_parameters), or to look at.

    A line may be an option that we do not know, `name = value`.
    """
    named = getattr(request, "sensitive_post_parameters", ())
    lines = (line.partition("=") for line in value.splitlines())
    return bool(value) and (
        named == "__ALL__"
        or name in named
        or looks_secret(name, value)
        or any(text and looks_secret(before) for before, _equals, text in lines)
    )


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
