"""A proxy row without a proxy: further certificate authorities alone."""

from __future__ import annotations

import dataclasses

import pytest

from mailboxes.core.errors import MailError, OptionError
from mailboxes.core.options import Target
from mailboxes.forms.option_choices import rows_to_name
from mailboxes.models import PopClient, Proxy
from mailboxes.oauth import probe
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import connect, proxies, revisions
from mailboxes.services.connection_test import planning as connection_test_plan
from mailboxes.services.option_rules import options_by_name
from mailboxes.services.options import snapshots
from mailboxes.services.options.changes import value_text
from mailboxes.services.sections import exporting, importing
from tests.services.option_sets import CANARY

pytestmark = pytest.mark.django_db

LEGACY = "legacy@contoso.example"  # signs in with its password


def direct(pem: str, name: str = "own-ca") -> Proxy:
    return proxies.save_proxy(name=name, kind="direct", host="", port="", ca_pem=pem)


def saved(sandbox: Sandbox, proxy: Proxy | None, **more: object) -> PopClient:
    raw = {
        "server": "localhost",
        "port": sandbox.ports["imaps"],
        "password": world.accounts()[LEGACY].password,
        "proxy": proxy.pk if proxy else None,
        **more,
    }
    result = revisions.save_pop_client(client=None, address=LEGACY, raw=raw)
    assert isinstance(result.client, PopClient)
    return result.client


def test_only_name_and_authorities_are_kept(sandbox: Sandbox) -> None:
    row = proxies.save_proxy(
        name="squid", host="proxy.example", port=3128, username="u", password=CANARY
    )
    proxies.save_proxy(
        proxy=row,
        name="squid",
        kind="direct",
        host="proxy.example",
        port=3128,
        username="u",
        ca_pem=sandbox.ca_pem,
    )
    row.refresh_from_db()
    assert (row.host, row.port, row.username, row.password_id) == ("", 0, "", None)
    assert row.ca_pem == sandbox.ca_pem.strip()


def test_without_authorities_it_means_nothing() -> None:
    with pytest.raises(OptionError) as caught:
        direct("")
    assert [(p.option, p.message) for p in caught.value.problems] == [
        ("ca_pem", "Enter the certificates that are to be trusted.")
    ]


def test_imap_server_of_a_private_authority_is_trusted(sandbox: Sandbox) -> None:
    taken = snapshots.take(saved(sandbox, direct(sandbox.ca_pem)))
    assert connect.policy(taken).proxy is None
    with connect.inbound(taken) as transport:
        assert transport.select("").messages == 12


def test_without_it_the_server_is_not_trusted(sandbox: Sandbox) -> None:
    with (
        pytest.raises(MailError) as caught,
        connect.inbound(snapshots.take(saved(sandbox, None))),
    ):
        pass
    assert caught.value.stage == "tls"


def test_token_is_got_from_an_authority_of_a_private_authority(
    sandbox: Sandbox,
) -> None:
    """The way of token requests (oauth/session) trusts it too."""
    way = connect.policy(snapshots.take(saved(sandbox, direct(sandbox.ca_pem))))
    authority = f"https://localhost:{sandbox.ports['entra']}"
    told = probe.discover(authority, world.TENANT_ID, way)
    assert (told.refusal, told.facts["tenant"]) == (None, world.TENANT_ID)
    with pytest.raises(MailError) as caught:
        probe.discover(
            authority,
            world.TENANT_ID,
            dataclasses.replace(way, ca_pem=""),
        )
    assert caught.value.stage == "tls"


def test_checks_are_those_of_a_direct_way(sandbox: Sandbox) -> None:
    taken = snapshots.take(saved(sandbox, direct(sandbox.ca_pem)))
    stages = [str(one.stage) for one in connection_test_plan.plan(taken)]
    assert stages[:4] == ["fields", "dns", "tcp", "tls"]


def test_words_say_that_there_is_no_proxy(sandbox: Sandbox) -> None:
    row = direct(sandbox.ca_pem)
    option = options_by_name("pop-client")["proxy"]
    assert value_text(option, row.pk, {}) == "own-ca (no proxy)"
    assert (str(row.pk), "own-ca (no proxy, own certificate authorities)") in (
        rows_to_name(Target.PROXY)
    )


def test_section_file_holds_it(sandbox: Sandbox) -> None:
    row = direct(sandbox.ca_pem, "proxy")
    saved(sandbox, row)
    text = exporting.export().text
    assert "[proxy-proxy]\nkind = direct\n" in text
    assert "useProxy" not in text
    report = importing.run(text, dry_run=True)
    assert (report.errors, report.new, report.changed) == ([], 0, 0)
    other = "[proxy-lab]\nkind = none\ncertificate-authorities = "
    importing.run(other + sandbox.ca_pem.replace("\n", "\\n") + "\n")
    lab = Proxy.objects.get(name="lab")
    assert (lab.kind, lab.ca_pem) == ("direct", sandbox.ca_pem.strip())
