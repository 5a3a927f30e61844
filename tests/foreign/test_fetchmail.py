"""fetchmail against the sandbox's IMAP: takes letters away, once each."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailboxes.sandbox.server import Sandbox
from tests.fixtures.matrix import Claim
from tests.foreign.programs import Ran, fetchmail, version
from tests.matrix.cells import ANY, BASIC
from tests.sandbox.clients import LEGACY

pytestmark = pytest.mark.server
NOTHING_NEW, REFUSED = 1, 3  # its exit codes
CONFIG = """
poll localhost service {port} protocol {protocol} auth password
  user "{user}" password "{password}" {more}
  ssl sslcertck sslcertfile "{ca}"
  mda "cat >> {out}" fetchall
"""


def fetch(
    box: Sandbox, folder: Path, *, more: str = "keep", password: str = "",
    protocol: str = "IMAP",
) -> tuple[Ran, bytes]:  # fmt: skip
    """One run of it: how it ended, and what it handed over."""
    out, config = folder / "out", folder / "fetchmailrc"
    config.touch(0o600)
    config.write_text(
        CONFIG.format(
            port=box.ports[f"{protocol.lower()}s"],
            protocol=protocol,
            user=LEGACY,
            password=password or box.account(LEGACY).password,
            more=more,
            ca=box.ca_file,
            out=out,
        )
    )
    done = fetchmail(folder, config, "--invisible")
    return done, out.read_bytes() if out.exists() else b""


def test_fetchmail_takes_every_letter(
    sandbox: Sandbox, tmp_path: Path, cell: Claim
) -> None:
    cell("IMAP", BASIC, ANY, "fetchmail (client)", version("fetchmail", "-V"))
    done, out = fetch(sandbox, tmp_path)
    assert done.code == 0, done.err
    there = sandbox.messages(LEGACY)
    ids = [one["message_id"].encode() for one in there if one["message_id"]]
    assert [one for one in ids if one not in out] == []


def test_fetchmail_deletes_what_it_took(sandbox: Sandbox, tmp_path: Path) -> None:
    assert fetch(sandbox, tmp_path, more="no keep")[0].code == 0
    assert sandbox.messages(LEGACY) == []
    assert fetch(sandbox, tmp_path, more="no keep")[0].code == NOTHING_NEW


def test_fetchmail_is_refused_with_a_wrong_password(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    done, out = fetch(sandbox, tmp_path, password="wrong")
    assert (done.code, out) == (REFUSED, b"")
