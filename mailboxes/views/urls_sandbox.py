"""Addresses of the fault laboratory."""

from __future__ import annotations

from django.urls import path

from .sandbox import sandbox, switch

urlpatterns = [
    path("sandbox/", sandbox, name="sandbox"),
    path("sandbox/switch/", switch, name="sandbox-switch"),
]
