"""What a federated account's own sign-in server answers (ADFS, WS-Trust 1.3).

Entra names that server for the domain; MSAL reads its description (a WSDL document),
sends it the password in SOAP, and gives Entra the assertion that comes back. None of
that is JSON, and a wrong password comes as a fault, often with status 500.
Source: OASIS WS-Trust 1.3 section 11 (names of faults), SOAP 1.2 section 5.4.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

import requests

from ..core.choices import Stage
from ..core.errors import Code, MailError
from . import refusals

# Names of faults that refuse the user name or its password.
REFUSED = frozenset({"FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken"})
_NAME = re.compile(r"<(?:\w+:)?Subcode>\s*<(?:\w+:)?Value\b[^>]*>\s*([\w:.-]+)\s*<")
_REASON = re.compile(r"<(?:\w+:)?Text\b[^>]*>([^<]*)<")


def of_error(
    error: Exception,
    response: requests.Response,
    evidence: Mapping[str, object],
    wait: float | None,
) -> MailError:
    """The MailError of what MSAL raised after `response` of that server.

    The body of an answer that is no fault stays out of the evidence: it may hold the
    assertion, which signs its bearer in.
    """
    status = response.status_code
    name = _NAME.search(response.text)
    if name is not None:
        reason = _REASON.search(response.text)
        words = " ".join(html.unescape(reason[1]).split()) if reason else ""
        refused = name[1].rpartition(":")[2] in REFUSED
        return MailError(
            Code.TOKEN_INVALID_GRANT if refused else Code.TOKEN_UNAVAILABLE,
            Stage.TOKEN,
            permanent=refused,
            retry_after=wait,
            evidence={
                **evidence,
                "status": status,
                "answer": f"{name[1]}: {words}",
            },
        )
    if status < 400 and isinstance(error, ValueError):
        # It offers no sign-in by user name and password at all.
        return MailError(
            Code.TOKEN_REFUSED,
            Stage.TOKEN,
            permanent=True,
            evidence={**evidence, "answer": str(error).splitlines()[0]},
        )
    return refusals.of_status(status, f"HTTP {status}", evidence, wait)
