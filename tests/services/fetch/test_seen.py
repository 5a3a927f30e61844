"""Two people edit one registration, secret or proxy: the second is told."""

from __future__ import annotations

import pytest

from mailboxes.core.errors import OptionError
from mailboxes.models import AppRegistration, NamedSecret, Proxy
from mailboxes.services import proxies, registrations
from mailboxes.services.fetch import seen
from mailboxes.services.secrets import named as named_secrets
from tests import factories

pytestmark = pytest.mark.django_db


def stale(run) -> list[tuple[str, str]]:
    with pytest.raises(OptionError) as caught:
        run()
    return [(p.option, p.rule) for p in caught.value.problems]


def test_registration_changed_meanwhile_is_not_saved_over():
    row = factories.registration()
    mine = AppRegistration.objects.get()
    opened = seen.fingerprint(mine, registrations.SEEN)
    registrations.replace_secret(
        row, secret="theirs~1", secret_ends_on=None, user=None, seen=opened
    )
    theirs = AppRegistration.objects.get().secret_id

    def save():
        registrations.replace_secret(
            mine, secret="mine~1", secret_ends_on=None, user=None, seen=opened
        )

    assert stale(save) == [("", "V01-stale")]
    assert AppRegistration.objects.get().secret_id == theirs


def test_secret_and_proxy_changed_meanwhile_are_not_saved_over():
    secret, _ = named_secrets.save(name="gmail", password="x")
    opened = seen.fingerprint(secret, named_secrets.SEEN)
    named_secrets.save(secret=secret, name="gmail", password="y", seen=opened)
    again = NamedSecret.objects.get()
    assert stale(
        lambda: named_secrets.save(
            secret=again, name="gmail", password="z", seen=opened
        )
    ) == [("", "V01-stale")]
    right = {"name": "squid", "host": "proxy.example"}
    proxy = proxies.save_proxy(**right, port=1)
    opened = seen.fingerprint(proxy, proxies.SEEN)
    proxies.save_proxy(proxy=proxy, **right, port=2, seen=opened)
    assert stale(
        lambda: proxies.save_proxy(
            proxy=Proxy.objects.get(), **right, port=3, seen=opened
        )
    ) == [("", "V01-stale")]
    assert Proxy.objects.get().port == 2


def test_row_deleted_meanwhile_is_told():
    row = factories.registration()
    opened = seen.fingerprint(row, registrations.SEEN)
    AppRegistration.objects.all().delete()
    assert stale(
        lambda: registrations.replace_secret(
            row, secret="x~1", secret_ends_on=None, user=None, seen=opened
        )
    ) == [("", "V01-stale")]


def test_fingerprint_says_nothing_of_a_new_row():
    assert seen.fingerprint(None, registrations.SEEN) == ""
