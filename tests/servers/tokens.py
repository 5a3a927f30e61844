"""Access tokens that the private Dovecot can check by itself (JWT, HS256)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time


def make_token(secret: bytes, user: str, *, lasts: int = 3600, size: int = 0) -> str:
    """A signed token for `user`, at least `size` characters, `lasts` seconds long."""
    now = int(time.time())
    claims: dict[str, object] = {"sub": user, "iat": now - 60, "exp": now + lasts}
    if size:
        claims["pad"] = "x" * (size * 3 // 4)
    body = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    mark = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return f"{body}.{_plain(mark)}"


def _part(value: dict[str, object]) -> str:
    return _plain(json.dumps(value).encode())


def _plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
