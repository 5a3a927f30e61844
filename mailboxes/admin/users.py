"""Users and groups, without the two-box widget: its script makes an axe fault."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class PlainUserAdmin(UserAdmin):
    filter_horizontal = ()


@admin.register(Group)
class PlainGroupAdmin(GroupAdmin):
    filter_horizontal = ()
