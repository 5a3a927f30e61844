"""Codes of failures that are ours to name; services/findings holds a finding for each.

Refusals by Entra ID keep Microsoft's own code (`AADSTS50126`) and are not listed here.
A code is stored in rows for years: never rename one, only add.
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    # network, diagnosis.md section 3.9
    DNS_UNKNOWN = "dns-unknown"
    DNS_TEMPORARY = "dns-temporary"
    CONNECT_TIMEOUT = "connect-timeout"
    CONNECT_REFUSED = "connect-refused"
    CONNECT_UNREACHABLE = "connect-unreachable"
    CONNECTION_LOST = "connection-lost"
    READ_TIMEOUT = "read-timeout"
    TLS_UNTRUSTED = "tls-untrusted"
    TLS_NAME = "tls-name"
    TLS_EXPIRED = "tls-expired"
    TLS_NOT_TLS = "tls-not-tls"
    TLS_VERSION = "tls-version"
    TLS_HANDSHAKE = "tls-handshake"
    STARTTLS_MISSING = "starttls-missing"
    PROXY_UNREACHABLE = "proxy-unreachable"
    PROXY_AUTH = "proxy-auth"
    PROXY_DENIED = "proxy-denied"
    PROXY_GATEWAY = "proxy-gateway"
    PROXY_NOT_HTTP = "proxy-not-http"
    PROXY_NOT_SOCKS = "proxy-not-socks"
    # token endpoint: refusals without a known AADSTS number
    TOKEN_INVALID_GRANT = "token-invalid-grant"
    TOKEN_INVALID_CLIENT = "token-invalid-client"
    TOKEN_INTERACTION = "token-interaction-required"
    TOKEN_REFUSED = "token-refused"
    TOKEN_UNAVAILABLE = "token-unavailable"
    TOKEN_THROTTLED = "token-throttled"
    TOKEN_NOT_JSON = "token-not-json"
    TENANT_UNKNOWN = "tenant-unknown"
    CLOCK_SKEW = "clock-skew"  # the authority's clock and ours
    # the token itself, before a mail server sees it: diagnosis.md section 3.1
    TOKEN_AUDIENCE = "token-audience"
    TOKEN_PERMISSION = "token-permission"
    TOKEN_TENANT = "token-tenant"
    TOKEN_CLIENT = "token-client"
    TOKEN_EXPIRED = "token-expired"
    # mail servers
    GREETING_UNEXPECTED = "greeting-unexpected"
    PROTOCOL_ERROR = "protocol-error"
    XOAUTH2_MISSING = "xoauth2-missing"
    LOGIN_DISABLED = "login-disabled"
    TOKEN_NOT_ACCEPTED = "token-not-accepted"  # the mail server refused the token
    SESSION_TOKEN_ENDED = "session-token-ended"  # the token of an open session
    PASSWORD_REFUSED = "password-refused"
    BASIC_AUTH_BLOCKED = "basic-auth-blocked"
    AUTHORIZATION_FAILED = "authorization-failed"
    NOT_CONNECTED = "authenticated-not-connected"
    SERVER_UNAVAILABLE = "server-unavailable"
    SERVER_THROTTLED = "server-throttled"
    SERVER_CLOSED = "server-closed"  # BYE or 421
    TOO_MANY_CONNECTIONS = "too-many-connections"
    FOLDER_MISSING = "folder-missing"
    FOLDER_TARGET_MISSING = "folder-target-missing"
    QUOTA_FULL = "quota-full"
    # POP3, diagnosis.md rows 109 to 113
    POP_TWO_LINE_AUTH = "pop-two-line-auth"
    POP_IN_USE = "pop-in-use"
    POP_LOGIN_DELAY = "pop-login-delay"
    POP_NO_UIDL = "pop-no-uidl"
    # Exchange Web Services, section 3.7
    EWS_UNAUTHORIZED = "ews-unauthorized"
    EWS_SWITCHED_OFF = "ews-switched-off"
    EWS_MAILBOX_REFUSED = "ews-mailbox-refused"
    EWS_NO_MAILBOX = "ews-no-mailbox"
    EWS_ACCESS_DENIED = "ews-access-denied"
    EWS_IMPERSONATION_DENIED = "ews-impersonation-denied"
    EWS_IMPERSONATION_MISSING = "ews-impersonation-missing"
    EWS_SERVER_BUSY = "ews-server-busy"
    EWS_MAILBOX_MOVING = "ews-mailbox-moving"
    EWS_SYNC_STATE_LOST = "ews-sync-state-lost"
    # Microsoft Graph, section 3.8
    GRAPH_WRONG_AUDIENCE = "graph-wrong-audience"
    GRAPH_TOKEN_TIME = "graph-token-time"
    GRAPH_CLAIMS_CHALLENGE = "graph-claims-challenge"
    GRAPH_ACCESS_DENIED = "graph-access-denied"
    GRAPH_ODATA_DISABLED = "graph-odata-disabled"
    GRAPH_ME_APP_ONLY = "graph-me-app-only"
    GRAPH_MAILBOX_MISSING = "graph-mailbox-missing"
    GRAPH_USER_UNKNOWN = "graph-user-unknown"
    GRAPH_ITEM_GONE = "graph-item-gone"
    GRAPH_DELTA_LOST = "graph-delta-lost"
    GRAPH_CONFLICT = "graph-conflict"
    GRAPH_THROTTLED = "graph-throttled"
    GRAPH_UNAVAILABLE = "graph-unavailable"
    # sending
    SMTP_AUTH_OFF_TENANT = "smtp-auth-off-tenant"
    SMTP_AUTH_OFF_MAILBOX = "smtp-auth-off-mailbox"
    SMTP_AUTH_POLICY = "smtp-auth-policy"
    SMTP_AUTH_REQUIRED = "smtp-auth-required"
    SENDER_REFUSED = "sender-refused"
    SENDER_BLOCKED = "smtp-sender-blocked"  # the account, whatever it sends
    RECIPIENT_REFUSED = "recipient-refused"
    RECIPIENT_DEFERRED = "recipient-deferred"
    MESSAGE_REFUSED = "message-refused"
    MESSAGE_DEFERRED = "message-deferred"
    MESSAGE_TOO_LARGE = "message-too-large"
    SENDING_QUOTA = "sending-quota"
    SEND_UNCONFIRMED = "send-unconfirmed"  # the line fell after the data went over
    # our own house
    CONFIG_INCOMPLETE = "config-incomplete"
    TRANSPORT_MISSING = "transport-missing"
    GRANT_MISSING = "grant-missing"
    SIGN_IN_MISSING = "sign-in-missing"  # no owner has signed in yet
    SIGN_IN_OTHER = "sign-in-other-account"  # and not the one who was asked for
    SIGN_IN_LATE = "sign-in-late"  # nobody came in time
    SECRET_UNREADABLE = "secret-unreadable"
    LEASE_LOST = "lease-lost"
    DATABASE_BUSY = "database-busy"
    INTERNAL = "internal-error"
