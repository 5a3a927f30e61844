"""What somebody with a real tenant tells the live kit: environment variables LIVE_...

docs/live-kit.md describes each. Nothing else is read, and nothing is kept.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mailboxes.core.choices import Grant, ProxyKind, Security
from mailboxes.oauth import microsoft
from mailboxes.oauth.base import TokenRequest
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Proxy

NAMES = {
    "LIVE_MAILBOX": "",
    "LIVE_PROVIDER": "Microsoft",
    "LIVE_GRANT": "client_credentials",
    "LIVE_AUTHORITY": "https://login.microsoftonline.com",
    "LIVE_DIRECTORY_ID": "",
    "LIVE_CLIENT_ID": "",
    "LIVE_SCOPE": "https://outlook.office365.com/.default",
    "LIVE_SECRET_FILE": "",
    "LIVE_IMAP": "outlook.office365.com:993",
    "LIVE_SMTP": "smtp.office365.com:587",
    "LIVE_UNKNOWN_RECIPIENT": "",
    "LIVE_PROXY": "",
    "LIVE_CA_FILE": "",
}
READY = ("token", "basic")  # in LIVE_GRANT: what lies in the secret file itself
GRANTS = (*READY, Grant.PASSWORD.value, Grant.CLIENT_CREDENTIALS.value)


class NotReady(Exception):
    """The kit cannot run; the text says in one sentence which variable to set."""


@dataclass(frozen=True)
class Live:
    """One mailbox of a real tenant, and how to reach it."""

    mailbox: str
    provider: str
    grant: str
    imap: Endpoint
    smtp: Endpoint
    unknown_recipient: str
    policy: NetworkPolicy
    request: TokenRequest
    secret: str = field(repr=False)

    def credential(self) -> Credential:
        """Sign in at the authority where that is asked for. Raises MailError."""
        if self.grant == "basic":
            return Credential(self.mailbox, password=self.secret)
        if self.grant == "token":
            return Credential(self.mailbox, token=self.secret)
        token = microsoft.acquire(self.request, self.policy, None).token
        return Credential(self.mailbox, token=token.value, expires_at=token.expires_at)


def read(environment: Mapping[str, str] = os.environ) -> Live:
    """What the variables say. Raises NotReady."""
    said = {name: environment.get(name, "") or usual for name, usual in NAMES.items()}
    grant, mailbox = said["LIVE_GRANT"], said["LIVE_MAILBOX"]
    if grant not in GRANTS:
        raise NotReady(f"Set LIVE_GRANT to one of {', '.join(GRANTS)}.")
    needed = ["LIVE_MAILBOX", "LIVE_SECRET_FILE"]
    if grant not in READY:
        needed += ["LIVE_DIRECTORY_ID", "LIVE_CLIENT_ID"]
    for name in needed:
        if not said[name]:
            raise NotReady(f"Set {name}; docs/live-kit.md tells what it is.")
    if "@" not in mailbox:
        raise NotReady("Set LIVE_MAILBOX to the address of the mailbox.")
    secret = _file("LIVE_SECRET_FILE", said).strip()
    if not secret:
        raise NotReady("Write the secret into the file that LIVE_SECRET_FILE names.")
    as_app = grant == Grant.CLIENT_CREDENTIALS
    request = TokenRequest(
        said["LIVE_AUTHORITY"].rstrip("/"),
        said["LIVE_DIRECTORY_ID"],
        said["LIVE_CLIENT_ID"],
        said["LIVE_SCOPE"],
        mailbox,
        password="" if as_app else secret,
        grant=Grant.CLIENT_CREDENTIALS if as_app else Grant.PASSWORD,
        client_secret=secret if as_app else "",
    )
    domain = mailbox.partition("@")[2]
    policy = NetworkPolicy(
        proxy=_proxy(said["LIVE_PROXY"]),
        ca_pem=_file("LIVE_CA_FILE", said) if said["LIVE_CA_FILE"] else "",
    )
    return Live(
        mailbox=mailbox,
        provider=said["LIVE_PROVIDER"],
        grant=grant,
        imap=_endpoint("LIVE_IMAP", said, {993: Security.TLS}),
        smtp=_endpoint("LIVE_SMTP", said, {465: Security.TLS}),
        unknown_recipient=said["LIVE_UNKNOWN_RECIPIENT"] or f"no-such-user@{domain}",
        policy=policy,
        request=request,
        secret=secret,
    )


def _file(name: str, said: Mapping[str, str]) -> str:
    try:
        return Path(said[name]).read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        raise NotReady(f"The file that {name} names cannot be read.") from None


def _endpoint(
    name: str, said: Mapping[str, str], encrypted: Mapping[int, Security]
) -> Endpoint:
    host, _, port = said[name].rpartition(":")
    if not host or not port.isdigit():
        raise NotReady(f"Set {name} to a host and a port, such as {NAMES[name]}.")
    return Endpoint(host, int(port), encrypted.get(int(port), Security.STARTTLS))


def _proxy(url: str) -> Proxy | None:
    if not url:
        return None
    parts = urlsplit(url)
    kinds = {"http": ProxyKind.HTTP, "socks5": ProxyKind.SOCKS5}
    if parts.scheme not in kinds or not parts.hostname or not parts.port:
        raise NotReady("Set LIVE_PROXY to http://host:port or socks5://host:port.")
    login = unquote(parts.username or ""), unquote(parts.password or "")
    return Proxy(parts.hostname, parts.port, *login, kind=kinds[parts.scheme])
