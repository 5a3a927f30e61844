"""Answers 304 to a poll when nothing on the page has changed (ux.md section 3.6).

Templates ask with htmx for their own address; a page that changed comes whole and htmx
takes the region out of it, so there is one template and it works without JavaScript.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

# Masked anew for each answer by Django, so it must not count as a change.
_CSRF = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')


def live(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the answer of a GET an ETag, and 304 to a poll that has it already."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method != "GET" or response.status_code != 200 or response.streaming:
            return response
        content = _CSRF.sub(b"", response.content)
        tag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
        if (
            "HX-Request" in request.headers
            and request.headers.get("If-None-Match") == tag
        ):
            not_modified = HttpResponseNotModified()
            not_modified["ETag"] = tag
            return not_modified
        response["ETag"] = tag
        response.headers.setdefault("Cache-Control", "no-cache, private")
        return response

    return wrapped
