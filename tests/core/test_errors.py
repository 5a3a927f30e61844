"""MailError keeps evidence short and JSON-able."""

from __future__ import annotations

import json

from mailboxes.core.choices import Stage
from mailboxes.core.errors import EVIDENCE_LIMIT, Code, MailError


def test_evidence_is_cut_and_decoded() -> None:
    error = MailError(
        Code.PROTOCOL_ERROR,
        Stage.FETCH,
        evidence={"answer": b"caf\xc3\xa9 \xff", "long": "x" * 5000, "port": 993},
    )
    assert error.evidence == {
        "answer": "café \\xff",
        "long": "x" * EVIDENCE_LIMIT + "…",
        "port": 993,
    }
    assert json.loads(json.dumps(error.evidence)) == error.evidence


def test_code_is_text_for_rows() -> None:
    error = MailError(Code.DNS_UNKNOWN, Stage.DNS, permanent=True)
    assert (error.code, type(error.code), error.permanent) == ("dns-unknown", str, True)
