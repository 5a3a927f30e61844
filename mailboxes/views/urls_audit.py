"""Addresses of the audit log."""

from __future__ import annotations

from django.urls import path

from .audit import audit_csv, audit_log

urlpatterns = [
    path("audit/", audit_log, name="audit"),
    path("audit/audit.csv", audit_csv, name="audit-csv"),
]
