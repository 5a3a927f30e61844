"""What depends on how a database locks and types, run again on a real PostgreSQL.

Everything else runs on SQLite only. The runs are processes of their own: Django reads
its database once.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.postgresql import PostgreSQL

FOLDER = Path(__file__).parent
# Claims that race, conditional updates, rows with what a server has answered.
FILES = (
    "instance/test_epoch.py",
    # Ids as long as Exchange's: SQLite looks at no length.
    "test_ews_at_sandbox.py::test_messages_are_settled_on_the_server[move-Archive]",
    "../migrations/test_0009_ews_validities.py",
    "fetch/test_batch.py",
    "fetch/test_end.py",
    "instance/test_instance.py",
    "worker/test_leases.py",
    "numbering/test_numbering.py",
    "outbox/test_outbox.py",
    "outbox/test_batch.py",
    "outbox/test_rows.py::test_messages_due_at_the_same_moment_are_not_put_in_order",
    "outbox/test_crash.py",
    "test_parse.py",
    "test_parse_left.py",
    "revisions/test_pinning.py",
    "test_provider.py",
    "fetch/test_settle.py",
    "fetch/test_sources.py",
    "fetch/test_store.py",
)
# What would lose or double mail if a claim were no claim there.
FIRST = ("fetch/test_store.py", "outbox/test_crash.py", "worker/test_leases.py")
NOT = "not oldest_goes_first"  # a thousand messages tell nothing more there


@pytest.mark.server
@pytest.mark.timeout(330)
@pytest.mark.parametrize("files", [FIRST, pytest.param(FILES, marks=pytest.mark.slow)])
def test_what_depends_on_the_database_holds_there(
    postgresql: PostgreSQL, files: tuple[str, ...]
) -> None:
    environ = {n: v for n, v in os.environ.items() if not n.startswith("PYTEST_")}
    environ.pop("MAILADMIN_TESTS_DATA", None)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", NOT]
        + [str(FOLDER / name) for name in files],
        env=environ | {"MAILADMIN_TESTS_DATABASE_URL": postgresql.url},
        cwd=FOLDER.parent.parent,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
