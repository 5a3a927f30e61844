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


def test_evidence_can_be_stored_in_any_database() -> None:
    """PostgreSQL's jsonb takes neither NUL nor half a pair of surrogates nor NaN."""
    error = MailError(
        Code.PASSWORD_REFUSED,
        Stage.SIGN_IN,
        evidence={
            "answer": "NO [X] bad\0login\x1b[2J\ttab\r\nline\x7f\ud800",
            "recipients": {"a\0@b.example": [550, "no\0such"]},
            "codes": (1, float("nan"), None, True),
            "bytes": [b"\0\xff"],
        },
    )
    assert error.evidence == {
        "answer": "NO [X] bad\ufffdlogin\ufffd[2J\ttab\r\nline\ufffd\ufffd",
        "recipients": {"a\ufffd@b.example": [550, "no\ufffdsuch"]},
        "codes": [1, "nan", None, True],
        "bytes": ["\ufffd\\xff"],
    }
    assert "\0" not in str(error)
