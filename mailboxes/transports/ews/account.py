"""One mailbox at one EWS address, apart from every other in this process.

exchangelib keeps protocols in a cache of the process, by address and credentials, and
its adapter (proxy, CA, timeouts) on a class. So a `Protocol` of ours is made past that
cache for each account, owns its channel and its credential, and no other account can
come to it. No autodiscovery, no retry, no sleep: when to try again is ours to say.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from exchangelib import DELEGATE, IMPERSONATION, UTC, Account, Configuration, FailFast
from exchangelib.account import Identity
from exchangelib.protocol import Protocol
from exchangelib.version import (
    EXCHANGE_2007_SP1,
    EXCHANGE_2010_SP2,
    EXCHANGE_2013_SP1,
    Version,
)

from ...core.choices import Security, Stage
from ...core.errors import Code, MailError
from ..base import Credential, Endpoint, NetworkPolicy
from ..channel import Answer, Channel, Upload
from . import answers
from .ntlm import Ntlm

# Newest first. Every server takes its own schema and all that are older, and what we
# ask is in all of them; the version is settled by the first request, which reads only.
VERSIONS = (EXCHANGE_2013_SP1, EXCHANGE_2010_SP2, EXCHANGE_2007_SP1)
USUAL_PATH = "/EWS/Exchange.asmx"
USER_AGENT = "mailadmin"
KIND = {"Content-Type": "text/xml; charset=utf-8", "User-Agent": USER_AGENT}


class OwnProtocol(Protocol):
    """exchangelib's protocol with a channel of its own in place of its sessions."""

    def __init__(self, config: Configuration, wire: Wire) -> None:
        super().__init__(config=config)
        self.wire = wire

    def create_session(self) -> None:
        """Nothing goes through exchangelib's sessions. Raises RuntimeError."""
        raise RuntimeError("requests go through the channel of the account")


class Wire:
    """The channel to the service, and what signs each request."""

    def __init__(
        self,
        endpoint: Endpoint,
        credential: Credential,
        policy: NetworkPolicy,
        until: Callable[[], float | None],
    ) -> None:
        at, self.path = located(endpoint)
        self.credential = credential
        self.channel = Channel(at, policy, until)
        self.stage = Stage.SIGN_IN
        self.authorization = ""
        if credential.is_token:
            self.authorization = f"Bearer {credential.token}"

    def greet(self, stage: Stage) -> str:
        """Ask without a sign-in which ways there are; settles that of a password.

        Exchange answers 401 and names them (RFC 9110 section 11.6.1). Returns the
        answer in a few words. Raises MailError.
        """
        answer = self.channel.request("GET", self.path, KIND, None, stage)
        body = answer.whole(stage)
        if answer.status != 401:
            if answer.status == 200:
                body = b"not asked to sign in"
            raise answers.status(
                answer.status if answer.status != 200 else 404,
                answer.headers,
                body,
                stage,
                self.channel.facts,
                token=self.credential.is_token,
            )
        offered = answer.headers.get("www-authenticate", "")
        if not self.credential.is_token:
            self._by_password(offered)
        return f"HTTP {answer.status} {answer.reason}"

    def _by_password(self, offered: str) -> None:
        """Basic where it is offered, else NTLM. Raises MailError LOGIN_DISABLED."""
        ways = {part.split()[0].lower() for part in offered.split(",") if part.split()}
        who = self.credential
        if "basic" in ways:
            pair = f"{who.login}:{who.password}".encode()
            self.authorization = f"Basic {base64.b64encode(pair).decode()}"
        elif "ntlm" in ways:
            self.channel = Ntlm(self.channel, self.path, who)
        else:
            online = answers.EXCHANGE_ONLINE.search(self.channel.endpoint.host)
            raise MailError(
                Code.BASIC_AUTH_BLOCKED if online else Code.LOGIN_DISABLED,
                Stage.SIGN_IN,
                permanent=True,
                evidence={
                    **self.channel.facts,
                    "user": who.login,
                    "answer": f"HTTP 401 WWW-Authenticate: {offered}",
                },
            )

    def post(self, headers: Mapping[str, str], body: Upload) -> Answer:
        """One SOAP request; the answer is 200, or 500 with SOAP. Raises MailError."""
        told = {**KIND, **{name: str(value) for name, value in headers.items()}}
        if self.authorization:
            told["Authorization"] = self.authorization
        answer = self.channel.request("POST", self.path, told, body, self.stage)
        xml = "xml" in answer.headers.get("content-type", "").lower()
        if answer.status == 200 and xml or answer.status == 500 and xml:
            return answer
        number = answer.status
        content = answer.whole(self.stage)
        if number == 200:  # a page: of a proxy, or of another program at this address
            number = 404
        raise answers.status(
            number,
            answer.headers,
            content,
            self.stage,
            {**self.channel.facts, "user": self.credential.login},
            token=self.credential.is_token,
        )


def located(endpoint: Endpoint) -> tuple[Endpoint, str]:
    """Where the service of an address is, and its path.

    `endpoint.host` is the whole address (option server); a host name alone means the
    usual path over https.
    """
    if "://" not in endpoint.host:
        return Endpoint(endpoint.host, endpoint.port or 443, Security.TLS), USUAL_PATH
    parts = urlsplit(endpoint.host)
    plain = parts.scheme.lower() == "http"
    try:
        port = parts.port or (80 if plain else 443)
    except ValueError:
        port = 443
    security = Security.NONE if plain else Security.TLS
    return Endpoint(parts.hostname or "", port, security), parts.path or USUAL_PATH


def made(wire: Wire) -> Account:
    """The account of exchangelib that goes through `wire` and through nothing else."""
    who, at = wire.credential, wire.channel.endpoint
    scheme = "http" if at.security is Security.NONE else "https"
    config = Configuration(
        service_endpoint=f"{scheme}://{at.host}:{at.port}{wire.path}",
        version=Version(build=VERSIONS[0]),
        retry_policy=FailFast(),
    )
    account: Account = Account.__new__(Account)
    # By hand, as its constructor would take a protocol out of the cache (and asks the
    # machine for its locale and its time zone, which our requests do not need).
    account.protocol = past_the_cache(config, wire)
    account.access_type = IMPERSONATION if who.app_only else DELEGATE
    account.identity = Identity(primary_smtp_address=who.login)
    account.default_timezone = UTC
    account.affinity_cookie = None
    account.locale = account.fullname = account.ad_response = None
    account._version = config.version
    return account


def past_the_cache(config: Configuration, wire: Wire) -> OwnProtocol:
    """A protocol that nobody else gets: `Protocol(...)` would look into the cache."""
    protocol: OwnProtocol = type.__call__(OwnProtocol, config, wire)
    return protocol
