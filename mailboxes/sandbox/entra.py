"""The fake Entra ID: discovery, userrealm, admin consent, the v2.0 token endpoint.

Grants: password, refresh_token and client_credentials, as MSAL asks. Refuses for the
reasons the real one has (entra_checks), in its shape (entra_errors); tokens are made in
tokens, consent is given in entra_consent. Other grants: AADSTS70003. A fault hits a
user by address, an application that asks for itself by client id; how it answers then:
entra_faults.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from . import effects, entra_errors
from .entra_checks import (
    Refused,
    check_default,
    check_named,
    check_secret,
    check_tenant,
    known_app,
    needed,
    resource_of,
)
from .entra_consent import Consents
from .entra_documents import configuration, instances
from .entra_faults import RETRY_AFTER, Unlisted, shown
from .entra_keys import Keys
from .faults import Faults
from .http import Answer, Request
from .tally import Tally
from .tokens import TokenRefused, Tokens, client_info, fingerprint
from .world import AUTHORITY_HOST, TENANT_DOMAINS, TENANT_ID, Account, App


@dataclass
class Entra:
    """Answers requests. token_seconds: life of an access token, None = real."""

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

    async def handle(self, request: Request) -> Answer:
        """Answer one request; the paths are those of login.microsoftonline.com."""
        answer = await self._answer(request)
        late = self.faults.at(effects.CLOCK, *_who(request))
        if late:
            answer.headers["Date"] = formatdate(time.time() + late.late, usegmt=True)
        return answer

    async def _answer(self, request: Request) -> Answer:
        parts = request.path.strip("/").split("/")
        if request.path.startswith("//"):
            parts.insert(0, "")
        await asyncio.sleep(self.faults.delay(*_who(request)))
        stopped = await self._stopped(effects.REQUEST, request)
        if stopped:
            return stopped
        match parts:
            case [*_, "discovery", "instance"]:
                return Answer(200, instances(request.query))
            case [_, "userrealm", user]:
                return self._realm(user)
            case [tenant, "v2.0", ".well-known", "openid-configuration"]:
                return await self._stopped(effects.TENANT, request) or self._refusable(
                    request, lambda: configuration(tenant)
                )
            case [tenant, "v2.0", "adminconsent"]:
                return self.consents.answer(tenant, request)
            case [tenant, "oauth2", "v2.0", "token"] if request.method == "POST":
                return await self._stopped(effects.TOKEN, request) or self._refusable(
                    request, lambda: self._token(tenant, request)
                )
            case [_, "discovery", "v2.0", "keys"]:
                return Answer(200, {"keys": []})
        return Answer(404, {"error": "not_found", "error_description": request.path})

    async def _stopped(self, place: str, request: Request) -> Answer | None:
        """What a fault answers before anybody looks at the request."""
        fault = self.faults.at(place, *_who(request))
        if fault is None:
            return None
        if request.path.endswith("/token"):
            outcome = str(fault.status or fault.end or fault.number)
            self.tally.note("token", _asking(request) or "", outcome)
        return await shown(fault, request.headers.get("client-request-id"))

    def _refusable(self, request: Request, work: Any) -> Answer:
        correlation = request.headers.get("client-request-id")
        headers = {"x-ms-request-id": str(uuid.uuid4())}
        if correlation:
            headers["client-request-id"] = correlation
        try:
            body = work()
        except Refused as refused:
            outcome = f"AADSTS{refused.number}"
            self.tally.note("token", _asking(request) or "", outcome)
            body = entra_errors.body(refused.number, correlation, **refused.facts)
            status = entra_errors.ERRORS[refused.number].status
            if status in (429, 503):
                headers["Retry-After"] = RETRY_AFTER
            return Answer(status, body, headers)
        except Unlisted as refused:
            self.tally.note("token", _asking(request) or "", refused.error)
            return Answer(400, refused.body(correlation), headers)
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
        check_tenant(tenant)
        grant = needed(form, "grant_type")
        app = self.consents.of(known_app(needed(form, "client_id"), tenant))
        match grant:
            case "password" | "refresh_token":
                return self._for_user(grant, app, tenant, request)
            case "client_credentials":
                return self._for_app(app, tenant, request)
        raise Refused(70003, grant=grant)

    def _for_user(
        self, grant: str, app: App, tenant: str, request: Request
    ) -> dict[str, Any]:
        """A delegated token, by password or refresh token."""
        form = request.form
        if grant == "password" and tenant.lower() in ("common", "consumers"):
            raise Refused(9001023)
        self._prove(app, tenant, form, for_user=True)
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
        if password != account.password:
            raise Refused(50126)
        if not app.permissions(resource):
            raise Refused(65001, **facts)
        return self._issue(account, app, resource, request)

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
        self._prove(app, tenant, form, for_user=False)
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

    def _prove(
        self, app: App, tenant: str, form: dict[str, str], *, for_user: bool
    ) -> None:
        """The application proves who it is, by secret or by certificate."""
        if form.get("client_assertion") and self.keys is not None:
            known = check_tenant(tenant)
            address = f"https://{AUTHORITY_HOST}/{known}/oauth2/v2.0/token"
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
        self, account: Account, app: App, resource: str, request: Request
    ) -> dict[str, Any]:
        self.tally.note("token", account.address, "ok")
        form, seconds = request.form, self._seconds()
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


def _asking(request: Request) -> str | None:
    """Whose faults and counts a request is: the user's, or the application's own."""
    form = request.form
    if form.get("grant_type") == "client_credentials":
        return form.get("client_id")
    return form.get("username")


def _who(request: Request) -> tuple[str | None, str | None]:
    return _asking(request), request.who
