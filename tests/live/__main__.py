"""Runs the contract tests against a real mailbox: see docs/live-kit.md.

scripts/live FOLDER        the report is written there
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailboxes.core.errors import MailError

from . import settings
from .report import Report

ROOT = Path(__file__).resolve().parents[2]
TESTS = [f"tests/transports/test_contract{name}.py" for name in ("", "_limits")]
USAGE = """Usage: scripts/live FOLDER

Runs the contract tests through our transports against the mailbox that the variables
LIVE_... name, and writes live-report.md and live-report.json into FOLDER, without
secrets. Messages are sent to the mailbox itself; other folders stay untouched.
docs/live-kit.md describes the variables.
"""


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(USAGE, end="")
        return 0 if arguments in (["--help"], ["-h"]) else 2
    try:
        live = settings.read()
        credential = live.credential()
    except settings.NotReady as reason:
        print(reason)
        return 2
    except MailError as error:
        print(f"No token: {error.code} at {error.stage}: {error.evidence['answer']}")
        return 1
    # The tests take the token as it is: a sign-in for each would look like an attack.
    os.environ["LIVE_CREDENTIAL"] = credential.token or credential.password
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "provider": live.provider,
        "grant": live.grant,
        "IMAP": f"{live.imap.host}:{live.imap.port}",
        "SMTP": f"{live.smtp.host}:{live.smtp.port}",
        "proxy": live.policy.proxy.kind.value if live.policy.proxy else "none",
    }
    proxy = live.policy.proxy
    known = [live.secret, credential.token, proxy.password if proxy else ""]
    report = Report(about, [one for one in known if one])
    os.chdir(ROOT)
    options = ["-q", "-k", "live", "-p", "no:cacheprovider", "--no-header", "--tb=no"]
    status = pytest.main([*options, *TESTS], plugins=[report])
    report.write(Path(arguments[0]))
    print(f"{report.summary} The report: {arguments[0]}/live-report.md")
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
