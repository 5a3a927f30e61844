"""What the fake Entra ID looks at in a request, one check a function.

Each raises Refused with the number that the real one gives; which checks a grant needs,
and in what order: entra.
"""

from __future__ import annotations

import re

from ..world import APPS, RESOURCES, TENANT_DOMAINS, TENANT_ID, App

OIDC_SCOPES = {"openid", "profile", "offline_access", "email"}
SHARED_TENANTS = {"common", "organizations", "consumers"}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"([a-z0-9-]+\.)+[a-z0-9-]+", re.IGNORECASE)


class Refused(Exception):
    """An AADSTS number with the facts for its words."""

    def __init__(self, number: int, **facts: str) -> None:
        super().__init__(number)
        self.number = number
        self.facts = facts


def needed(form: dict[str, str], name: str) -> str:
    """A field that must be there. Raises Refused."""
    value = form.get(name, "").strip() if name != "password" else form.get(name, "")
    if not value:
        raise Refused(900144, parameter=name)
    return value


def check_tenant(tenant: str) -> str:
    """The tenant's id as the world knows it. Raises Refused."""
    if not tenant.strip():
        raise Refused(50059)
    if tenant.lower() in SHARED_TENANTS:
        return tenant.lower()
    if not _GUID.fullmatch(tenant) and not _DOMAIN.fullmatch(tenant):
        raise Refused(900023, tenant=tenant)
    if tenant.lower() not in (TENANT_ID, *TENANT_DOMAINS):
        raise Refused(90002, tenant=tenant)
    return TENANT_ID


def known_app(client_id: str, tenant: str) -> App:
    """The registration of that id. Raises Refused."""
    app = APPS.get(client_id.lower())
    if app is None:
        raise Refused(700016, client=client_id, tenant=tenant)
    return app


def check_named(tenant: str) -> None:
    """An application alone implies no tenant, so it must be named. Raises Refused."""
    if tenant.lower() == "consumers":
        raise Refused(9001023)
    if tenant.lower() in SHARED_TENANTS:
        raise Refused(50059)


def check_default(scope: str) -> None:
    """Whoever asks for no user gets what was consented, by .default. Raises Refused."""
    if not all(one.endswith("/.default") for one in scope.split()):
        raise Refused(1002012, scope=scope)


def check_secret(app: App, form: dict[str, str], *, for_user: bool) -> None:
    """Let an application through that proves who it is. Raises Refused.

    for_user: the token is asked for with a user's credential, so that a public client
    needs no secret.
    """
    given = form.get("client_secret")
    if not given:
        if for_user and app.public:
            return
        raise Refused(7000218 if for_user else 7000216)
    if app.secret is None:
        raise Refused(700025)
    if given == app.expired_secret:
        raise Refused(7000222, client=app.client_id)
    if given != app.secret:
        raise Refused(7000215, client=app.client_id)


def resource_of(scope: str) -> str:
    """The one resource that the scopes name. Raises Refused."""
    found: set[str] = set()
    for one in scope.split():
        if one in OIDC_SCOPES:
            continue
        head, slash, permission = one.rpartition("/")
        if not slash or not permission or not head.startswith(("https://", "api://")):
            raise Refused(70011, scope=one)
        if "," in one or head.count("/") not in (2, 3):
            raise Refused(70011, scope=one)
        found.add(head.rstrip("/"))
    if len(found) > 1:
        raise Refused(28000, scope=scope)
    if not found:
        raise Refused(70011, scope=scope)
    resource = found.pop()
    if resource.lower() not in RESOURCES:
        raise Refused(500011, resource=resource)
    return resource.lower()
