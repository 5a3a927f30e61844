"""Certificates that a client must not trust, and a TLS that is too old.

Each kind as a device on the way or a wrong set-up shows it. The good certificate is
ca.Authority's; who is shown which kind: proxy, and the servers at STARTTLS.
"""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from .ca import SERVER_DAYS, Authority, Signer, issued, moment, name, pem, write_private
from .world import PROVIDER_NAMES

GOOD = ""
KINDS = {
    "self-signed": "a certificate that nobody but itself has signed",
    "unknown-ca": "a certificate of a company's inspecting proxy",
    "other-name": "a certificate for another host",
    "expired": "a certificate that ended yesterday",
    "not-yet-valid": "a certificate that begins tomorrow",
    "old-version": "nothing newer than TLS 1.1",
    "old-cipher": "no cipher that is safe today",
}
# What a server answers to a ClientHello that it shares no version or no cipher with: a
# fatal alert (RFC 8446 sections 5.1 and 6.2). asyncio would cut the line unsaid.
ALERTS = {
    "old-version": bytes.fromhex("15030100020246"),  # protocol_version
    "old-cipher": bytes.fromhex("15030300020228"),  # handshake_failure
}


class Contexts:
    """The TLS contexts of our servers, made when first asked for."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        self._authority = authority
        self._folder = folder
        self._made: dict[str, ssl.SSLContext] = {}

    def get(self, kind: str = GOOD) -> ssl.SSLContext:
        """kind: of KINDS, "" for a certificate that is as it should be."""
        if kind not in self._made:
            self._made[kind] = self._make(kind)
        return self._made[kind]

    def _make(self, kind: str) -> ssl.SSLContext:
        if kind == GOOD:
            return self._authority.context()
        file = self._folder / f"server-{kind}.pem"
        write_private(file, self._certificate(kind))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _certificate(self, kind: str) -> bytes:
        """Key and certificate as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        signer = self._authority.signer
        names, begins = PROVIDER_NAMES, moment() - timedelta(days=1)
        ends = begins + timedelta(days=SERVER_DAYS)
        match kind:
            case "self-signed":
                signer = Signer(key, name(PROVIDER_NAMES[0]))
            case "unknown-ca":
                other = ec.generate_private_key(ec.SECP256R1())
                signer = Signer(other, name("Web Filter CA", "Contoso IT"))
            case "other-name":
                names = ("webfilter.contoso.example",)
            case "expired":
                begins, ends = begins - timedelta(days=90), begins
            case "not-yet-valid":
                begins = moment() + timedelta(days=1)
        certificate: x509.Certificate = issued(key, names, signer, begins, ends)
        return pem(key) + pem(certificate)
