"""Takes away the pages that the queue's library brings along.

Its schedules run any function that they name, with the keys of this process, and its
tasks can be handed in again or deleted there: that would go round every service and the
audit log. Nothing of ours is to be seen on them; the system page shows the queue.
"""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin

for model in apps.get_app_config("django_q").get_models():
    if admin.site.is_registered(model):
        admin.site.unregister(model)
