"""Consent by an administrator who has no account here: the link, and its answer.

The link leads to the authority's admin consent page and back to a public page of ours.
Its `state` is signed, belongs to one draft, is good for one answer and for seven days.
An answer only says that somebody approved: the token's permissions, which a connection
test reads, are what proves it.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.contrib.auth.base_user import AbstractBaseUser
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from ...core.choices import Stage
from ...core.codes import Code
from ...core.errors import storable
from ...models import ConsentLink, SetupDraft
from .. import audit
from ..finding import Finding
from ..findings import find
from ..option_rules.rule import GUID
from . import grounds, permissions
from .setup import Setup

LASTS = timedelta(days=7)
SALT = "mailboxes.wizard.consent"
LONGEST = 1000  # characters of one value of an answer
DENIED = "AADSTS65004"  # the code of a person who presses Cancel
_NUMBER = re.compile(r"AADSTS\d{4,8}")


@dataclass(frozen=True)
class Answer:
    """What the public page says. known: False for a link that is not good (any more).

    finding: why the provider refused, None when it did not.
    """

    known: bool
    finding: Finding | None = None


def ensure(
    draft: SetupDraft, user: AbstractBaseUser | None, *, renew: bool = False
) -> ConsentLink | None:
    """The open link of a draft, made if there is none; None without a registration.

    In the transaction of the caller. renew: a new one even so. Links for another
    application, or for fewer permissions, are closed.
    """
    row = draft.registration
    if row is None:
        return None
    now = timezone.now()
    unanswered = ConsentLink.objects.filter(draft=draft, answered_at=None)
    ids = {"client_id": row.client_id, "directory_id": row.directory_id}
    newest = ConsentLink.objects.filter(draft=draft).first()
    setup = Setup(draft)
    if newest is not None and not renew and grounds.asked_all(setup, newest):
        good = newest.answered_at is not None or is_open(newest, now)
        if good and {name: getattr(newest, name) for name in ids} == ids:
            return newest
    unanswered.update(answered_at=now, outcome=ConsentLink.Outcome.REPLACED)
    return ConsentLink.objects.create(
        draft=draft,
        nonce=secrets.token_hex(16),
        **ids,
        evidence={grounds.KEY: grounds.of(setup, grounds.CONSENT)},
        created_at=now,
        created_by_id=user.pk if user is not None else None,
    )


def remember(setup: Setup) -> None:
    """A link of before it was noted what it asks for: it is what is needed now."""
    link = setup.consent
    if link is not None and grounds.KEY not in link.evidence:
        asked = {grounds.KEY: grounds.of(setup, grounds.CONSENT)}
        ConsentLink.objects.filter(pk=link.pk, outcome=link.outcome).update(
            evidence=link.evidence | asked
        )


def is_open(link: ConsentLink, now: datetime) -> bool:
    """Somebody may still answer it."""
    return link.answered_at is None and now < ends_at(link)


def ends_at(link: ConsentLink) -> datetime:
    return link.created_at + LASTS


def address(setup: Setup, link: ConsentLink, return_url: str) -> str:
    """The link itself: admin consent of the authority (v2.0/adminconsent)."""
    row = setup.registration
    assert row is not None  # the link is of its application
    query = urlencode(
        {
            "client_id": link.client_id,
            "scope": permissions.consent_scope(setup),
            "redirect_uri": return_url,
            "state": signed(link),
        }
    )
    return f"{row.tenant_authority}/{link.directory_id}/v2.0/adminconsent?{query}"


def signed(link: ConsentLink) -> str:
    """The `state` of a link."""
    return signing.Signer(salt=SALT).sign(link.nonce)


def answer(request: HttpRequest) -> Answer:
    """Record what the authority sends a browser back with; once for each link."""
    given = {name: str(value)[:LONGEST] for name, value in request.GET.items()}
    try:
        nonce = signing.Signer(salt=SALT).unsign(given.get("state", ""))
    except signing.BadSignature:
        return Answer(False)
    now = timezone.now()
    link = ConsentLink.objects.select_related("draft").filter(nonce=nonce).first()
    if link is None or not is_open(link, now):
        return Answer(False)
    code, evidence = _read(given, link)
    kept = evidence | {
        name: asked for name, asked in link.evidence.items() if name == grounds.KEY
    }
    outcome = ConsentLink.Outcome.REFUSED if code else ConsentLink.Outcome.GRANTED
    with transaction.atomic():
        mine = ConsentLink.objects.filter(
            pk=link.pk, answered_at=None, draft__state=SetupDraft.State.OPEN
        ).update(answered_at=now, outcome=outcome, code=code, evidence=kept)
        if mine:
            audit.record(
                request,
                f"consent.{outcome}",
                link.draft,
                link=link.pk,
                client_id=link.client_id,
                code=code,
            )
    if not mine:
        return Answer(False)
    return Answer(True, find(code, evidence, stage=Stage.TOKEN) if code else None)


def finding(link: ConsentLink) -> Finding | None:
    """Why an answer was a refusal; None where it was not."""
    if link.outcome != ConsentLink.Outcome.REFUSED:
        return None
    told = {name: v for name, v in link.evidence.items() if name != grounds.KEY}
    return find(link.code, told, stage=Stage.TOKEN)


def _read(given: dict[str, str], link: ConsentLink) -> tuple[str, dict[str, object]]:
    """Code of the refusal ("" for none), and what was told."""
    told = {
        "error": given.get("error", ""),
        "answer": given.get("error_description", ""),
        "tenant": given.get("tenant", ""),
        "directory_id": link.directory_id,
    }
    evidence = {name: storable(value) for name, value in told.items() if value}
    number = _NUMBER.search(told["answer"])
    if number:
        return number[0], evidence
    if told["error"] == "access_denied":
        return DENIED, evidence
    approved = given.get("admin_consent", "").lower() == "true"
    if told["error"] or not approved:
        return str(Code.TOKEN_REFUSED), evidence
    tenant = told["tenant"].lower()
    if GUID.fullmatch(link.directory_id) and tenant and tenant != link.directory_id:
        return str(Code.TOKEN_TENANT), evidence | {"expected": link.directory_id}
    return "", evidence
