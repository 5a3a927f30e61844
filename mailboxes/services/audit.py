"""Writes who did what (append-only); callers do it in the transaction of the change.

Details never hold a secret: callers say "replaced". Showing the log is the pages' task.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from ..models import AuditEvent

COMMAND = "command line"


def record(
    by: HttpRequest | AbstractBaseUser | None,
    action: str,
    thing: Model | None = None,
    **details: Any,
) -> AuditEvent:
    """Write one event; arguments as `event`."""
    made = event(by, action, thing, **details)
    made.save(force_insert=True)
    return made


def event(
    by: HttpRequest | AbstractBaseUser | None,
    action: str,
    thing: Model | None = None,
    **details: Any,
) -> AuditEvent:
    """An event that is not written yet, for those who write many at once.

    by: the request or the user it comes from; None for a command.
    action: a noun and a verb, such as `option-set.saved`.
    thing: what it was done to; its kind, key and name are written down.
    details: JSON-able facts, never a secret.
    """
    request = by if isinstance(by, HttpRequest) else None
    user: Any = request.user if request is not None else by
    known = user is not None and user.is_authenticated
    return AuditEvent(
        at=timezone.now(),
        actor=user if known else None,
        actor_name=user.get_username()[:150] if known else COMMAND,
        action=action,
        object_type=_kind(thing),
        object_id=str(thing.pk) if thing is not None else "",
        object_name=str(thing)[:254] if thing is not None else "",
        details=details,
        address=_address(request),
    )


def recorded(by: HttpRequest, action: str, thing: Model, within: timedelta) -> bool:
    """Whether that person has done that to that thing a moment ago."""
    return AuditEvent.objects.filter(
        actor_id=by.user.pk,
        action=action,
        object_type=_kind(thing),
        object_id=str(thing.pk),
        at__gte=timezone.now() - within,
    ).exists()


def of(thing: Model) -> QuerySet[AuditEvent]:
    """What was done to it, newest first."""
    return AuditEvent.objects.filter(
        object_type=_kind(thing), object_id=str(thing.pk)
    ).order_by("-at", "-pk")


def _kind(thing: Model | None) -> str:
    if thing is None:
        return ""
    # Of the class: "pop-client"; a field of that name is another thing (Proxy.kind).
    kind = getattr(type(thing), "kind", None)
    return kind if isinstance(kind, str) else str(thing._meta.model_name)


def _address(request: HttpRequest | None) -> str | None:
    if request is None:
        return None
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None  # behind a Unix socket there is none
