"""All addresses of the product: the Django admin, and the console of the app."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("mailboxes.urls")),
]
handler500 = "mailboxes.views.errors.server_error"
