"""What every test has: a data folder of its own, chosen before Django reads settings."""

from __future__ import annotations

import os
import tempfile

os.environ["MAILADMIN_DATA"] = tempfile.mkdtemp(prefix="mailadmin-tests-")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's sync interface

pytest_plugins = [
    name
    for name in ("tests.fixtures.sandbox", "tests.fixtures.servers")
    if os.path.exists(name.replace(".", "/") + ".py")
]
