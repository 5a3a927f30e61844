"""The style sheets: sizes, contrast ratios of the tokens, both dark blocks equal."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "static"
TOKENS = (STATIC / "css/tokens.css").read_text()
TONES = ("ok", "warn", "fail", "running", "idle", "pending")
GROUNDS = ("page", "surface", "sunken")


def block(selector: str) -> dict[str, str]:
    """Colour tokens of the first rule with that selector."""
    body = TOKENS.split(selector + " {", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body))


THEMES = {
    "light": block(":root"),
    "dark": block(':root[data-theme="dark"], :root:has(> body.theme-dark)'),
}


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb" (WCAG 2.2, section "relative luminance")."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_ratio_of_black_and_white_is_21():
    assert round(ratio("#000000", "#ffffff"), 2) == 21.0


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("token", "least"),
    [("ink", 7), ("ink-2", 7), ("ink-3", 4.5), ("accent", 4.5), ("focus", 3)]
    + [("control", 3)]
    + [(tone, 3) for tone in TONES],
)
def test_token_stands_out_on_its_worst_ground(theme, token, least):
    colours = THEMES[theme]
    worst = min(ratio(colours[token], colours[ground]) for ground in GROUNDS)
    assert worst >= least


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("tone", TONES)
def test_text_on_a_tint_reaches_seven(theme, tone):
    colours = THEMES[theme]
    assert ratio(colours[f"{tone}-ink"], colours[f"{tone}-tint"]) >= 7
    # Plain text and evidence stand on tints too.
    assert ratio(colours["ink"], colours[f"{tone}-tint"]) >= 7
    assert ratio(colours["ink-2"], colours[f"{tone}-tint"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_accent_reaches_seven(theme):
    assert ratio(THEMES[theme]["on-accent"], THEMES[theme]["accent"]) >= 7


def test_dark_of_the_system_equals_dark_of_choice():
    system = block(':root:not([data-theme="light"]):not(:has(> body.theme-light))')
    assert system == THEMES["dark"]
    assert set(THEMES["light"]) == set(THEMES["dark"])


def zipped(pattern: str) -> int:
    return sum(len(gzip.compress(p.read_bytes())) for p in STATIC.glob(pattern))


def test_css_is_at_most_12_kilobytes():
    assert 2_000 < zipped("css/*.css") <= 12_000


def test_scripts_are_at_most_30_kilobytes():
    assert zipped("vendor/*.js") + zipped("js/*.js") <= 30_000
    assert zipped("js/app.js") <= 1_024
    assert zipped("js/options.js") <= 1_536  # only on forms of option sets


def test_css_loads_nothing_from_elsewhere():
    for sheet in STATIC.glob("css/*.css"):
        text = sheet.read_text()
        assert re.findall(r"@import|https?:|data:", text) == [], sheet.name
        for target in re.findall(r'url\("([^"]+)"\)', text):
            assert (sheet.parent / target).resolve().is_file(), target


def test_hidden_wins_over_every_class():
    base = (STATIC / "css/base.css").read_text()
    assert "[hidden] { display: none !important; }" in base
