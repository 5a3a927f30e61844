"""The fake Entra ID: discovery, userrealm, and the v2.0 token endpoint.

Grants: password and refresh_token, as MSAL asks. Refuses for the reasons the real one
has, in its shape (entra_errors); tokens are made in tokens. Other grants: AADSTS70003.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from dataclasses import dataclass
from typing import Any

from . import entra_errors
from .faults import Faults
from .http import Answer, DropConnection, Request
from .tally import Tally
from .tokens import TokenRefused, Tokens, client_info, fingerprint
from .world import (
    APPS,
    AUTHORITY_HOST,
    RESOURCES,
    TENANT_DOMAINS,
    TENANT_ID,
    Account,
    App,
)

OIDC_SCOPES = {"openid", "profile", "offline_access", "email"}
SHARED_TENANTS = {"common", "organizations", "consumers"}
RETRY_AFTER = "7"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"([a-z0-9-]+\.)+[a-z0-9-]+", re.IGNORECASE)
_ALIASES = (
    AUTHORITY_HOST,
    "login.windows.net",
    "login.microsoft.com",
    "sts.windows.net",
)
_FAULT = "AADSTS"
_PAGE = (
    "<!DOCTYPE html><html><head><title>Network sign-in</title></head><body>"
    "<h1>Please accept the terms of use of this network</h1></body></html>"
)


class Refused(Exception):
    """An AADSTS number with the facts for its words."""

    def __init__(self, number: int, **facts: str) -> None:
        super().__init__(number)
        self.number = number
        self.facts = facts


@dataclass
class Entra:
    """Answers requests. token_seconds: life of an access token, None = real."""

    accounts: dict[str, Account]
    tokens: Tokens
    faults: Faults
    tally: Tally
    token_seconds: int | None = None
    issued: int = 0

    async def handle(self, request: Request) -> Answer:
        """Answer one request; the paths are those of login.microsoftonline.com."""
        parts = request.path.strip("/").split("/")
        if request.path.startswith("//"):
            parts.insert(0, "")
        stopped = await self._trouble(request.form.get("username"))
        if stopped:
            return stopped
        match parts:
            case [*_, "discovery", "instance"]:
                return Answer(200, _instances(request.query))
            case [_, "userrealm", user]:
                return self._realm(user)
            case [tenant, "v2.0", ".well-known", "openid-configuration"]:
                return self._refusable(request, lambda: _configuration(tenant))
            case [tenant, "oauth2", "v2.0", "token"] if request.method == "POST":
                return self._refusable(request, lambda: self._token(tenant, request))
            case [_, "discovery", "v2.0", "keys"]:
                return Answer(200, {"keys": []})
        return Answer(404, {"error": "not_found", "error_description": request.path})

    async def _trouble(self, user: str | None) -> Answer | None:
        """What is wrong before anybody looks at the request."""
        await asyncio.sleep(self.faults.delay(user))
        if self.faults.hit("entra-drop", user):
            raise DropConnection
        if self.faults.hit("entra-html", user):
            return Answer(200, _PAGE)
        if self.faults.hit("entra-unavailable", user):
            return Answer(503, "<html><body><h2>Our services aren't available</h2>")
        if self.faults.hit("entra-throttled", user):
            body = entra_errors.body(90055)
            return Answer(429, body, {"Retry-After": RETRY_AFTER})
        return None

    def _refusable(self, request: Request, work: Any) -> Answer:
        correlation = request.headers.get("client-request-id")
        headers = {"x-ms-request-id": str(uuid.uuid4())}
        if correlation:
            headers["client-request-id"] = correlation
        user = request.form.get("username", "")
        try:
            body = work()
        except Refused as refused:
            self.tally.note("token", user, f"AADSTS{refused.number}")
            body = entra_errors.body(refused.number, correlation, **refused.facts)
            status = entra_errors.ERRORS[refused.number].status
            if status in (429, 503):
                headers["Retry-After"] = RETRY_AFTER
            return Answer(status, body, headers)
        return Answer(200, body, headers)

    def _realm(self, user: str) -> Answer:
        domain = user.rpartition("@")[2].lower()
        known = domain in TENANT_DOMAINS
        answer: dict[str, Any] = {
            "ver": "1.0",
            "account_type": "Managed" if known else "Unknown",
            "domain_name": domain,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        }
        return Answer(200, answer)

    def _token(self, tenant: str, request: Request) -> dict[str, Any]:
        form = request.form
        _check_tenant(tenant)
        grant = _needed(form, "grant_type")
        app = _app(_needed(form, "client_id"), tenant)
        if grant not in ("password", "refresh_token"):
            raise Refused(70003, grant=grant)
        if grant == "password" and tenant.lower() in ("common", "consumers"):
            raise Refused(9001023)
        _check_secret(app, form)
        resource = _resource(_needed(form, "scope"))
        if grant == "password":
            account = self._named(_needed(form, "username"), tenant)
            password = _needed(form, "password")
        else:
            account = self._by_refresh(_needed(form, "refresh_token"), app)
            password = account.password
        facts = {
            "user": account.address,
            "tenant": TENANT_ID,
            "client": app.client_id,
            "app": app.name,
            "resource": resource,
        }
        fault = self.faults.first(_FAULT, account.address)
        if fault:
            raise Refused(int(fault.name.removeprefix(_FAULT)), **facts)
        if password != account.password:
            raise Refused(50126)
        if not app.permissions(resource):
            raise Refused(65001, **facts)
        return self._issue(account, app, resource, form)

    def _named(self, user: str, tenant: str) -> Account:
        account = self.accounts.get(user.lower())
        if account is None:
            fault = self.faults.first(_FAULT, user)
            if fault:
                raise Refused(int(fault.name.removeprefix(_FAULT)), user=user)
            raise Refused(50034, user=user, tenant=tenant)
        return account

    def _by_refresh(self, token: str, app: App) -> Account:
        try:
            claims = self.tokens.read_refresh(token)
        except TokenRefused as error:
            raise Refused(70000) from error
        account = self.accounts.get(str(claims.get("upn")))
        if account is None or claims.get("appid") != app.client_id:
            raise Refused(70000)
        if claims.get("pwd") != fingerprint(account.password):
            raise Refused(50173)
        return account

    def _issue(
        self, account: Account, app: App, resource: str, form: dict[str, str]
    ) -> dict[str, Any]:
        self.issued += 1
        self.tally.note("token", account.address, "ok")
        # Entra gives 60 to 90 minutes, so that not everybody comes back at once.
        seconds = self.token_seconds or 3600 + (self.issued * 137) % 900
        access, scopes = self.tokens.access(account, app, resource, seconds)
        asked = set(form["scope"].split())
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "scope": " ".join(f"{resource}/{scope}" for scope in scopes.split()),
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": access,
        }
        if resource + "/.default" in asked:
            answer["scope"] += f" {resource}/.default"
        if "offline_access" in asked:
            answer["refresh_token"] = self.tokens.refresh(account, app)
        if "openid" in asked:
            answer["id_token"] = self.tokens.identity(account, app, form.get("nonce"))
        if form.get("client_info") == "1":
            answer["client_info"] = client_info(account)
        return answer


def _needed(form: dict[str, str], name: str) -> str:
    value = form.get(name, "").strip() if name != "password" else form.get(name, "")
    if not value:
        raise Refused(900144, parameter=name)
    return value


def _check_tenant(tenant: str) -> str:
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


def _app(client_id: str, tenant: str) -> App:
    app = APPS.get(client_id.lower())
    if app is None:
        raise Refused(700016, client=client_id, tenant=tenant)
    return app


def _check_secret(app: App, form: dict[str, str]) -> None:
    given = form.get("client_secret")
    if app.secret is None:
        if given:
            raise Refused(700025)
        return
    if not given:
        raise Refused(7000218)
    if given == app.expired_secret:
        raise Refused(7000222, client=app.client_id)
    if given != app.secret:
        raise Refused(7000215, client=app.client_id)


def _resource(scope: str) -> str:
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


def _configuration(tenant: str) -> dict[str, Any]:
    known = _check_tenant(tenant)
    issued_by = "{tenantid}" if known in SHARED_TENANTS else known
    base = f"https://{AUTHORITY_HOST}/{known}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"https://{AUTHORITY_HOST}/{issued_by}/v2.0",
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "tid", "ver"],
        "kerberos_endpoint": f"{base}/kerberos",
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    }


def _instances(query: dict[str, str]) -> dict[str, Any]:
    endpoint = query.get("authorization_endpoint", "")
    tail = endpoint.replace("/oauth2/v2.0/authorize", "")
    return {
        "tenant_discovery_endpoint": f"{tail}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [
            {
                "preferred_network": AUTHORITY_HOST,
                "preferred_cache": "login.windows.net",
                "aliases": list(_ALIASES),
            }
        ],
    }
