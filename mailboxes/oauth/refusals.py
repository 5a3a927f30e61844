"""What answers and failures of a token endpoint mean, as tables.

Entra asks its clients not to read the text of a message: `error_codes` decide, then
`error` and `suberror` (diagnosis.md section 3.1). Words for people: services/findings.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from http.client import BadStatusLine, RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions as u3

from ..core.choices import Stage
from ..core.errors import Code, MailError
from ..transports import numerals, tls
from ..transports.base import NetworkPolicy

# Entra codes that pass by themselves (rows 53-57 of diagnosis.md).
PASSING = {
    50033, 50196, 80001, 80002, 80005, 80007, 80014,
    90006, 90012, 90024, 90033, 90055, 90090,
}  # fmt: skip
THROTTLED = {50196, 90055}
TENANT = {90002, 900023, 50059, 50128, 90019, 50049}

BY_ERROR = {
    "invalid_grant": Code.TOKEN_INVALID_GRANT,
    "invalid_client": Code.TOKEN_INVALID_CLIENT,
    "unauthorized_client": Code.TOKEN_INVALID_CLIENT,
    "interaction_required": Code.TOKEN_INTERACTION,
    "login_required": Code.TOKEN_INTERACTION,
    "temporarily_unavailable": Code.TOKEN_UNAVAILABLE,
    "server_error": Code.TOKEN_UNAVAILABLE,
    "invalid_tenant": Code.TENANT_UNKNOWN,
}
PASSING_CODES = {Code.TOKEN_UNAVAILABLE, Code.TOKEN_THROTTLED}
DEFAULT_WAIT = 60.0  # seconds, when a throttled answer names none


def of_answer(
    answer: Mapping[str, Any],
    evidence: Mapping[str, object],
    wait: float | None,
    status: int = 400,
) -> MailError:
    """The MailError of a refusal in OAuth's form (RFC 6749 section 5.2).

    wait: seconds of a Retry-After header, None without one.
    status: of HTTP; from 500 on the service has a fault, whatever the body says.
    """
    codes = [numerals.number(str(one)) for one in answer.get("error_codes") or ()]
    numbers = [one for one in codes if one is not None]
    number = numbers[0] if numbers else None
    known = BY_ERROR.get(str(answer.get("error", "")), Code.TOKEN_REFUSED)
    if status >= 500 and known not in PASSING_CODES:
        known = Code.TOKEN_UNAVAILABLE
    throttled = number in THROTTLED
    passing = number in PASSING or known in PASSING_CODES
    description = str(answer.get("error_description", ""))
    return MailError(
        str(known) if number is None else f"AADSTS{number}",
        Stage.TENANT if number in TENANT else Stage.TOKEN,
        permanent=not passing,
        retry_after=(wait or DEFAULT_WAIT) if throttled else wait,
        evidence={
            **evidence,
            "answer": _first_sentence(description),
            "status": status,
            "error": str(answer.get("error", "")),
            "codes": numbers,
            "suberror": str(answer.get("suberror", "")),
            **_of_google(answer),
            "trace_id": str(answer.get("trace_id", "")),
            "correlation_id": str(answer.get("correlation_id", "")),
            "timestamp": str(answer.get("timestamp", "")),
        },
    )


def _of_google(answer: Mapping[str, Any]) -> dict[str, object]:
    """What Google adds where a policy of Workspace has ended a sign-in."""
    found = answer.get("error_subtype")
    return {"error_subtype": str(found)} if found else {}


def _first_sentence(description: str) -> str:
    """The description without the ids that Entra appends; they are shown apart."""
    return description.split(" Trace ID:")[0].split("\r\n")[0].split("\n")[0]


def of_status(
    status: int, text: str, evidence: Mapping[str, object], wait: float | None
) -> MailError:
    """The MailError of an answer that is not JSON, or a status that says it all."""
    facts = {**evidence, "status": status, "answer": " ".join(text.split())[:300]}
    if status == 429:
        return MailError(
            Code.TOKEN_THROTTLED,
            Stage.TOKEN,
            retry_after=wait or DEFAULT_WAIT,
            evidence=facts,
        )
    if status >= 500:
        return MailError(
            Code.TOKEN_UNAVAILABLE, Stage.TOKEN, retry_after=wait, evidence=facts
        )
    return MailError(Code.TOKEN_NOT_JSON, Stage.PROXY, permanent=True, evidence=facts)


# Nearest class wins, in the order in which a request can fail.
_NETWORK: tuple[tuple[type[BaseException], Code, Stage], ...] = (
    (ConnectionRefusedError, Code.CONNECT_REFUSED, Stage.TCP),
    (requests.exceptions.ConnectTimeout, Code.CONNECT_TIMEOUT, Stage.TCP),
    (u3.ConnectTimeoutError, Code.CONNECT_TIMEOUT, Stage.TCP),
    (requests.exceptions.ReadTimeout, Code.READ_TIMEOUT, Stage.TOKEN),
    (u3.ReadTimeoutError, Code.READ_TIMEOUT, Stage.TOKEN),
    (ConnectionError, Code.CONNECTION_LOST, Stage.TCP),
    (requests.exceptions.ChunkedEncodingError, Code.CONNECTION_LOST, Stage.TOKEN),
    (requests.exceptions.ConnectionError, Code.CONNECT_UNREACHABLE, Stage.TCP),
    # A page that asks for a sign-in leads in circles.
    (requests.exceptions.TooManyRedirects, Code.TOKEN_NOT_JSON, Stage.PROXY),
)
# What requests says of an address that is none.
_NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)


def of_exception(
    error: requests.exceptions.RequestException, evidence: dict[str, object]
) -> MailError:
    """The MailError of a request that got no answer, or half of one."""
    if isinstance(error, _NO_ADDRESS):
        facts = {**evidence, "option": "tenant-authority"}
        return _network(Code.CONFIG_INCOMPLETE, Stage.FIELDS, error, facts, True)
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, MailError):  # of the way (session)
            cause.evidence = {**cause.evidence, **evidence}
            return cause
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return tls.failed(cause, evidence)
    garbled = [cause for cause in causes if isinstance(cause, BadStatusLine)]
    if garbled and not isinstance(garbled[0], RemoteDisconnected):
        # A device in the authority's place that speaks no HTTP.
        answer = {**evidence, "answer": str(garbled[0]).strip()}
        return MailError(
            Code.TOKEN_NOT_JSON, Stage.PROXY, permanent=True, evidence=answer
        )
    for kind, code, stage in _NETWORK:
        for cause in causes:
            if isinstance(cause, kind):
                return _network(code, stage, cause, evidence)
    # Nobody has refused anything: whatever it is, it may pass.
    return _network(Code.TOKEN_UNAVAILABLE, Stage.TOKEN, error, evidence)


def _network(
    code: Code,
    stage: Stage,
    error: BaseException,
    evidence: Mapping[str, object],
    permanent: bool = False,
) -> MailError:
    words = getattr(error, "strerror", None) or type(error).__name__
    return MailError(
        code, stage, permanent=permanent, evidence={**evidence, "answer": str(words)}
    )


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all that it wraps: `__cause__`, `__context__`, args, `.reason`."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or one in found:
            continue
        found.append(one)
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None)]
        waiting += list(one.args)
    return found


def facts_of(authority: str, policy: NetworkPolicy) -> dict[str, object]:
    """What is known before an authority is asked: its host, the proxy on the way."""
    facts: dict[str, object] = {"host": host_of(authority)}
    if policy.proxy is not None:
        facts["proxy"] = f"{policy.proxy.host}:{policy.proxy.port}"
    return facts


def host_of(url: str) -> str:
    """Host of an address, for evidence."""
    return urlsplit(url).hostname or url
