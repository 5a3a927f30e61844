"""The list of pages that the browser tests visit, with an address for each."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fixtures.product import Product, wait_for

PLAIN = {
    "dashboard": "/",
    "mailbox-list": "/mailboxes/",
    "mailbox-list-filtered": "/mailboxes/?health=stopped",
    "mailbox-list-empty": "/mailboxes/?q=nobody-has-this-name",
    "connect": "/connect/",
    "owner-sign-in-not-good": "/owner-sign-in/nonsense/",
    "consent-not-good": "/consent/?state=nonsense",
    "mailbox-new": "/mailboxes/new/",
    "outbox": "/outbox/",
    "outbox-compose": "/outbox/compose/",
    "option-sets": "/option-sets/",
    "options-import": "/option-sets/import/",
    "smtp-client-new": "/option-sets/smtp/new/",
    "registrations": "/registrations/",
    "system": "/system/",
    "explain": "/explain/",
    "sandbox": "/sandbox/",
    "sandbox-transport": "/sandbox/?area=network-tls-and-proxy",
    "not-found": "/no-such-page/",
}
ADMIN = {
    "admin-index": "/admin/",
    "admin-mailboxes": "/admin/mailboxes/mailbox/",
    "admin-cycles": "/admin/mailboxes/cycle/",
    "admin-pop-clients": "/admin/mailboxes/popclient/",
}


def found(product: Product) -> Iterator[tuple[str, str]]:
    """Pages of things that exist: one mailbox that is healthy and one that stopped."""
    clients = wait_for(
        lambda: _settled(product), 60, "two healthy mailboxes and a stopped one"
    )
    for word in ("healthy", "stopped"):
        row = next(
            c for c in clients if c["health"] == word and c["kind"] == "pop-client"
        )
        pk = _pk(product, row["name"])
        mailbox = _mailbox_pk(product, row["name"])
        yield f"mailbox-{word}", f"/mailboxes/{mailbox}/"
        yield f"cycles-{word}", f"/mailboxes/{mailbox}/cycles/"
        yield f"messages-{word}", f"/mailboxes/{mailbox}/messages/"
        yield f"compare-{word}", f"/option-sets/pop/{pk}/"
        yield f"edit-{word}", f"/option-sets/pop/{pk}/edit/"
        yield f"pause-{word}", f"/mailboxes/{mailbox}/pause/"
    html = (
        "next(c.message_id for c in MessageChunk.objects.all()"
        " if b'text/html' in bytes(c.data))"
    )
    yield "message-with-html", f"/messages/{_shell(product, html)}/"
    yield "message", f"/messages/{_shell(product, 'Message.objects.first().pk')}/"
    failed = "Cycle.objects.filter(outcome='failed', kind='fetch').first().pk"
    yield "cycle-failed", f"/cycles/{_shell(product, failed)}/"
    yield "outbox-message", f"/outbox/{_sent(product)}/"
    for section in ("pop-client-billing", "smtp-client-support"):
        product.manage("test_connection", section, check=False)
        number = _shell(product, "TestRun.objects.latest('pk').pk")
        yield f"connection-test-{section}", f"/connection-tests/{number}/"


def _settled(product: Product) -> list[dict]:
    clients = product.clients()
    words = [c["health"] for c in clients if c["kind"] == "pop-client"]
    return clients if words.count("healthy") >= 2 and "stopped" in words else []


def _sent(product: Product) -> int:
    """A message that went out, with a subject that no line holds."""
    file = product.data / "long.eml"
    file.write_text(f"Subject: {'Donaudampfschifffahrt' * 12}\n\nHello\n")
    product.manage(
        "send", "--from", "support@contoso.example",
        "--to", "anna@customers.example", "--wait", "30", str(file),
    )  # fmt: skip
    return _shell(product, "OutboundMessage.objects.latest('pk').pk")


def _shell(product: Product, expression: str) -> int:
    code = f"from mailboxes.models import *; print('='+str({expression}))"
    out = product.manage("shell", "-v0", "-c", code).stdout
    return int(out.strip().rpartition("=")[2])


def _pk(product: Product, section: str) -> int:
    return _shell(product, f"PopClient.objects.get(section={section!r}).pk")


def _mailbox_pk(product: Product, section: str) -> int:
    return _shell(product, f"PopClient.objects.get(section={section!r}).mailbox_row_id")
