"""All templates: nothing inline, no foreign assets, only icons that the sprite has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailboxes.templatetags import words

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE_TEXT = (ROOT / "static/icons.svg").read_text()
SPRITE = set(re.findall(r'<symbol id="([\w-]+)"', SPRITE_TEXT))

FORBIDDEN = {
    "inline script": r"<script(?![^>]*\bsrc=)",
    "style attribute": r"\sstyle\s*=",
    "style element": r"<style\b",
    "event attribute": r"<[^>]*\son[a-z]+\s*=",
    "foreign asset": r"(?:src|href)\s*=\s*[\"'](?:https?:)?//",
    "data image": r"(?:src|href)\s*=\s*[\"']data:",
    "javascript address": r"javascript:",
    "hx-on": r"\shx-on",
    "js value": r"[\"']js:",
    "trigger filter": r"hx-trigger=[\"'][^\"']*\[",
    "inherited vals or headers": r"<body[^>]*\shx-",
    "inline trace of htmx eval": r"morph:\{",
}


def names(pattern: str, text: str) -> set[str]:
    return set(re.findall(pattern, text))


def faults(text: str) -> list[str]:
    return [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text)]


def test_templates_are_found():
    assert len(TEMPLATES) > 20


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_template_obeys_the_policy(path):
    assert faults(path.read_text()) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<script>x()</script>", "inline script"),
        ('<p style="color:red">', "style attribute"),
        ('<a href="#" onclick="x()">', "event attribute"),
        ('<img src="https://a.example/b.png">', "foreign asset"),
        ('<div hx-trigger="every 1s [go]">', "trigger filter"),
    ],
)
def test_the_search_finds_a_planted_fault(text, fault):
    assert faults(text) == [fault]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_template_uses_only_icons_of_the_sprite(path):
    text = path.read_text()
    word = r"(?:\"[^\"]*\"|'[^']*'|[\w.|:]+)"
    used = names(r"{%\s*icon\s+[\"']([\w-]+)[\"']", text)
    used |= names(
        r"{%\s*(?:mark|tag)\s+" + word + r"\s+" + word + r"\s+[\"']([\w-]+)[\"']", text
    )
    assert used - SPRITE == set()


def test_every_state_has_an_icon_of_the_sprite_and_a_tone_of_the_tokens():
    tokens = (ROOT / "static/css/tokens.css").read_text()
    tones = set(re.findall(r'\[data-tone="(\w+)"\]', tokens))
    looks = [
        look
        for states in (*words.VOCABULARIES.values(), words.NOTICES)
        for look in states.values()
    ]
    assert {look.icon for look in looks} - SPRITE == set()
    assert {look.tone for look in looks} - tones == set()


def test_sprite_carries_no_script_and_no_colour():
    sprite = (ROOT / "static/icons.svg").read_text()
    assert re.findall(r"<script|\son\w+=|#[0-9a-f]{3,6}\b|href=", sprite) == []
    assert len(sprite) < 20_000
