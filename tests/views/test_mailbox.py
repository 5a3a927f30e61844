"""The page of one mailbox: when the next cycle comes, in words that are true."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mailboxes.models import Fetcher
from tests import factories
from tests.services.option_sets import saved_pop

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "The next cycle is due."), (300, "Next cycle")],
)
def test_next_cycle_is_never_in_the_past(
    client: Client, seconds: int, words: str
) -> None:
    client.force_login(factories.user("anna"))
    pop = saved_pop()
    now = timezone.now()
    Fetcher.objects.update(
        last_try_at=now, last_success_at=now, next_due=now + timedelta(seconds=seconds)
    )
    page = client.get(f"/mailboxes/{pop.mailbox_row_id}/").content.decode()
    found = [w for w in ("The next cycle is due.", "Next cycle") if w in page]
    assert found == [words]
