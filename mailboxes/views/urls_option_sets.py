"""Addresses of option sets and of a new mailbox."""

from __future__ import annotations

from django.urls import path

from .option_set_actions import fetch_now, restart, restore
from .option_set_archive import archive, unarchive
from .option_set_compare import compare, compare_json
from .option_set_edit import edit
from .option_set_new import mailbox_new, smtp_client_new
from .option_set_saved import saved
from .option_sets import option_sets

ONE = "option-sets/<str:kind>/<int:pk>/"

urlpatterns = [
    path("mailboxes/new/", mailbox_new, name="mailbox-new"),
    path("option-sets/", option_sets, name="option-sets"),
    path("option-sets/smtp/new/", smtp_client_new, name="smtp-client-new"),
    path(ONE, compare, name="option-set-compare"),
    path(f"{ONE}compare.json", compare_json, name="option-set-compare-json"),
    path(f"{ONE}edit/", edit, name="option-set-edit"),
    path(f"{ONE}saved/<int:number>/", saved, name="option-set-saved"),
    path(f"{ONE}restore/", restore, name="option-set-restore"),
    path(f"{ONE}archive/", archive, name="option-set-archive"),
    path(f"{ONE}unarchive/", unarchive, name="option-set-unarchive"),
    path("option-sets/pop/<int:pk>/fetch/", fetch_now, name="option-set-fetch"),
    path("option-sets/smtp/<int:pk>/restart/", restart, name="option-set-restart"),
]
