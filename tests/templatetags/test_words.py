"""Every stored state has words."""

from __future__ import annotations

import pytest

from mailboxes.core import choices
from mailboxes.core.options import Effect, Group, Origin
from mailboxes.templatetags import words


@pytest.mark.parametrize(
    ("states", "table"),
    [
        (choices.Health, words.HEALTH),
        (choices.OutboxState, words.OUTBOX),
        (choices.Outcome, words.OUTCOME),
        (choices.RunState, words.RUN),
        (choices.ParseState, words.PARSE),
        (choices.SettleState, words.SETTLE),
        (choices.Stage, words.STAGE),
        (choices.Step, words.STEP),
        (Effect, words.EFFECT_SENTENCE),
        (Effect, words.EFFECT_SHORT),
        (Group, words.GROUP),
        (Origin, words.ORIGIN),
    ],
)
def test_table_covers_every_state(states, table):
    assert set(table) == set(states)


@pytest.mark.parametrize("name", words.VOCABULARIES)
def test_no_two_states_of_a_vocabulary_look_alike(name):
    looks = list(words.VOCABULARIES[name].values())
    assert len({str(look.word) for look in looks}) == len(looks)
    assert len({(look.icon, look.tone) for look in looks}) == len(looks)
    assert len({look.icon for look in looks}) == len(looks)


def test_look_takes_the_member_and_its_value():
    assert words.look("health", "late") == words.HEALTH[choices.Health.LATE]
    assert words.look("health", choices.Health.LATE).word == "Late"


def test_look_shows_an_unknown_value_as_itself():
    assert words.look("outbox", "odd") == ("odd", "circle-question-mark", "idle")


def test_filters_fall_back_to_the_value():
    assert words.stage_word("tls") == "Encrypt with TLS"
    assert words.stage_word("nonsense") == "nonsense"
