"""Pages go over the line compressed: a list of 50 mailboxes has 100 KB, or 5.

Only what is made here as a whole. Files that are streamed (raw messages, attachments)
keep their length, and static files are compressed beforehand by whitenoise. What a page
holds cannot be guessed by its length (BREACH): Django masks its CSRF tokens anew in
each answer, and GZipMiddleware adds a random number of bytes.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TYPES = ("text/html", "application/json")


class CompressPagesMiddleware(GZipMiddleware):
    """GZipMiddleware for pages and JSON alone."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if response.streaming or kind not in TYPES:
            return response
        return super().process_response(request, response)
