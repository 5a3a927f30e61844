"""Addresses of the dashboard, the mailboxes, the messages and the system page."""

from __future__ import annotations

from django.contrib.auth import views as auth_views
from django.urls import path

from .dashboard import dashboard
from .healthz import healthz
from .mailbox import cycle_detail, mailbox_cycles, mailbox_detail, mailbox_messages
from .mailbox_actions import fetch, pause, resume, unpause
from .mailbox_list import mailbox_list
from .messages import (
    message_attachment,
    message_detail,
    message_html,
    message_raw,
    message_read_again,
)
from .own_password import OwnPassword
from .styleguide import styleguide
from .system import hold, release, system
from .theme import theme

urlpatterns = [
    path("", dashboard, name="dashboard"),
    path("healthz", healthz, name="healthz"),
    path(
        "sign-in/",
        auth_views.LoginView.as_view(redirect_authenticated_user=True),
        name="login",
    ),
    path("sign-out/", auth_views.LogoutView.as_view(), name="logout"),
    path("password/", OwnPassword.as_view(), name="own-password"),
    path("theme/", theme, name="theme"),
    path("styleguide/", styleguide, name="styleguide"),
    path("mailboxes/", mailbox_list, name="mailbox-list"),
    path("mailboxes/<int:pk>/", mailbox_detail, name="mailbox-detail"),
    path("mailboxes/<int:pk>/cycles/", mailbox_cycles, name="mailbox-cycles"),
    path("mailboxes/<int:pk>/messages/", mailbox_messages, name="mailbox-messages"),
    path("mailboxes/<int:pk>/fetch/", fetch, name="mailbox-fetch"),
    path("mailboxes/<int:pk>/pause/", pause, name="mailbox-pause"),
    path("mailboxes/<int:pk>/end-pause/", unpause, name="mailbox-unpause"),
    path("mailboxes/<int:pk>/resume/", resume, name="mailbox-resume"),
    path("cycles/<int:pk>/", cycle_detail, name="cycle-detail"),
    path("messages/<int:pk>/", message_detail, name="message-detail"),
    path("messages/<int:pk>/html/", message_html, name="message-html"),
    path("messages/<int:pk>/read/", message_read_again, name="message-read-again"),
    path("messages/<int:pk>/raw/", message_raw, name="message-raw"),
    path(
        "messages/<int:pk>/attachments/<int:index>/",
        message_attachment,
        name="message-attachment",
    ),
    path("system/", system, name="system"),
    path("system/hold/", hold, name="system-hold"),
    path("system/release/", release, name="system-release"),
]
