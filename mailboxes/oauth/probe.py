"""Asks an authority who it is, without any credential: way, clock, tenant.

`reach` opens the line and closes it again, so that each stage of the way has its time;
`discover` reads the tenant's openid-configuration through the session that tokens are
got through. Getting tokens is microsoft.py, what a refusal means is refusals.py.
Source: OpenID Connect Discovery 1.0 section 4; RFC 9110 section 6.6.1 (Date).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

import requests

from ..core.choices import Security, Stage
from ..core.errors import Code, MailError
from ..transports import net
from ..transports.base import Endpoint, NetworkPolicy, Progress
from . import refusals, session

HTTPS = 443
# Of the configuration, what tells an admin which tenant and which cloud was found.
TOLD = ("issuer", "tenant_region_scope", "cloud_instance_name")
PLACEHOLDER = "{tenantid}"  # issuer of "organizations" and its like


@dataclass(frozen=True)
class Discovery:
    """What the authority answered.

    skew: seconds that our clock is ahead of its own, None where it told no time.
    facts: issuer, tenant_region_scope, cloud_instance_name and tenant (id), as far as
        told. refusal: why there is no configuration, None when there is one.
    """

    milliseconds: int
    skew: float | None
    facts: dict[str, object] = field(default_factory=dict)
    refusal: MailError | None = None


def endpoint(authority: str) -> Endpoint:
    """Host and port of an authority's address."""
    parts = urlsplit(authority)
    return Endpoint(parts.hostname or authority, parts.port or HTTPS, Security.TLS)


def reach(
    authority: str, policy: NetworkPolicy, progress: Progress | None = None
) -> None:
    """Open an encrypted line to the authority and close it again.

    progress: told of DNS, TCP, PROXY and TLS as transports tell it. Raises MailError.
    """
    net.Line(endpoint(authority), policy, {}, progress).open().close()


def discover(authority: str, directory_id: str, policy: NetworkPolicy) -> Discovery:
    """Read the openid-configuration of a tenant.

    directory_id: "" for an authority without tenants, such as Google's.
    Raises MailError where there was no answer at all.
    """
    evidence = refusals.facts_of(authority, policy)
    tenant = f"/{quote(directory_id, safe='')}/v2.0" if directory_id else ""
    url = f"{authority.rstrip('/')}{tenant}/.well-known/openid-configuration"
    asked = time.time()
    made = session.make(policy)
    try:
        response = made.get(url)
    except requests.exceptions.RequestException as error:
        raise refusals.of_exception(error, evidence) from error
    finally:
        made.close()
    heard = time.time()
    milliseconds = round((heard - asked) * 1000)
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, Mapping):
        # What stands between us and the authority has a clock of its own.
        refusal = refusals.of_status(
            response.status_code, response.text, evidence, None
        )
        return Discovery(milliseconds, None, refusal=refusal)
    skew = _skew(response.headers, (asked + heard) / 2)
    if answer.get("error"):
        refusal = refusals.of_answer(answer, evidence, None)
    elif response.status_code != 200 or "token_endpoint" not in answer:
        refusal = MailError(
            Code.TENANT_UNKNOWN,
            Stage.TENANT,
            permanent=True,
            evidence={
                **evidence,
                "status": response.status_code,
                "answer": " ".join(response.text.split())[:300],
            },
        )
    else:
        return Discovery(milliseconds, skew, _facts(answer))
    return Discovery(milliseconds, skew, refusal=refusal)


def _facts(answer: Mapping[str, object]) -> dict[str, object]:
    facts = {name: str(answer[name]) for name in TOLD if answer.get(name)}
    tenant = urlsplit(facts.get("issuer", "")).path.strip("/").partition("/")[0]
    if tenant and tenant != PLACEHOLDER:
        facts["tenant"] = tenant
    return dict(facts)


def _skew(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that `now` is ahead of the answer's Date; caches say its Age."""
    try:
        moment = parsedate_to_datetime(headers.get("Date", "")).timestamp()
        age = float(headers.get("Age", "0"))
    except (TypeError, ValueError, OverflowError):
        return None
    # A Date of whole seconds is half a second old on average.
    return now - moment - age - 0.5
