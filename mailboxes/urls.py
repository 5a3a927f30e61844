"""Addresses of the console; the permission table in tests/views names each."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
