"""Saved against in effect: what waits, what is inherited, what is only kept."""

from __future__ import annotations

import json

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from mailboxes.core.options import Effect
from mailboxes.models import Fetcher
from mailboxes.services import registrations, revisions
from mailboxes.services.options import snapshots
from mailboxes.services.revisions import comparison
from tests import factories
from tests.services.option_sets import CANARY, saved_pop, saved_smtp

pytestmark = pytest.mark.django_db


def in_effect(client):
    Fetcher.objects.filter(pop_client=client).update(revision=snapshots.newest(client))
    return client


def save(client, raw=None, extra=None):
    client.refresh_from_db()
    return revisions.save_pop_client(
        client=client,
        address=client.mailbox_row.address,
        raw=raw or {},
        extra=extra,
        base_revision=client.revision,
    )


def state(client, name):
    found = {one.name: one for one in comparison.of(client).options}
    return found[name]


def test_nothing_is_in_effect_before_the_first_cycle():
    both = comparison.of(saved_pop())
    assert both.current is None
    assert {one.in_effect for one in both.options} == {""}
    assert "server" in {one.name for one in both.differing}


def test_change_waits_with_both_values():
    client = in_effect(saved_pop(folder_path="Sales"))
    assert comparison.of(client).differing == []
    save(client, {"folder-path": "Support"})
    one = state(client, "folder-path")
    assert (one.in_effect, one.saved, one.differs, one.effect) == (
        "Sales",
        "Support",
        True,
        Effect.NEXT_CYCLE,
    )


def test_name_is_written_as_in_the_section():
    names = [one.name for one in comparison.of(saved_pop()).options]
    assert "mail.imap.auth.mechanisms" in names
    assert "mail.<type>.auth.mechanisms" not in names


def test_what_is_only_kept_waits_for_nothing():
    client = in_effect(saved_pop())
    save(client, {"enable-debug": "true"}, {"mail.debug.auth": "true"})
    assert comparison.of(client).differing == []
    for name in ("enable-debug", "mail.debug.auth"):
        one = state(client, name)
        assert (one.saved, one.in_effect, one.effect) == ("true", "true", None)


def test_other_option_that_may_be_a_secret_is_not_shown():
    client = in_effect(saved_pop())
    save(client, extra={"mail.imap.proxy.password": CANARY, "x-token": ""})
    assert state(client, "mail.imap.proxy.password").saved == "set"
    assert state(client, "x-token").saved == ""
    text = json.dumps(comparison.of(client).as_json(), cls=DjangoJSONEncoder)
    assert CANARY not in text
    assert CANARY not in str(save(client, extra={}).changes)


def test_inherited_value_names_its_registration_and_waits_in_each_section():
    row = factories.registration()
    client = in_effect(
        saved_pop(registration=str(row.pk), grant_type="client_credentials")
    )
    one = state(client, "client-id")
    assert (one.saved, one.registration, one.differs) == (
        row.client_id,
        row.name,
        False,
    )
    registrations.replace_secret(row, secret="new~1", secret_ends_on=None, user=None)
    client.refresh_from_db()
    one = state(client, "password")
    assert (one.saved, one.in_effect, one.replaced, one.registration) == (
        "set",
        "set",
        True,
        row.name,
    )
    assert state(client, "server").registration == ""


def test_smtp_client_waits_for_its_restart_and_margin_for_the_next_check():
    client = saved_smtp()
    revisions.save_smtp_client(
        client=client,
        section="",
        raw={"port": "587", "token-expiry-margin-time": "00:01:00"},
        base_revision=1,
    )
    client.refresh_from_db()
    found = {one.name: one.effect for one in comparison.of(client).differing}
    assert found == {
        "port": Effect.RESTART,
        "token-expiry-margin-time": Effect.NEXT_CHECK,
    }
