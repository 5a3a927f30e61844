"""The compatibility matrix: its cells, their words, and which there are to be.

A cell says that our side worked with one counterpart. It is recorded by the tests that
show it (tests/fixtures/matrix); made into documents by document.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

PROTOCOLS = ("IMAP", "POP3", "EWS", "GRAPH", "SMTP", "OAUTH", "PROXY")
BASIC, TOKEN = "basic password", "bearer token"
MICROSOFT_GRANTS = (
    "password",
    "client_credentials",
    "client_credentials (certificate)",
    "authorization_code",
    "device_code",
)
GOOGLE_GRANTS = ("authorization_code", "refresh token", "service_account")
PROXY_LOGINS = ("without login", "with login")
ANY, MICROSOFT, GOOGLE = "any", "Microsoft", "Google"
GRANTS: dict[str, tuple[str, ...]] = {
    ANY: (BASIC, TOKEN, *PROXY_LOGINS),
    MICROSOFT: (BASIC, TOKEN, *MICROSOFT_GRANTS),
    GOOGLE: (TOKEN, *GOOGLE_GRANTS),
}
SANDBOX = "our sandbox"
PASS, FAIL, NOT_TRIED, SANDBOX_ONLY = "pass", "fail", "not tried", "sandbox only"
RESULTS = (PASS, FAIL, SANDBOX_ONLY, NOT_TRIED)

Row = tuple[str, str, str]  # protocol, grant, provider


@dataclass(frozen=True, order=True)
class Cell:
    """One counterpart of a row. counterpart: a foreign server or client, or SANDBOX.

    grant: how a token was got, TOKEN where it was given ready, BASIC for a password.
    provider: whose ways it keeps to, ANY where standards are enough.
    """

    protocol: str
    provider: str
    grant: str
    counterpart: str
    version: str

    def __post_init__(self) -> None:
        """Raises ValueError for a word that the matrix does not know."""
        for name, value, known in (
            ("protocol", self.protocol, PROTOCOLS),
            ("provider", self.provider, tuple(GRANTS)),
            ("grant", self.grant, GRANTS.get(self.provider, ())),
        ):
            if value not in known:
                raise ValueError(f"{name} {value!r} is none of {', '.join(known)}")
        if not self.counterpart:
            raise ValueError("a cell names its counterpart")

    @property
    def row(self) -> Row:
        return self.protocol, self.grant, self.provider

    def with_result(self, result: str) -> dict[str, Any]:
        return asdict(self) | {"result": result}


def rows() -> list[Row]:
    """What there is to try, in the order of the documents."""
    found: list[Row] = []
    for protocol in ("IMAP", "POP3", "SMTP"):
        found += [(protocol, grant, ANY) for grant in (BASIC, TOKEN)]
    for protocol in ("IMAP", "POP3", "SMTP", "EWS", "GRAPH"):
        found += [(protocol, grant, MICROSOFT) for grant in MICROSOFT_GRANTS]
    for protocol in ("IMAP", "POP3", "SMTP"):
        found += [(protocol, grant, GOOGLE) for grant in GOOGLE_GRANTS]
    found += [("EWS", BASIC, MICROSOFT)]  # on the premises
    found += [("EWS", TOKEN, MICROSOFT), ("GRAPH", TOKEN, MICROSOFT)]
    found += [("OAUTH", grant, MICROSOFT) for grant in MICROSOFT_GRANTS]
    found += [("OAUTH", grant, GOOGLE) for grant in GOOGLE_GRANTS]
    found += [("PROXY", login, ANY) for login in PROXY_LOGINS]
    return sorted(found, key=place)


def place(row: Row) -> tuple[int, int, int]:
    """Where a row stands in the documents."""
    protocol, grant, provider = row
    return (
        PROTOCOLS.index(protocol),
        tuple(GRANTS).index(provider),
        GRANTS[provider].index(grant),
    )
