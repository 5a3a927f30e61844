"""Takes secrets out of what a server said, before it becomes evidence.

Our own errors never hold one; but a server may repeat what it was sent. Knows the
forms in which sign-in sends a secret. Who has secrets at all: services/secrets.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

MASK = "•••"
SHORTEST = 4  # letters; shorter ones would take half of every sentence along
INSIDE = 12  # letters of a secret that is also looked for within longer texts
# The head of every JWT, "{" in base64, and the two parts behind it (RFC 7515).
_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?")
_BEARER = re.compile(r"(auth=Bearer\s+)\S+", re.IGNORECASE)


class Scrub:
    """Masks the secrets that it was told of, and whatever looks like a token."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._inside: set[str] = set()  # what base64 makes of a secret within a text

    def know(self, secret: str, login: str = "") -> None:
        """Mask `secret` from now on, also as the SASL forms of it with `login`."""
        if len(secret) < SHORTEST:
            return
        forms = (
            secret,  # AUTH LOGIN (base64), and as it is
            f"\0{login}\0{secret}",  # PLAIN, RFC 4616
            f"user={login}\x01auth=Bearer {secret}\x01\x01",  # XOAUTH2
        )
        self._known.add(secret)
        for form in forms:
            encoded = base64.b64encode(form.encode()).decode("ascii")
            self._known |= {encoded, encoded.rstrip("=")}
        if len(secret) >= INSIDE:
            # OAUTHBEARER and its like put more in front: three ways to lie in base64.
            for before in range(3):
                text = base64.b64encode(b"x" * before + secret.encode()).decode("ascii")
                self._inside.add(text[4:-4])

    def clean(self, value: object) -> object:
        """`value` (JSON-able) with every secret in it masked."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {str(k): self.clean(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean(one) for one in value]
        return value

    def _text(self, text: str) -> str:
        for part in self._inside:
            if part in text:
                text = re.sub(rf"[\w+/]*{re.escape(part)}[\w+/=]*", MASK, text)
        # The longest first: one form may be part of another.
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return _BEARER.sub(rf"\g<1>{MASK}", _JWT.sub(MASK, text))
