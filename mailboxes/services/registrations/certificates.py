"""The certificate of an app registration: entered, made here, taken away (D2, D12).

With one the application signs in by it, in every section that uses the registration;
its client secret is kept and counts again when the certificate is taken away. A new one
waits wherever mail could stop until it is uploaded: no section signs in by it and no
revision names it before `use_next`. The private key is never shown: only the
certificate itself can be taken out, for Entra.
The other fields: registrations. Reading PEM: core/certificates.
"""

from __future__ import annotations

from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from ...core import certificates
from ...core.certificates import Certificate, CertificateUnusable
from ...core.errors import OptionError, Problem, SecretUnreadable
from ...models import AppRegistration, SecretValue
from .. import audit, secrets, uses
from ..fetch.seen import refuse_stale, stale_problem
from . import SEEN, Client, pin_in_sections

FIELD = "certificate"
NEXT = "next_certificate"
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
    if found.thumbprint == registration.certificate_thumbprint:
        return [_problem("The application signs in by this certificate already.")]
    return []


def waits(registration: AppRegistration) -> bool:
    """A new certificate waits: something signs in that it could stop.

    Sections in the archive do not count, drafts do: a test signs in with them.
    """
    return registration.certificate_id is not None or any(
        use.client.archived_at is None for use in uses.of(registration)
    )


def enter(
    registration: AppRegistration, pem: str, user: User, *, today: date, seen: str = ""
) -> list[Client]:
    """Take a key and certificate that somebody has; the sections that moved on.

    It waits where `waits` says so, and is used at once elsewhere; the registration that
    was given tells which. seen: fingerprint of what was there when it was opened.
    Raises OptionError.
    """
    wrong = problems(registration, pem, today)
    if wrong:
        raise OptionError(wrong)
    return _add(registration, certificates.read(pem), user, seen)


def make(registration: AppRegistration, user: User, *, seen: str = "") -> list[Client]:
    """Take a new key and certificate, good for a year, as `enter` does."""
    if registration.google:
        raise OptionError(problems(registration, "", date.min))
    return _add(registration, certificates.make(registration.name), user, seen)


def use_next(
    registration: AppRegistration, user: User, *, today: date, seen: str = ""
) -> list[Client]:
    """Sign in by the certificate that waits; the sections that moved on.

    Somebody says with it that Entra has the certificate. Raises OptionError: also where
    none waits, where it has ended, and where somebody else was faster.
    """
    waiting = registration.next_certificate_id
    ends = registration.next_certificate_ends_on
    if waiting is None or ends is None:
        raise OptionError([_problem("No new certificate waits. Make or enter one.")])
    if ends < today:
        message = f"The new certificate ended on {ends}. Discard it and make another."
        raise OptionError([_problem(message)])
    replaced = registration.certificate_thumbprint
    thumbprint = registration.next_certificate_thumbprint
    with transaction.atomic():
        refuse_stale(registration, SEEN, seen)
        _write(
            registration,
            **_columns(FIELD, waiting, thumbprint, ends),
            **_columns(NEXT, None),
        )
        return _pinned(registration, user, replaced=replaced)


def drop_next(registration: AppRegistration, user: User, *, seen: str = "") -> None:
    """Discard the certificate that waits, its key too. Raises OptionError."""
    if registration.next_certificate_id is None:
        raise OptionError([_problem("No new certificate waits.")])
    with transaction.atomic():
        refuse_stale(registration, SEEN, seen)
        _put_next(registration, None, user)


def take_away(
    registration: AppRegistration, user: User, *, seen: str = ""
) -> list[Client]:
    """Sign in by the client secret again; one that waits goes on waiting.

    Raises OptionError.
    """
    with transaction.atomic():
        refuse_stale(registration, SEEN, seen)
        _write(registration, **_columns(FIELD, None))
        return _pinned(registration, user)


def public(registration: AppRegistration, *, waiting: bool = False) -> str:
    """The certificate alone in PEM, "" for none. Raises SecretUnreadable.

    waiting: the one that waits, in place of the one in use.
    """
    stored = (
        registration.next_certificate_id if waiting else registration.certificate_id
    )
    if stored is None:
        return ""
    try:
        return certificates.read(secrets.reveal(stored)).public
    except CertificateUnusable as error:
        raise SecretUnreadable("the certificate cannot be read") from error


def _add(
    registration: AppRegistration, found: Certificate, user: User, seen: str
) -> list[Client]:
    with transaction.atomic():
        refuse_stale(registration, SEEN, seen)
        sealed = secrets.seal(found.pem, SecretValue.Purpose.CERTIFICATE, user)
        facts = (sealed.pk, found.thumbprint, found.last_day)
        if waits(registration):
            _put_next(registration, facts, user)
            return []
        _write(registration, **_columns(FIELD, *facts))
        return _pinned(registration, user)


def _put_next(
    registration: AppRegistration,
    facts: tuple[int, str, date] | None,
    user: User,
) -> None:
    """Let this one wait in place of what waited before, whose key is deleted: no
    revision names it."""
    old = registration.next_certificate_id
    discarded = registration.next_certificate_thumbprint
    _write(registration, **_columns(NEXT, *(facts or (None,))))
    if old is not None:
        SecretValue.objects.filter(pk=old).delete()
    audit.record(
        user,
        "registration.saved",
        registration,
        fields=[NEXT],
        thumbprint=registration.next_certificate_thumbprint,
        discarded=discarded,
        **uses.moved([]),
    )


def _pinned(
    registration: AppRegistration, user: User, *, replaced: str = ""
) -> list[Client]:
    sections = pin_in_sections(registration, user)
    audit.record(
        user,
        "registration.saved",
        registration,
        fields=[FIELD],
        thumbprint=registration.certificate_thumbprint,
        replaced=replaced,
        **uses.moved(sections),
    )
    return sections


def _columns(
    field: str, stored: int | None, thumbprint: str = "", ends: date | None = None
) -> dict[str, object]:
    """stored: id of the SecretValue."""
    return {
        f"{field}_id": stored,
        f"{field}_thumbprint": thumbprint,
        f"{field}_ends_on": ends,
    }


def _write(registration: AppRegistration, **columns: object) -> None:
    """Write the columns while both certificates are those that the caller looked at."""
    written = AppRegistration.objects.filter(
        pk=registration.pk,
        certificate=registration.certificate_id,
        next_certificate=registration.next_certificate_id,
    ).update(**columns)
    if written != 1:
        raise OptionError([stale_problem()])
    for name, value in columns.items():
        setattr(registration, name, value)


def _problem(message: str) -> Problem:
    return Problem(FIELD, "R06-certificate", message)
