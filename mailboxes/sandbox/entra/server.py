"""The fake Entra ID: discovery, userrealm, admin consent, the v2.0 token endpoint.

Every grant, as MSAL asks. Refuses for the reasons the real one has (entra/checks), in
its shape (entra/errors); tokens are made in tokens, people sign in on entra/sign_in and
administrators agree on entra/consent. Other grants: AADSTS70003. A fault hits a
user by address, an application that asks for itself by client id; how it answers then:
entra/faults.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from email.utils import formatdate
from typing import Any

from .. import effects
from ..http import Answer, Request
from ..world import TENANT_DOMAINS
from . import errors as entra_errors
from .checks import Refused
from .documents import configuration, instances
from .faults import RETRY_AFTER, Unlisted, shown
from .tokens import TokenEndpoint, asking, cloud_of


class Entra(TokenEndpoint):
    """Answers requests; the fields are those of the token endpoint."""

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
                    request, lambda: configuration(tenant, cloud_of(request))
                )
            case [tenant, "v2.0", "adminconsent"]:
                return self.consents.answer(tenant, request)
            case [tenant, "oauth2", "v2.0", "authorize"]:
                return self.pages.authorize(tenant, request)
            case ["device"] | ["common", "oauth2", "deviceauth"]:
                return self.pages.device(request)
            case [tenant, "oauth2", "v2.0", "devicecode"] if request.method == "POST":
                return await self._stopped(effects.TOKEN, request) or self._refusable(
                    request, lambda: self.device_code(tenant, request)
                )
            case [tenant, "oauth2", "v2.0", "token"] if request.method == "POST":
                return await self._stopped(effects.TOKEN, request) or self._refusable(
                    request, lambda: self.token(tenant, request)
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
            self.tally.note("token", asking(request) or "", outcome)
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
            self.tally.note("token", asking(request) or "", outcome)
            body = entra_errors.body(refused.number, correlation, **refused.facts)
            status = entra_errors.ERRORS[refused.number].status
            if status in (429, 503):
                headers["Retry-After"] = RETRY_AFTER
            return Answer(status, body, headers)
        except Unlisted as refused:
            self.tally.note("token", asking(request) or "", refused.error)
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


def _who(request: Request) -> tuple[str | None, str | None]:
    return asking(request), request.who
