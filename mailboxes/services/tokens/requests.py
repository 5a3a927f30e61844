"""What a snapshot asks an authority for: the request of a token, with its credentials.

Which module speaks to the authority is decided here too. Asking, and keeping what comes
back: tokens. How a person signs in the first time: services/sign_ins.
"""

from __future__ import annotations

from types import ModuleType

from ...core import certificates
from ...core.choices import OWNER_GRANTS, Grant, Stage
from ...core.errors import Code, MailError, SecretUnreadable
from ...core.options import Target
from ...oauth import google, microsoft
from ...oauth.base import TokenRequest
from .. import secrets
from ..options import pins
from ..options.snapshots import Snapshot

# Grants with which the application proves itself beside the owner's sign-in. A device
# code is for public clients: Entra refuses a proof there.
PROVEN = frozenset({Grant.AUTHORIZATION_CODE})


def module_of(snapshot: Snapshot) -> ModuleType:
    """The module of oauth/ that speaks to the authority of a snapshot."""
    return google if pins.GOOGLE.holds(snapshot.values) else microsoft


def authority_of(snapshot: Snapshot) -> str:
    """Address of the authority: for Google its own, whatever text stands there."""
    if module_of(snapshot) is google:
        return google.AUTHORITY
    return str(snapshot["tenant-authority"])


def directory_of(snapshot: Snapshot) -> str:
    """The tenant that is asked, "" at Google."""
    return "" if module_of(snapshot) is google else str(snapshot["directory-id"])


def request_of(snapshot: Snapshot) -> TokenRequest:
    """The request for a token, complete. Raises MailError at FIELDS or TOKEN."""
    grant = snapshot.grant
    credential = password_of(snapshot)
    owner = grant in OWNER_GRANTS
    if owner and not credential:
        raise MailError(
            Code.SIGN_IN_MISSING,
            Stage.TOKEN,
            permanent=True,
            evidence={"user": snapshot.account},
        )
    proof = credential if grant is Grant.CLIENT_CREDENTIALS else ""
    if grant in PROVEN:
        proof = proof_of(snapshot)
    by_certificate = certificates.is_certificate(proof)
    return TokenRequest(
        authority=snapshot["tenant-authority"],
        directory_id=snapshot["directory-id"],
        client_id=snapshot["client-id"],
        scope=snapshot["scope"],
        grant=grant,
        username=snapshot.account,
        password=credential if grant is Grant.PASSWORD else "",
        client_secret="" if by_certificate else proof,
        certificate=proof if by_certificate else "",
        refresh_token=credential if owner else "",
        service_key=proof_of(snapshot) if grant is Grant.SERVICE_ACCOUNT else "",
    )


def sign_in_request(snapshot: Snapshot, *, with_proof: bool = True) -> TokenRequest:
    """What the first sign-in of an owner asks for. Raises MailError at FIELDS.

    with_proof: with what proves the application; a link needs none.
    """
    grant = snapshot.grant
    proof = proof_of(snapshot) if with_proof and grant in PROVEN else ""
    by_certificate = certificates.is_certificate(proof)
    return TokenRequest(
        authority=snapshot["tenant-authority"],
        directory_id=snapshot["directory-id"],
        client_id=snapshot["client-id"],
        scope=snapshot["scope"],
        grant=grant,
        username=snapshot.account,
        client_secret="" if by_certificate else proof,
        certificate=proof if by_certificate else "",
    )


def password_of(snapshot: Snapshot) -> str:
    """The option `password` in plain text, "" for none. Raises MailError."""
    return _revealed(snapshot["password"])


def proof_of(snapshot: Snapshot) -> str:
    """What proves the application beside the owner, "" for none. Raises MailError.

    Of Microsoft's the secret or certificate of its registration; of Google's the named
    secret, which holds the key file of a service account too, else the registration's.
    """
    registration = snapshot.pinned.get(Target.REGISTRATION) or {}
    if module_of(snapshot) is google:
        named = snapshot.pinned.get(Target.SECRET) or {}
        return _revealed(named.get("value_id") or registration.get("secret_id"))
    return _revealed(pins.app_credential(registration) if registration else None)


def _revealed(secret: int | None) -> str:
    if not secret:
        return ""
    try:
        return secrets.reveal(secret)
    except SecretUnreadable as error:
        raise MailError(Code.SECRET_UNREADABLE, Stage.FIELDS, permanent=True) from error
