"""Lines to copy: what is put into them is quoted, and nothing of it is run."""

from __future__ import annotations

from dataclasses import replace

from mailboxes.services.findings.catalogue import BY_ID
from mailboxes.services.findings.filling import filled, partly_filled

LINE = "New-ServicePrincipal -AppId {client_id} -ObjectId {object_id}"
ROW = replace(next(iter(BY_ID.values())), copy=(LINE,))


def test_value_is_a_literal() -> None:
    facts = {"client_id": "it's; Stop-Computer", "object_id": "‘$(x)’"}
    assert filled(ROW, facts).copy == (
        "New-ServicePrincipal -AppId 'it''s; Stop-Computer' -ObjectId '$(x)'",
    )


def test_place_within_a_value_is_none() -> None:
    """The claims of a token that somebody pasted are put in first, the rest then."""
    facts = {"client_id": "a{object_id}b", "object_id": "; Stop-Computer;"}
    assert filled(partly_filled(ROW, facts), facts).copy == (
        "New-ServicePrincipal -AppId 'aobject_idb' -ObjectId '; Stop-Computer;'",
    )
