"""Entry of manage.py: whatever is wrong is one sentence and an exit code, no trace."""

from __future__ import annotations

import os
import select
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError

from . import json_errors

WRONG_SETTINGS = 2
FAILED = 1
NOBODY_READS = 141  # as shells report SIGPIPE: 128 + 13


def main(argv: list[str]) -> int:
    """Run one command. Returns its exit code, or raises SystemExit with it."""
    with json_errors.answered(argv):
        return _run(argv)


def _run(argv: list[str]) -> int:
    os.umask(0o077)  # what we write is mail, keys and logs: for this user alone
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailadmin.settings")
    from .settings import ENVIRONMENT  # noqa: PLC0415  reads the environment

    if ENVIRONMENT.faults:
        for fault in ENVIRONMENT.faults:
            print(f"{fault.message} {fault.hint}", file=sys.stderr)
        return WRONG_SETTINGS
    try:
        try:
            execute_from_command_line(argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not _nobody_reads():
            raise
        # What is left of it would make a trace at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    except DatabaseError as error:
        print(database_sentence(error), file=sys.stderr)
        return FAILED
    except ImproperlyConfigured as error:
        print(f"The settings are wrong: {error}", file=sys.stderr)
        return WRONG_SETTINGS
    except KeyboardInterrupt:
        print("It was interrupted.", file=sys.stderr)
        return 130
    return 0


def _nobody_reads() -> bool:
    """Whether the reader of our output has gone, as `| head` does."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(what & select.POLLERR for _fd, what in poll.poll(0))


def database_sentence(error: DatabaseError) -> str:
    """What is wrong with the database, and what to do."""
    reason = (str(error).strip().splitlines() or ["no answer"])[0].rstrip(".")
    if "no such table" in reason or "does not exist" in reason:
        return (
            f"The database is not prepared ({reason}). Run scripts/run or"
            " manage.py prepare."
        )
    if "locked" in reason:
        return (
            "The database is locked by another process. Try again; if it stays, look"
            " for the process that uses the file."
        )
    return (
        f"The database cannot be used: {reason}. Look at DATABASE_URL and"
        " MAILADMIN_DATA, or run scripts/run."
    )
