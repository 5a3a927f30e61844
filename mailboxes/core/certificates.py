"""Certificates of applications: read from PEM, judged, made here. And of authorities.

Of an application one text is stored, the private key and its certificate in PEM, as
one secret; of authorities that are trusted, their certificates alone, as no secret.
Knows nothing of rows or authorities; signing an assertion with it is oauth/microsoft.
Source: learn.microsoft.com, "Certificate credentials" (RSA key, SHA-1 thumbprint shown
on the registration's page); RFC 7468 (PEM), RFC 5280 (certificates).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

SMALLEST_KEY = 2048  # bits
LONGEST = 60_000  # characters; a key with a whole chain has about 12,000
DAYS = 365  # life of a certificate that is made here
_BLOCK = re.compile(
    r"-----BEGIN ([A-Z0-9 ]{1,40})-----[^-]{1,30000}-----END \1-----", re.ASCII
)
_CERTIFICATE = "CERTIFICATE"
_AUTHORITIES = (_CERTIFICATE, "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
_BEGINS = "-----BEGIN "
_KEY = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY", re.IGNORECASE)
_LOCKED = "Proc-Type: 4,ENCRYPTED"  # in a block of OpenSSL's older form (RFC 1421)
LOCKED = (
    "The private key is locked by a passphrase. Unlock it first, such as by"
    " openssl pkey -in key.pem -out open.pem; here it is stored encrypted."
)
NO_AUTHORITIES = (
    "Enter certificates in PEM form, from -----BEGIN CERTIFICATE----- to"
    " -----END CERTIFICATE-----."
)


class CertificateUnusable(ValueError):
    """The text cannot be used; str() says why and what to do, in one sentence."""


@dataclass(frozen=True)
class Certificate:
    """A private key and the certificate that belongs to it.

    pem: both, as they are stored. public: the certificate alone, to upload.
    thumbprint: SHA-1 in upper-case hex, which is how Entra's pages name it.
    begins, ends: of its validity, UTC.
    """

    pem: str = field(repr=False)
    private_key: str = field(repr=False)
    public: str
    thumbprint: str
    subject: str
    begins: datetime
    ends: datetime

    @property
    def last_day(self) -> date:
        """The last whole UTC day on which it is good."""
        return (self.ends - timedelta(days=1)).date()


def is_certificate(text: str) -> bool:
    """The credential of an application is a key with certificate, not a secret."""
    return _BEGINS in text


def holds_key(text: str) -> bool:
    """A private key stands in the text, whole or not."""
    return _KEY.search(text) is not None


def authorities(text: str) -> str:
    """The certificates in a text, below each other; whatever else it holds is left out.

    Raises CertificateUnusable when there is a private key in it, which would be shown
    and exported as the certificates are, or no certificate, or a block that is cut off.
    """
    if holds_key(text):
        raise CertificateUnusable(
            "There is a private key in this; it was not kept. Paste the certificates"
            " alone, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----."
        )
    blocks = list(_BLOCK.finditer(text))
    found = [block[0] for block in blocks if block[1] in _AUTHORITIES]
    if (
        not found
        or len(blocks) != text.count(_BEGINS.strip())
        or not "".join(found).isascii()
    ):
        raise CertificateUnusable(NO_AUTHORITIES)
    return "\n".join(found)


def read(text: str) -> Certificate:
    """Read a private key and its certificate, in any order, chain or not.

    Raises CertificateUnusable.
    """
    if len(text) > LONGEST:
        raise CertificateUnusable("This is too long for a key and its certificate.")
    blocks = [(found[1], found[0]) for found in _BLOCK.finditer(text)]
    keys = [block for kind, block in blocks if kind.endswith("PRIVATE KEY")]
    public = [block for kind, block in blocks if kind == _CERTIFICATE]
    if not keys and _LOCKED in text:
        raise CertificateUnusable(LOCKED)
    if len(keys) != 1 or not public:
        missing = "certificate" if keys and not public else "private key"
        raise CertificateUnusable(
            "Paste one private key and its certificate, both in PEM"
            f" (-----BEGIN …): the {missing} was not found."
            if len(keys) < 2
            else "There is more than one private key. Paste one, and its certificate."
        )
    key = _key(keys[0])
    for block in public:
        try:
            certificate = x509.load_pem_x509_certificate(block.encode())
        except ValueError as error:
            raise CertificateUnusable(
                "The certificate cannot be read. Copy it again, whole."
            ) from error
        if certificate.public_key() == key.public_key():
            return _made(keys[0], block, certificate)
    raise CertificateUnusable(
        "The certificate does not belong to the private key. Paste the two that were"
        " made together."
    )


def make(name: str, now: datetime | None = None) -> Certificate:
    """A new key with a certificate that it signs itself, good for a year from now.

    name: its common name, as Entra's page will show it.
    """
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    key = rsa.generate_private_key(public_exponent=65537, key_size=SMALLEST_KEY)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # An authority whose clock is behind ours must not find it too young.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    public = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return _made(private.strip(), public.strip(), certificate)


def end_point_digest(der: bytes) -> bytes:
    """What a sign-in is bound to a server's certificate by (RFC 5929 section 4.1).

    der: the certificate. Its hash is of the kind that its signature was made with, but
    SHA-256 in place of MD5 and SHA-1, and where the signature names no kind of hash.
    """
    try:
        kind = x509.load_der_x509_certificate(der).signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        kind = None
    if kind is None or isinstance(kind, hashes.MD5 | hashes.SHA1):
        kind = hashes.SHA256()
    digest = hashes.Hash(kind)
    digest.update(der)
    return digest.finalize()


def _key(block: str) -> rsa.RSAPrivateKey:
    if "ENCRYPTED" in block:
        raise CertificateUnusable(LOCKED)
    try:
        key = serialization.load_pem_private_key(block.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise CertificateUnusable(
            "The private key cannot be read. Copy it again, whole."
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < SMALLEST_KEY:
        raise CertificateUnusable(
            f"Microsoft Entra takes RSA keys of {SMALLEST_KEY} bits and more. Make such"
            " a key."
        )
    return key


def _made(private: str, public: str, certificate: x509.Certificate) -> Certificate:
    # SHA-1 names the certificate, it protects nothing.
    thumbprint = certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303
    return Certificate(
        pem=f"{private}\n{public}\n",
        private_key=private,
        public=f"{public}\n",
        thumbprint=thumbprint,
        subject=certificate.subject.rfc4514_string(),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
    )
