"""The page of one mailbox: when the next cycle comes, in words that are true."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mailboxes.models import Fetcher, PopClient, Worker
from mailboxes.services import clients, instance
from mailboxes.services.wizard import making
from tests import factories
from tests.fixtures import setups
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
    factories.live_worker()
    pop = saved_pop()
    now = timezone.now()
    Fetcher.objects.update(
        last_try_at=now, last_success_at=now, next_due=now + timedelta(seconds=seconds)
    )
    page = client.get(f"/mailboxes/{pop.mailbox_row_id}/").content.decode()
    found = [w for w in ("The next cycle is due.", "Next cycle") if w in page]
    assert found == [words]


@pytest.mark.parametrize("kept", ["held", "no worker"])
def test_no_cycle_is_promised_while_nothing_runs(visitor: Client, kept: str) -> None:
    pop = factories.pop_client(next_due=timezone.now() + timedelta(minutes=5))
    assert "Next cycle in 5 min" in shown(visitor, pop)
    if kept == "held":
        instance.hold("A copy is made")
    else:
        Worker.objects.all().delete()
    text = shown(visitor, pop)
    assert "Next cycle" not in text
    assert "No cycle runs until what stands above is mended." in text


def shown(someone: Client, client: PopClient) -> str:
    """The text of the overview, without tags."""
    page = someone.get(f"/mailboxes/{client.mailbox_row_id}/").content.decode()
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_archived_mailbox_promises_no_cycle(visitor: Client) -> None:
    pop = saved_pop()
    clients.archive(pop, None)
    text = shown(visitor, pop)
    assert "Archived No cycle runs." in text
    assert [w for w in ("Not tested", "Pending", "starts within") if w in text] == []


def test_note_of_a_pause_keeps_its_own_full_stop(visitor: Client) -> None:
    pop = factories.pop_client(paused_at=timezone.now(), pause_note="Ask Otto.")
    assert "Paused now . “Ask Otto.”" in shown(visitor, pop)


def test_draft_offers_to_switch_it_on_in_place_of_a_cycle(visitor: Client) -> None:
    pop = saved_pop(**{"enable-client": False})
    page = visitor.get(f"/mailboxes/{pop.mailbox_row_id}/").content.decode()
    assert f'/option-sets/pop/{pop.pk}/edit/#id_enable_client">Switch it on' in page
    assert "Fetch now" not in page and f"/{pop.mailbox_row_id}/pause/" not in page
    options = visitor.get(f"/option-sets/pop/{pop.pk}/").content.decode()
    assert "Run a cycle now" not in options and "Restart sending" not in options


def test_draft_of_the_wizard_leads_back_to_the_wizard(visitor: Client) -> None:
    draft = setups.app_only()
    making.save_off(draft.pk, None)
    draft = setups.reloaded(draft)
    assert draft.pop_client is not None
    url = f"/mailboxes/{draft.pop_client.mailbox_row_id}/"
    assert f'href="/connect/{draft.pk}/"' in visitor.get(url).content.decode()


def test_late_mailbox_says_what_that_means_and_where_to_look(visitor: Client) -> None:
    pop = factories.pop_client(last_success_at=timezone.now() - timedelta(hours=2))
    assert "none has failed" in shown(visitor, pop)
    Worker.objects.all().delete()  # then the bar says why
    assert "none has failed" not in shown(visitor, pop)


def test_cycles_say_how_long_they_took(visitor: Client) -> None:
    pop = factories.pop_client()
    factories.cycle(pop)
    page = visitor.get(f"/mailboxes/{pop.mailbox_row_id}/cycles/").content.decode()
    assert '<td data-label="Took" class="num">2 s</td>' in page


def test_filter_of_messages_keeps_the_search(client: Client) -> None:
    client.force_login(factories.user("anna"))
    pop = factories.pop_client()
    page = f"/mailboxes/{pop.mailbox_row_id}/messages/"
    filters = client.get(f"{page}?q=a%26b c").context["filters"]
    assert [one["url"] for one in filters] == [
        "?q=a%26b+c",
        "?q=a%26b+c&only=quarantined",
    ]
    filters = client.get(page).context["filters"]
    assert [one["url"] for one in filters] == ["?", "?only=quarantined"]
