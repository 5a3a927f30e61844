"""Tags of the components: icons, states, times, sizes, notices, panels, form fields.

Signatures with examples stand in templates/components/README.md. The words of the
states are in words.py, the drawings of charts in charts.py, form fields in
form_fields.py; this module reads no rows.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from mailboxes.templatetags import form_fields
from mailboxes.templatetags.words import NOTICES, look

register = template.Library()
register.tags.update(form_fields.register.tags)  # one {% load ui %} for all

SOON, VERY_SOON = 30, 7  # days before a last day


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """One icon of the sprite, hidden from screen readers: a word stands beside it."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f" {css}" if css else "",
        static("icons.svg"),
        name,
    )


def _state(vocabulary: str, value: object) -> SafeString:
    shown = look(vocabulary, str(value))
    return format_html(
        '<span class="tag" data-tone="{}">{}{}</span>',
        shown.tone,
        icon(shown.icon, "spin" if shown.icon == "refresh-cw" else ""),
        shown.word,
    )


@register.simple_tag
def health(value: object) -> SafeString:
    """Status tag of a mailbox."""
    return _state("health", value)


@register.simple_tag
def outbox_state(value: object) -> SafeString:
    """Status tag of an outbound message."""
    return _state("outbox", value)


@register.simple_tag
def outcome(value: object) -> SafeString:
    """Status tag of a cycle or an attempt."""
    return _state("outcome", value)


@register.simple_tag
def run_state(value: object) -> SafeString:
    """Status tag of a fetcher or sender."""
    return _state("run", value)


@register.simple_tag
def check_state(value: object) -> SafeString:
    """Status tag of a check: passed, failed, skipped, not-run, running."""
    return _state("check", value)


@register.simple_tag
def parse_state(value: object) -> SafeString:
    """Status tag of the second step of an inbound message."""
    return _state("parse", value)


@register.simple_tag
def settle_state(value: object) -> SafeString:
    """Status tag of what was done on the server."""
    return _state("settle", value)


@register.simple_tag
def tag(word: str, tone: str = "idle", symbol: str = "circle-minus") -> SafeString:
    """A status tag with free words, for states that are no enumeration."""
    return format_html(
        '<span class="tag" data-tone="{}">{}{}</span>', tone, icon(symbol), word
    )


@register.simple_tag
def mark(
    word: str, tone: str = "pending", symbol: str = "clock", key: str = ""
) -> SafeString:
    """A mark beside a state, such as "Pending: after restart"; never replaces it.

    key: what the page's script calls it by.
    """
    return format_html(
        '<span class="mark" data-tone="{}"{}>{}{}</span>',
        tone,
        format_html(' data-mark="{}"', key) if key else "",
        icon(symbol),
        word,
    )


def spell_duration(seconds: float) -> str:
    """Seconds in one or two units: "41 s", "6 min", "2 h 5 min", "4 days"."""
    whole = int(seconds)
    if whole < 60:
        return _("%d s") % whole
    if whole < 3600:
        return _("%d min") % (whole // 60)
    if whole < 86400:
        hours, rest = divmod(whole // 60, 60)
        if rest and hours < 10:
            return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
        return _("%d h") % hours
    days = whole // 86400
    return _("1 day") if days == 1 else _("%d days") % days


@register.simple_tag
def duration(seconds: float | None) -> str:
    """A length of time given in seconds; below one second in ms, None as a dash."""
    if seconds is None:
        return "–"
    if 0 < seconds < 1:
        return _("%d ms") % round(seconds * 1000)
    return spell_duration(seconds)


@register.filter
def ms(milliseconds: float | None) -> str:
    """Milliseconds below ten seconds ("203 ms"), else the spelled duration."""
    if milliseconds is None:
        return "–"
    if milliseconds < 10_000:
        return _("%s ms") % number(round(milliseconds))
    return spell_duration(milliseconds / 1000)


@register.simple_tag
def ago(moment: datetime | None, never: str = "never") -> SafeString:
    """A moment relative to now, with the absolute time in UTC as its title."""
    if moment is None:
        return format_html("{}", never)
    utc = moment.astimezone(UTC)
    delta = (timezone.now() - moment).total_seconds()
    if abs(delta) < 1:
        words = _("now")
    elif delta > 0:
        words = _("%s ago") % spell_duration(delta)
    else:
        # A wait is rounded up: "in 0 s" would be wrong for a second.
        words = _("in %s") % spell_duration(-delta + 0.999)
    return format_html(
        '<time datetime="{}" title="{}" class="nowrap">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        _("%s UTC") % f"{utc:%Y-%m-%d %H:%M:%S}",
        words,
    )


@register.simple_tag
def due(moment: datetime | None, never: str = "–") -> SafeString:
    """When something is to happen: relative, and "now" once its moment has passed."""
    if moment is not None and moment <= timezone.now():
        return format_html("{}", _("now"))
    return ago(moment, never)


@register.simple_tag
def took(start: datetime, end: datetime | None, never: str = "–") -> str:
    """How long something took, as "41 s" or "203 ms"; `never` while it is not over."""
    return never if end is None else duration((end - start).total_seconds())


@register.simple_tag
def at(moment: datetime | None, never: str = "–") -> SafeString:
    """A moment in absolute UTC: "24 Nov 2026 01:41:07 UTC"."""
    if moment is None:
        return format_html("{}", never)
    utc = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}">{} {} UTC</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.day,
        f"{utc:%b %Y %H:%M:%S}",
    )


@register.simple_tag
def ends(day: date | None, today: date) -> SafeString | str:
    """A last day: "12 Dec 2026", with a mark when it is near or over."""
    if day is None:
        return format_html('<span class="hint">{}</span>', _("last day not known"))
    left = (day - today).days
    words = f"{day.day} {day:%b %Y}"
    if left > SOON:
        return words
    if left < 0:
        told = _("ended yesterday") if left == -1 else _("ended %d days ago") % -left
    elif left == 0:
        told = _("ends today")
    else:
        told = _("ends tomorrow") if left == 1 else _("ends in %d days") % left
    sooner = left <= VERY_SOON
    shown = mark(
        told,
        "fail" if sooner else "warn",
        "circle-x" if left < 0 else "triangle-alert" if sooner else "clock",
    )
    return format_html("{} {}", words, shown)


@register.filter
def number(value: float | None) -> str:
    """A count with separators; None as a dash."""
    return "–" if value is None else f"{value:,}"


@register.filter
def size(octets: int | None) -> str:
    """Octets in binary units as mail clients show them: "840 B", "12 KB", "1.4 MB"."""
    if octets is None:
        return "–"
    amount = float(octets)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1024 or unit == "GB":
            break
        amount /= 1024
    exact = unit == "B" or amount >= 10
    return f"{amount:,.0f} {unit}" if exact else f"{amount:,.1f} {unit}"


# --- Blocks ---------------------------------------------------------------------


@register.simple_block_tag
def notice(
    content: str,
    kind: str = "info",
    title: str = "",
    fix_url: str = "",
    fix_text: str = "",
    heading: int = 2,
) -> SafeString:
    """What happened (title), evidence (content), one link to the fix.

    kind: fail, warn, ok, info, pending. heading: level of the title, 0 for none.
    """
    return render_to_string(
        "components/notice.html",
        {
            "look": NOTICES[kind],
            "title": title,
            "body": content,
            "fix_url": fix_url,
            "fix_text": fix_text,
            "heading": heading,
        },
    )


@register.simple_block_tag
def panel(
    content: str,
    title: str = "",
    id: str = "",
    body: bool = True,
    link_url: str = "",
    link_text: str = "",
    aside: str = "",
) -> SafeString:
    """A surface with a head. body=False when the content is a table or a list.

    link_url, link_text: one small button in the head; aside: quiet text there.
    """
    return render_to_string(
        "components/panel.html",
        {
            "title": title,
            "id": id,
            "body": body,
            "content": content,
            "link_url": link_url,
            "link_text": link_text,
            "aside": aside,
        },
    )


@register.simple_block_tag
def live(content: str, url: str, id: str, every: str = "5s") -> SafeString:
    """A region that is asked again: `url` answers with the region's inner HTML.

    Without JavaScript it stays as it was. No inputs and no <details> inside: a refresh
    would reset them. app.js stops it in hidden tabs and slows it down when idle.
    """
    return format_html(
        '<p class="stale hint" id="{id}-stale" role="status" hidden></p>'
        '<div class="live" id="{id}" hx-get="{url}" hx-trigger="every {every}" '
        'hx-ext="morph" hx-swap="morph:innerHTML">{content}</div>',
        id=id,
        url=url,
        every=every,
        content=content,
    )


@register.inclusion_tag("components/empty.html")
def empty(
    sentence: str, symbol: str = "inbox", url: str = "", action: str = ""
) -> dict[str, str]:
    """Empty state: what this place will show, and one action."""
    return {"sentence": sentence, "symbol": symbol, "url": url, "action": action}


@register.inclusion_tag("components/copy.html")
def copy(id: str, label: str, value: str, help: str = "") -> dict[str, str]:
    """A read-only value with a copy button (the button shows only with JavaScript)."""
    return {"id": id, "label": label, "value": value, "help": help}


@register.inclusion_tag("components/codeblock.html")
def codeblock(text: str, id: str = "", label: str = "Raw text") -> dict[str, str]:
    """Text in mono, wrapped, focusable; with an id it gets a copy button."""
    return {"text": text, "id": id, "label": label}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: dict[str, Any], page: Any, noun: str = "") -> dict[str, Any]:
    """Previous and next of a Django `Page`; keeps the other query parameters."""
    request = context.get("request")
    query = request.GET.copy() if request else None

    def url(to: int) -> str:
        if query is None:
            return f"?page={to}"
        query["page"] = str(to)
        return "?" + query.urlencode()

    return {
        "page": page,
        "noun": noun,
        "previous": url(page.previous_page_number()) if page.has_previous() else "",
        "next": url(page.next_page_number()) if page.has_next() else "",
    }


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The current query string with changes; None removes a key, page starts anew."""
    request = context.get("request")
    values = request.GET.copy() if request else {}
    if "page" not in changes:
        values.pop("page", None)
    for key, value in changes.items():
        if value is None or value == "":
            values.pop(key, None)
        else:
            values[key] = str(value)
    return "?" + values.urlencode() if values else "?"


@register.simple_tag(takes_context=True)
def current(context: dict[str, Any], *names: str) -> SafeString | str:
    """`aria-current="page"` when `nav` or the view's name is one of `names`."""
    here = context.get("nav")
    if not here:
        match = getattr(context.get("request"), "resolver_match", None)
        here = match.view_name if match else ""
    return mark_safe(' aria-current="page"') if here in names else ""
