"""What every test has: a data folder of its own, chosen before Django reads settings."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ["MAILADMIN_DATA"] = tempfile.mkdtemp(prefix="mailadmin-tests-")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's sync interface

FIXTURES = Path(__file__).parent / "fixtures"
pytest_plugins = [
    f"tests.fixtures.{name}"
    for name in ("sandbox", "servers", "product")
    if (FIXTURES / f"{name}.py").exists()
]
