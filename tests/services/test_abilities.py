"""What a rule says this version can do is what the transports can do."""

from __future__ import annotations

from mailboxes.core.choices import Grant
from mailboxes.services import abilities
from mailboxes.transports import registry


def test_types_are_those_of_the_registry() -> None:
    assert set(registry.INBOUND) == abilities.INBOUND
    assert set(registry.OUTBOUND) == abilities.OUTBOUND


def test_who_finds_what_was_sent_is_as_the_transports_say() -> None:
    found = {one for one in registry.OUTBOUND if registry.outbound(one).finds_sent}
    assert found == abilities.FINDS_SENT


def test_grants_are_of_the_provider_that_has_them() -> None:
    assert Grant.SERVICE_ACCOUNT not in abilities.MICROSOFT_GRANTS
    assert {Grant.AUTHORIZATION_CODE, Grant.SERVICE_ACCOUNT} >= abilities.GOOGLE_GRANTS
