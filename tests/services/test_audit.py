"""Who did what: from a request, by a user, or by a command."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from mailboxes.models import AuditEvent
from mailboxes.services import audit, proxies
from tests.services.option_sets import saved_pop

pytestmark = pytest.mark.django_db


def test_request_gives_person_and_address(rf, django_user_model):
    request = rf.get("/", REMOTE_ADDR="192.0.2.7")
    request.user = django_user_model.objects.create_user("anna")
    event = audit.record(request, "message.read", saved_pop(), subject="Hello")
    assert (event.actor_name, event.address, event.object_type, event.details) == (
        "anna",
        "192.0.2.7",
        "pop-client",
        {"subject": "Hello"},
    )


@pytest.mark.parametrize("address", ["", "unix:"])
def test_request_without_an_address_is_written_all_the_same(rf, address):
    request = rf.get("/", REMOTE_ADDR=address)
    request.user = AnonymousUser()
    event = audit.record(request, "x")
    assert (event.actor, event.actor_name, event.address) == (
        None,
        "not signed in",
        None,
    )


@pytest.mark.parametrize(
    ("https", "forwarded", "address"),
    [
        (True, "203.0.113.9, 192.0.2.7", "192.0.2.7"),
        (True, "", "10.0.0.1"),
        (True, "nonsense", None),
        (False, "192.0.2.7", "10.0.0.1"),
    ],
)
def test_address_behind_a_tls_proxy(rf, settings, https, forwarded, address):
    """Only what our own proxy has added counts: the rest is what a client says."""
    settings.MAILADMIN_HTTPS = https
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    request.user = AnonymousUser()
    assert audit.record(request, "x").address == address


def test_command_has_no_person():
    event = audit.record(None, "system.held")
    assert (event.actor, event.actor_name, event.object_id) == (
        None,
        "command line",
        "",
    )


def test_thing_with_a_field_named_kind_is_named_by_its_model():
    proxy = proxies.save_proxy(name="squid", host="proxy.example", port=3128)
    event = AuditEvent.objects.get(action="proxy.created")
    assert (event.object_type, event.object_id) == ("proxy", str(proxy.pk))
