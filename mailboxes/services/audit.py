"""Writes who did what (append-only); callers do it in the transaction of the change.

Details never hold a secret: callers say "replaced". Finds events again; showing them is
the pages' task (views/audit).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from ..models import AuditEvent

COMMAND = "command line"
VISITOR = "not signed in"  # also whoever opens a link that needs no account
# Where the request that is answered comes from, for services that know only the person.
_came_from: ContextVar[str | None] = ContextVar("came_from", default=None)


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
    nobody = COMMAND if user is None else VISITOR
    return AuditEvent(
        at=timezone.now(),
        actor=user if known else None,
        actor_name=user.get_username()[:150] if known else nobody,
        action=action,
        object_type=_kind(thing),
        object_id=str(thing.pk) if thing is not None else "",
        object_name=str(thing)[:254] if thing is not None else "",
        details=details,
        address=address(request) if request is not None else _came_from.get(),
    )


@contextmanager
def coming_from(request: HttpRequest) -> Iterator[None]:
    """Events that are written within are from the address of this request."""
    token = _came_from.set(address(request))
    try:
        yield
    finally:
        _came_from.reset(token)


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


def search(
    words: str = "",
    *,
    kind: str = "",
    key: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[AuditEvent]:
    """Events, newest first.

    words: each stands in the person, the action or the thing. kind, key: of the thing,
    as events name it. since, until: days in UTC, both inclusive.
    """
    found = AuditEvent.objects.order_by("-at", "-pk")
    for word in words.split():
        found = found.filter(
            Q(actor_name__icontains=word)
            | Q(object_name__icontains=word)
            | Q(action__icontains=word)
        )
    if kind:
        found = found.filter(object_type=kind)
    if key:
        found = found.filter(object_id=key)
    if since is not None:
        found = found.filter(at__gte=_midnight(since))
    if until is not None and until < date.max:
        found = found.filter(at__lt=_midnight(until + timedelta(days=1)))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _kind(thing: Model | None) -> str:
    if thing is None:
        return ""
    # Of the class: "pop-client"; a field of that name is another thing (Proxy.kind).
    kind = getattr(type(thing), "kind", None)
    return kind if isinstance(kind, str) else str(thing._meta.model_name)


def address(request: HttpRequest) -> str | None:
    """The IP address that a request comes from; None where there is none.

    Behind a TLS proxy it is what that has written down last: all before may come from
    whoever asks.
    """
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
