"""Addresses of app registrations, secrets and proxies."""

from __future__ import annotations

from django.urls import path

from .named_secrets import secret_edit, secret_list, secret_new
from .proxies import proxy_edit, proxy_list, proxy_new
from .registration_certificates import (
    certificate_discard,
    certificate_download,
    certificate_enter,
    certificate_make,
    certificate_take_away,
    certificate_use,
)
from .registrations import (
    registration_detail,
    registration_edit,
    registration_list,
    registration_new,
    registration_secret,
)
from .shared_rows import shared_delete, shared_restart, shared_saved

ONE = "<slug:word>/<int:pk>/"

urlpatterns = [
    path("registrations/", registration_list, name="registration-list"),
    path("registrations/new/", registration_new, name="registration-new"),
    path("registrations/<int:pk>/", registration_detail, name="registration-detail"),
    path("registrations/<int:pk>/edit/", registration_edit, name="registration-edit"),
    path(
        "registrations/<int:pk>/secret/",
        registration_secret,
        name="registration-secret",
    ),
    path(
        "registrations/<int:pk>/certificate/",
        certificate_enter,
        name="registration-certificate",
    ),
    path(
        "registrations/<int:pk>/certificate/make/",
        certificate_make,
        name="registration-certificate-make",
    ),
    path(
        "registrations/<int:pk>/certificate/use/",
        certificate_use,
        name="registration-certificate-use",
    ),
    path(
        "registrations/<int:pk>/certificate/discard/",
        certificate_discard,
        name="registration-certificate-discard",
    ),
    path(
        "registrations/<int:pk>/certificate/take-away/",
        certificate_take_away,
        name="registration-certificate-take-away",
    ),
    path(
        "registrations/<int:pk>/certificate.cer",
        certificate_download,
        name="registration-certificate-file",
    ),
    path(
        "registrations/<int:pk>/certificate-new.cer",
        certificate_download,
        {"waiting": True},
        name="registration-certificate-new-file",
    ),
    path("secrets/", secret_list, name="secret-list"),
    path("secrets/new/", secret_new, name="secret-new"),
    path("secrets/<int:pk>/", secret_edit, name="secret-edit"),
    path("proxies/", proxy_list, name="proxy-list"),
    path("proxies/new/", proxy_new, name="proxy-new"),
    path("proxies/<int:pk>/", proxy_edit, name="proxy-edit"),
    path(f"setup/{ONE}saved/<int:event>/", shared_saved, name="shared-saved"),
    path(f"setup/{ONE}restart/", shared_restart, name="shared-restart"),
    path(f"setup/{ONE}delete/", shared_delete, name="shared-delete"),
]
