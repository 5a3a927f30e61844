"""Single faults by name, for tests and drills that need nothing more than one effect.

Whole scenarios, with what they are expected to show: scenarios.
"""

from __future__ import annotations

from typing import NamedTuple

from . import effects
from .effects import Effect, place
from .entra import errors as entra_errors

PAGE = (
    "<!DOCTYPE html><html><head><title>Network sign-in</title></head><body>"
    "<h1>Please accept the terms of use of this network</h1></body></html>"
)
UNAVAILABLE = "<html><body><h2>Our services aren't available right now</h2>"
RETRY_AFTER = "7"
OFF = (
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for "
    "the {}. Visit https://aka.ms/smtp_auth_disabled for more information."
)
THROTTLED = "Application is over its MailboxConcurrency limit."
# Places where Graph may be cut, and when that is.
GRAPH_PLACES = {
    "credential": "at sign-in",
    "folder": "when a folder is looked for",
    "delta": "when a folder is listed",
    "value": "when a message is asked for",
    "content": "in the middle of a message",
    "batch": "when a batch is asked for",
    "sendmail": "before a message is taken",
    "draft": "when a draft is made",
    "attach": "when something is attached",
    "upload": "in an upload session",
    "send": "when a draft is to be sent",
}
ENDED = "Session invalidated - AccessTokenExpired"
ASK_LOGIN = "ask for a login"  # Effect.say of a proxy that lets its own login pass
GREET = "greet"  # Effect.say of a proxy that puts the greeting behind its 200


class Named(NamedTuple):
    """What it does, in words, and its effects."""

    words: str
    effects: tuple[Effect, ...]


def _imap(name: str, **more: str) -> Effect:
    return Effect(place("imap", name), **more)  # type: ignore[arg-type]


def _ews(name: str, **more: str) -> Effect:
    return Effect(place("ews", name), **more)  # type: ignore[arg-type]


def _smtp(name: str, **more: str) -> Effect:
    return Effect(place("smtp", name), **more)  # type: ignore[arg-type]


def _graph(
    name: str, status: int, code: str, text: str, wait: str = RETRY_AFTER
) -> Effect:
    headers = {"Retry-After": wait} if status in (429, 503) else {}
    return Effect(
        place("graph", name), status=status, error=code, text=text, headers=headers
    )


_ONE: dict[str, tuple[str, Effect]] = {
    "entra-unavailable": (
        "the token endpoint answers 503",
        Effect(effects.REQUEST, status=503, body=UNAVAILABLE),
    ),
    "entra-throttled": (
        "the token endpoint answers 429 with Retry-After",
        Effect(
            effects.REQUEST,
            status=429,
            number=90055,
            headers={"Retry-After": RETRY_AFTER},
        ),
    ),
    "entra-html": (
        "a filtering proxy answers with a page instead of JSON",
        Effect(effects.REQUEST, status=200, body=PAGE),
    ),
    "entra-drop": (
        "the connection ends before the token endpoint answers",
        Effect(effects.REQUEST, end=effects.DROP),
    ),
    "proxy-login": (
        "the proxy wants a user name and password (407)",
        Effect(effects.PROXY, say=ASK_LOGIN),
    ),
    "proxy-refuse": (
        "the proxy forbids every destination (403)",
        Effect(effects.PROXY, status=403),
    ),
    "greeting-with-connect": (
        "the greeting comes together with the proxy's 200",
        Effect(effects.PROXY, say=GREET),
    ),
    "imap-drop-at-login": (
        "IMAP: the connection ends at sign-in",
        _imap(effects.CREDENTIAL, end=effects.DROP),
    ),
    "imap-drop-in-fetch": (
        "IMAP: the connection ends in the middle of a message",
        _imap("fetch", end=effects.DROP),
    ),
    "imap-token-ended": (
        "IMAP: the session ends because its token has",
        _imap(effects.COMMAND, say=f"* BYE {ENDED}", end=effects.CLOSE),
    ),
    "pop3-token-ended": (
        "POP3: the session ends because its token has",
        Effect(place("pop3", effects.COMMAND), say=f"-ERR {ENDED}", end=effects.CLOSE),
    ),
    "imap-refuse-token": (
        "IMAP: a token that is right is refused",
        _imap(effects.XOAUTH2),
    ),
    "imap-throttled": (
        "IMAP: BAD Request is throttled",
        _imap(
            effects.COMMAND,
            say="BAD Request is throttled. Suggested Backoff Time: 2000 milliseconds",
        ),
    ),
    "imap-unavailable": (
        "IMAP: NO [UNAVAILABLE] at sign-in",
        _imap(effects.SIGNED_IN, say="NO [UNAVAILABLE] Server Unavailable. 15"),
    ),
    "imap-not-connected": (
        "IMAP: BAD User is authenticated but not connected",
        _imap(effects.COMMAND, say="BAD User is authenticated but not connected."),
    ),
    "imap-no-xoauth2": (
        "IMAP: XOAUTH2 is not offered",
        Effect(place("imap", effects.OFFER), without=("AUTH=XOAUTH2",)),
    ),
    "smtp-drop-before-data": (
        "SMTP: the connection ends at the DATA command",
        _smtp("data", end=effects.DROP),
    ),
    "smtp-drop-after-data": (
        "SMTP: the message is taken, the reply never comes",
        _smtp(effects.ACCEPTED, end=effects.DROP),
    ),
    "smtp-auth-off-tenant": (
        "SMTP: sign-in is switched off for the tenant",
        _smtp(effects.CREDENTIAL, say=OFF.format("Tenant")),
    ),
    "smtp-auth-off-mailbox": (
        "SMTP: sign-in is switched off for the mailbox",
        _smtp(effects.CREDENTIAL, say=OFF.format("Mailbox")),
    ),
    "smtp-refuse-token": (
        "SMTP: a token that is right is refused",
        _smtp(effects.XOAUTH2),
    ),
    "smtp-421": (
        "SMTP: 421, service not available, at MAIL",
        _smtp("mail", say="421 4.3.2 Service not available", end=effects.CLOSE),
    ),
    "smtp-throttled": (
        "SMTP: 432, too many connections, at sign-in",
        _smtp(
            effects.CREDENTIAL,
            say="432 4.3.2 Concurrent connections limit exceeded. "
            "Visit https://aka.ms/concurrent_sending for more information.",
        ),
    ),
    "graph-refuse-token": (
        "Graph: a token that is right is refused",
        Effect(place("graph", effects.XOAUTH2)),
    ),
    "graph-throttled": (
        "Graph: 429 with Retry-After",
        _graph(effects.SIGNED_IN, 429, "ApplicationThrottled", THROTTLED),
    ),
    "graph-part-throttled": (
        "Graph: a part of a batch gets 429",
        _graph("part", 429, "ApplicationThrottled", THROTTLED, "1"),
    ),
    "graph-unavailable": (
        "Graph: 503",
        _graph(effects.SIGNED_IN, 503, "ServiceUnavailable", "Try again later."),
    ),
    "graph-no-expand": (
        "Graph: a delta query does not take $expand",
        _graph("delta", 400, "ErrorInvalidUrlQuery", "$expand is not supported."),
    ),
    "graph-delta-lost": (
        "Graph: the state of a delta query is void",
        _graph("delta-state", 410, "SyncStateNotFound", "Resync is required."),
    ),
    "graph-gateway-timeout": (
        "Graph: the message is taken, a gateway answers 504",
        _graph(effects.ACCEPTED, 504, "GatewayTimeout", "The gateway timed out."),
    ),
    "graph-drop-after-send": (
        "Graph: the message is taken, the answer never comes",
        Effect(place("graph", effects.ACCEPTED), end=effects.DROP),
    ),
    **{
        f"graph-drop-in-{name}": (
            f"Graph: the connection ends {words}",
            Effect(place("graph", name), end=effects.DROP),
        )
        for name, words in GRAPH_PLACES.items()
    },
    "ews-refuse-token": (
        "EWS: a token that is right is refused",
        _ews(effects.XOAUTH2),
    ),
    "ews-drop-at-login": (
        "EWS: the connection ends at the first request",
        _ews("getfolder", end=effects.DROP),
    ),
    "ews-drop-in-list": (
        "EWS: the connection ends when changes are asked for",
        _ews("syncfolderitems", end=effects.DROP),
    ),
    "ews-drop-in-fetch": (
        "EWS: the connection ends when messages are asked for",
        _ews("getitem", end=effects.DROP),
    ),
    "ews-drop-in-settle": (
        "EWS: the connection ends when messages are moved",
        _ews("moveitem", end=effects.DROP),
    ),
    "ews-drop-after-settle": (
        "EWS: messages are moved, the answer never comes",
        _ews("moveitem done", end=effects.DROP),
    ),
    "ews-drop-before-send": (
        "EWS: the connection ends before a message is taken",
        _ews("createitem", end=effects.DROP),
    ),
    "ews-drop-after-send": (
        "EWS: the message is taken, the answer never comes",
        _ews(effects.ACCEPTED, end=effects.DROP),
    ),
    "slow": ("every answer comes late", Effect(effects.SLOW, seconds=3.0)),
}
FAULTS: dict[str, Named] = (
    {name: Named(words, (effect,)) for name, (words, effect) in _ONE.items()}
    | {
        "graph-token-ended": Named(
            "Graph: the token ends while mail is fetched or sent",
            tuple(
                _graph(
                    name,
                    401,
                    "InvalidAuthenticationToken",
                    "Lifetime validation failed, the token is expired.",
                )
                for name in ("value", "sendmail")
            ),
        ),
    }
    | {
        f"AADSTS{number}": Named(entry.text, (Effect(effects.GRANT, number=number),))
        for number, entry in entra_errors.ERRORS.items()
    }
)
