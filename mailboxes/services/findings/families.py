"""Which findings may explain a code of ours more exactly than its own finding does.

A code is what a transport can tell for sure; the answer beside it often tells more.
Only findings of the same kind may take its place, so that a code keeps its meaning.
"""

from __future__ import annotations

from ...core.codes import Code

_TOKEN = ("entra-", "google-", "federation-", "oauth-")
_REFUSED = (
    "imap-sasl-broken",
    "imap-protocol-off",
    "imap-contact-admin",
    "imap-password-expired",
    "google-imap-off",
    "google-web-login-required",
    "google-token-refused",
    "google-imap-credential-refused",
    "google-app-password-required",
    "google-smtp-credential-refused",
    "ews-wrong-audience",
    "ews-impersonation-",
    "ews-switched-off",
    "graph-token-time",
    "graph-claims-challenge",
    "graph-wrong-audience",
)
_PASSWORD = (
    "exchange-password-gone",
    "smtp-wrong-password",
    "smtp-basic-auth-",
    "pop-auth",
    *_REFUSED,
)
_THROTTLED = (
    "imap-throttled-backoff",
    "google-bandwidth-spent",
    "google-temporary",
    "ews-server-busy",
    "graph-throttled",
    "smtp-busy",
    "pop-login-delay",
)
_DENIED = (
    "imap-contact-admin",
    "imap-protocol-off",
    "google-imap-off",
    "pop-permanent",
    "ews-access-denied",
    "ews-impersonation-",
    "graph-access-denied",
    "graph-odata-disabled",
)
_UNAVAILABLE = (
    "google-temporary",
    "smtp-busy",
    "pop-temporary",
    "ews-mailbox-moving",
    "graph-unavailable",
    "exchange-incident",
)
_QUOTA = ("smtp-daily-quota", "smtp-external-quota", "google-daily-quota")
# Starts of ids, by code.
REFINES: dict[str, tuple[str, ...]] = {
    Code.TOKEN_INVALID_GRANT: _TOKEN,
    Code.TOKEN_INVALID_CLIENT: _TOKEN,
    Code.TOKEN_INTERACTION: _TOKEN,
    Code.TOKEN_REFUSED: _TOKEN,
    Code.TOKEN_NOT_ACCEPTED: _REFUSED,
    Code.PASSWORD_REFUSED: _PASSWORD,
    Code.BASIC_AUTH_BLOCKED: (
        "google-app-password-required",
        "google-web-login-required",
        "smtp-basic-auth-",
    ),
    Code.SMTP_AUTH_POLICY: ("smtp-security-defaults",),
    Code.EWS_MAILBOX_REFUSED: (
        "ews-switched-off",
        "ews-user-agent-refused",
        "ews-personal-account",
    ),
    Code.EWS_IMPERSONATION_DENIED: ("ews-impersonation-",),
    Code.LOGIN_DISABLED: ("smtp-auth-before-tls",),
    Code.AUTHORIZATION_FAILED: _DENIED,
    Code.PROTOCOL_ERROR: (
        "imap-sasl-broken",
        "pop-two-line-auth",
        "pop-permanent",
        *_THROTTLED,
        *_UNAVAILABLE,
    ),
    Code.SERVER_THROTTLED: _THROTTLED,
    Code.SERVER_CLOSED: ("google-temporary", "smtp-busy"),
    Code.SERVER_UNAVAILABLE: (*_UNAVAILABLE, *_THROTTLED, "pop-in-use"),
    Code.TOO_MANY_CONNECTIONS: (
        "google-too-many-connections",
        "smtp-too-many-connections",
        "ews-too-many-connections",
        "pop-in-use",
    ),
    Code.QUOTA_FULL: (
        "google-bandwidth-spent",
        "smtp-sender-mailbox-full",
        "ews-quota",
        "graph-mailbox-full",
    ),
    Code.SENDER_REFUSED: (
        "ews-send-as-denied",
        "graph-send-as-denied",
        "smtp-relay-denied",
        "smtp-domain-refused",
    ),
    Code.SENDING_QUOTA: _QUOTA,
    Code.MESSAGE_REFUSED: (
        "smtp-domain-refused",
        "smtp-content-refused",
        "smtp-relay-denied",
        "smtp-sender-blocked",
        "graph-mime-invalid",
    ),
    Code.MESSAGE_TOO_LARGE: ("ews-message-too-large", "graph-request-too-large"),
    Code.RECIPIENT_REFUSED: ("smtp-relay-denied",),
    # Entra's number is the same for an unknown certificate and for one that has ended.
    "AADSTS700027": ("entra-certificate-",),
}


def refines(code: str, id: str) -> bool:
    """Whether the finding `id` may take the place of the code's own."""
    return id.startswith(REFINES.get(code, ())) if code in REFINES else False
