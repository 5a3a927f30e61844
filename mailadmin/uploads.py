"""Who may send files to the console, and how much: before anything of them is stored.

Django reads the whole body of a form for whoever sends it, the sign-in page too, and
puts large files on the disk that mail is stored on. How much a form takes is its own
question (services/outbox/compose, services/sections/text).
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

REFUSED = "a_file_was_refused"  # attribute of a request
MOST = 160 * (1 << 20)  # bytes of a request; a message has at most 150 MB


class BoundedUploads(FileUploadHandler):
    """Stands before Django's own handlers, and stores nothing itself."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: bytes,
        encoding: str | None = None,
    ) -> None:
        """Refuse what is larger than any form takes."""
        if content_length > MOST:
            raise RequestDataTooBig(f"A request of {content_length} bytes is refused.")

    def new_file(self, *args: Any, **more: Any) -> None:
        """Read no file of somebody who is not signed in, nor what follows it."""
        if not self.request.user.is_authenticated:
            # For who asks whether the form is whole (views/session_ended).
            setattr(self.request, REFUSED, True)
            raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data  # to the next handler

    def file_complete(self, file_size: int) -> None:
        return None
