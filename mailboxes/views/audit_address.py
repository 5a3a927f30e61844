"""Lets the audit log know where a change comes from, whoever writes it down."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from ..services import audit


class AuditAddressMiddleware:
    """Services are told the person, never the request; the log asks for its address."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with audit.coming_from(request):
            return self.answer(request)
