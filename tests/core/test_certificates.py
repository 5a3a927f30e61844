"""Certificates of applications: what is read, what is refused, what is made."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from mailboxes.core import certificates
from mailboxes.core.certificates import CertificateUnusable

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MADE = certificates.make("Contoso mail", NOW)
OTHER = certificates.make("Another", NOW)


def private(
    key, passphrase: bytes | None = None, form=serialization.PrivateFormat.PKCS8
) -> str:
    lock = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, form, lock).decode()


def test_made_certificate_is_good_for_a_year() -> None:
    assert (MADE.subject, MADE.begins, MADE.ends, MADE.last_day.isoformat()) == (
        "CN=Contoso mail",
        NOW - timedelta(hours=1),
        NOW + timedelta(days=365),
        "2027-11-24",
    )
    assert len(MADE.thumbprint) == 40


@pytest.mark.parametrize(
    "text",
    [
        MADE.pem,
        f"{MADE.public}{MADE.private_key}",
        f"Bag Attributes\r\n{MADE.private_key}\r\n{OTHER.public}\r\n{MADE.public}",
    ],
)
def test_key_and_its_certificate_are_read_in_any_order(text: str) -> None:
    assert certificates.read(text) == MADE


def test_private_key_stands_in_no_repr() -> None:
    assert "PRIVATE" not in repr(MADE)
    assert "PRIVATE" not in MADE.public


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the private key was not found."),
        ("nonsense", "the private key was not found."),
        (MADE.public, "the private key was not found."),
        (MADE.private_key, "the certificate was not found."),
        (MADE.pem + OTHER.pem, "more than one private key"),
        (MADE.private_key + OTHER.public, "does not belong to the private key."),
        (
            private(
                rsa.generate_private_key(public_exponent=65537, key_size=2048), b"x"
            )
            + MADE.public,
            "locked by a passphrase",
        ),
        (
            private(
                rsa.generate_private_key(public_exponent=65537, key_size=2048),
                b"x",
                serialization.PrivateFormat.TraditionalOpenSSL,
            )
            + MADE.public,
            "locked by a passphrase",
        ),
        (
            private(ec.generate_private_key(ec.SECP256R1())) + MADE.public,
            "RSA keys of 2048 bits",
        ),
        (
            private(rsa.generate_private_key(public_exponent=65537, key_size=1024))
            + MADE.public,
            "RSA keys of 2048 bits",
        ),
        (MADE.private_key.replace("M", "A", 9) + MADE.public, "cannot be read"),
        (MADE.private_key + MADE.public.replace("MII", "MIX"), "cannot be read"),
        ("x" * 60_001, "too long"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(
    text: str, message: str
) -> None:
    with pytest.raises(CertificateUnusable, match=message):
        certificates.read(text)


def test_secret_is_told_from_a_certificate() -> None:
    assert certificates.is_certificate(MADE.pem) is True
    assert certificates.is_certificate("abc~secret~value") is False


def test_certificates_of_authorities_are_kept_and_nothing_else() -> None:
    one, other = MADE.public.strip(), OTHER.public.strip()
    text = f"# Größe: our authority\r\n{one}\r\n\r\nsubject=CN=x\n{other}\n# the end"
    assert certificates.authorities(text) == f"{one}\n{other}"


@pytest.mark.parametrize(
    "text",
    [
        MADE.pem,
        f"{MADE.public}{MADE.private_key}",
        f"{MADE.public}\n{MADE.private_key[:300]}",
        f"{MADE.private_key[300:]}\n{MADE.public}",
        MADE.pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
        MADE.pem.replace("PRIVATE KEY", "RSA PRIVATE KEY"),
    ],
)
def test_private_key_is_no_authority(text: str) -> None:
    assert certificates.holds_key(text)
    with pytest.raises(CertificateUnusable) as caught:
        certificates.authorities(text)
    assert str(caught.value) == (
        "There is a private key in this; it was not kept. Paste the certificates"
        " alone, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----."
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "words",
        MADE.public + OTHER.public[:300],
        MADE.public.replace("MII", "MIß"),
        "-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----",
    ],
)
def test_text_without_whole_certificates_is_no_authority(text: str) -> None:
    assert not certificates.holds_key(text)
    with pytest.raises(CertificateUnusable) as caught:
        certificates.authorities(text)
    assert str(caught.value) == certificates.NO_AUTHORITIES


@pytest.mark.parametrize(
    ("signed_by", "hashed_by"),
    [
        (hashes.SHA256(), hashes.SHA256()),
        (hashes.SHA384(), hashes.SHA384()),
        (hashes.SHA512(), hashes.SHA512()),
        (hashes.SHA224(), hashes.SHA224()),
        (None, hashes.SHA256()),
    ],
    ids=["sha256", "sha384", "sha512", "sha224", "none"],
)
def test_sign_in_is_bound_by_the_hash_of_the_signature(
    signed_by: hashes.HashAlgorithm | None, hashed_by: hashes.HashAlgorithm
) -> None:
    """Let's Encrypt and others sign by SHA-384; Exchange compares (RFC 5929, 4.1)."""
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    key = ec.generate_private_key(ec.SECP384R1())
    if signed_by is None:
        key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.contoso.example")])
    der = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, signed_by)  # type: ignore[arg-type]
        .public_bytes(serialization.Encoding.DER)
    )
    digest = hashes.Hash(hashed_by)
    digest.update(der)
    assert certificates.end_point_digest(der) == digest.finalize()


def test_sign_in_is_bound_to_what_is_no_certificate_too() -> None:
    assert certificates.end_point_digest(b"") == hashlib.sha256(b"").digest()
