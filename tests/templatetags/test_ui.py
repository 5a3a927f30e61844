"""Times, numbers, states, blocks and fields as they come out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from mailboxes.core.options import Effect, Kind, Option, Origin
from mailboxes.templatetags import ui

STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"


@pytest.fixture(autouse=True)
def plain_static(settings):
    """Static names without a manifest: nothing has been collected in tests."""
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": STATIC}}


def shown(source: str, **context: object) -> str:
    loaded = "{% load ui words charts %}" + source
    return Template(loaded).render(Context(context)).strip()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (41.9, "41 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (7505, "2 h 5 min"),
        (40000, "11 h"),
        (86400, "1 day"),
        (4 * 86400 + 5, "4 days"),
    ],
)
def test_spell_duration(seconds, words):
    assert ui.spell_duration(seconds) == words


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (-360, "6 min ago"),
        (0, "now"),
        (41, "in 41 s"),
        (1.5, "in 2 s"),
        (-20, "20 s ago"),
    ],
)
def test_ago_is_relative_with_utc_in_the_title(monkeypatch, delta, words):
    now = datetime(2026, 11, 24, 1, 41, 7, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    moment = now + timedelta(seconds=delta)
    html = ui.ago(moment)
    assert html.endswith(f">{words}</time>")
    assert f'title="{moment:%Y-%m-%d %H:%M:%S} UTC"' in html
    assert f'datetime="{moment:%Y-%m-%dT%H:%M:%SZ}"' in html


def test_ago_without_a_moment():
    assert ui.ago(None) == "never"
    assert ui.ago(None, never="not yet") == "not yet"


def test_at_is_absolute():
    html = ui.at(datetime(2026, 11, 4, 1, 41, 7, tzinfo=UTC))
    assert html == (
        '<time datetime="2026-11-04T01:41:07Z">4 Nov 2026 01:41:07 UTC</time>'
    )


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (None, "–"),
        (0, "0 B"),
        (840, "840 B"),
        (1024, "1.0 KB"),
        (12_600, "12 KB"),
        (1_468_006, "1.4 MB"),
        (5 * 1024**4, "5,120 GB"),
    ],
)
def test_size(octets, words):
    assert ui.size(octets) == words


def test_numbers_have_separators():
    assert (ui.number(1204567), ui.number(None)) == ("1,204,567", "–")
    assert (ui.ms(203), ui.ms(12_000), ui.ms(None)) == ("203 ms", "12 s", "–")
    assert (ui.duration(0.2), ui.duration(None)) == ("200 ms", "–")


def test_state_has_icon_word_and_tone():
    html = shown('{% health "late" %}')
    assert html == (
        '<span class="tag" data-tone="warn"><svg class="icon" aria-hidden="true">'
        '<use href="/static/icons.svg#clock"></use></svg>Late</span>'
    )


def test_words_are_escaped():
    assert "<b>" not in shown("{% mark x %}", x="<b>")
    assert "<b>" not in shown("{% tag x %}", x="<b>")
    assert "<b>" not in shown("{% codeblock x %}", x="<b>")
    assert "<b>" not in shown(
        '{% notice "fail" title=x %}{{ x }}{% endnotice %}', x="<b>"
    )


def test_notice_carries_evidence_and_one_link():
    html = shown(
        '{% notice "fail" title="Stopped" fix_url="/f" fix_text="Fix it" %}'
        "<p>{{ code }}</p>{% endnotice %}",
        code="AADSTS50126",
    )
    assert "<span>Stopped</span></h2>" in html
    assert "<p>AADSTS50126</p>" in html
    assert html.count("<a ") == 1 and '<a href="/f">Fix it</a>' in html


def test_live_region_polls_without_filters():
    html = shown('{% live url="/r" id="mailboxes" %}<p>x</p>{% endlive %}')
    assert 'hx-get="/r" hx-trigger="every 5s" hx-ext="morph"' in html
    assert 'id="mailboxes-stale" role="status" hidden' in html


class TwoForm(forms.Form):
    margin = forms.CharField(label="Margin", help_text="How soon.")
    kind = forms.ChoiceField(
        label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect
    )
    secret = forms.CharField(required=False, widget=forms.PasswordInput)


def test_field_ties_help_and_error_to_the_control():
    html = shown("{% field form.margin %}", form=TwoForm({}))
    assert '<label for="id_margin">Margin</label>' in html
    assert 'id="id_margin_helptext"' in html and 'id="id_margin_error"' in html
    assert 'aria-describedby="id_margin_helptext id_margin_error"' in html
    assert html.index("id_margin_error") < html.index("<input")


def test_field_shows_what_is_known_of_the_option():
    form = TwoForm()
    form.fields["margin"].option = Option(
        name="token-expiry-margin-time",
        label="Margin",
        help="How soon.",
        effect=Effect.NEXT_CHECK,
        kind=Kind.DURATION,
        default=300,
        default_from=Origin.VENDOR,
    )
    form.fields["margin"].marks = [{"word": "Pending"}]
    html = shown("{% field form.margin %}", form=form)
    assert '<code id="id_margin_option">token-expiry-margin-time</code>' in html
    assert "Default 00:05:00" in html
    assert "the product&#x27;s default" in html or "the product's default" in html
    assert "In effect at the next connection check" in html
    assert 'data-tone="pending"' in html


def test_field_never_shows_a_stored_secret():
    html = shown("{% field form.secret %}", form=TwoForm({"secret": "hunter2"}))
    assert "hunter2" not in html


def test_error_summary_links_each_message_to_its_control():
    html = shown("{% error_summary form %}", form=TwoForm({}))
    assert "There are 2 problems" in html
    assert '<a href="#id_margin">Margin: This field is required.</a>' in html
    assert '<a href="#id_kind_0">Kind: This field is required.</a>' in html
    assert 'tabindex="-1" autofocus' in html


def test_error_summary_of_a_good_or_unbound_form_is_empty():
    good = TwoForm({"margin": "1", "kind": "a"})
    assert shown("{% error_summary a b %}", a=good, b=TwoForm()) == ""


def test_pager_keeps_the_filters():
    html = shown(
        '{% pager page "messages" %}',
        page=Paginator(range(1204), 50).page(3),
        request=RequestFactory().get("/?q=a%26b&page=3"),
    )
    assert "101–150 of 1,204 messages" in html
    assert 'href="?q=a%26b&amp;page=2"' in html
    assert 'href="?q=a%26b&amp;page=4"' in html


def test_query_changes_one_key_and_starts_at_page_one():
    request = RequestFactory().get("/?q=x&state=failed&page=3")
    assert shown('{% query state="sent" %}', request=request) == "?q=x&amp;state=sent"
    assert shown("{% query state=None %}", request=request) == "?q=x"


def test_current_marks_the_view_or_the_named_item():
    source = '<a{% current "outbox" "outbox-message" %}>'
    assert shown(source, nav="outbox-message") == '<a aria-current="page">'
    assert shown(source, nav="dashboard") == "<a>"


def test_what_is_due_is_not_in_the_past():
    now = timezone.now()
    assert shown("{% due moment %}", moment=now - timedelta(minutes=1)) == "now"
    assert ">in 41 s<" in shown("{% due moment %}", moment=now + timedelta(seconds=41))
    assert shown("{% due moment %}", moment=None) == "–"


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "200 ms"), (75, "1 min")])
def test_took_tells_the_time_between(seconds, words):
    now = timezone.now()
    later = now + timedelta(seconds=seconds)
    assert shown("{% took now later %}", now=now, later=later) == words


def test_took_of_what_is_not_over_is_a_dash():
    assert shown("{% took now later %}", now=timezone.now(), later=None) == "–"
