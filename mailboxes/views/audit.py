"""The audit log: who changed what, when and from where (ux.md section 2.12).

Everything that narrows it stands in the address. Writing events: services/audit. What
each says: templatetags/audit. How long they stay: services/retention.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_safe

from ..models import AuditEvent
from ..services import audit, retention
from . import inputs

PER_PAGE = 50
RIGHT = "mailboxes.view_auditevent"
KINDS = {
    "pop-client": "pop-client",
    "smtp-client": "smtp-client",
    "mailbox": gettext_lazy("mailbox"),
    "appregistration": gettext_lazy("app registration"),
    "namedsecret": gettext_lazy("secret"),
    "proxy": gettext_lazy("proxy"),
    "message": gettext_lazy("message"),
    "outboundmessage": gettext_lazy("outbound message"),
    "setupdraft": gettext_lazy("wizard"),
    "user": gettext_lazy("user"),
    "group": gettext_lazy("group"),
}
COLUMNS = ("at", "who", "address", "action", "kind", "key", "name", "details")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


@dataclass(frozen=True)
class Asked:
    """What the address asks for. wrong: a day that is none.

    key: of one thing of that kind. It counts for the kind it was asked with (`of`), so
    that another kind, chosen later, is not narrowed to a number that means nothing.
    """

    words: str
    kind: str
    key: str
    since: date | None
    until: date | None
    wrong: bool

    @classmethod
    def of(cls, request: HttpRequest) -> Asked:
        texts = [inputs.text(request.GET, name, 10) for name in ("since", "until")]
        days = [_day(text) for text in texts]
        kind = inputs.text(request.GET, "kind", 40)
        of = inputs.text(request.GET, "of", 40)
        return cls(
            inputs.text(request.GET, "q"),
            kind,
            inputs.text(request.GET, "key", 40) if of in ("", kind) else "",
            *days,
            wrong=any(
                text and day is None for text, day in zip(texts, days, strict=True)
            ),
        )

    def rows(self) -> QuerySet[AuditEvent]:
        return audit.search(
            self.words, kind=self.kind, key=self.key, since=self.since, until=self.until
        )


@require_safe
@login_required
@permission_required(RIGHT, raise_exception=True)
def audit_log(request: HttpRequest) -> HttpResponse:
    """The newest events first; `?q= kind= key= since= until=` narrow them."""
    asked = Asked.of(request)
    rows = asked.rows()
    return render(
        request,
        "audit/log.html",
        {
            "asked": asked,
            "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
            "kinds": [("", _("everything")), *KINDS.items()],
            "kind_word": KINDS.get(asked.kind, ""),
            "narrowed": any(name != "page" for name in request.GET),
            "csv_url": f"{reverse('audit-csv')}?{request.GET.urlencode()}",
            "days": retention.AUDIT.days,
            "nav": "audit",
        },
    )


@require_safe
@login_required
@permission_required(RIGHT, raise_exception=True)
def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same events, all of them, as a table."""
    rows = Asked.of(request).rows()
    response = StreamingHttpResponse(
        _lines(rows.iterator(chunk_size=500)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    response["Cache-Control"] = "no-store"
    return response


class _Echo:
    """A file for csv.writer that hands each line back."""

    def write(self, line: str) -> str:
        return line


def _lines(events: Iterator[AuditEvent]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(COLUMNS)  # the mark tells Excel that it is UTF-8
    for event in events:
        cells = (
            event.at.isoformat(),
            event.actor_name,
            event.address or "",
            event.action,
            event.object_type,
            event.object_id,
            event.object_name,
            json.dumps(event.details, ensure_ascii=False),
        )
        yield writer.writerow(_safe(cell) for cell in cells)


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
