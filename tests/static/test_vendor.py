"""Foreign files: unchanged, licensed, small enough."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "static"


def listed() -> dict[str, list[str]]:
    """Rows of static/vendor/README by file name: name, version, licence, hash, file."""
    rows = [
        line.split() for line in (STATIC / "vendor/README").read_text().splitlines()
    ]
    return {row[4]: row for row in rows if len(row) == 5 and row[0] != "name"}


def test_vendor_readme_lists_every_script():
    scripts = {path.name for path in (STATIC / "vendor").glob("*.js")}
    assert scripts == set(listed())


@pytest.mark.parametrize("name", sorted(listed()))
def test_vendor_file_has_the_listed_hash(name):
    content = (STATIC / "vendor" / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == listed()[name][3]


@pytest.mark.parametrize("name", ["htmx", "idiomorph", "lucide"])
def test_vendor_licence_is_beside_it(name):
    assert (STATIC / f"vendor/LICENSE-{name}.txt").stat().st_size > 300


def test_fonts_are_small_and_licensed():
    fonts = sorted((STATIC / "fonts").glob("*.woff2"))
    assert len(fonts) == 4
    assert [f.name for f in fonts if f.stat().st_size > 60_000] == []
    assert [f.name for f in fonts if f.read_bytes()[:4] != b"wOF2"] == []
    first_view = sum(f.stat().st_size for f in fonts if "-latin-wght" in f.name)
    assert first_view <= 55_000
    assert len(list((STATIC / "fonts").glob("LICENSE-*.txt"))) == 2
