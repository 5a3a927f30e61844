"""Options that are not ours, as lines of one field of the form."""

from __future__ import annotations

import pytest

from mailboxes.forms import extra_options
from mailboxes.forms.option_sets import PopClientForm, SmtpClientForm
from mailboxes.services import revisions
from mailboxes.services.options import snapshots
from tests.services.option_sets import saved_pop, saved_smtp

pytestmark = pytest.mark.django_db

OWN = ["server", "mail.imap.auth.mechanisms"]


def test_lines_are_read_in_their_order_and_shown_again():
    text = "mail.imap.x = 1\r\n\r\n  b=\r\nurl = https://a/?b=c;d\r\n"
    found = extra_options.read(text, OWN)
    assert found.values == {"mail.imap.x": "1", "b": "", "url": "https://a/?b=c;d"}
    assert found.problems == []
    shown = extra_options.show(found.values)
    assert shown == "mail.imap.x = 1\nb = \nurl = https://a/?b=c;d"
    assert extra_options.read(shown, OWN).values == found.values


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("mail.debug", "Write name = value."),
        (
            "= x",
            "The name before = has 1 to 120 characters without white space, [ and ].",
        ),
        (
            "# mail.debug = x",
            "The name before = has 1 to 120 characters without white space, [ and ].",
        ),
        (
            f"{'n' * 121} = x",
            "The name before = has 1 to 120 characters without white space, [ and ].",
        ),
        ("Server = x", "Server has a field of its own. Set it there."),
        (
            "MAIL.imap.auth.mechanisms = PLAIN",
            "MAIL.imap.auth.mechanisms has a field of its own. Set it there.",
        ),
        ("a = 2", "a stands in line 1 already."),
        ("b = x\ty", "Remove the control characters from the value."),
    ],
)
def test_mistake_names_its_line(line, message):
    found = extra_options.read(f"a = 1\n\n{line}", OWN)
    assert found.problems == [f"Line 3: {message}"]
    assert found.values == {"a": "1"}


def post(client, text: str | None, **more: str) -> dict[str, str]:
    data = {"base_revision": str(client.revision), "enable_client": "on"}
    return data | ({} if text is None else {"extra": text}) | more


def save(client, text: str | None):
    form_class = PopClientForm if client.kind == "pop-client" else SmtpClientForm
    form = form_class(post(client, text), client=client)
    if form.is_valid():
        assert form.save_with(None) is not None
        client.refresh_from_db()
    return form


def test_form_keeps_changes_and_drops_other_options():
    client = saved_pop()
    save(client, "mail.a = 1\nb = 2")
    assert (client.revision, client.extra) == (2, {"mail.a": "1", "b": "2"})
    save(client, None)
    assert (client.revision, client.extra) == (2, {"mail.a": "1", "b": "2"})
    save(client, "b = 3")
    assert snapshots.take(client).extra == {"b": "3"}
    save(client, "")
    assert (client.revision, client.extra) == (4, {})


def test_stored_values_that_no_line_can_hold_stay_while_untouched():
    client = revisions.save_smtp_client(
        client=saved_smtp(), section="", raw={}, extra={"a b": " x "}, base_revision=1
    ).client
    shown = SmtpClientForm(client=client)["extra"].value()
    form = save(client, shown)
    assert (form.errors, client.extra, client.revision) == ({}, {"a b": " x "}, 2)


def test_mistakes_stand_at_the_field_and_nothing_is_saved():
    client = saved_pop()
    form = save(client, "server = x\nmail.a")
    assert {name: list(errors) for name, errors in form.errors.items()} == {
        "extra": [
            "Line 1: server has a field of its own. Set it there.",
            "Line 2: Write name = value.",
        ]
    }
    assert client.revisions.count() == 1


def test_message_of_a_rule_names_its_line():
    found = extra_options.read("a = 1\nmail.imap.class = x", OWN)
    assert found.at("mail.imap.class", "Not here.") == (
        "Line 2, mail.imap.class: Not here."
    )
    assert found.at("server", "Not here.") == "Not here."


def test_change_of_it_is_counted():
    client = saved_pop()
    form = PopClientForm(post(client, "a = 1", mailbox="x y"), client=client)
    assert {"extra", "mailbox"} <= set(form.changed_data)
    same = PopClientForm(post(client, ""), client=client)
    assert "extra" not in same.changed_data


def test_secret_is_refused_and_one_that_is_stored_is_a_mask():
    found = extra_options.read("a = 1\nmail.imap.password = x", OWN)
    assert found.problems == [
        "Line 2: mail.imap.password is a secret, and other options are kept as plain"
        " text. Leave it out: it has no use here."
    ]
    stored = {"mail.imap.password": "old"}
    shown = extra_options.show(stored)
    assert shown == "mail.imap.password = ********"
    for text, values, problems in (
        (shown, stored, 0),
        ("mail.imap.password = old", stored, 0),
        ("mail.imap.password = new", {}, 1),
        ("other.token = ********", {}, 1),
    ):
        found = extra_options.read(text, OWN, stored)
        assert (found.values, len(found.problems)) == (values, problems)


def test_stored_secret_stays_when_the_form_is_saved():
    client = saved_pop()
    revisions.save_pop_client(
        client=client,
        address="support@contoso.com",
        raw={},
        extra={"old.password": "4711", "a": "1"},
        base_revision=1,
    )
    client.refresh_from_db()
    form = PopClientForm(post(client, "old.password = ********\na = 2"), client=client)
    assert form.is_valid(), form.errors
    form.save_with(None)
    assert snapshots.take(client).extra == {"old.password": "4711", "a": "2"}
