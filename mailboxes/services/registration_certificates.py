"""The certificate of an app registration: entered, made here, taken away (D2, D12).

With one the application signs in by it, in every section that uses the registration;
its client secret is kept and counts again when the certificate is taken away. The
private key is never shown: only the certificate itself can be taken out, for Entra.
The other fields: registrations. Reading PEM: core/certificates.
"""

from __future__ import annotations

from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from ..core import certificates
from ..core.certificates import Certificate, CertificateUnusable
from ..core.errors import OptionError, Problem, SecretUnreadable
from ..models import AppRegistration, SecretValue
from . import audit, secrets, uses
from .registrations import SEEN, Client, pin_in_sections
from .seen import refuse_stale

FIELD = "certificate"
User = AbstractBaseUser | None


def problems(registration: AppRegistration, pem: str, today: date) -> list[Problem]:
    """What is wrong with a pasted key and certificate."""
    if registration.google:
        return [_problem("Google takes no certificate. Use a service account there.")]
    if not pem.strip():
        return [_problem("Paste the private key and its certificate.")]
    try:
        found = certificates.read(pem)
    except CertificateUnusable as error:
        return [_problem(str(error))]
    if found.last_day < today:
        return [
            _problem(f"This certificate ended on {found.last_day}. Make a new one.")
        ]
    return []


def enter(
    registration: AppRegistration, pem: str, user: User, *, today: date, seen: str = ""
) -> list[Client]:
    """Use a key and certificate that somebody has; the sections that moved on.

    seen: fingerprint of what was there when it was opened. Raises OptionError.
    """
    wrong = problems(registration, pem, today)
    if wrong:
        raise OptionError(wrong)
    return _use(registration, certificates.read(pem), user, seen)


def make(registration: AppRegistration, user: User, *, seen: str = "") -> list[Client]:
    """Use a new key and certificate, good for a year. Raises OptionError."""
    if registration.google:
        raise OptionError(problems(registration, "", date.min))
    return _use(registration, certificates.make(registration.name), user, seen)


def take_away(
    registration: AppRegistration, user: User, *, seen: str = ""
) -> list[Client]:
    """Sign in by the client secret again. Raises OptionError."""
    return _use(registration, None, user, seen)


def public(registration: AppRegistration) -> str:
    """The certificate alone in PEM, "" for none. Raises SecretUnreadable."""
    if registration.certificate_id is None:
        return ""
    try:
        return certificates.read(secrets.reveal(registration.certificate_id)).public
    except CertificateUnusable as error:
        raise SecretUnreadable("the certificate cannot be read") from error


def _use(
    registration: AppRegistration, found: Certificate | None, user: User, seen: str
) -> list[Client]:
    with transaction.atomic():
        refuse_stale(registration, SEEN, seen)
        registration.certificate = (
            secrets.seal(found.pem, SecretValue.Purpose.CERTIFICATE, user)
            if found
            else None
        )
        registration.certificate_thumbprint = found.thumbprint if found else ""
        registration.certificate_ends_on = found.last_day if found else None
        registration.save()
        sections = pin_in_sections(registration, user)
        audit.record(
            user,
            "registration.saved",
            registration,
            fields=[FIELD],
            thumbprint=registration.certificate_thumbprint,
            **uses.moved(sections),
        )
    return sections


def _problem(message: str) -> Problem:
    return Problem(FIELD, "R06-certificate", message)
