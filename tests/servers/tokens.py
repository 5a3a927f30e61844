"""Access tokens that the private IMAP servers check by themselves (JWT, HS256)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time


def make_token(secret: bytes, user: str, *, lasts: int = 3600, size: int = 0) -> str:
    """A token for `user`, of `size` characters or few more, `lasts` seconds long."""
    now = int(time.time())
    claims: dict[str, object] = {"sub": user, "iat": now - 60, "exp": now + lasts}
    head = _part({"alg": "HS256", "typ": "JWT"})
    rest = len(head) + len("..") + len(_plain(bytes(hashlib.sha256().digest_size)))
    without = len(json.dumps(claims | {"pad": ""}))
    if size:
        claims["pad"] = "x" * max(0, -(-(size - rest) * 3 // 4) - without + 1)
    body = f"{head}.{_part(claims)}"
    mark = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return f"{body}.{_plain(mark)}"


def holds(secret: bytes, user: str, token: str) -> bool:
    """Whether it is a token of `make_token` for `user` that has not ended."""
    body, _, mark = token.rpartition(".")
    made = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(mark, _plain(made)):
        return False
    claims = json.loads(base64.urlsafe_b64decode(body.partition(".")[2] + "=="))
    return bool(claims["sub"] == user and claims["exp"] > time.time())


def _part(value: dict[str, object]) -> str:
    return _plain(json.dumps(value).encode())


def _plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
