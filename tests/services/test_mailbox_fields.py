"""Address, name, tags and section: one message at each that is wrong."""

from __future__ import annotations

import pytest

from mailboxes.services import clients, mailbox_fields
from mailboxes.services.mailbox_fields import (
    mailbox_problems,
    section_problems,
    suggest_section,
    tidy_fields,
)
from tests.services.option_sets import saved_pop, saved_smtp

pytestmark = pytest.mark.django_db

ADDRESS = "Enter a mail address such as support@contoso.com."


def messages(address: str = "a@contoso.com", alias: str = "", tags: str = "") -> list:
    fields = tidy_fields(address, alias, tags, None)
    return [(p.option, p.message) for p in mailbox_problems(fields)]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "Enter the mail address of the mailbox."),
        ("support", ADDRESS),
        ("a b@contoso.com", ADDRESS),
        ("ü@contoso.com", ADDRESS),
        ('"\x01"@contoso.com', ADDRESS),
        ("a@contoso.com\nBcc: b@contoso.com", ADDRESS),
    ],
)
def test_wrong_address_is_refused(address, message):
    assert messages(address) == [("address", message)]


@pytest.mark.parametrize(
    "address", ["a@contoso.com", " <a@contoso.com ".replace("<", "")]
)
def test_right_address_is_tidied(address):
    assert messages(address) == []
    assert tidy_fields(address, "", "", None).address == "a@contoso.com"


def test_own_address_is_not_taken():
    client = saved_pop()
    fields = tidy_fields("SUPPORT@contoso.com", "", "", None)
    assert mailbox_problems(fields, client) == []
    assert len(mailbox_problems(fields)) == 1


def test_long_or_unreadable_names_are_refused():
    assert messages(alias="x" * 81) == [("alias", "Enter at most 80 characters.")]
    assert messages(tags="x" * 201) == [("tags", "Enter at most 200 characters.")]
    assert messages(alias="a\x07b") == [("alias", "Remove the control characters.")]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("", "Enter a name for the section, such as pop-client-support."),
        ("x" * 41, "Enter at most 40 characters."),
        ("pop client", "Use letters, digits, @, _, . and - only."),
        ("pop-clïent", "Use letters, digits, @, _, . and - only."),
        ("SMTP-client", "There is a section SMTP-client already."),
    ],
)
def test_wrong_section_is_refused(section, message):
    saved_smtp("smtp-client")
    assert [p.message for p in section_problems(section)] == [message]


def test_suggested_section_is_always_right():
    for address in ("a+b!c@x", "", "x" * 90, "ü@x"):
        name = suggest_section("pop-client", address)
        assert section_problems(name) == []
    assert suggest_section("pop-client", "a+b@x") == "pop-client-a-b"


def test_tags_are_words_once():
    assert tidy_fields("", "", "b, a  b", None).tags == "b a"
    assert mailbox_fields.SECTION_LONGEST == 40


def test_what_is_in_the_archive_is_said_to_be_there():
    """It is on no list of mailboxes, so that people look for it in vain."""
    clients.archive(saved_pop(), None)
    clients.archive(saved_smtp(), None)
    assert messages("Support@contoso.com") == [
        (
            "address",
            "The mailbox Support@contoso.com is in the archive. Restore it from there,"
            " or enter another address.",
        )
    ]
    for name in ("pop-client-support", "SMTP-client"):
        assert [p.message for p in section_problems(name)] == [
            f"The section {name} is in the archive. Restore it from there, or enter"
            " another name."
        ]
