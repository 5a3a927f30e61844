"""Addresses of the console; the permission table in tests/views names each."""

from __future__ import annotations

from .views.urls_audit import urlpatterns as audit
from .views.urls_connection_test import urlpatterns as connection_test
from .views.urls_console import urlpatterns as console
from .views.urls_explain import urlpatterns as explain
from .views.urls_files import urlpatterns as files
from .views.urls_option_sets import urlpatterns as option_sets
from .views.urls_outbox import urlpatterns as outbox
from .views.urls_sandbox import urlpatterns as sandbox
from .views.urls_setup import urlpatterns as setup
from .views.urls_sign_ins import urlpatterns as sign_ins
from .views.urls_wizard import urlpatterns as wizard

urlpatterns = [
    *audit,
    *connection_test,
    *console,
    *explain,
    *files,
    *option_sets,
    *outbox,
    *sandbox,
    *setup,
    *sign_ins,
    *wizard,
]
