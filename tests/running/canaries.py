"""What a copy holds in plain text at a moment, read out by its own keys; and where it
must not stand.

Only for tests: the words stay in the memory of the test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.fixtures.product import Product

# Every secret that is stored, opened; and what django keeps encoded: sessions, tasks.
_REVEALED = """
import json
from mailboxes.models import SecretValue
from mailboxes.services import secrets
rows = SecretValue.objects.all()
print(json.dumps([[r.purpose, secrets.reveal(r.pk)] for r in rows]))
"""
_ENCODED = """
import json
from django.contrib.sessions.models import Session
from django_q.models import OrmQ, Task
found = [str(one.get_decoded()) for one in Session.objects.all()]
found += [repr((t.args, t.kwargs, t.result)) for t in Task.objects.all()]
found += [repr(one.task) for one in OrmQ.objects.all()]
print(json.dumps(found))
"""
_LEAST = 12  # characters: shorter words stand anywhere by chance


def revealed(product: Product) -> list[tuple[str, str]]:
    """Purpose and text of every secret that is stored now."""
    told = product.manage("shell", "-v0", "-c", _REVEALED).stdout
    return [(str(p), str(t)) for p, t in json.loads(told.splitlines()[-1])]


def words(text: str) -> Iterator[str]:
    """What of a secret would give it away: of a key a line from its middle, of JSON
    each value, else the text itself."""
    if "PRIVATE KEY-----" in text and not text.lstrip().startswith("{"):
        body = re.split(r"-----[^-]+-----", text)[1].split()
        yield from body[1:3]
        return
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if isinstance(told, dict):
        for name, value in told.items():
            if name in SECRET_NAMES and isinstance(value, str):
                yield from words(value)
        for value in told.values():  # the cache of tokens nests
            if isinstance(value, dict):
                yield from words(json.dumps(value))
        return
    if len(text) >= _LEAST:
        yield text


SECRET_NAMES = {
    *("verifier", "nonce", "code", "device_code", "secret", "refresh_token"),
    *("private_key", "access_token"),
}


def places(product: Product) -> Iterator[tuple[str, bytes]]:
    """Name and content of everything that a copy leaves behind or shows around."""
    for log in [*(product.data / "log").iterdir(), product.log]:
        yield log.name, log.read_bytes()
    for file in product.data.glob("mailadmin.sqlite3*"):
        yield file.name, file.read_bytes()
    encoded = product.manage("shell", "-v0", "-c", _ENCODED).stdout
    yield "sessions and tasks", encoded.encode()
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield str(process), process.read_bytes()
        except OSError:
            continue  # it has ended
    yield "export", product.manage("export_options").stdout.encode()
    yield "status", product.manage("status", "--json").stdout.encode()


def found_in(product: Product, canaries: Iterable[str]) -> list[str]:
    """Where one of the words stands, with its first letters."""
    known = {word: word.encode() for word in canaries}
    return [
        f"{name}: {word[:6]}…"
        for name, content in places(product)
        for word, raw in known.items()
        if raw in content
    ]
