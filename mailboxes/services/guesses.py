"""Limits how often passwords of the console may be guessed.

Refused and good sign-ins to the console are events of the audit log, and the limits are
counted in it, so that every web process of every host knows of them. While somebody has
to wait, no password is looked at and nothing is written, so a guesser cannot fill the
log. The old password that a change asks for counts with them. Sign-ins of mailbox
owners are something else: services/sign_ins.

A name that nobody has is kept as a keyed hash only: people type passwords there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ..models import AuditEvent
from . import audit

REFUSED = "console.sign-in-refused"
PASSED = "console.signed-in"
THING = "console-user"
WINDOW = timedelta(minutes=15)
# Refused in the window:
OF_BOTH = 10  # of one name from one address, since it last signed in there
OF_ADDRESS = 50  # from one address, whatever the names
OF_NAME = 100  # of one name, from anywhere


def wait(request: HttpRequest, name: str) -> timedelta | None:
    """How long no password of `name` is looked at from there; None if it may be now."""
    now = timezone.now()
    key, address = _key(name), audit.address(request)
    recent = AuditEvent.objects.filter(at__gt=now - WINDOW, at__lte=now)
    refused = recent.filter(action=REFUSED)
    of_name = refused.filter(object_type=THING, object_id=key)
    of_both = of_name.filter(address=address)
    good = recent.filter(
        action=PASSED, object_type=THING, object_id=key, address=address
    )
    last = good.order_by("-at").values_list("at", flat=True).first()
    if last is not None:
        of_both = of_both.filter(at__gt=last)
    ends = [
        _end(of_both, OF_BOTH),
        _end(of_name, OF_NAME),
        _end(refused.filter(address=address), OF_ADDRESS),
    ]
    end = max((one for one in ends if one is not None), default=None)
    return None if end is None else end - now


def refused(request: HttpRequest, name: str) -> None:
    """A password was wrong."""
    _record(request, REFUSED, name)


def passed(request: HttpRequest, name: str) -> None:
    """Somebody has signed in."""
    _record(request, PASSED, name)


def _end(events: QuerySet[AuditEvent], most: int) -> datetime | None:
    """When there are fewer than `most` in the window again; None where there are."""
    newest = events.order_by("-at").values_list("at", flat=True)
    at = next(iter(newest[most - 1 : most]), None)
    return None if at is None else at + WINDOW


def _record(request: HttpRequest, action: str, name: str) -> None:
    event = audit.event(request, action)
    event.object_type, event.object_id = THING, _key(name)
    users: Any = get_user_model()
    found = users.objects.filter(**{users.USERNAME_FIELD: name}).first()
    event.object_name = found.get_username() if found is not None else ""
    event.save(force_insert=True)


def _key(name: str) -> str:
    return salted_hmac("mailboxes.guesses", name.strip().lower()).hexdigest()[:16]
