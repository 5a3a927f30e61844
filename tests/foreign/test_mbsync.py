"""mbsync against the sandbox's IMAP: a whole mailbox into a Maildir, and changes back.

By password: its token plugin hangs on a refusal, and Debian has none (feasibility.md
section A4).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mailboxes.sandbox.server import Sandbox
from tests.fixtures.matrix import Claim
from tests.foreign.programs import Ran, run, version
from tests.matrix.cells import ANY, BASIC
from tests.sandbox.clients import LEGACY

pytestmark = pytest.mark.server
CONFIG = """
IMAPStore far
Host localhost
Port {port}
User {user}
Pass {password}
SSLType IMAPS
CertificateFile {ca}
AuthMechs PLAIN

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
CopyArrivalDate yes
"""


@pytest.fixture
def mbsync(sandbox: Sandbox, tmp_path: Path):
    """Runs mbsync for the mailbox that takes passwords."""
    version("mbsync")
    folder = tmp_path / "mail"
    folder.mkdir()
    config = tmp_path / "mbsyncrc"
    config.write_text(
        CONFIG.format(
            port=sandbox.ports["imaps"],
            user=LEGACY,
            password=sandbox.account(LEGACY).password,
            ca=sandbox.ca_file,
            folder=folder,
        )
    )

    def go() -> Ran:
        done = run("mbsync", "-q", "-c", str(config), "all", HOME=str(tmp_path))
        assert done.code == 0, done.err
        return done

    go.folder = folder
    return go


def letters(folder: Path, name: str = "INBOX") -> list[Path]:
    return sorted(
        path for part in ("cur", "new") for path in (folder / name / part).iterdir()
    )


def test_mbsync_copies_every_letter(sandbox: Sandbox, mbsync, cell: Claim) -> None:
    cell("IMAP", BASIC, ANY, "mbsync (client)", version("mbsync"))
    mbsync()
    there = sandbox.messages(LEGACY)
    # A Maildir has lines that end in LF; some letters of the sandbox hold both kinds.
    copied = {_digest(path.read_bytes()) for path in letters(mbsync.folder)}
    assert len(letters(mbsync.folder)) == len(there) == 12
    assert len(copied) == 12


def test_mbsync_carries_changes_both_ways(sandbox: Sandbox, mbsync) -> None:
    mbsync()
    sandbox.deliver(LEGACY, b"Subject: later\r\n\r\nHello\r\n")
    gone, *kept = letters(mbsync.folder)
    gone.unlink()
    seen = kept[0].parent.parent / "cur" / f"{kept[0].name.partition(':')[0]}:2,S"
    kept[0].rename(seen)
    mbsync()
    there = sandbox.messages(LEGACY)
    assert len(letters(mbsync.folder)) == len(there) == 12
    assert sum("\\Seen" in one["flags"] for one in there) == 1


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
