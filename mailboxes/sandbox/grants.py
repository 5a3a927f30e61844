"""Codes that the fake authorities give out: of a sign-in by link, and of a device.

Each is good once and for a while, and belongs to what was asked for. Pages on which a
person gets one: entra/sign_in. Changing one into tokens: entra/server.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field

CODE_SECONDS = 600
DEVICE_SECONDS = 900
# No vowels, so that no words come of it (RFC 8628 section 6.1).
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass
class Granted:
    """What a code stands for. account: address of who signed in."""

    client_id: str
    scope: str
    account: str
    redirect_uri: str = ""
    challenge: str = ""
    nonce: str = ""
    ends: float = 0.0
    used: bool = False

    @property
    def over(self) -> bool:
        return time.time() > self.ends

    def proves(self, verifier: str) -> bool:
        """The verifier of PKCE belongs to the challenge of the link."""
        digest = hashlib.sha256(verifier.encode()).digest()
        made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return not self.challenge or secrets.compare_digest(made, self.challenge)


@dataclass
class Device:
    """A device that waits. account: "" until somebody signs in; declined: or not."""

    client_id: str
    scope: str
    user_code: str
    ends: float
    account: str = ""
    declined: bool = False


@dataclass
class Codes:
    """All that are known. The sandbox's loop owns it.

    device_interval: seconds that a device has to wait between two questions.
    """

    device_interval: int = 5
    given: dict[str, Granted] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)

    def give(self, granted: Granted) -> str:
        """A code for a sign-in by link."""
        granted.ends = time.time() + CODE_SECONDS
        code = f"1.AX{secrets.token_urlsafe(60)}"
        self.given[code] = granted
        return code

    def begin(self, client_id: str, scope: str) -> tuple[str, Device]:
        """The code of a device, and what a person enters for it."""
        user_code = "".join(secrets.choice(LETTERS) for _ in range(9))
        ends = time.time() + DEVICE_SECONDS
        device = Device(client_id, scope, user_code, ends)
        code = secrets.token_urlsafe(40)
        self.devices[code] = device
        return code, device

    def device_of(self, user_code: str) -> Device | None:
        """The waiting device that shows this code."""
        asked = user_code.replace("-", "").replace(" ", "").upper()
        for device in self.devices.values():
            if device.user_code == asked and time.time() < device.ends:
                return device
        return None
