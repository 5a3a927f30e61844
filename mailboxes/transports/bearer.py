"""The two SASL mechanisms that carry a bearer token: XOAUTH2, and OAUTHBEARER.

XOAUTH2 is the providers' own (learn.microsoft.com "Authenticate an IMAP, POP or SMTP
connection using OAuth"; developers.google.com "OAuth 2.0 Mechanism"), OAUTHBEARER the
standard (RFC 7628) that some servers offer alone. Which protocol sends them how: the
transports; always in two steps, because servers cut lines that hold a real token.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from .base import Credential, Endpoint


@dataclass(frozen=True)
class Bearer:
    """One sign-in. answer: to the first, empty challenge, before base64.

    farewell: to a second challenge, which holds the reason for a refusal: so the server
    ends the exchange.
    """

    mechanism: str
    answer: bytes = field(repr=False)
    farewell: bytes


def chosen(
    offered: Collection[str], credential: Credential, endpoint: Endpoint
) -> Bearer | None:
    """The mechanism to use of those that a server offers; None when it has none.

    offered: names in capitals, such as "XOAUTH2". XOAUTH2 goes first: Exchange Online
    and Gmail document no other.
    """
    if "XOAUTH2" in offered:
        return Bearer("XOAUTH2", xoauth2(credential), b"")
    if "OAUTHBEARER" in offered:
        return Bearer("OAUTHBEARER", oauthbearer(credential, endpoint), b"\x01")
    return None


def xoauth2(credential: Credential) -> bytes:
    """The client's answer of XOAUTH2."""
    return f"user={credential.login}\x01auth=Bearer {credential.token}\x01\x01".encode()


def oauthbearer(credential: Credential, endpoint: Endpoint) -> bytes:
    """The client's answer of OAUTHBEARER: RFC 7628 section 3.1, RFC 5801 section 4."""
    login = credential.login.replace("=", "=3D").replace(",", "=2C")
    fields = (
        f"n,a={login},",
        f"host={endpoint.host}",
        f"port={endpoint.port}",
        f"auth=Bearer {credential.token}",
    )
    return ("\x01".join(fields) + "\x01\x01").encode()
