"""Migration 0010 on option sets that are filled; and what later ones may hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps.registry import Apps

from mailboxes.models import PopClient, SmtpClient
from mailboxes.models.option_fields import WORDS, options_of

BEFORE = "0009_ews_validities"
AFTER = "0010_option_words_out"
VALUES = {
    "section": "a",
    "type": "GRAPH",
    "scope": "https://graph.microsoft.com/.default",
    "cycle_time": 90,
    "enable_client": False,
    "account": "person@contoso.example",
}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_values_and_references_stay(migrate: Callable[[str], Apps]) -> None:
    old = migrate(BEFORE)
    proxy = old.get_model("mailboxes", "Proxy").objects.create(name="p", host="h")
    mailbox = old.get_model("mailboxes", "Mailbox").objects.create(address="a@b.c")
    kept = {**VALUES, "proxy_id": proxy.pk, "mailbox_row_id": mailbox.pk}
    old.get_model("mailboxes", "PopClient").objects.create(**kept)
    for target in (AFTER, BEFORE, AFTER):
        rows = migrate(target).get_model("mailboxes", "PopClient").objects
        assert rows.values(*kept).get() == kept


@pytest.mark.parametrize("model", [PopClient, SmtpClient])
def test_fields_have_words_that_no_migration_holds(
    model: type[PopClient] | type[SmtpClient],
) -> None:
    for name, option in options_of(model).items():
        field = model._meta.get_field(name)
        assert (field.verbose_name, field.help_text) == (option.label, option.help)
        _, path, _, kwargs = field.deconstruct()
        assert path.startswith("django.db.models.")
        assert not set(WORDS) & set(kwargs)
