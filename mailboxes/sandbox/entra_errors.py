"""The refusals of Entra ID: number, status, error, words, and the JSON around them.

When which is given: entra. Source: "Microsoft Entra authentication and authorization
error codes" (learn.microsoft.com) and diagnosis.md 3.3; the words are shortened.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

from .world import AUTHORITY_HOST


class Entry(NamedTuple):
    """One refusal as the token endpoint gives it."""

    status: int
    error: str
    text: str
    suberror: str | None = None


_GRANT, _CLIENT, _REQUEST = "invalid_grant", "invalid_client", "invalid_request"
_INTERACT, _BUSY = "interaction_required", "temporarily_unavailable"

ERRORS: dict[int, Entry] = {
    50126: Entry(
        400,
        _GRANT,
        "Error validating credentials due to invalid username or password.",
    ),
    50034: Entry(
        400,
        _GRANT,
        "The user account {user} does not exist in the {tenant} "
        "directory. To sign into "
        "this application, the account must be added to the directory.",
    ),
    50053: Entry(
        400,
        _GRANT,
        "The account is locked, you've tried to sign in too many times with an "
        "incorrect user ID or password.",
    ),
    50055: Entry(400, _GRANT, "The password is expired.", "user_password_expired"),
    50057: Entry(400, _GRANT, "The user account is disabled."),
    50076: Entry(
        400,
        _GRANT,
        "Due to a configuration change made by your administrator, "
        "or because you moved "
        "to a new location, you must use multi-factor authentication to access "
        "'{resource}'.",
        "basic_action",
    ),
    50079: Entry(
        400,
        _GRANT,
        "Due to a configuration change made by your administrator, "
        "or because you moved "
        "to a new location, you must enroll in multi-factor authentication to access "
        "'{resource}'.",
        "basic_action",
    ),
    50072: Entry(
        400, _INTERACT, "The user must enroll in multi-factor authentication."
    ),
    53000: Entry(
        400, _GRANT, "Device is not in required device state.", "message_only"
    ),
    53003: Entry(
        400,
        _GRANT,
        "Access has been blocked by Conditional Access policies. "
        "The access policy does "
        "not allow token issuance.",
        "message_only",
    ),
    53004: Entry(400, _GRANT, "User must complete multi-factor registration."),
    65001: Entry(
        400,
        _GRANT,
        "The user or administrator has not consented to use the application with ID "
        "'{client}' named '{app}'. Send an interactive authorization request for this "
        "user and resource.",
        "consent_required",
    ),
    700016: Entry(
        400,
        "unauthorized_client",
        "Application with identifier '{client}' was not found in the directory "
        "'{tenant}'. This can happen if the application has not been installed by the "
        "administrator of the tenant or consented to by any user in the tenant.",
    ),
    7000218: Entry(
        401,
        _CLIENT,
        "The request body must contain the following parameter: 'client_assertion' or "
        "'client_secret'.",
    ),
    7000215: Entry(
        401,
        _CLIENT,
        "Invalid client secret provided. Ensure the secret being "
        "sent in the request is "
        "the client secret value, not the client secret ID, for a secret added to app "
        "'{client}'.",
    ),
    7000222: Entry(
        401,
        _CLIENT,
        "The provided client secret keys for app '{client}' are expired.",
    ),
    7000216: Entry(
        401,
        _CLIENT,
        "'client_assertion', 'client_secret' or 'request' is required for the "
        "'client_credentials' grant type.",
    ),
    700025: Entry(
        401,
        _CLIENT,
        "Client is public so neither 'client_assertion' nor 'client_secret' should be "
        "presented.",
    ),
    90002: Entry(
        400,
        _REQUEST,
        "Tenant '{tenant}' not found. Check to make sure you have "
        "the correct tenant ID "
        "and are signing into the correct cloud. Check with your subscription "
        "administrator, this may happen if there are no active subscriptions for the "
        "tenant.",
    ),
    900023: Entry(
        400,
        _REQUEST,
        "Specified tenant identifier '{tenant}' is neither a valid "
        "DNS name, nor a valid "
        "external domain.",
    ),
    9001023: Entry(
        400,
        _REQUEST,
        "The grant type is not supported over the /common or /consumers endpoints. "
        "Please use the /organizations or tenant-specific endpoint.",
    ),
    50059: Entry(
        400,
        _REQUEST,
        "No tenant-identifying information found in either the "
        "request or implied by any "
        "provided credentials.",
    ),
    900144: Entry(
        400,
        _REQUEST,
        "The request body must contain the following parameter: '{parameter}'.",
    ),
    500011: Entry(
        400,
        "invalid_resource",
        "The resource principal named {resource} was not found in the tenant named "
        "Contoso. This can happen if the application has not been installed by the "
        "administrator of the tenant or consented to by any user in the tenant.",
    ),
    70011: Entry(
        400,
        "invalid_scope",
        "The provided request must include a 'scope' input "
        "parameter. The provided value "
        "for the input parameter 'scope' is not valid. The scope {scope} is not valid.",
    ),
    1002012: Entry(
        400,
        "invalid_scope",
        "The provided value for scope {scope} is not valid. Client credential flows "
        "must have a scope value with /.default suffixed to the resource identifier "
        "(application ID URI).",
    ),
    28000: Entry(
        400,
        "invalid_scope",
        "Provided value for the input parameter scope is not valid because it contains "
        "more than one resource. Scope {scope} is not valid.",
    ),
    70003: Entry(
        400,
        "unsupported_grant_type",
        "The app requested an unsupported grant type '{grant}'.",
    ),
    70000: Entry(400, _GRANT, "Provided grant is invalid or malformed."),
    700082: Entry(
        400,
        _GRANT,
        "The refresh token has expired due to inactivity.",
        "bad_token",
    ),
    50173: Entry(
        400,
        _GRANT,
        "The provided grant has expired due to it being revoked, a fresh auth token is "
        "needed. The user might have changed or reset their password.",
        "bad_token",
    ),
    50105: Entry(
        400,
        _GRANT,
        "Your administrator has configured the application {app} ('{client}') to block "
        "users unless they are specifically granted ('assigned') access to the "
        "application. The signed in user '{user}' is blocked because they are not a "
        "direct member of a group with access.",
    ),
    50194: Entry(
        400,
        _REQUEST,
        "Application '{client}'({app}) is not configured as a "
        "multi-tenant application.",
    ),
    90055: Entry(429, _BUSY, "Tenant request is throttled due to too many requests."),
    90033: Entry(503, _BUSY, "A transient error has occurred. Please try again."),
}


def body(
    number: int, correlation_id: str | None = None, **facts: str
) -> dict[str, Any]:
    """The JSON of a refusal, as Entra writes it. facts fill the words."""
    entry = ERRORS[number]
    trace = str(uuid.uuid4())
    correlation = correlation_id or str(uuid.uuid4())
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    known = dict.fromkeys(
        ("user", "tenant", "client", "app", "resource", "scope", "grant", "parameter"),
        "",
    )
    text = entry.text.format_map(known | facts)
    answer: dict[str, Any] = {
        "error": entry.error,
        "error_description": (
            f"AADSTS{number}: {text} Trace ID: {trace} "
            f"Correlation ID: {correlation} Timestamp: {stamp}"
        ),
        "error_codes": [number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://{AUTHORITY_HOST}/error?code={number}",
    }
    if entry.suberror:
        answer["suberror"] = entry.suberror
    return answer
