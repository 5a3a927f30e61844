"""Addresses of the wizard, and of the public page of consent."""

from __future__ import annotations

from django.urls import path

from .wizard import connect, connect_discard, connect_draft
from .wizard_certificate import (
    connect_certificate_discard,
    connect_certificate_make,
    connect_certificate_take_away,
    connect_certificate_use,
)
from .wizard_consent import connect_consent, consent
from .wizard_step import connect_here, connect_step
from .wizard_test import (
    connect_sign_in,
    connect_take_over,
    connect_test,
    connect_test_cancel,
    connect_turn_on,
)

ONE = "connect/<int:pk>/"

urlpatterns = [
    path("connect/", connect, name="connect"),
    path(ONE, connect_draft, name="connect-draft"),
    path(f"{ONE}discard/", connect_discard, name="connect-discard"),
    path(f"{ONE}consent/new/", connect_consent, name="connect-consent"),
    path(
        f"{ONE}certificate/make/",
        connect_certificate_make,
        name="connect-certificate-make",
    ),
    path(
        f"{ONE}certificate/use/",
        connect_certificate_use,
        name="connect-certificate-use",
    ),
    path(
        f"{ONE}certificate/discard/",
        connect_certificate_discard,
        name="connect-certificate-discard",
    ),
    path(
        f"{ONE}certificate/take-away/",
        connect_certificate_take_away,
        name="connect-certificate-take-away",
    ),
    path(f"{ONE}test/start/", connect_test, name="connect-test"),
    path(f"{ONE}sign-in/start/", connect_sign_in, name="connect-sign-in"),
    path(f"{ONE}test/cancel/", connect_test_cancel, name="connect-test-cancel"),
    path(f"{ONE}take-over/", connect_take_over, name="connect-take-over"),
    path(f"{ONE}turn-on/now/", connect_turn_on, name="connect-turn-on"),
    path(f"{ONE}<slug:step>/", connect_step, name="connect-step"),
    path(f"{ONE}<slug:step>/here/", connect_here, name="connect-here"),
    path("consent/", consent, name="consent"),
]
