"""What a token client is given and what it returns, whoever the provider is."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..core.choices import Grant


@dataclass(frozen=True)
class TokenRequest:
    """One account of one application at one authority.

    authority: base URL without trailing slash (`https://login.microsoftonline.com`).
    directory_id: tenant, GUID or verified domain.
    scope: space-separated scopes, exactly as the option holds them.
    grant: which of the credentials below is sent.
    username, password: for the password grant (RFC 6749 section 4.3).
    client_secret: for client credentials (section 4.4). There `username` is the
        mailbox, for the caller's cache key and for evidence; it is not sent.
    certificate: private key and certificate in PEM, in place of the client secret
        (RFC 7523 section 2.2); "" for none.
    refresh_token: for the grants in which an owner has signed in (section 6); the
        application proves itself beside it where it has a secret or certificate.
    service_key: key file of a service account of Google's, JSON (RFC 7523).
    """

    authority: str
    directory_id: str
    client_id: str
    scope: str
    username: str
    password: str = field(default="", repr=False)
    grant: Grant = Grant.PASSWORD
    client_secret: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    service_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Token:
    """An access token. `expires_at`: Unix time in seconds. `from_cache`: no request.

    claims: decoded, unverified payload for diagnosis (empty when not a JWT).
    """

    value: str = field(repr=False)
    expires_at: float
    from_cache: bool
    claims: dict[str, object] = field(default_factory=dict)


@dataclass
class TokenOutcome:
    """What `acquire` gives back: the token and the cache to store.

    cache: serialized cache, a secret; None when it did not change.
    refresh_token: the one that is good from now on; "" where the one sent still is.
    account: who signed in, as far as the authority tells; "" elsewhere.
    """

    token: Token
    cache: str | None = field(default=None, repr=False)
    refresh_token: str = field(default="", repr=False)
    account: str = ""


@dataclass(frozen=True)
class DeviceCode:
    """A code that the owner enters on another device (RFC 8628 section 3.2).

    interval: seconds between two questions. expires_in: seconds that it is good.
    flow: what it takes to ask, a secret.
    """

    user_code: str
    verification_uri: str
    interval: int
    expires_in: int
    flow: str = field(repr=False)


@dataclass(frozen=True)
class Pending:
    """The owner is not done yet. interval: seconds until the next question."""

    interval: int
