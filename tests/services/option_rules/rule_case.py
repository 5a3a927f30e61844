"""What an example of a rule is, and the sections and rows that examples start from.

The examples stand in rule_cases_…, all of them together in rule_cases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mailboxes.core.choices import ProxyKind
from mailboxes.models import AppRegistration, NamedSecret, Proxy
from mailboxes.models.clients import GRAPH_SCOPE, MECHANISMS
from mailboxes.services import secrets
from tests.services import option_sets as sets
from tests.services.option_sets import CANARY, CLIENT, DIRECTORY

MICROSOFT = "https://login.microsoftonline.com"
US = "https://login.microsoftonline.us"
CHINA = "https://login.partner.microsoftonline.cn"
GOOGLE = "https://accounts.google.com"
GOOGLE_CLIENT = "1234-abcd.apps.googleusercontent.com"
ACCOUNT = "robot@a-project.iam.gserviceaccount.com"
OUTLOOK_365 = "https://outlook.office365.com/.default"
EWS_URL = "https://mail.contoso.com/EWS/Exchange.asmx"
EWS_ONLINE = "https://outlook.office365.com/EWS/Exchange.asmx"
APP = {"grant-type": "client_credentials"}
DRAFT = {"enable-client": False}


# --- Sections to start from; those of sets, and ------------------------------------


def pop_app() -> dict[str, object]:
    """IMAP with OAuth 2.0, the application signs in itself."""
    return sets.pop_oauth() | APP


def pop_draft() -> dict[str, object]:
    return sets.pop_oauth() | DRAFT


def pop_ews() -> dict[str, object]:
    """EWS on-premises with a password; a draft, as this version has no EWS."""
    return DRAFT | {"type": "EWS", "server": EWS_URL, "password": CANARY}


def pop_ews_oauth() -> dict[str, object]:
    return sets.pop_oauth() | pop_ews()


def pop_pop3() -> dict[str, object]:
    return {
        "type": "POP3",
        "server": "pop.contoso.example",
        "password": CANARY,
    }


def pop_graph() -> dict[str, object]:
    return (
        DRAFT
        | {"type": "GRAPH", "scope": GRAPH_SCOPE, "password": CANARY}
        | {"directory-id": DIRECTORY, "client-id": CLIENT}
    )


def pop_google() -> dict[str, object]:
    """Gmail; a draft, as this version has no sign-in at Google."""
    return DRAFT | {
        "server": "imap.gmail.com",
        MECHANISMS: "XOAUTH2",
        "tenant-authority": GOOGLE,
        "client-id": GOOGLE_CLIENT,
        "secret": "gmail",
        "password": CANARY,
    }


def smtp_google() -> dict[str, object]:
    return pop_google() | {
        "server": "smtp.gmail.com",
        "mailbox": "support@contoso.com",
    }


# --- Rows that sections name --------------------------------------------------------


def _registration(name: str, secret: str = "", **columns: str) -> None:
    sealed = secrets.seal(secret) if secret else None
    columns = {
        "tenant_authority": MICROSOFT,
        "directory_id": DIRECTORY,
        "client_id": CLIENT,
    } | columns
    AppRegistration.objects.get_or_create(
        name=name, defaults={**columns, "secret": sealed}
    )


def _secret(name: str, value: str = "") -> None:
    sealed = secrets.seal(value) if value else None
    NamedSecret.objects.get_or_create(name=name, defaults={"value": sealed})


def _proxy(name: str, kind: ProxyKind) -> None:
    Proxy.objects.get_or_create(
        name=name, defaults={"kind": kind, "host": "proxy.example", "port": 3128}
    )


_GOOGLE = {
    "tenant_authority": GOOGLE,
    "directory_id": "",
    "client_id": GOOGLE_CLIENT,
}
ROWS: dict[object, Callable[[], None]] = {
    "contoso": lambda: _registration("contoso", "s3cret"),
    "contoso-no-secret": lambda: _registration("contoso-no-secret"),
    "common": lambda: _registration("common", directory_id="common"),
    "google": lambda: _registration("google", "s3cret", **_GOOGLE),
    "google-no-secret": lambda: _registration("google-no-secret", **_GOOGLE),
    "gmail": lambda: _secret("gmail", "GOCSPX-s3cret"),
    "gmail-empty": lambda: _secret("gmail-empty"),
    "squid": lambda: _proxy("squid", ProxyKind.HTTP),
    "socks": lambda: _proxy("socks", ProxyKind.SOCKS5),
}


@dataclass(frozen=True)
class Case:
    """`wrong` over `start` gives `message` at `option`; `right` over it does not."""

    rule: str
    option: str
    message: str
    wrong: dict[str, object]
    right: dict[str, object]
    start: str = "pop_oauth"
    warning: bool = False
    extra: dict[str, str] = field(default_factory=dict)
    right_extra: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return "pop-client" if self.start.startswith("pop") else "smtp-client"

    def raw(self, right: bool = False) -> dict[str, object]:
        """What is typed; makes the proxies, registrations and secrets it names."""
        start = globals().get(self.start) or getattr(sets, self.start)
        values = start() | (self.right if right else self.wrong)
        for option in ("proxy", "registration", "secret"):
            if values.get(option) in ROWS:
                ROWS[values[option]]()
        return {name: value for name, value in values.items() if value is not ...}


def case(rule: str, option: str, message: str, wrong, right, **more) -> Case:
    if not isinstance(wrong, dict):
        wrong = {option: wrong}
    if not isinstance(right, dict):
        right = {option: right}
    return Case(rule, option, message, wrong, right, **more)
