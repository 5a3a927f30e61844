"""Loads the fixtures that several test folders share."""

from __future__ import annotations

from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures"
pytest_plugins = [
    f"tests.fixtures.{name}"
    for name in (
        "examples",
        "groups",
        "tables",
        "sandbox",
        "servers",
        "matrix",
        "product",
        "connection_tests",
        "browser",
        "passwords",
        "migrating",
        "abilities",
    )
    if (FIXTURES / f"{name}.py").exists()
]
