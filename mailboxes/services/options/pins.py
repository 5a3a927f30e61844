"""What the names in an option set stand for now: proxy, registration, named secret.

A revision pins it (DESIGN D3), and a section inherits from its registration what the
registration says. Saving those rows: services/proxies, registrations, secrets/named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.choices import PERSON_GRANTS, Grant, Protocol, ProxyKind
from ...core.options import Option, Target
from ...models import AppRegistration, NamedSecret, Proxy
from ...models.clients import MECHANISMS
from ...models.option_conditions import GOOGLE, XOAUTH2

Pinned = Mapping[str, Any]

# Options that a section takes from its registration: option name, pinned key.
INHERITED = {
    "tenant-authority": "tenant_authority",
    "directory-id": "directory_id",
    "client-id": "client_id",
}
ROWS: dict[Target, type[Proxy] | type[AppRegistration] | type[NamedSecret]] = {
    Target.PROXY: Proxy,
    Target.REGISTRATION: AppRegistration,
    Target.SECRET: NamedSecret,
}
LONGEST_NUMBER = 18  # digits of a primary key


class Lookup:
    """Finds the rows that options name, each once; for one save or one import."""

    def __init__(self) -> None:
        self._found: dict[tuple[Target, str], Any] = {}

    def find(self, target: Target, named: object) -> Any | None:
        """The row by its id or its name, None when there is none."""
        text = str(named)
        key = (target, text)
        if key not in self._found:
            self._found[key] = self._ask(target, text)
        return self._found[key]

    def _ask(self, target: Target, text: str) -> Any | None:
        rows = ROWS[target].objects.select_related(None)
        found = None
        if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER:
            found = rows.filter(pk=int(text)).first()
        return found or rows.filter(name=text).first()

    def add(self, target: Target, row: Any) -> None:
        """Know a row that was just made."""
        self._found[target, str(row.pk)] = row
        self._found[target, row.name] = row


def pin(
    options: Mapping[str, Option], values: Mapping[str, object], lookup: Lookup
) -> dict[str, Any]:
    """What a revision with these own values writes down, by target."""
    pinned: dict[str, Any] = {}
    for name, option in options.items():
        if option.target is None or values.get(name) is None:
            continue
        row = lookup.find(option.target, values[name])
        if row is not None:
            pinned[str(option.target)] = _of(row)
    return pinned


def _of(row: Proxy | AppRegistration | NamedSecret) -> dict[str, Any]:
    if isinstance(row, Proxy):
        return {
            "name": row.name,
            "kind": row.kind,
            "host": row.host,
            "port": row.port,
            "username": row.username,
            "password_id": row.password_id,
            "ca_pem": row.ca_pem,
        }
    if isinstance(row, AppRegistration):
        return {
            "name": row.name,
            "tenant_authority": row.tenant_authority,
            "directory_id": row.directory_id,
            "client_id": row.client_id,
            "secret_id": row.secret_id,
            "certificate_id": row.certificate_id,
        }
    return {"name": row.name, "value_id": row.value_id}


def spoken_proxy(pinned: Pinned) -> Pinned | None:
    """The proxy that connections go through; None for a row that holds certificate
    authorities alone, and where there is none."""
    row: Pinned | None = pinned.get(Target.PROXY)
    direct = not row or row.get("kind") == ProxyKind.DIRECT
    return None if direct else row


def inherited(values: Mapping[str, object], pinned: Pinned) -> dict[str, Any]:
    """The values that a section has from its registration, by option name."""
    registration = pinned.get(Target.REGISTRATION)
    if not registration:
        return {}
    found = {name: registration[key] for name, key in INHERITED.items()}
    if password_is_app_secret({**values, **found}):
        found["password"] = app_credential(registration)
    return found


def app_credential(registration: Pinned) -> int | None:
    """Id of what proves the application: its certificate, else its client secret."""
    # Revisions that were saved before there were certificates do not name one.
    return registration.get("certificate_id") or registration["secret_id"]


def overlaid(values: Mapping[str, object], pinned: Pinned) -> dict[str, Any]:
    """Own values, and over them what is inherited."""
    return {**values, **inherited(values, pinned)}


def grant(values: Mapping[str, object]) -> Grant:
    """The grant that is really used.

    GRAPH without a word about it signs in as the application, as at the vendor
    (email-server-options.md section 1.4). `password` is no such word: it is the
    default, sections that came from the old server hold it, and revisions do not tell
    a default from what was chosen. So a password at GRAPH has a word of its own,
    `user_password`, which means the password grant with every type.
    """
    named = Grant(str(values.get("grant-type") or Grant.PASSWORD))
    said = named is Grant.USER_PASSWORD
    named = Grant.PASSWORD if said else named
    if GOOGLE.holds(values) and uses_token(values):
        # It has no password grant: whatever is written, a refresh token signs in, but
        # for a service account (email-server-options.md section 7, rule 2).
        other = named is not Grant.SERVICE_ACCOUNT
        return Grant.AUTHORIZATION_CODE if other else named
    if named is Grant.PASSWORD and protocol(values) == Protocol.GRAPH and not said:
        return Grant.CLIENT_CREDENTIALS
    return named


def protocol(values: Mapping[str, object]) -> str:
    """The value of `type` or `server-type`."""
    return str(values.get("type") or values.get("server-type") or "")


def uses_token(values: Mapping[str, object]) -> bool:
    """Sign-in is by OAuth 2.0 (condition of the seed document)."""
    graph = protocol(values) == Protocol.GRAPH
    return graph or XOAUTH2.holds({MECHANISMS: values.get(MECHANISMS)})


def signs_in_as_person(values: Mapping[str, object]) -> bool:
    """The token is that of a person at Microsoft, who may have rights on others'
    mailboxes (the condition of the option `account`).

    Gmail's delegation is left out: it is for the web and its API, not for IMAP and
    SMTP, whose tokens open the mailbox of their account only.
    """
    try:
        person = grant(values) in PERSON_GRANTS
    except ValueError:
        return False  # a grant that does not exist, not judged yet
    return person and uses_token(values) and not GOOGLE.holds(values)


def account(values: Mapping[str, object], login: str) -> str:
    """The name that signs in. login: of the mailbox, which does so itself else."""
    named = str(values.get("account") or "")
    return named if named and signs_in_as_person(values) else login


def password_is_app_secret(values: Mapping[str, object]) -> bool:
    """The option `password` holds what proves an Azure application."""
    try:
        app_only = grant(values) is Grant.CLIENT_CREDENTIALS
    except ValueError:
        return False  # a grant that does not exist, not judged yet
    return app_only and uses_token(values) and not GOOGLE.holds(values)
