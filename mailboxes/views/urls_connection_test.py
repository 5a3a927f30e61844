"""Addresses of connection tests."""

from __future__ import annotations

from django.urls import path

from .connection_test import cancel, page, start

urlpatterns = [
    path("option-sets/<str:kind>/<int:pk>/test/", start, name="connection-test-start"),
    path("connection-tests/<int:pk>/", page, name="connection-test"),
    path("connection-tests/<int:pk>/cancel/", cancel, name="connection-test-cancel"),
]
