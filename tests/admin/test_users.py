"""Users and groups in the admin: rights are a superuser's to give, all is audited."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from mailboxes.models import AuditEvent

pytestmark = pytest.mark.django_db

LAST = "This is the last superuser who can sign in. Make another one first."
DATES = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
NEW_PASSWORD = {
    "password1": "another-Pa55word",
    "password2": "another-Pa55word",
    "usable_password": "true",
}


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("anna", password="x")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def staff(name: str, *codes: str) -> User:
    user = User.objects.create_user(name, password="first-Pa55word", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    return User.objects.get(pk=user.pk)


def page(user: User, name: str = "change") -> str:
    if name == "password":
        return reverse("admin:auth_user_password_change", args=[user.pk])
    return reverse(f"admin:auth_user_{name}", args=[user.pk])


def typed(user: User, **changes: object) -> dict[str, object]:
    switches = {
        name: "on"
        for name in ("is_active", "is_staff", "is_superuser")
        if getattr(user, name)
    }
    return {"username": user.username, **DATES, **switches, **changes}


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_nobody_makes_themselves_a_superuser():
    user = staff("few", "view_user", "change_user")
    everything = Permission.objects.first().pk
    browser(user).post(
        page(user),
        typed(
            user, is_superuser="on", email="f@x.example", user_permissions=everything
        ),
    )
    user.refresh_from_db()
    rights = sorted(p.codename for p in user.user_permissions.all())
    assert (user.is_superuser, user.email, rights) == (
        False,
        "f@x.example",
        ["change_user", "view_user"],
    )


@pytest.mark.parametrize("where", ["change", "password", "delete"])
def test_whoever_may_do_more_is_not_edited(where, root):
    user = staff("few", "view_user", "change_user", "delete_user")
    more = staff("more", "change_appregistration")
    hash_before = root.password
    for other in (root, more):
        answer = browser(user).post(
            page(other, where), typed(other, **NEW_PASSWORD, post="yes")
        )
        assert answer.status_code == 403
    root.refresh_from_db()
    assert (root.password, User.objects.count()) == (hash_before, 3)


def test_locked_out_person_with_more_rights_is_not_let_in():
    user = staff("few", "view_user", "change_user")
    more = staff("more", "change_appregistration")
    User.objects.filter(pk=more.pk).update(is_active=False)
    answer = browser(user).post(page(more), typed(more, is_active="on"))
    assert answer.status_code == 403


def test_whoever_may_do_less_is_edited_without_rights():
    user = staff("few", "view_user", "change_user", "add_user")
    other = User.objects.create_user("ola", password="x")
    answer = browser(user).post(page(other, "password"), NEW_PASSWORD)
    assert answer.status_code == 302
    other.refresh_from_db()
    assert other.check_password("another-Pa55word")
    assert actions() == ["user.password-set"]
    text = browser(user).get(page(other)).content.decode()
    assert ('name="email"' in text, 'name="is_superuser"' in text) == (True, False)


def test_groups_are_written_by_superusers_alone(root):
    user = staff("few", "view_group", "add_group", "change_group", "delete_group")
    group = Group.objects.create(name="operators")
    path = reverse("admin:auth_group_change", args=[group.pk])
    right = Permission.objects.get(codename="change_popclient")
    data = {"name": "operators", "permissions": [right.pk]}
    assert browser(user).post(path, data).status_code == 403
    assert browser(root).post(path, data).status_code == 302
    assert list(group.permissions.all()) == [right]
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.object_name, event.details) == (
        root,
        "group.saved",
        "operators",
        {"permissions": {"old": [], "new": ["change_popclient"]}},
    )


def test_every_change_of_rights_is_written_down(root):
    hers = browser(root)
    hers.post(
        reverse("admin:auth_user_add"),
        {"username": "ola", **NEW_PASSWORD},
    )
    ola = User.objects.get(username="ola")
    group = Group.objects.create(name="operators")
    hers.post(page(ola), typed(ola, is_staff="on", groups=[group.pk]))
    hers.post(page(ola, "password"), NEW_PASSWORD)
    hers.post(page(ola, "delete"), {"post": "yes"})
    events = list(AuditEvent.objects.order_by("pk"))
    assert [(e.action, e.object_name) for e in events] == [
        ("user.created", "ola"),
        ("user.saved", "ola"),
        ("user.password-set", "ola"),
        ("user.deleted", "ola"),
    ]
    assert events[1].details == {
        "is_staff": {"old": False, "new": True},
        "groups": {"old": [], "new": ["operators"]},
    }
    assert {e.address for e in events} == {"127.0.0.1"}


def test_last_superuser_stays_one(root):
    hers = browser(root)
    for name in ("is_active", "is_superuser"):
        data = typed(root)
        del data[name]
        answer = hers.post(page(root), data)
        assert answer.context["adminform"].form.errors == {name: [LAST]}
    answer = hers.post(page(root, "delete"), {"post": "yes"}, follow=True)
    assert LAST in answer.content.decode()
    User.objects.create_superuser("out", password="x", is_active=False)
    assert hers.post(page(root, "delete"), {"post": "yes"}).status_code == 302
    assert User.objects.filter(pk=root.pk).exists()
    other = User.objects.create_superuser("otto", password="x")
    browser(other).post(page(root, "delete"), {"post": "yes"})
    assert not User.objects.filter(pk=root.pk).exists()


def test_history_is_the_audit_log(root):
    ola = User.objects.create_user("ola", password="x")
    browser(root).post(page(ola), typed(ola, is_staff="on"))
    text = browser(root).get(page(ola, "history")).content.decode()
    assert "user.saved" in text
    assert "is_staff: false → true" in text
