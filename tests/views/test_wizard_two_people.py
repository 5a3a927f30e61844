"""Two people, or two windows, in one draft of the wizard."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailboxes.models import SetupVisit
from tests import factories
from tests.fixtures import setups
from tests.views.wizard_pages import at, seen, signed_in, text

pytestmark = pytest.mark.django_db


def test_who_else_is_in_the_draft_is_told(visitor: Client) -> None:
    draft = setups.begin()
    bob = factories.user("bob", "add_setupdraft")
    here = reverse("connect-here", args=[draft.pk, "mode"])
    assert "is in this draft too" not in text(visitor.post(here))
    assert "anna is in this draft too" in text(signed_in(bob).post(here))
    assert "bob is in this draft too" in text(visitor.get(at(draft, "mode")))
    SetupVisit.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    assert "bob" not in text(visitor.get(at(draft, "mode")))


def test_another_way_that_was_saved_meanwhile_stands_at_its_card(
    visitor: Client,
) -> None:
    draft = setups.begin()
    opened = seen(visitor, at(draft, "mode"))
    setups.save(draft, "mode", mode="microsoft-graph")
    sent = {"mode": "microsoft-password", "seen": opened}
    page = visitor.post(at(draft, "mode"), sent).content.decode()
    cards = re.findall(r'<li class="card">.*?</li>', page, re.S)
    told = [card for card in cards if "Saved meanwhile" in card]
    assert [re.search(r'value="([^"]*)"', card)[1] for card in told] == [  # type: ignore
        "microsoft-graph"
    ]


def test_a_save_by_somebody_else_meanwhile_is_told_not_overwritten(
    visitor: Client,
) -> None:
    draft = setups.app_only()
    opened = seen(visitor, at(draft, "fetching"))
    mine = setups.FETCHING | {"folder_path": "Inbox/Mine", "seen": opened}
    setups.save(draft, "fetching", **(setups.FETCHING | {"folder_path": "Inbox/B"}))
    answer = visitor.post(at(draft, "fetching"), mine)
    shown = text(answer)
    assert answer.status_code == 400
    assert "This step was saved since you opened it" in shown
    assert "Saved meanwhile: Inbox/B" in shown
    assert 'value="Inbox/Mine"' in answer.content.decode()
    assert setups.reloaded(draft).values["pop-client"]["folder-path"] == "Inbox/B"
    again = re.search(r'name="seen" value="([^"]*)"', answer.content.decode())
    assert again and again[1] != opened
    visitor.post(at(draft, "fetching"), mine | {"seen": again[1]})
    assert setups.reloaded(draft).values["pop-client"]["folder-path"] == "Inbox/Mine"
