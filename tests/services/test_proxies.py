"""Saving a proxy: its rules, its secret, and the revisions of who names it."""

from __future__ import annotations

import pytest

from mailboxes.core import certificates
from mailboxes.core.choices import RunState
from mailboxes.core.errors import OptionError
from mailboxes.models import AuditEvent, Fetcher, Proxy, Revision, Sender
from mailboxes.services import proxies, revisions, secrets
from mailboxes.services.sections import exporting, importing
from tests.services.option_sets import CANARY, saved_pop, saved_smtp

pytestmark = pytest.mark.django_db

AUTHORITY = certificates.make("Our authority")
RIGHT = {"name": "squid", "host": "proxy.example", "port": 3128}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", " ", "Enter a name of 1 to 40 characters."),
        ("name", "taken", "There is a proxy taken already."),
        ("host", "", "Enter the host name of the proxy."),
        (
            "host",
            "http://proxy.example:3128",
            "Enter the host name alone, without http:// and without a path:"
            " proxy.example.",
        ),
        ("port", "0", "Enter a whole number, 1 to 65535."),
        ("kind", "socks4", "Choose one of: http, socks5, direct."),
        (
            "username",
            "a:b",
            "Enter a user name without a colon, at most 255 characters.",
        ),
        (
            "ca_pem",
            "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----",
            "Enter certificates in PEM form, from -----BEGIN CERTIFICATE----- to"
            " -----END CERTIFICATE-----.",
        ),
    ],
)
def test_mistake_is_named_at_its_field(field, value, message):
    proxies.save_proxy(name="taken", host="proxy.example", port=1)
    more = {"password": "x"} if field == "username" else {}
    with pytest.raises(OptionError) as caught:
        proxies.save_proxy(**(RIGHT | more | {field: value}))
    assert [(p.option, p.message) for p in caught.value.problems] == [(field, message)]
    assert Proxy.objects.count() == 1


def test_user_name_and_password_belong_together():
    for field, more in (
        ("password", {"username": "u"}),
        ("username", {"password": "p"}),
    ):
        with pytest.raises(OptionError) as caught:
            proxies.save_proxy(**RIGHT, **more)
        assert [p.option for p in caught.value.problems] == [field]


def test_password_is_sealed_kept_replaced_and_dropped():
    proxy = proxies.save_proxy(**RIGHT, username="u", password=CANARY)
    first = proxy.password_id
    assert secrets.reveal(first) == CANARY
    proxies.save_proxy(proxy=proxy, **RIGHT, username="u")
    assert proxy.password_id == first
    proxies.save_proxy(proxy=proxy, **RIGHT, username="u", password="other")
    assert secrets.reveal(proxy.password_id) == "other"
    proxies.save_proxy(proxy=proxy, **RIGHT)
    assert (proxy.username, proxy.password_id) == ("", None)
    assert CANARY not in str(list(AuditEvent.objects.values()))


def test_change_makes_a_revision_for_each_client_that_names_it():
    proxy = proxies.save_proxy(**RIGHT)
    pop, smtp = saved_pop(proxy="squid"), saved_smtp(proxy="squid")
    other = saved_pop("other@contoso.com")
    proxies.save_proxy(proxy=proxy, **(RIGHT | {"port": 8080}))
    for client in (pop, smtp, other):
        client.refresh_from_db()
    assert (pop.revision, smtp.revision, other.revision) == (2, 2, 1)
    newest = pop.revisions.get(number=2)
    assert newest.pinned["proxy"]["port"] == 8080
    assert newest.note == "Proxy squid was changed"
    assert Sender.objects.get().revision.pinned["proxy"]["port"] == 3128
    (change,) = revisions.pending(smtp)
    assert (change.option, change.old_text, change.new_text) == (
        "proxy",
        "squid (proxy.example:3128)",
        "squid (proxy.example:8080)",
    )


def test_save_without_a_change_makes_no_revision():
    proxy = proxies.save_proxy(**RIGHT)
    pop = saved_pop(proxy="squid")
    proxies.save_proxy(proxy=proxy, **RIGHT)
    assert pop.revisions.count() == 1
    assert AuditEvent.objects.filter(action="proxy.saved").count() == 0


def test_change_lets_a_stopped_client_try_again():
    proxy = proxies.save_proxy(**RIGHT)
    saved_pop(proxy="squid")
    Fetcher.objects.update(state=RunState.STOPPED)
    proxies.save_proxy(proxy=proxy, **(RIGHT | {"port": 8080}))
    assert Fetcher.objects.get().state == RunState.ACTIVE


def test_changed_proxy_password_is_shown_as_replaced():
    proxy = proxies.save_proxy(**RIGHT, username="u", password="a")
    pop = saved_pop(proxy="squid")
    proxies.save_proxy(proxy=proxy, **RIGHT, username="u", password=CANARY)
    first, second = pop.revisions.order_by("number")
    (change,) = revisions.diff(first, second)
    assert change.new_text == "squid (proxy.example:3128), replaced"


def test_proxy_in_use_is_not_deleted():
    proxy = proxies.save_proxy(**RIGHT)
    saved_pop(proxy="squid")
    with pytest.raises(OptionError) as caught:
        proxies.delete_proxy(proxy, None)
    assert [p.message for p in caught.value.problems] == [
        "These sections name it: pop-client-support. Change them first."
    ]


def test_kind_is_kept_pinned_and_told():
    proxy = proxies.save_proxy(**RIGHT)
    assert proxy.kind == "http"
    client = saved_pop(proxy="squid", enable_client="no")
    proxies.save_proxy(proxy=proxy, **RIGHT, kind=" SOCKS5 ")
    client.refresh_from_db()
    pinned = client.revisions.get(number=2).pinned["proxy"]
    assert (client.revision, pinned["kind"]) == (2, "socks5")
    event = AuditEvent.objects.filter(action="proxy.saved").get()
    assert event.details == {"fields": ["kind"], "pop_clients": 1, "smtp_clients": 0}


@pytest.mark.parametrize("field", ["username", "password"])
def test_login_that_socks_cannot_carry_is_refused(field):
    given = RIGHT | {"username": "clerk", "password": "pw"} | {field: "ü" * 128}
    with pytest.raises(OptionError) as caught:
        proxies.save_proxy(**given, kind="socks5")
    assert [(p.option, p.message) for p in caught.value.problems] == [
        (field, "Enter at most 255 bytes: SOCKS5 takes no more.")
    ]
    assert proxies.save_proxy(**given).kind == "http"


@pytest.mark.parametrize("text", [AUTHORITY.pem, AUTHORITY.pem.replace("\n", "\r\n")])
def test_private_key_among_authorities_is_kept_nowhere(text):
    saved_pop(proxy=proxies.save_proxy(**RIGHT).pk)
    with pytest.raises(OptionError) as caught:
        proxies.save_proxy(proxy=Proxy.objects.get(), **RIGHT, ca_pem=text)
    assert [(p.option, p.message) for p in caught.value.problems] == [
        (
            "ca_pem",
            "There is a private key in this; it was not kept. Paste the certificates"
            " alone, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.",
        )
    ]
    everywhere = [*Proxy.objects.values(), *Revision.objects.values()]
    assert "PRIVATE KEY" not in str(everywhere) + str(list(AuditEvent.objects.values()))


def test_private_key_in_a_file_is_refused_by_its_option():
    written = AUTHORITY.pem.replace("\n", "\\n")
    content = (
        f"[proxy-a]\nhost = squid\nport = 1\ncertificate-authorities = {written}\n"
    )
    for drafts in (False, True):
        report = importing.run(content, as_drafts=drafts)
        assert [e.option for e in report.errors] == ["certificate-authorities"]
        assert Proxy.objects.count() == 0


def test_of_a_text_its_certificates_are_kept_and_exported():
    public = AUTHORITY.public.strip()
    text = f"# unsre Autorität für Größeres\n{public}\n# Ende\n"
    row = proxies.save_proxy(**RIGHT, ca_pem=text)
    assert row.ca_pem == public
    written = public.replace("\n", "\\n")
    assert f"certificate-authorities = {written}\n" in exporting.export().text
    count = AuditEvent.objects.count()
    proxies.save_proxy(proxy=row, **RIGHT, ca_pem=text)
    assert AuditEvent.objects.count() == count


def test_file_with_words_above_its_certificates_comes_in_with_a_warning():
    public = AUTHORITY.public.strip()
    written = f"# Größe\\n{public}".replace("\n", "\\n")
    content = (
        f"[proxy-a]\nhost = squid\nport = 1\ncertificate-authorities = {written}\n"
    )
    report = importing.run(content)
    assert report.errors == []
    assert [(w.rule, w.option) for w in report.warnings] == [
        ("I23-only-certificates", "certificate-authorities")
    ]
    assert Proxy.objects.get().ca_pem == public
    assert importing.run(exporting.export().text).warnings == []
