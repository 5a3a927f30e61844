"""The two secrets of one sign-in by a link: verifier of PKCE and nonce (RFC 7636).

Kept by the caller, sealed, from the link to its answer.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field

METHOD = "S256"


@dataclass(frozen=True)
class Proof:
    """verifier: proves that whoever changes a code into tokens has made the link.

    nonce: comes back, hashed, in the id token that belongs to the link.
    """

    verifier: str = field(repr=False)
    nonce: str = field(repr=False)

    @classmethod
    def make(cls) -> Proof:
        """New ones; 43 characters of verifier are the least (section 4.1)."""
        return cls(secrets.token_urlsafe(48), secrets.token_urlsafe(16))

    @classmethod
    def load(cls, text: str) -> Proof:
        """As `dump` has written it."""
        told = json.loads(text)
        return cls(str(told["verifier"]), str(told["nonce"]))

    def dump(self) -> str:
        """As text, to be sealed."""
        return json.dumps({"verifier": self.verifier, "nonce": self.nonce})

    @property
    def challenge(self) -> str:
        """What the link shows of the verifier (section 4.2)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    @property
    def shown_nonce(self) -> str:
        """What the link shows of the nonce."""
        return hashlib.sha256(self.nonce.encode()).hexdigest()
