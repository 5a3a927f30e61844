"""Writes who did what (append-only); callers do it in the transaction of the change.

Details never hold a secret: callers say "replaced". Showing the log is the pages' task.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from ..models import AuditEvent

COMMAND = "command line"
VISITOR = "not signed in"


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
        actor_name=user.get_username()[:150] if known else _nobody(request),
        action=action,
        object_type=_kind(thing),
        object_id=str(thing.pk) if thing is not None else "",
        object_name=str(thing)[:254] if thing is not None else "",
        details=details,
        address=address(request),
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


def _nobody(request: HttpRequest | None) -> str:
    return COMMAND if request is None else VISITOR


def address(request: HttpRequest | None) -> str | None:
    """The IP address that a request comes from; None where there is none.

    Behind a TLS proxy it is what that has written down last: all before may come from
    whoever asks.
    """
    if request is None:
        return None
    found = request.META.get("REMOTE_ADDR", "")
    if settings.MAILADMIN_HTTPS:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2]
        found = _without_port(forwarded.strip()) or found
    try:
        return str(ipaddress.ip_address(found))
    except ValueError:
        return None  # behind a Unix socket there is none


def _without_port(text: str) -> str:
    """192.0.2.7:4711 and [2001:db8::7]:4711, as some proxies write."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
