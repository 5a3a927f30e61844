"""Charts as server-rendered SVG: outcome bars, sparks, messages per hour.

Shapes carry the meaning by height as well as by colour; every drawing has its facts
in words as its label. Presentation by classes only: the CSP forbids style attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from mailboxes.core.choices import Outcome

register = template.Library()

BARS = 30
BAR_STEP = 5
BAR_WIDTH = 4
BAR_BOX = 28
# Class of the path: share of the height (ux.md section 3.3).
BAR_HEIGHTS = {"ok": 0.64, "late": 0.82, "failed": 1.0, "none": 0.21}
BAR_CLASS = {
    Outcome.OK: "ok",
    Outcome.PARTIAL: "ok",
    Outcome.FAILED: "failed",
    Outcome.LOST: "failed",
    "late": "late",
}


def _box(x: float, y: float, width: float, height: float) -> str:
    """A rectangle as path commands, numbers as short as they can be."""
    return f"M{x:.4g} {y:.4g}h{width:.4g}v{height:.4g}h-{width:.4g}z"


@register.simple_tag
def bars(outcomes: Sequence[str], noun: str = "cycles") -> SafeString:
    """The last 30 outcomes, oldest first, as four paths; fewer: padded at the left."""
    last = [BAR_CLASS.get(str(o), "none") for o in outcomes][-BARS:]
    known = {name: last.count(name) for name in BAR_HEIGHTS}
    padded = ["none"] * (BARS - len(last)) + last
    paths: dict[str, list[str]] = {name: [] for name in BAR_HEIGHTS}
    for position, name in enumerate(padded):
        height = round(BAR_BOX * BAR_HEIGHTS[name])
        paths[name].append(
            _box(position * BAR_STEP, BAR_BOX - height, BAR_WIDTH, height)
        )
    words = [_("%d done") % known["ok"]]
    if known["late"]:
        words.append(_("%d late") % known["late"])
    words.append(_("%d failed") % known["failed"])
    if known["none"]:
        words.append(_("%d without result") % known["none"])
    label = _("Last %(count)d %(noun)s: %(words)s") % {
        "count": len(last),
        "noun": noun,
        "words": ", ".join(words),
    }
    return format_html(
        '<svg class="bars-svg" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        BARS * BAR_STEP - 1,
        BAR_BOX,
        label,
        format_html_join(
            "",
            '<path class="{}" d="{}"/>',
            ((name, "".join(d)) for name, d in paths.items() if d),
        ),
    )


def _points(values: Sequence[float], width: int, height: int) -> list[str]:
    top = max(max(values), 1)
    step = width / (len(values) - 1)
    return [
        f"{i * step:.1f} {height - value / top * (height - 2) - 1:.1f}"
        for i, value in enumerate(values)
    ]


@register.simple_tag
def spark(values: Sequence[float], label: str = "Messages") -> SafeString:
    """A line with its area; the label says sum and highest value."""
    if len(values) < 2:
        values = [0, *values] if values else [0, 0]
    line = "L".join(_points(values, 120, 28))
    return format_html(
        '<svg class="spark" viewBox="0 0 120 28" role="img" aria-label="{}">'
        '<path class="area" d="M{}L120 28L0 28z"/>'
        '<path class="line" d="M{}"/></svg>',
        _("%(label)s: %(sum)s in all, at most %(top)s at once")
        % {"label": label, "sum": f"{sum(values):,}", "top": f"{max(values):,}"},
        line,
        line,
    )


class Column(NamedTuple):
    """One column of a chart: its label on the axis, its count, failures in it."""

    label: str
    count: int
    failed: int = 0


def _nice(top: int) -> int:
    """Smallest even round number that is not below `top`: 2, 4, 6, ... 20, 40, 60."""
    step = 1
    while True:
        for factor in (1, 2, 3, 4, 5):
            if step * factor * 2 >= top:
                return step * factor * 2
        step *= 10


@register.inclusion_tag("components/chart.html")
def chart(columns: Sequence[Column], label: str, every: int = 6) -> dict[str, object]:
    """Columns over time with axes as text and the same data as a table.

    columns: oldest first. every: one label on the axis per so many columns.
    """
    width, height, left, bottom = 480, 180, 44, 26
    top = _nice(max((c.count for c in columns), default=0))
    step = (width - left) / max(len(columns), 1)
    plot = height - bottom - 8

    def path(name: str) -> str:
        parts = []
        for i, column in enumerate(columns):
            tall = column.count / top * plot
            if name == "failed":
                if not column.failed:
                    continue
                # A failure is a mark below the axis: it is seen where no mail came.
                parts.append(
                    _box(left + i * step + 2, height - bottom + 2, step - 4, 4)
                )
            elif tall:
                parts.append(_box(left + i * step + 2, 8 + plot - tall, step - 4, tall))
        return "".join(parts)

    return {
        "label": label,
        "columns": columns,
        "width": width,
        "height": height,
        "ok": path("ok"),
        "failed": path("failed"),
        "lines": [
            {"y": f"{8 + plot - share * plot:.1f}", "text": f"{int(top * share):,}"}
            for share in (0, 0.5, 1)
        ],
        "left": left,
        "ticks": [
            {"x": f"{left + i * step:.1f}", "text": column.label}
            for i, column in enumerate(columns)
            if i % every == 0
        ],
        "total": sum(c.count for c in columns),
        "failures": sum(c.failed for c in columns),
    }
