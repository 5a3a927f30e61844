"""Asks the owner of a mailbox to sign in once: by a link, or by a code for a device.

Begun from an option set or from the wizard; the owner needs no account here. The link's
`state` is signed, belongs to one row, and is good for one answer. Talking to the
authority is sign_ins/work, in a worker; what comes of it is written by sign_ins/result.
"""

from __future__ import annotations

import json
import re
import secrets as random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from ...core.choices import OWNER_GRANTS, Grant, Stage
from ...core.codes import Code
from ...core.errors import MailboxesError, SecretUnreadable, storable
from ...models import PopClient, SecretValue, SetupDraft, SignIn, SmtpClient
from ...oauth.pkce import Proof
from .. import audit, secrets
from ..finding import Finding
from ..findings import find
from ..findings.authority import AUTHORITY
from ..findings.owners import OWNER
from ..options import snapshots
from ..options.snapshots import Snapshot
from ..tokens.requests import module_of, sign_in_request
from ..worker import leases

LINK_LASTS = timedelta(days=7)
DEVICE_LASTS = timedelta(minutes=15)  # until the authority says how long
SALT = "mailboxes.sign-in"
# Characters of one value of an answer: no more comes in (mailadmin/gunicorn). A code
# that was cut is good for nothing, and RFC 6749 section 4.1.2 names no length.
LONGEST = 8000
# Codes of a person who presses Cancel.
DENIED, DENIED_AT_GOOGLE = "AADSTS65004", "google-consent-declined"
_NUMBER = re.compile(r"AADSTS\d{4,8}")
Client = PopClient | SmtpClient
User = AbstractBaseUser | None


class CannotSignIn(MailboxesError):
    """No sign-in can be asked for; the text says why, in one sentence."""


@dataclass(frozen=True)
class Answer:
    """What came of an answer. row: None for a link that is not good (any more)."""

    row: SignIn | None


def possible(snapshot: Snapshot) -> bool:
    """A person signs in once for such a section."""
    return snapshot.uses_token and snapshot.grant in OWNER_GRANTS


def begin(
    client: Client, user: User, return_url: str, draft: SetupDraft | None = None
) -> SignIn:
    """Ask for a sign-in for a section as it is saved, in place of an older one.

    return_url: address of our page that the browser is sent back to. draft: of the
    wizard, which gets the result too. Raises CannotSignIn.
    """
    if client.archived_at is not None:
        raise CannotSignIn("Take this section out of the archive first.")
    snapshot = snapshots.take(client)
    if not possible(snapshot):
        raise CannotSignIn("This section signs in without a person: nothing to do.")
    if not snapshot.account or not snapshot["client-id"]:
        raise CannotSignIn("Enter the log-in name and the client ID first, and save.")
    device = snapshot.grant is Grant.DEVICE_CODE
    now = timezone.now()
    with transaction.atomic():
        end_open(client, now)
        row = SignIn.objects.create(
            kind=SignIn.Kind.DEVICE if device else SignIn.Kind.LINK,
            state=SignIn.State.ASKED if device else SignIn.State.SHOWN,
            nonce=random.token_hex(16),
            pop_client=client if isinstance(client, PopClient) else None,
            smtp_client=client if isinstance(client, SmtpClient) else None,
            draft=draft,
            login=snapshot.account,
            authority=snapshot["tenant-authority"],
            directory_id=snapshot["directory-id"],
            client_id=snapshot["client-id"],
            redirect_uri="" if device else return_url,
            kept=None if device else _sealed(Proof.make().dump(), user),
            due_at=now if device else None,
            expires_at=now + (DEVICE_LASTS if device else LINK_LASTS),
            created_at=now,
            created_by_id=user.pk if user is not None else None,
        )
        audit.record(user, "sign-in.asked", client, sign_in=row.pk, login=row.login)
    return row


def end_open(client: Client, now: datetime) -> None:
    """Close what is still open for a section."""
    owner = "pop_client" if isinstance(client, PopClient) else "smtp_client"
    for row in SignIn.objects.filter(**{owner: client}, state__in=SignIn.OPEN):
        end(row, SignIn.State.REPLACED, now)


def end(row: SignIn, state: SignIn.State, now: datetime, **columns: object) -> bool:
    """End an open sign-in, whoever holds it; False when it was over already."""
    kept = row.kept_id
    moved = SignIn.objects.filter(pk=row.pk, state__in=SignIn.OPEN).update(
        state=state, ended_at=now, due_at=None, kept=None, **columns
    )
    if moved and kept:
        SecretValue.objects.filter(
            pk=kept, purpose=SecretValue.Purpose.SIGN_IN
        ).delete()
    return bool(moved)


def cancel(row: SignIn, user: User) -> bool:
    """Somebody here calls it off; False when it was over already."""
    with transaction.atomic():
        ended = end(row, SignIn.State.REPLACED, timezone.now())
        if ended and row.client is not None:
            audit.record(user, "sign-in.cancelled", row.client, sign_in=row.pk)
    return ended


def newest(client: Client) -> SignIn | None:
    """The newest of a section."""
    owner = "pop_client" if isinstance(client, PopClient) else "smtp_client"
    return SignIn.objects.filter(**{owner: client}).order_by("-pk").first()


def is_open(row: SignIn, now: datetime) -> bool:
    """Something may still come of it."""
    return row.state in SignIn.OPEN and now < row.expires_at


def token_of(row: SignIn) -> str:
    """What names a sign-in to people without an account here: in links and `state`."""
    return signing.Signer(salt=SALT).sign(row.nonce)


def of_token(token: str) -> SignIn | None:
    """The sign-in that a link names, None for a text that we have not signed."""
    try:
        nonce = signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return None
    rows = SignIn.objects.select_related("pop_client__mailbox_row", "smtp_client")
    return rows.filter(nonce=nonce).first()


def address(row: SignIn) -> str:
    """Where the owner signs in, "" when it is not open or was changed since."""
    if row.kind != SignIn.Kind.LINK or row.state != SignIn.State.SHOWN:
        return ""
    snapshot = of_now(row)
    if snapshot is None or row.kept_id is None:
        return ""
    try:
        proof = Proof.load(secrets.reveal(row.kept_id))
    except SecretUnreadable:
        return ""
    link: str = module_of(snapshot).link(
        sign_in_request(snapshot, with_proof=False),
        row.redirect_uri,
        token_of(row),
        proof,
    )
    return link


def of_now(row: SignIn) -> Snapshot | None:
    """The section as it is saved; None when it is about something else by now.

    Also where it lies in the archive: nothing would use what comes of a sign-in.
    """
    if row.client is None or row.client.archived_at is not None:
        return None
    found = snapshots.take(row.client)
    same = (
        found["tenant-authority"],
        found["directory-id"],
        found["client-id"],
        found.account.lower(),
    ) == (row.authority, row.directory_id, row.client_id, row.login.lower())
    return found if same and possible(found) else None


def answer(request: HttpRequest) -> Answer:
    """Record what the authority sends a browser back with; once for each link."""
    given = {name: str(value)[:LONGEST] for name, value in request.GET.items()}
    row = of_token(given.get("state", ""))
    now = timezone.now()
    if row is None or row.state != SignIn.State.SHOWN or not is_open(row, now):
        return Answer(None)
    if not given.get("code"):
        code, evidence = _refusal(given, row)
        with transaction.atomic():
            ended = end(
                row,
                SignIn.State.FAILED,
                now,
                code=code,
                stage=Stage.TOKEN,
                evidence=evidence,
            )
            if ended and row.client is not None:
                audit.record(
                    request, "sign-in.refused", row.client, sign_in=row.pk, code=code
                )
        return Answer(row if ended else None)
    return Answer(row if _keep_code(row, given["code"], now) else None)


def _keep_code(row: SignIn, code: str, now: datetime) -> bool:
    """Seal the code for the worker, which changes it into tokens."""
    if row.kept_id is None:
        return False
    try:
        proof = json.loads(secrets.reveal(row.kept_id))
    except SecretUnreadable:
        return False
    with transaction.atomic():
        sealed = _sealed(json.dumps(proof | {"code": code}), None)
        moved = SignIn.objects.filter(
            leases.free(), pk=row.pk, state=SignIn.State.SHOWN, kept=row.kept_id
        ).update(state=SignIn.State.ANSWERED, kept=sealed, due_at=now)
        gone = row.kept_id if moved else sealed.pk
        SecretValue.objects.filter(pk=gone).delete()
    return bool(moved)


def finding(row: SignIn) -> Finding | None:
    """Why it came to nothing; None where it did not."""
    if row.state == SignIn.State.FAILED:
        return find(row.code, row.evidence, stage=row.stage or Stage.TOKEN)
    if row.state in SignIn.OPEN and not is_open(row, timezone.now()):
        return find(Code.SIGN_IN_LATE, {"user": row.login}, stage=Stage.TOKEN)
    return None


def _refusal(given: dict[str, str], row: SignIn) -> tuple[str, dict[str, object]]:
    """Code of what the authority says in place of a code, and what was told."""
    told = {
        "error": given.get("error", ""),
        "error_subtype": given.get("error_subtype", ""),
        "answer": given.get("error_description", ""),
        "user": row.login,
        "host": re.sub(r"^https?://|/.*$", "", row.authority),
        "side": AUTHORITY,
    }
    evidence = {name: storable(value) for name, value in told.items() if value}
    evidence[OWNER] = True
    number = _NUMBER.search(told["answer"])
    if number:
        return number[0], evidence
    google = "google" in row.authority.lower()
    if told["error"] == "access_denied":
        return DENIED_AT_GOOGLE if google else DENIED, evidence
    return str(Code.TOKEN_REFUSED), evidence


def _sealed(text: str, user: User) -> SecretValue:
    return secrets.seal(text, SecretValue.Purpose.SIGN_IN, user)
