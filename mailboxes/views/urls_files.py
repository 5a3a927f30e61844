"""Addresses of option sets as files."""

from __future__ import annotations

from django.urls import path

from .export_options import options_export
from .import_options import options_import, options_template

urlpatterns = [
    path("option-sets/import/", options_import, name="options-import"),
    path(
        "option-sets/import/template.csv",
        options_template,
        name="options-template",
    ),
    path("option-sets/export/", options_export, name="options-export"),
]
