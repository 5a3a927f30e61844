"""Addresses of sign-ins of mailbox owners; the last two are public."""

from __future__ import annotations

from django.urls import path

from .sign_ins import (
    sign_in,
    sign_in_answer,
    sign_in_cancel,
    sign_in_owner,
    sign_in_start,
)

urlpatterns = [
    path(
        "option-sets/<str:kind>/<int:pk>/sign-in/",
        sign_in_start,
        name="sign-in-start",
    ),
    path("sign-ins/<int:pk>/", sign_in, name="sign-in"),
    path("sign-ins/<int:pk>/cancel/", sign_in_cancel, name="sign-in-cancel"),
    path("owner-sign-in/answer/", sign_in_answer, name="sign-in-answer"),
    path("owner-sign-in/<str:token>/", sign_in_owner, name="sign-in-owner"),
]
