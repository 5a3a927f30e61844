"""Tags of connection tests, most of them for pages that are about something else.

`{% newest_test client %}` on the pages of an option set; `{% finding_at_field finding
run %}` at the field that mends a failure; `{% test_state run.state %}`. The page of a
test: views/connection_test.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from mailboxes.core.choices import TEST_OPEN
from mailboxes.models import TestRun
from mailboxes.services import connection_test
from mailboxes.services.finding import Finding
from mailboxes.services.options.snapshots import saved_number
from mailboxes.templatetags import ui
from mailboxes.templatetags.words import look
from mailboxes.views.option_set_lookup import Client, may_test, short_kind

register = template.Library()


@register.simple_tag
def test_state(value: object) -> SafeString:
    """Status tag of a connection test."""
    shown = look("test", str(value))
    return ui.tag(str(shown.word), shown.tone, shown.icon)


@register.inclusion_tag("option_sets/_test.html", takes_context=True)
def newest_test(context: dict[str, Any], client: Client) -> dict[str, Any]:
    """The result of the newest test, and a button for the next one."""
    run = connection_test.newest(client)
    return {
        "client": client,
        "kind": short_kind(client),
        "run": run,
        "open": run is not None and run.state in TEST_OPEN,
        "finding": connection_test.finding_of(run) if run else None,
        "older": run is not None and run.revision.number != saved_number(client),
        "may_test": may_test(context["request"], type(client)),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("connection_test/_at_field.html")
def finding_at_field(finding: Finding, run: TestRun | None = None) -> dict[str, Any]:
    """What a test found, where it is mended."""
    return {"finding": finding, "run": run}
