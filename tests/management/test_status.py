"""`manage.py status`: what each client says of a credential that ends soon."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests import factories
from tests.services.option_sets import saved_pop

pytestmark = pytest.mark.django_db


def status(*arguments: str) -> str:
    out = StringIO()
    call_command("status", *arguments, stdout=out)
    return out.getvalue()


def test_end_of_a_credential_is_told_for_people_and_for_scripts() -> None:
    day = timezone.now().date() + timedelta(days=3)
    row = factories.registration(secret_ends_on=day)
    saved_pop(
        "ending@contoso.example",
        registration=str(row.pk),
        password="",
        **{"grant-type": "client_credentials"},
    )
    factories.pop_client("other@contoso.example")
    words = f"The client secret of Contoso ends on {day}."
    told = {one["address"]: one["ends_soon"] for one in json.loads(status("--json"))}
    assert told == {"ending@contoso.example": words, "other@contoso.example": ""}
    assert [line for line in status().splitlines() if words in line] == [f"    {words}"]
