"""Charts: shapes by height, words for those who do not see them."""

from __future__ import annotations

import re

from mailboxes.core.choices import Outcome
from mailboxes.templatetags.charts import Column, bars, chart, spark


def paths(svg: str) -> dict[str, str]:
    return dict(re.findall(r'<path class="(\w+)" d="([^"]*)"', svg))


def test_bars_of_four_states_are_four_paths_of_four_heights():
    drawn = paths(bars([Outcome.OK, "late", Outcome.FAILED, ""]))
    heights = {name: set(re.findall(r"v(\d+)h", d)) for name, d in drawn.items()}
    assert heights == {"ok": {"18"}, "late": {"23"}, "failed": {"28"}, "none": {"6"}}


def test_bars_keep_the_last_thirty_and_pad_at_the_left():
    many = bars([Outcome.FAILED] * 5 + [Outcome.OK] * 30)
    assert set(paths(many)) == {"ok"}
    few = bars([Outcome.OK])
    assert paths(few)["ok"] == "M145 10h4v18h-4z"
    assert paths(few)["none"].count("M") == 29


def test_bars_say_their_counts():
    svg = bars([Outcome.OK, Outcome.PARTIAL, Outcome.LOST, Outcome.RUNNING])
    assert 'aria-label="Last 4 cycles: 2 done, 1 failed, 1 without result"' in svg


def test_spark_scales_to_its_highest_value():
    svg = spark([0, 5, 10])
    assert paths(svg)["line"] == "M0.0 27.0L60.0 14.0L120.0 1.0"
    assert 'aria-label="Messages: 15 in all, at most 10 at once"' in svg


def test_spark_of_nothing_is_a_flat_line():
    assert paths(spark([]))["line"] == "M0.0 27.0L120.0 27.0"


def test_chart_has_a_round_axis_and_marks_failures():
    shown = chart([Column("00:00", 0, 3), Column("01:00", 57)], label="Messages")
    assert [line["text"] for line in shown["lines"]] == ["0", "30", "60"]
    assert shown["ok"].count("M") == 1
    assert shown["failed"].count("M") == 1
    assert (shown["total"], shown["failures"]) == (57, 3)


def test_chart_of_nothing_draws_only_axes():
    shown = chart([], label="Messages")
    assert (shown["ok"], shown["failed"], shown["total"]) == ("", "", 0)
