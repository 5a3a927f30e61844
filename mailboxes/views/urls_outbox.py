"""Addresses of the outbox."""

from __future__ import annotations

from django.urls import path

from .outbox import outbox
from .outbox_compose import outbox_compose
from .outbox_failed import outbox_give_up, outbox_requeue
from .outbox_message import outbox_action, outbox_message, outbox_raw

urlpatterns = [
    path("outbox/", outbox, name="outbox"),
    path("outbox/compose/", outbox_compose, name="outbox-compose"),
    path(
        "outbox/failed/<int:client>/<slug:code>/", outbox_requeue, name="outbox-requeue"
    ),
    path(
        "outbox/failed/<int:client>/<slug:code>/give-up/",
        outbox_give_up,
        name="outbox-give-up",
    ),
    path("outbox/<int:pk>/", outbox_message, name="outbox-message"),
    path("outbox/<int:pk>/raw/", outbox_raw, name="outbox-raw"),
    path("outbox/<int:pk>/<slug:action>/", outbox_action, name="outbox-action"),
]
