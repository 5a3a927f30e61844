"""Addresses of option sets and of a new mailbox."""

from __future__ import annotations

from django.urls import path

from .option_set_actions import fetch_now, restart, restore
from .option_set_edit import edit, mailbox_new, saved, smtp_client_new
from .option_sets import compare, option_sets

urlpatterns = [
    path("mailboxes/new/", mailbox_new, name="mailbox-new"),
    path("option-sets/", option_sets, name="option-sets"),
    path("option-sets/smtp/new/", smtp_client_new, name="smtp-client-new"),
    path("option-sets/<str:kind>/<int:pk>/", compare, name="option-set-compare"),
    path("option-sets/<str:kind>/<int:pk>/edit/", edit, name="option-set-edit"),
    path(
        "option-sets/<str:kind>/<int:pk>/saved/<int:number>/",
        saved,
        name="option-set-saved",
    ),
    path(
        "option-sets/<str:kind>/<int:pk>/restore/",
        restore,
        name="option-set-restore",
    ),
    path("option-sets/pop/<int:pk>/fetch/", fetch_now, name="option-set-fetch"),
    path("option-sets/smtp/<int:pk>/restart/", restart, name="option-set-restart"),
]
