"""The application at Entra as MSAL wants it, and what its failures mean here.

Made for each request anew: MSAL's application asks the authority for its configuration
when it is made, and its cache is ours. Tokens: tokens. First sign-ins: sign_in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import ParseError

import msal
import requests

from ...core import certificates
from ...core.choices import Stage
from ...core.errors import Code, MailError
from ...transports.base import NetworkPolicy
from .. import federation, refusals, session
from ..base import TokenRequest
from ..recorder import NotJson, Recorder, retry_after

# What MSAL raises in place of an answer: for an authority whose configuration it cannot
# read, for a status of 400 and above (although the body may say why), and for federated
# accounts on a description that is no XML or an answer without an assertion.
_RAISED = (ValueError, msal.exceptions.MsalServiceError, ParseError, RuntimeError)
_RESERVED = ("openid", "profile", "offline_access")
_KNOWN_HOSTS = msal.authority.WELL_KNOWN_AUTHORITY_HOSTS

# MSAL logs request parameters at DEBUG; what it knows is in our errors already.
logging.getLogger("msal").setLevel(logging.WARNING)


def asked(
    request: TokenRequest,
    policy: NetworkPolicy,
    ask: Callable[[Recorder], Mapping[str, Any]],
) -> tuple[Mapping[str, Any], Recorder]:
    """What the authority answers to `ask`, and the client that has asked.

    An answer may be a refusal (`checked`). Raises MailError at TENANT, TOKEN, or where
    the network failed.
    """
    host = refusals.host_of(request.authority)
    evidence = evidence_of(request, policy)
    client = Recorder(session.make(policy), {host, *_KNOWN_HOSTS})
    try:
        return ask(client), client
    except NotJson as error:
        response = error.response
        raise refusals.of_status(
            response.status_code, response.text, evidence, retry_after(response)
        ) from error
    except requests.exceptions.RequestException as error:
        evidence["host"] = client.host or host
        raise refusals.of_exception(error, evidence) from error
    except _RAISED as error:
        raise _unusable(error, client, evidence) from error
    finally:
        client.close()


def checked(
    answer: Mapping[str, Any],
    client: Recorder,
    request: TokenRequest,
    policy: NetworkPolicy,
    wanted: str = "access_token",
) -> None:
    """Raises MailError unless the answer has what was asked for."""
    if wanted not in answer:
        raise _refused(answer, client, evidence_of(request, policy))


def evidence_of(request: TokenRequest, policy: NetworkPolicy) -> dict[str, object]:
    """What is known before the authority is asked."""
    return {
        **refusals.facts_of(request.authority, policy),
        "user": request.username,
    }


def application(
    request: TokenRequest, client: Recorder, cache: msal.TokenCache
) -> msal.ClientApplication:
    """The application as it is registered: with a proof of its own, or public."""
    credential = proof(request)
    kind = (
        msal.ConfidentialClientApplication
        if credential
        else msal.PublicClientApplication
    )
    return kind(
        request.client_id,
        client_credential=credential,
        authority=f"{request.authority}/{request.directory_id}",
        token_cache=cache,
        http_client=client,
        instance_discovery=discovery(request),
    )


def discovery(request: TokenRequest) -> bool | None:
    """Whether MSAL looks up other names of the host; it must for one it does not know.

    After a refusal it would ask for them, and its answer would hide the pause that the
    refusal asks for.
    """
    return False if refusals.host_of(request.authority) in _KNOWN_HOSTS else None


def named(scope: str) -> list[str]:
    """The scopes but for those that MSAL adds by itself and refuses to be given."""
    return [one for one in scope.split() if one.lower() not in _RESERVED]


def proof(request: TokenRequest) -> str | dict[str, str] | None:
    """What proves the application, as MSAL takes it.

    With a certificate MSAL signs an assertion of its own for each request (PS256) and
    names the certificate by its SHA-256 thumbprint. Raises MailError.
    """
    if not request.certificate:
        return request.client_secret or None
    try:
        found = certificates.read(request.certificate)
    except certificates.CertificateUnusable as error:
        raise MailError(
            Code.CONFIG_INCOMPLETE,
            Stage.FIELDS,
            permanent=True,
            evidence={"option": "password", "answer": str(error)},
        ) from error
    return {"private_key": found.private_key, "public_certificate": found.public}


def _refused(
    answer: Mapping[str, Any], client: Recorder, evidence: Mapping[str, object]
) -> MailError:
    last = client.last
    wait = retry_after(last) if last is not None else None
    if last is not None and last.status_code == 429:
        return refusals.of_status(429, str(answer.get("error", "")), evidence, wait)
    return refusals.of_answer(answer, evidence, wait)


def _unusable(
    error: Exception, client: Recorder, evidence: dict[str, object]
) -> MailError:
    """The MailError of one of `_RAISED`."""
    last = client.last
    if last is not None:
        status, wait = last.status_code, retry_after(last)
        if client.federated and status != 429:
            evidence["host"] = client.host
            return federation.of_error(error, last, evidence, wait)
        try:
            body = last.json()
        except ValueError:
            body = None
        if status != 429 and isinstance(body, dict) and body.get("error"):
            return refusals.of_answer(body, evidence, wait, status)
        if status == 429 or status >= 500:
            return refusals.of_status(status, last.text, evidence, wait)
    return MailError(
        Code.TENANT_UNKNOWN,
        Stage.TENANT,
        permanent=True,
        evidence={**evidence, "answer": str(error).splitlines()[0]},
    )
