"""What ends soon: client secrets by their last day, EWS at Exchange Online."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from mailboxes.core import certificates
from mailboxes.models import PopClient, SmtpClient
from mailboxes.services import clients, ends_soon, registrations
from mailboxes.services.registrations import certificates as registration_certificates
from tests import factories
from tests.services.option_sets import saved_pop
from tests.services.registrations.test_certificates import MADE

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 23, 59, tzinfo=UTC)


def ending(name: str, days: int, **more: object):
    day = NOW.date() + timedelta(days=days)
    return factories.registration(name, secret_ends_on=day, **more)


def found() -> list[tuple[str, int]]:
    return [
        (one.registration.name if one.registration else "EWS", one.days)
        for one in ends_soon.soon(NOW)
    ]


def test_nothing_ends():
    factories.registration("no end known")
    ending("later", 31)
    assert ends_soon.soon(NOW) == []


def test_secrets_of_30_days_and_ended_ones_stand_worst_first():
    for name, days in (("in 30", 30), ("today", 0), ("over", -400), ("in 7", 7)):
        ending(name, days)
    assert found() == [("over", -400), ("today", 0), ("in 7", 7), ("in 30", 30)]


def test_last_day_without_a_secret_ends_nothing():
    ending("empty", 3, secret="")
    assert found() == []


def test_sections_that_are_hit_are_counted_without_the_archive():
    row = ending("Contoso", 3)
    pops = [factories.pop_client(f"a{n}@contoso.example") for n in range(3)]
    smtp = factories.smtp_client()
    PopClient.objects.update(registration=row)
    SmtpClient.objects.update(registration=row)
    clients.archive(pops[0], None)
    assert [one.sections for one in ends_soon.soon(NOW)] == [3]
    clients.archive(smtp, None)
    assert [one.sections for one in ends_soon.soon(NOW)] == [2]


def test_ews_at_exchange_online_ends_on_its_day():
    online = factories.pop_client("online@contoso.example")
    own = factories.pop_client("own@contoso.example")
    imap = factories.pop_client("imap@contoso.example")
    out = factories.smtp_client()
    url = "https://outlook.office365.com/EWS/Exchange.asmx"
    PopClient.objects.filter(pk__in=[online.pk, own.pk]).update(type="EWS")
    PopClient.objects.filter(pk__in=[online.pk, imap.pk]).update(server=url)
    SmtpClient.objects.update(server_type="EWS", server=url)
    ending("later than EWS", 20)
    ews = ends_soon.soon(NOW)[-1]
    assert (ews.day, ews.days, ews.registration) == (date(2027, 4, 1), 127, None)
    assert [(s.kind, s.pk) for s in ews.named] == [("pop", online.pk), ("smtp", out.pk)]
    assert ews.sections == 2
    clients.archive(online, None)
    assert [s.kind for s in ends_soon.soon(NOW)[-1].named] == ["smtp"]


def test_replaced_secret_with_a_new_day_is_out_of_the_list():
    row = ending("Contoso", 3)
    registrations.replace_secret(
        row, secret="new~one", secret_ends_on="2028-11-25", user=None
    )
    assert found() == []


@pytest.mark.parametrize("count", [1, 20])
def test_number_of_queries_is_fixed(count, django_assert_num_queries):
    for number in range(count):
        ending(f"Contoso {number}", 3)
        factories.pop_client(f"a{number}@contoso.example")
    with django_assert_num_queries(3):
        ends_soon.soon(NOW)


# what one client is warned of


def by_application(row, **changes: object) -> PopClient:
    return saved_pop(
        **{
            "registration": str(row.pk),
            "grant-type": "client_credentials",
            "password": "",
        }
        | changes
    )


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (31, ""),
        (30, "The client secret of Contoso ends on 2026-12-25."),
        (0, "The client secret of Contoso ends on 2026-11-25."),
        (-1, "The client secret of Contoso ended on 2026-11-24."),
    ],
)
def test_client_is_warned_of_the_secret_of_its_application(days, expected):
    assert ends_soon.warning(by_application(ending("Contoso", days)), NOW) == expected


def test_client_is_warned_of_the_certificate_in_place_of_the_secret():
    row = ending("Contoso", 3)
    registration_certificates.enter(row, MADE.pem, None, today=NOW.date())
    client = by_application(row)
    assert ends_soon.warning(client, NOW) == ""
    then = datetime(2027, 11, 18, tzinfo=UTC)
    assert ends_soon.warning(client, then) == (
        "The certificate of Contoso ends on 2027-11-19."
    )


@pytest.mark.parametrize("what", ["client secret", "certificate"])
def test_one_that_waits_silences_nothing_and_is_told(what):
    row = ending("Contoso", 3)
    day = row.secret_ends_on
    if what == "certificate":
        old = certificates.make("Contoso", NOW - timedelta(days=360))
        day = old.last_day
        registration_certificates.enter(row, old.pem, None, today=NOW.date())
    client = by_application(row)
    assert [one.waiting for one in ends_soon.soon(NOW)] == [False]
    registration_certificates.enter(row, MADE.pem, None, today=NOW.date())
    client.refresh_from_db()
    assert ends_soon.warning(client, NOW) == (
        f"The {what} of Contoso ends on {day}."
        " A new certificate waits: upload it at Entra, then use it."
    )
    assert [(one.day, one.waiting) for one in ends_soon.soon(NOW)] == [(day, True)]


def test_client_that_proves_no_application_is_not_warned():
    row = ending("Contoso", 3)
    password = {"grant-type": "password", "password": "x"}
    assert ends_soon.warning(by_application(row, **password), NOW) == ""
    assert ends_soon.warning(factories.pop_client("b@contoso.example"), NOW) == ""
