"""`{% mend finding url %}`: what to do about a failure, and where.

The field here, the pages of the provider's portal, lines of PowerShell to copy. What
happened and why is for the page to say around it.
"""

from __future__ import annotations

from typing import Any

from django import template

from mailboxes.services.finding import Finding

register = template.Library()


@register.inclusion_tag("components/mend.html")
def mend(finding: Finding, url: str = "", key: object = "") -> dict[str, Any]:
    """The fix as a link to `url`, else as a sentence.

    key: keeps ids apart where a page shows the same finding twice.
    """
    stem = f"{finding.id}-{key}" if key else finding.id
    return {
        "finding": finding,
        "url": url,
        "lines": [
            {"id": f"{stem}-line-{number}", "text": line}
            for number, line in enumerate(finding.copy, 1)
        ],
    }
