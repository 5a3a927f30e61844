"""Tags of the wizard: the state of a step, and a drawing of a page of the portal."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from mailboxes.services.wizard.standing import Row, State
from mailboxes.templatetags import ui
from mailboxes.templatetags.words import look

register = template.Library()
# What is done stands back, so that what is open stands out (ux.md section 1.3).
PLAIN = (State.DONE, State.BLOCKED)


@register.simple_tag
def step_state(row: Row) -> SafeString:
    """The state of a step: plain text where nothing is to do, else a status tag."""
    shown = look("step", row.state)
    if row.state in PLAIN:
        return format_html('<span class="plain-state">{}</span>', shown.word)
    return ui.tag(str(shown.word), shown.tone, shown.icon)
