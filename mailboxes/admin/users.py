"""Users and groups: who may do what, each change in the audit log.

Rights are given by superusers alone: whoever may edit users, and is none, edits those
who may do no more than they themselves, and gives nobody a right. The last superuser
stays one. Without the two-box widget: its script makes an axe fault.
"""

from __future__ import annotations

import copy
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from ..services import audit
from .base import AuditHistory

admin.site.unregister(User)
admin.site.unregister(Group)

LAST = "This is the last superuser who can sign in. Make another one first."
SWITCHES = ("is_active", "is_staff", "is_superuser")
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class AuditedAdmin(AuditHistory, admin.ModelAdmin):
    """Writes its changes into the audit log where Django writes its own.

    noun: of the actions. `rights` says what somebody may do, for before and after.
    """

    noun: str

    def rights(self, row: Any) -> dict[str, object]:
        raise NotImplementedError

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """The row before it is changed; the form holds the new values already."""
        request.rights_before = (  # type: ignore[attr-defined]
            self.rights(self.model._default_manager.get(pk=form.instance.pk))
            if change
            else {}
        )
        return super().save_form(request, form, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        audit.record(request, f"{self.noun}.created", obj, **self.rights(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """After rows and rights are saved, and after a new password."""
        before = getattr(request, "rights_before", None)
        if before is None:
            audit.record(request, f"{self.noun}.password-set", obj)
        else:
            now = self.rights(obj)
            changed = {
                name: {"old": before[name], "new": now[name]}
                for name in now
                if now[name] != before[name]
            }
            audit.record(request, f"{self.noun}.saved", obj, **changed)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for row in queryset:
            audit.record(request, f"{self.noun}.deleted", row, **self.rights(row))
        return super().log_deletions(request, queryset)


class SuperuserStays(UserChangeForm):
    """Refuses to make the last superuser an ordinary person, or to lock them out."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not _is_last(self.instance.pk):
            return data
        for name in ("is_active", "is_superuser"):
            if name in self.fields and not data.get(name):
                self.add_error(name, ValidationError(_(LAST)))
        return data


def _is_last(pk: int | None) -> bool:
    """Nobody else is a superuser who can sign in."""
    able = User.objects.filter(is_superuser=True, is_active=True)
    return able.filter(pk=pk).exists() and not able.exclude(pk=pk).exists()


@admin.register(User)
class PlainUserAdmin(AuditedAdmin, UserAdmin):
    noun = "user"
    form = SuperuserStays
    filter_horizontal = ()

    def rights(self, row: Any) -> dict[str, object]:
        return {
            "username": row.username,
            **{name: getattr(row, name) for name in SWITCHES},
            "groups": sorted(row.groups.values_list("name", flat=True)),
            "permissions": _codes(row.user_permissions.all()),
        }

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if request.user.is_superuser else RIGHTS

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or _may_do_all_of(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or _may_do_all_of(request.user, obj))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        may = row is not None and self.has_delete_permission(request, row)
        if may and _is_last(row.pk):
            messages.error(request, _(LAST))
            response: HttpResponse = redirect("admin:auth_user_change", row.pk)
            return response
        return super().delete_view(request, object_id, extra_context)


@admin.register(Group)
class PlainGroupAdmin(AuditedAdmin, GroupAdmin):
    """A group is a set of rights, so that only superusers write one."""

    noun = "group"
    filter_horizontal = ()

    def rights(self, row: Any) -> dict[str, object]:
        return {"name": row.name, "permissions": _codes(row.permissions.all())}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


def _codes(permissions: QuerySet[Permission]) -> list[str]:
    return sorted(permissions.values_list("codename", flat=True))


def _may_do_all_of(user: Any, other: Model) -> bool:
    """Whoever sets another's password can sign in as them: only with their rights."""
    if user.is_superuser:
        return True
    able: Any = copy.copy(other)
    able.is_active = True  # one who is locked out has no rights until let in again
    for kept in ("_perm_cache", "_user_perm_cache", "_group_perm_cache"):
        able.__dict__.pop(kept, None)
    if able.is_superuser or (able.is_staff and not user.is_staff):
        return False
    return bool(able.get_all_permissions() <= user.get_all_permissions())
