"""The finding that stands for a step, where only the step is guessed (backoff).

The first line whose concepts are in the text is taken; the last line of a step has
none. A concept with a colon is a tag of the text (features).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from ...core.choices import Step
from ..finding import Finding
from .catalogue import BY_ID

_BY_STEP: dict[Step, tuple[tuple[str, str], ...]] = {
    Step.SERVER: (
        ("dns", "dns-unknown"),
        ("name-match", "tls-name"),
        ("conn-refused", "connect-refused"),
        ("relay", "smtp-relay-denied"),
        ("starttls", "login-disabled"),
        ("plaintext", "tls-not-tls"),
        ("impersonate", "ews-impersonation-missing"),
        ("mechanism t:smtp", "smtp-auth-before-tls"),
        ("mechanism", "xoauth2-missing"),
        ("sign-in t:smtp", "smtp-auth-required"),
        ("missing config", "config-incomplete"),
        ("timeout", "read-timeout"),
        ("tls", "tls-not-tls"),
        ("host", "dns-unknown"),
        ("port", "connect-refused"),
        ("", "greeting-unexpected"),
    ),
    Step.NETWORK: (
        ("dns", "dns-temporary"),
        ("spam", "smtp-address-blocked"),
        ("starttls", "starttls-missing"),
        ("version tls", "tls-version"),
        ("timeout", "connect-timeout"),
        ("unreachable", "connect-unreachable"),
        ("closed", "connection-lost"),
        ("refused t:smtp", "smtp-address-blocked"),
        ("connect", "connect-timeout"),
        ("", "connection-lost"),
    ),
    Step.PROXY: (
        ("web-page", "token-not-json"),
        ("proxy", "proxy-unreachable"),
        ("certificate", "tls-untrusted"),
        ("trust", "tls-untrusted"),
        ("", "tls-handshake"),
    ),
    Step.CLOCK: (
        ("certificate", "tls-expired"),
        ("t:google", "google-clock"),
        ("token", "graph-token-time"),
        ("assertion", "entra-assertion-time"),
        ("", "clock-skew"),
    ),
    Step.AUTHORITY: (("cloud", "entra-other-cloud"), ("", "entra-authority-unknown")),
    Step.DIRECTORY_ID: (("", "entra-tenant-unknown"),),
    Step.CLIENT_ID: (("t:google", "google-client-unknown"), ("", "entra-app-unknown")),
    Step.SCOPE: (
        ("t:google", "google-token-refused"),
        ("t:imap sign-in", "imap-token-refused"),
        ("t:smtp sign-in", "smtp-token-refused"),
        ("t:pop3 sign-in", "pop-token-refused"),
        ("t:graph", "graph-wrong-audience"),
        ("t:ews", "ews-wrong-audience"),
        ("", "entra-scope-invalid"),
    ),
    Step.SECRET: (
        ("t:google", "google-wrong-key"),
        ("certificate", "entra-certificate-refused"),
        ("key", "entra-certificate-refused"),
        ("assertion", "entra-certificate-refused"),
        ("", "oauth-client-secret"),
    ),
    Step.PASSWORD: (
        ("app-password", "google-app-password-required"),
        ("basic t:smtp", "smtp-basic-auth-off"),
        ("basic", "basic-auth-blocked"),
        ("", "password-refused"),
    ),
    Step.REFRESH_TOKEN: (
        ("t:google", "google-refresh-token-ended"),
        ("t:microsoft", "entra-refresh-token-ended"),
        ("", "oauth-refresh-token-ended"),
    ),
    Step.USER_NAME: (
        ("t:google", "google-user-unknown"),
        ("t:graph", "graph-user-unknown"),
        ("t:oauth", "entra-user-unknown"),
        ("t:microsoft", "entra-user-unknown"),
        ("", "user-unknown"),
    ),
    Step.REGISTRATION: (
        ("redirect t:google", "google-redirect-mismatch"),
        ("redirect", "entra-redirect-unregistered"),
        ("t:google", "google-api-off"),
        ("", "entra-registration-other"),
    ),
    Step.PUBLIC_CLIENT: (
        ("t:google", "google-password-grant"),
        ("", "entra-flow-not-allowed"),
    ),
    Step.ACCOUNT_TYPE: (
        ("t:google", "google-not-a-test-user"),
        ("", "entra-account-audience"),
    ),
    Step.PERMISSIONS: (
        ("t:google", "google-delegation-missing"),
        ("t:graph", "graph-access-denied"),
        ("t:ews", "ews-unauthorized"),
        ("", "entra-consent-other"),
    ),
    Step.CONDITIONAL_ACCESS: (
        ("t:google", "google-session-control"),
        ("t:smtp", "smtp-auth-policy"),
        ("", "entra-conditional-access"),
    ),
    Step.ACCOUNT: (
        ("browser", "google-web-login-required"),
        ("t:smtp", "mail-host-account"),
        ("", "imap-contact-admin"),
    ),
    Step.MFA: (
        ("mfa", "entra-mfa-required"),
        ("", "token-interaction-required"),
    ),
    Step.PROTOCOL: (
        ("t:google", "google-imap-off"),
        ("t:smtp", "smtp-auth-off-mailbox"),
        ("t:ews", "ews-switched-off"),
        ("", "imap-protocol-off"),
    ),
    Step.LICENCE: (
        ("t:google", "google-mail-off"),
        ("t:ews", "ews-no-mailbox"),
        ("", "graph-mailbox-missing"),
    ),
    Step.RIGHTS: (
        ("impersonate", "ews-impersonation-denied"),
        ("sender", "sender-refused"),
        ("t:token", "application-rights-missing"),
        ("t:smtp", "sender-refused"),
        ("t:ews", "ews-access-denied"),
        ("", "authorization-failed"),
    ),
    Step.FOLDER: (("", "folder-missing"),),
    Step.QUOTA: (("", "quota-full"),),
    Step.SYNC: (
        ("t:graph item", "graph-item-gone"),
        ("t:graph", "graph-delta-lost"),
        ("t:ews item", "graph-item-gone"),
        ("t:ews", "ews-sync-state-lost"),
        ("", "imap-uidvalidity-changed"),
    ),
    Step.MESSAGE: (
        ("size", "message-too-large"),
        ("recipient", "recipient-refused"),
        ("spam", "smtp-content-refused"),
        ("mime t:graph", "graph-mime-invalid"),
        ("", "message-refused"),
    ),
    Step.THROTTLING: (
        ("t:graph", "graph-throttled"),
        ("t:ews", "ews-server-busy"),
        ("t:smtp", "sending-quota"),
        ("connect", "too-many-connections"),
        ("", "server-throttled"),
    ),
    Step.SERVICE: (
        ("t:google", "google-temporary"),
        ("t:smtp", "smtp-busy"),
        ("t:graph", "graph-unavailable"),
        ("t:ews", "ews-mailbox-moving"),
        ("t:imap", "server-unavailable"),
        ("t:oauth", "token-unavailable"),
        ("", "server-unavailable"),
    ),
    Step.CONSOLE: (("", "program-fault"),),
}


def stand_in(step: str, said: Container[str]) -> Finding | None:
    """The finding for a guessed step; None where a guess helps nobody.

    said: what the text is made of (backoff.said). It is never certain.
    """
    for needs, id in _BY_STEP.get(Step(step), ()):
        if all(need in said for need in needs.split()):
            return replace(BY_ID[id], certain=False)
    return None
