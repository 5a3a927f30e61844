"""Address of the page that explains an error."""

from __future__ import annotations

from django.urls import path

from .explain import explain

urlpatterns = [path("explain/", explain, name="explain")]
