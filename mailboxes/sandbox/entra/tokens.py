"""The token endpoint of the fake Entra ID: each grant, and what it gives.

Which refusals it has: entra/checks, in the shape of entra/errors. Tokens are made in
tokens; routing, discovery and faults of the way: entra.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import effects
from ..faults import Faults
from ..grants import DEVICE_SECONDS, Codes
from ..http import Request
from ..tally import Tally
from ..tokens import TokenRefused, Tokens, client_info, fingerprint
from ..world import (
    AUTHORITY_HOST,
    GRAPH_OF,
    MAIL_OF,
    RESOURCES,
    TENANT_ID,
    Account,
    App,
)
from .checks import (
    Refused,
    check_default,
    check_named,
    check_secret,
    check_tenant,
    known_app,
    needed,
    resource_of,
)
from .consent import Consents
from .faults import Unlisted
from .keys import Keys
from .sign_in import DEVICE_PAGE, SignInPages

OTHER_ADDRESS = (
    "The reply address does not match the reply address that was provided when "
    "requesting the authorization code."
)
CANCELLED_BY_USER = "User declined to consent to access the app."


@dataclass
class TokenEndpoint:
    """Gives tokens. token_seconds: life of an access token, None = real."""

    accounts: dict[str, Account]
    tokens: Tokens
    faults: Faults
    tally: Tally
    token_seconds: int | None = None
    keys: Keys | None = None
    once: bool = False  # a refresh token is good for one use, as at strict authorities
    used: set[str] = field(default_factory=set)
    issued: int = 0
    consents: Consents = field(default_factory=Consents)
    codes: Codes = field(default_factory=Codes)

    def __post_init__(self) -> None:
        self.pages = SignInPages(
            self.accounts, self.consents, self.codes, self.faults, self.tally
        )

    def token(self, tenant: str, request: Request) -> dict[str, Any]:
        form = request.form
        check_tenant(tenant)
        grant = needed(form, "grant_type")
        self._in_cloud(request)
        app = self.consents.of(known_app(needed(form, "client_id"), tenant))
        match grant:
            case "password" | "refresh_token":
                return self._for_user(grant, app, tenant, request)
            case "client_credentials":
                return self._for_app(app, tenant, request)
            case "authorization_code":
                return self._by_code(app, tenant, request)
            case "urn:ietf:params:oauth:grant-type:device_code":
                return self._by_device(app, request)
        raise Refused(70003, grant=grant)

    def _for_user(
        self, grant: str, app: App, tenant: str, request: Request
    ) -> dict[str, Any]:
        """A delegated token, by password or refresh token."""
        form = request.form
        if grant == "password" and tenant.lower() in ("common", "consumers"):
            raise Refused(9001023)
        self._prove(app, tenant, request, for_user=True)
        resource = resource_of(needed(form, "scope"))
        if grant == "password":
            account = self._named(needed(form, "username"), tenant, request)
            password = needed(form, "password")
        else:
            account = self._by_refresh(needed(form, "refresh_token"), app)
            password = account.password
        facts = {
            "user": account.address,
            "tenant": TENANT_ID,
            "client": app.client_id,
            "app": app.name,
            "resource": resource,
        }
        self._fail_if_asked(account.address, request, **facts)
        if account.shared and grant == "password":
            raise Refused(50057, **facts)
        if password != account.password:
            raise Refused(50126)
        app = self.consents.of(app, account.address)
        if not app.permissions(resource):
            raise Refused(65001, **facts)
        return self._issue(account, app, resource, request, form)

    def _by_code(self, app: App, tenant: str, request: Request) -> dict[str, Any]:
        """Tokens for the code of a sign-in (RFC 6749 section 4.1.3, RFC 7636)."""
        form = request.form
        self._prove(app, tenant, request, for_user=True)
        granted = self.codes.given.get(needed(form, "code"))
        if granted is None or granted.client_id != app.client_id:
            raise Refused(70000)
        if granted.used:
            raise Refused(54005)
        if granted.over:
            raise Refused(70008)
        if granted.redirect_uri != form.get("redirect_uri"):
            raise Unlisted("invalid_grant", OTHER_ADDRESS, 500112)
        if not granted.proves(form.get("code_verifier", "")):
            raise Refused(501481)
        granted.used = True
        form.setdefault("nonce", granted.nonce)
        return self._for_person(granted.account, granted.scope, app, request, form)

    def device_code(self, tenant: str, request: Request) -> dict[str, Any]:
        """A code for a device (RFC 8628 section 3.2); for public clients only."""
        form = request.form
        check_tenant(tenant)
        app = known_app(needed(form, "client_id"), tenant)
        resource_of(needed(form, "scope"))
        self._fail_if_asked(app.client_id, request, client=app.client_id, app=app.name)
        if not app.public:
            raise Refused(7000218)
        code, device = self.codes.begin(app.client_id, form["scope"])
        address = f"https://{cloud_of(request)}{DEVICE_PAGE}"
        return {
            "user_code": device.user_code,
            "device_code": code,
            "verification_uri": address,
            "expires_in": DEVICE_SECONDS,
            "interval": self.codes.device_interval,
            "message": f"Open {address} and enter the code {device.user_code}.",
        }

    def _by_device(self, app: App, request: Request) -> dict[str, Any]:
        """Tokens for a device, once somebody has signed in for it."""
        device = self.codes.devices.get(needed(request.form, "device_code"))
        if device is None or device.client_id != app.client_id:
            raise Refused(70018)
        if time.time() > device.ends:
            raise Refused(70019)
        if device.declined:
            raise Unlisted("authorization_declined", CANCELLED_BY_USER, 70017)
        if not device.account:
            raise Refused(70016)
        del self.codes.devices[request.form["device_code"]]
        form = request.form
        return self._for_person(device.account, device.scope, app, request, form)

    def _for_person(
        self,
        address: str,
        scope: str,
        app: App,
        request: Request,
        form: dict[str, str],
    ) -> dict[str, Any]:
        """Tokens for somebody who has signed in on a page and agreed."""
        account = self.accounts[address]
        resource = resource_of(scope)
        self._fail_if_asked(
            account.address,
            request,
            user=account.address,
            client=app.client_id,
            app=app.name,
            resource=resource,
        )
        agreed = self.consents.of(app, account.address)
        return self._issue(account, agreed, resource, request, form | {"scope": scope})

    def _for_app(self, app: App, tenant: str, request: Request) -> dict[str, Any]:
        """A token of the application itself (RFC 6749 section 4.4).

        Without any consent there is a token all the same, only without roles: the mail
        server is who refuses it.
        """
        form = request.form
        scope = needed(form, "scope")
        self._fail_if_asked(
            app.client_id,
            request,
            tenant=TENANT_ID,
            client=app.client_id,
            app=app.name,
            scope=scope,
        )
        check_named(tenant)
        self._prove(app, tenant, request, for_user=False)
        check_default(scope)
        resource = resource_of(scope)
        seconds = self._seconds()
        self.tally.note("token", app.client_id, "ok")
        return {
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": self.tokens.application(
                app, resource, seconds, self._change(app.client_id, request)
            ),
        }

    def _in_cloud(self, request: Request) -> None:
        """Tokens are for the resources of their own cloud. Raises Refused."""
        host, scope = cloud_of(request), request.form.get("scope", "")
        for one in scope.split():
            named = one.rpartition("/")[0].rstrip("/").lower()
            if named in RESOURCES and named not in (*MAIL_OF[host], GRAPH_OF[host]):
                raise Refused(500011, resource=named)

    def _prove(
        self, app: App, tenant: str, request: Request, *, for_user: bool
    ) -> None:
        """The application proves who it is, by secret or by certificate."""
        form = request.form
        if form.get("client_assertion") and self.keys is not None:
            known = check_tenant(tenant)
            address = f"https://{cloud_of(request)}/{known}/oauth2/v2.0/token"
            self.keys.check(app, form, address)
        else:
            check_secret(app, form, for_user=for_user)

    def _fail_if_asked(self, who: str, request: Request, **facts: str) -> None:
        fault = self.faults.at(effects.GRANT, who, request.who)
        if fault is None:
            return
        if fault.error:
            raise Unlisted(fault.error, fault.text, fault.number)
        raise Refused(fault.number, parameter="scope", **facts)

    def _change(self, who: str, request: Request) -> Mapping[str, Any]:
        """What a fault makes of the claims of a token."""
        fault = self.faults.at(effects.CLAIMS, who, request.who)
        return fault.change if fault else {}

    def _seconds(self) -> int:
        """Life of the next token."""
        self.issued += 1
        # Entra gives 60 to 90 minutes, so that not everybody comes back at once.
        return self.token_seconds or 3600 + (self.issued * 137) % 900

    def _named(self, user: str, tenant: str, request: Request) -> Account:
        account = self.accounts.get(user.lower())
        if account is None:
            self._fail_if_asked(user, request, user=user)
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
        self._use(claims)
        return account

    def _use(self, claims: dict[str, Any]) -> None:
        """Note a use. One that comes twice was stolen: its whole family ends."""
        token, family = str(claims.get("jti")), str(claims.get("family"))
        if self.once and (token in self.used or family in self.used):
            self.used.add(family)
            raise Refused(70000)
        self.used.add(token)

    def _family(self, form: dict[str, str]) -> str:
        """The family of the refresh token that was sent, "" for none."""
        sent = form.get("refresh_token", "")
        return str(self.tokens.read_refresh(sent).get("family", "")) if sent else ""

    def _issue(
        self,
        account: Account,
        app: App,
        resource: str,
        request: Request,
        form: dict[str, str],
    ) -> dict[str, Any]:
        self.tally.note("token", account.address, "ok")
        seconds = self._seconds()
        change = self._change(account.address, request)
        access, scopes = self.tokens.access(account, app, resource, seconds, change)
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
            answer["refresh_token"] = self.tokens.refresh(
                account, app, self._family(form)
            )
        if "openid" in asked:
            answer["id_token"] = self.tokens.identity(account, app, form.get("nonce"))
        if form.get("client_info") == "1":
            answer["client_info"] = client_info(account)
        return answer


def cloud_of(request: Request) -> str:
    """The authority that was asked by its name; other names mean the global one."""
    host = request.headers.get("host", "").partition(":")[0].lower()
    return host if host in GRAPH_OF else AUTHORITY_HOST


def asking(request: Request) -> str | None:
    """Whose faults and counts a request is: the user's, or the application's own."""
    form = request.form
    if form.get("grant_type") == "client_credentials":
        return form.get("client_id")
    return form.get("username")
