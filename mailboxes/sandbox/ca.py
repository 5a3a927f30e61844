"""The sandbox's certificate authority and the TLS context of its servers.

Kept in the data folder and used again at the next start, so that a CA file which the
product was given stays right. Who is told where it lies: server.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .world import PROVIDER_NAMES

CA_DAYS = 3650
SERVER_DAYS = 397
RENEW_DAYS = 30


@dataclass(frozen=True)
class Signer:
    """Who signs a certificate: a key, and the name that stands for it."""

    key: ec.EllipticCurvePrivateKey
    subject: x509.Name


class Authority:
    """Our CA in a folder: ca.pem, ca.key (0600), server.pem (key and chain, 0600)."""

    def __init__(self, folder: Path) -> None:
        self.ca_file = folder / "ca.pem"
        self._key_file = folder / "ca.key"
        self._server_file = folder / "server.pem"
        self._key, self._certificate = self._load() or self._create()

    @property
    def signer(self) -> Signer:
        return Signer(self._key, self._certificate.subject)

    def context(self) -> ssl.SSLContext:
        """TLS for all our servers: one certificate that carries every provider name."""
        if not self._server_is_good():
            self._issue()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._server_file)
        return context

    def _load(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None:
        try:
            key = serialization.load_pem_private_key(
                self._key_file.read_bytes(), password=None
            )
            certificate = x509.load_pem_x509_certificate(self.ca_file.read_bytes())
        except (FileNotFoundError, ValueError):  # none yet, or cut short by a crash
            return None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            return None
        if key.public_key() != certificate.public_key():
            return None
        if certificate.not_valid_after_utc < moment() + timedelta(days=RENEW_DAYS):
            return None
        return key, certificate

    def _create(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = name("mailadmin sandbox CA")
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment() - timedelta(days=1))
            .not_valid_after(moment() + timedelta(days=CA_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(ca=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
            )
            .sign(key, hashes.SHA256())
        )
        write_private(self._key_file, pem(key))
        write_private(
            self.ca_file, certificate.public_bytes(serialization.Encoding.PEM), 0o644
        )
        self._server_file.unlink(missing_ok=True)
        return key, certificate

    def _server_is_good(self) -> bool:
        try:
            found = x509.load_pem_x509_certificate(self._server_file.read_bytes())
            found.verify_directly_issued_by(self._certificate)
            names = found.extensions.get_extension_for_class(
                x509.SubjectAlternativeName
            ).value.get_values_for_type(x509.DNSName)
        except (OSError, ValueError, InvalidSignature, x509.ExtensionNotFound):
            return False
        fresh = found.not_valid_after_utc > moment() + timedelta(days=RENEW_DAYS)
        return fresh and set(PROVIDER_NAMES) <= set(names)

    def _issue(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        begins = moment() - timedelta(days=1)
        ends = moment() + timedelta(days=SERVER_DAYS)
        certificate = issued(key, PROVIDER_NAMES, self.signer, begins, ends)
        write_private(self._server_file, pem(key) + pem(certificate))


def issued(
    key: ec.EllipticCurvePrivateKey,
    names: Iterable[str],
    signer: Signer,
    begins: datetime,
    ends: datetime,
) -> x509.Certificate:
    """A server's certificate for these names, localhost and 127.0.0.1."""
    hosts = list(names)
    alternatives: list[x509.GeneralName] = [
        *(x509.DNSName(host) for host in (*hosts, "localhost")),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    return (
        x509.CertificateBuilder()
        .subject_name(name(hosts[0]))
        .issuer_name(signer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()),
            False,
        )
        .sign(signer.key, hashes.SHA256())
    )


def write_private(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file at once, under its final mode from the first byte on."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def moment() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def name(common: str, organization: str = "mailadmin sandbox") -> x509.Name:
    """Subject of a certificate."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def pem(what: ec.EllipticCurvePrivateKey | x509.Certificate) -> bytes:
    """A key or a certificate as PEM."""
    if isinstance(what, x509.Certificate):
        return what.public_bytes(serialization.Encoding.PEM)
    return what.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
