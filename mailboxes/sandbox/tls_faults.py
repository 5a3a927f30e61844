"""Certificates that a client must not trust, and a TLS that is too old.

Each kind as a device on the way or a wrong set-up shows it. The good certificate is
ca.Authority's; who is shown which kind: proxy, and the servers at STARTTLS.
"""

from __future__ import annotations

import ssl
import warnings
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
        if kind in ("old-version", "old-cipher"):
            return _old(self._authority.context(), kind)
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


def _old(context: ssl.SSLContext, kind: str) -> ssl.SSLContext:
    """A server from before TLS 1.2, or one that is set to weak ciphers."""
    if kind == "old-cipher":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AES128-SHA@SECLEVEL=0")
        return context
    with warnings.catch_warnings():  # Python warns of versions as old as these
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    return context
