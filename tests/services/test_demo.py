"""The first start's mailboxes, made from what a real sandbox writes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailboxes.models import PopClient, Proxy, Revision, SmtpClient
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import demo, proxies, secrets
from mailboxes.services.options import snapshots

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Sandbox(tmp_path / "sandbox", first_letters=0):
        pass
    return tmp_path / "sandbox"


def test_nothing_is_made_before_the_sandbox_has_told_its_ports(tmp_path: Path) -> None:
    assert demo.ensure(tmp_path) is False
    (tmp_path / "sandbox.json").write_text("{")
    assert demo.ensure(tmp_path) is False
    assert Proxy.objects.count() == 0


def test_a_file_of_an_earlier_sandbox_is_not_believed(folder: Path) -> None:
    assert demo.ensure(folder, pid=1) is False
    assert demo.ensure(folder, pid=os.getpid()) is True


def test_two_right_mailboxes_and_one_wrong_stand_behind_the_sandbox_proxy(
    folder: Path,
) -> None:
    assert demo.ensure(folder) is True
    proxy = Proxy.objects.get()
    assert (proxy.name, proxy.sandbox, proxy.host) == ("sandbox", True, "127.0.0.1")
    clients = PopClient.objects.order_by("section").select_related("mailbox_row")
    assert [(c.section, c.mailbox_row.address) for c in clients] == [
        ("pop-client-billing", "billing@contoso.example"),
        ("pop-client-orders", "orders@contoso.example"),
        ("pop-client-support", "support@contoso.example"),
    ]
    taken = snapshots.take(clients[2])
    assert {
        name: taken[name]
        for name in ("server", "cycle-time", "first-fetch", "scope", "tenant-authority")
    } == {
        "server": "outlook.office365.com",
        "cycle-time": 5,
        "first-fetch": "everything",
        "scope": "https://outlook.office.com/.default",
        "tenant-authority": "https://login.microsoftonline.com",
    }
    assert taken.uses_token
    assert taken.pinned["proxy"]["port"] == proxy.port
    assert [secrets.reveal(snapshots.take(c)["password"]) for c in clients] == [
        "Quiet-Meadow-17",  # wrong on purpose
        "Copper-Kettle-72",
        "Sunny-Harbour-41",
    ]
    assert SmtpClient.objects.count() == 3


def test_a_later_start_makes_nothing_new(folder: Path) -> None:
    demo.ensure(folder)
    PopClient.objects.filter(section="pop-client-orders").update(server="changed")
    demo.ensure(folder)
    assert (PopClient.objects.count(), Revision.objects.count()) == (3, 6)


def test_another_port_of_the_sandbox_is_pinned_in_every_client(folder: Path) -> None:
    demo.ensure(folder)
    proxy = Proxy.objects.get()
    proxies.save_proxy(
        proxy=proxy, name=proxy.name, host=proxy.host, port=1, ca_pem=proxy.ca_pem
    )
    demo.ensure(folder)
    now = Proxy.objects.get().port
    assert now != 1
    ports = {
        snapshots.take(client).pinned["proxy"]["port"]
        for client in [*PopClient.objects.all(), *SmtpClient.objects.all()]
    }
    assert ports == {now}
