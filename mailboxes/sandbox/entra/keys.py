"""Certificates of applications at the fake Entra ID, and assertions signed with them.

An application proves itself by a JWT that it signs with a key of its own; here its
certificate is known, as after an upload on "Certificates & secrets". One application
has a certificate from the start: its key lies in the folder, for demos and drills.
Source: learn.microsoft.com, "Certificate credentials"; RFC 7523 sections 2.2 and 3.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ...core import certificates
from ..ca import write_private
from ..world import CONFIDENTIAL_APP_ID, App
from .checks import Refused

KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("PS256", "RS256")
_HASHES = {"x5t#S256": hashes.SHA256, "x5t": hashes.SHA1}
NOT_FOUND = "The key was not found."
EXPIRED = "The key used is expired."


@lru_cache(maxsize=1)
def _made() -> certificates.Certificate:
    """One for a process: an RSA key takes a quarter of a second."""
    return certificates.make("Contoso mail gateway")


class Keys:
    """Who may sign for which application. The sandbox's loop owns it."""

    def __init__(self, folder: Path) -> None:
        self._known: dict[str, list[x509.Certificate]] = {}
        self._file = folder / "gateway.pem"
        self.trust(CONFIDENTIAL_APP_ID, self.gateway.public)

    @property
    def gateway(self) -> certificates.Certificate:
        """Key and certificate of the confidential application, kept in the folder."""
        try:
            found = certificates.read(self._file.read_text(encoding="ascii"))
            if found.ends > datetime.now(UTC):
                return found
        except (OSError, certificates.CertificateUnusable):
            pass  # none yet, or cut short by a crash
        made = _made()
        write_private(self._file, made.pem.encode())
        return made

    def trust(self, client_id: str, pem: str) -> None:
        """Upload a certificate. Raises ValueError for what is none."""
        certificate = x509.load_pem_x509_certificate(pem.encode())
        self._known.setdefault(client_id.lower(), []).append(certificate)

    def distrust(self, client_id: str, pem: str) -> None:
        """Delete a certificate of an application, as on its page at Entra."""
        certificate = x509.load_pem_x509_certificate(pem.encode())
        self._known[client_id.lower()].remove(certificate)

    def check(self, app: App, form: dict[str, str], address: str) -> None:
        """Let an application through that signed for itself. Raises Refused.

        address: of the token endpoint, for which the assertion has to be.
        """
        assertion = form.get("client_assertion", "")
        if form.get("client_assertion_type") != KIND:
            raise Refused(900144, parameter="client_assertion_type")
        try:
            head = jwt.get_unverified_header(assertion)
        except jwt.InvalidTokenError as error:
            raise Refused(50012) from error
        certificate = self._named(app, head)
        if certificate.not_valid_after_utc < datetime.now(UTC):
            raise Refused(700027, reason=EXPIRED)
        try:
            claims = jwt.decode(
                assertion,
                certificate.public_key(),  # type: ignore[arg-type]
                algorithms=list(ALGORITHMS),
                audience=address,
            )
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
            raise Refused(700024) from error
        except jwt.InvalidAudienceError as error:
            raise Refused(700023) from error
        except jwt.InvalidTokenError as error:
            raise Refused(50013) from error
        if {claims.get("iss"), claims.get("sub")} != {app.client_id}:
            raise Refused(50012)

    def _named(self, app: App, head: dict[str, str]) -> x509.Certificate:
        """The certificate that the assertion names by its thumbprint."""
        for name, kind in _HASHES.items():
            for certificate in self._known.get(app.client_id, ()):
                told = head.get(name, "").rstrip("=")
                if told and told == _encoded(certificate.fingerprint(kind())):
                    return certificate
        raise Refused(700027, reason=NOT_FOUND)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
