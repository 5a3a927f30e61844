"""`/healthz`: one JSON object for monitors, without sign-in and without secrets."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..services import status


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 and status "ok", or 503: "no-worker", "held" stays 200, "no-database".

    worker_heartbeat_age: seconds since a task of the queue was last carried out for
    the supervisor's probe, null when never.
    """
    answer: dict[str, object] = {
        "status": "ok",
        "database": "ok",
        "worker_heartbeat_age": None,
        "version": settings.MAILADMIN_VERSION,
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        machinery = status.machinery()
    except DatabaseError:
        answer |= {"status": "no-database", "database": "unreachable"}
        return JsonResponse(answer, status=503)
    age = machinery.probe_age
    answer["worker_heartbeat_age"] = None if age is None else round(age, 1)
    if not machinery.alive:
        answer["status"] = "no-worker"
        return JsonResponse(answer, status=503)
    if machinery.held:
        answer["status"] = "held"
    return JsonResponse(answer)
