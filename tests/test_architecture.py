"""The layers of DESIGN section 3, held over the import graph; and the size of files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.imports import Import, imports, sources

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("mailadmin", "mailboxes")
MOST_LINES = 400
LONG_ON_PURPOSE = (
    "mailboxes.services.findings",  # registries: one entry after the other
    "mailboxes.models.clients",  # every option, declared once
)

INTERFACES = (
    "mailboxes.tasks",
    "mailboxes.management",
    "mailboxes.forms",
    "mailboxes.views",
    "mailboxes.api",
    "mailboxes.admin",
    "mailboxes.checks",
    "mailboxes.templatetags",
    "mailboxes.urls",
    "mailboxes.apps",
    "mailboxes.migrations",
)
# A module of a room may import ours from these rooms only (and from its own).
MAY_KNOW: dict[str, tuple[str, ...]] = {
    "mailboxes.core": (),
    "mailboxes.transports": ("mailboxes.core",),
    # One layer with transports: both go through the same network policy.
    "mailboxes.oauth": ("mailboxes.core", "mailboxes.transports"),
    "mailboxes.sandbox": ("mailboxes.core",),
    "mailboxes.models": ("mailboxes.core",),
    "mailboxes.services": (
        "mailboxes.core",
        "mailboxes.models",
        "mailboxes.transports",
        "mailboxes.oauth",
    ),
    "mailboxes.tasks": ("mailboxes.services", "mailboxes.core"),
}
INTERFACES_NEVER = ("mailboxes.transports", "mailboxes.oauth")
SANDBOX_STARTER = "mailboxes.management.commands.sandbox"
NO_DJANGO = (
    "mailboxes.core",
    "mailboxes.transports",
    "mailboxes.oauth",
    "mailboxes.sandbox",
)
# One library, one importing module (or room, where it ends with a dot).
ONE_HOME: dict[str, tuple[str, ...]] = {
    "imapclient": ("mailboxes.transports.imap.",),
    "smtplib": ("mailboxes.transports.smtp.",),
    "poplib": ("mailboxes.transports.pop3",),
    "exchangelib": ("mailboxes.transports.ews.",),
    "msal": ("mailboxes.oauth.microsoft.",),
    "google": ("mailboxes.oauth.google",),
    "django_q": ("mailboxes.services.worker.schedule",),
    "environ": ("mailadmin.environment",),
    "cryptography.fernet": ("mailboxes.core.crypto",),
    "imaplib": (),
}
ONE_IMPORTER_OF_ANY_NAME = ("nh3", "charset_normalizer")
NETWORK = (
    "socket",
    "ssl",
    "requests",
    "urllib.request",
    "http.client",
    "smtplib",
    "imaplib",
    "imapclient",
    "msal",
    "subprocess",
)
TRANSPORT_BUILDERS = "mailboxes.transports.registry"
ONLY_BUILDER = "mailboxes.services.connect"


def within(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


def within_any(module: str, rooms: tuple[str, ...]) -> bool:
    return any(within(module, room) for room in rooms)


def faults(found: list[Import]) -> list[str]:
    """Every import against the layers, in words."""
    bad = []
    homes: dict[str, set[str]] = {}
    for one in found:
        bad += [f"{one} ({rule})" for rule in _broken(one)]
        for library in ONE_IMPORTER_OF_ANY_NAME:
            if within(one.target, library) and not within(
                one.module, "mailboxes.sandbox"
            ):
                homes.setdefault(library, set()).add(one.module)
    for library, modules in homes.items():
        if len(modules) > 1:
            bad.append(f"{library} is imported by {', '.join(sorted(modules))}")
    return bad


def _broken(one: Import) -> list[str]:
    rules = []
    ours = within_any(one.target, PACKAGES)
    for room, known in MAY_KNOW.items():
        if (
            within(one.module, room)
            and ours
            and not within_any(one.target, (room, *known))
        ):
            rules.append(f"{room} may not know it")
    if within_any(one.module, INTERFACES) and within_any(one.target, INTERFACES_NEVER):
        rules.append("interfaces never import the wire")
    if (
        within(one.target, "mailboxes.sandbox")
        and not within(one.module, "mailboxes.sandbox")
        and one.module != SANDBOX_STARTER
    ):
        rules.append("the sandbox stands apart")
    if within_any(one.module, NO_DJANGO) and within(one.target, "django"):
        rules.append("no Django here")
    if within_any(one.module, NO_DJANGO) and one.target == "mailadmin.settings":
        rules.append("no settings here")
    if within(one.module, "mailboxes.models") and within_any(one.target, NETWORK):
        rules.append("models do no I/O")
    if within(one.module, "mailboxes.models") and within(
        one.target, "django.db.models.signals"
    ):
        rules.append("models have no signals")
    for library, homes in ONE_HOME.items():
        sandbox = within(one.module, "mailboxes.sandbox")
        at_home = any(
            within(one.module, home[:-1]) if home.endswith(".") else one.module == home
            for home in homes
        )
        if within(one.target, library) and not sandbox and not at_home:
            rules.append(f"{library} has one home")
    if (
        within(one.target, TRANSPORT_BUILDERS)
        and one.module != ONLY_BUILDER
        and not within(one.module, "mailboxes.transports")
    ):
        rules.append("only services/connect builds transports")
    return rules


def test_imports_go_downwards_only() -> None:
    assert faults(imports(sources(ROOT, PACKAGES))) == []


FORBIDDEN = [
    ("mailboxes/core/x.py", "from ..models import Mailbox", "mailboxes.core may not"),
    ("mailboxes/core/x.py", "import django.conf", "no Django here"),
    ("mailboxes/transports/x.py", "from ..services import fetch", "may not know it"),
    ("mailboxes/transports/x.py", "import mailboxes.models", "may not know it"),
    ("mailboxes/oauth/x.py", "def f():\n    from django.db import models", "no Django"),
    ("mailboxes/models/x.py", "from mailboxes.services import fetch", "may not know"),
    ("mailboxes/models/x.py", "import socket", "models do no I/O"),
    ("mailboxes/models/x.py", "from django.db.models.signals import post_save", "sig"),
    ("mailboxes/services/x.py", "from ..views import dashboard", "may not know it"),
    (
        "mailboxes/services/x.py",
        "from ..transports import registry",
        "only services/co",
    ),
    ("mailboxes/services/x.py", "import imapclient.exceptions", "has one home"),
    ("mailboxes/services/x.py", "from django_q.tasks import async_task", "one home"),
    ("mailboxes/services/x.py", "from cryptography.fernet import Fernet", "one home"),
    ("mailboxes/services/x.py", "from ..sandbox import imap", "may not know it"),
    ("mailboxes/views/x.py", "from ..sandbox import imap", "stands apart"),
    ("mailboxes/views/x.py", "from ..transports.base import Proxy", "never import the"),
    ("mailboxes/forms/x.py", "import smtplib", "has one home"),
    ("mailboxes/tasks.py", "from .models import Batch", "mailboxes.tasks may not"),
    ("mailboxes/management/commands/x.py", "import msal", "has one home"),
    ("mailboxes/sandbox/x.py", "from ..models import Mailbox", "may not know it"),
    ("mailadmin/x.py", "import environ", "has one home"),
]


@pytest.mark.parametrize(("file", "line", "rule"), FORBIDDEN)
def test_a_forbidden_import_is_reported(
    tmp_path: Path, file: str, line: str, rule: str
) -> None:
    for package in PACKAGES:
        (tmp_path / package).mkdir()
    for room in ("models", "services", "transports", "views", "sandbox"):
        folder = tmp_path / "mailboxes" / room
        folder.mkdir()
        (folder / "__init__.py").touch()
    for name in ("services/fetch.py", "transports/registry.py", "transports/base.py"):
        (tmp_path / "mailboxes" / name).touch()
    for name in ("services/__init__.py", "sandbox/imap.py", "views/dashboard.py"):
        (tmp_path / "mailboxes" / name).touch()
    assert faults(imports(sources(tmp_path, PACKAGES))) == []
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line + "\n")
    reported = faults(imports(sources(tmp_path, PACKAGES)))
    assert [fault for fault in reported if rule in fault][:1] == reported[:1] != []


def test_two_modules_that_clean_html_are_reported(tmp_path: Path) -> None:
    folder = tmp_path / "mailboxes" / "services"
    folder.mkdir(parents=True)
    (tmp_path / "mailadmin").mkdir()
    for name in ("one.py", "two.py"):
        (folder / name).write_text("import nh3\n")
    assert faults(imports(sources(tmp_path, PACKAGES))) == [
        "nh3 is imported by mailboxes.services.one, mailboxes.services.two"
    ]


def _product() -> list[tuple[str, Path]]:
    return [
        (module, path)
        for module, path in sources(ROOT, PACKAGES).items()
        if not within(module, "mailboxes.migrations")
    ]


@pytest.mark.parametrize(("module", "path"), _product(), ids=lambda value: str(value))
def test_a_file_has_one_noun(module: str, path: Path) -> None:
    """At most 400 lines, and a docstring that says what it does."""
    text = path.read_text(encoding="utf-8")
    if not module.startswith(LONG_ON_PURPOSE):
        assert len(text.splitlines()) <= MOST_LINES
    tree = ast.parse(text)
    if tree.body:
        assert ast.get_docstring(tree)
