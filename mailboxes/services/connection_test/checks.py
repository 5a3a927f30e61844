"""What a connection test judges by itself: fields, clock, claims; and the test letter.

Pure but for the rules' look-ups; a failure is a MailError with its evidence, as from a
transport. Who runs the checks in which order: connection_test/run.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.message import EmailMessage

from django.utils.translation import gettext as _

from ...core.choices import AfterFetch, Grant, Protocol, Stage
from ...core.errors import Code, MailError, SecretUnreadable
from ...models import Mailbox, PopClient
from .. import abilities, addresses, connect, secrets
from ..addresses import AddressError
from ..option_rules import clean
from ..options.snapshots import Snapshot
from ..outbox import compose

NO_EFFECT = "-no-effect"  # end of the ids of rules on options without effect
MOST_SKEW = 300.0  # seconds; beyond it tokens are refused (diagnosis.md row 185)

# Whom a token may be made for, by what the protocol speaks to; with all clouds of
# providers.md section 1.4, as addresses and as the ids that older tokens carry.
EXCHANGE = frozenset(
    {
        "https://outlook.office.com",
        "https://outlook.office365.com",
        "https://outlook.office365.us",
        "https://outlook-dod.office365.us",
        "https://partner.outlook.cn",
        "00000002-0000-0ff1-ce00-000000000000",
    }
)
GRAPH = frozenset(
    {
        "https://graph.microsoft.com",
        "https://graph.microsoft.us",
        "https://dod-graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn",
        "00000003-0000-0000-c000-000000000000",
    }
)
# Any one of them is enough: as the user, and as the application (section 1.2).
DELEGATED: Mapping[Protocol, tuple[str, ...]] = {
    Protocol.IMAP: ("IMAP.AccessAsUser.All",),
    Protocol.POP3: ("POP.AccessAsUser.All",),
    Protocol.SMTP: ("SMTP.Send",),
    Protocol.EWS: ("EWS.AccessAsUser.All",),
}
APPLICATION: Mapping[Protocol, tuple[str, ...]] = {
    Protocol.IMAP: ("IMAP.AccessAsApp",),
    Protocol.POP3: ("POP.AccessAsApp",),
}  # The others may have it from RBAC in Exchange, which no token tells.
# Of Graph, by what is done there. Mail.ReadWrite includes Mail.Read.
GRAPH_CHANGES = ("Mail.ReadWrite", "Mail.ReadWrite.Shared")
GRAPH_READS = ("Mail.Read", "Mail.Read.Shared", *GRAPH_CHANGES)
GRAPH_SENDS = ("Mail.Send", "Mail.Send.Shared")
# Of a person for the mailbox of another: nothing else opens it (section 1.5).
OF_SHARED = ".Shared"


def fields(snapshot: Snapshot) -> list[str]:
    """The rules that need no network; returns warnings. Raises MailError at FIELDS."""
    _possible(snapshot)
    # A draft is judged as if it were on: what it lacks would fail the test anyway.
    own = snapshot.own | {"enable-client": True}
    cleaned = clean(snapshot.kind, {}, base=own, extra=snapshot.extra)
    if cleaned.problems:
        first = cleaned.problems[0]
        raise MailError(
            Code.CONFIG_INCOMPLETE,
            Stage.FIELDS,
            permanent=True,
            evidence={
                "option": first.option,
                "rule": first.rule,
                "answer": first.message,
                "others": [problem.message for problem in cleaned.problems[1:]],
            },
        )
    if snapshot["password"]:
        try:
            secrets.reveal(snapshot["password"])
        except SecretUnreadable as error:
            raise MailError(
                Code.SECRET_UNREADABLE, Stage.FIELDS, permanent=True
            ) from error
    connect.policy(snapshot)  # the proxy's password can be read
    # What has no effect cannot be why a connection fails.
    return [w.message for w in cleaned.warnings if not w.rule.endswith(NO_EFFECT)]


def _possible(snapshot: Snapshot) -> None:
    """Type and grant are part of this version."""
    inbound = snapshot.kind == PopClient.kind
    known = abilities.INBOUND if inbound else abilities.OUTBOUND
    if snapshot.protocol not in known:
        option = "type" if inbound else "server-type"
        raise _missing(Code.TRANSPORT_MISSING, option, protocol=str(snapshot.protocol))
    if snapshot.uses_token and snapshot.grant not in _grants(snapshot):
        raise _missing(Code.GRANT_MISSING, "grant-type", grant=str(snapshot.grant))


def _grants(snapshot: Snapshot) -> frozenset[Grant]:
    if "google" in str(snapshot["tenant-authority"]).lower():
        return abilities.GOOGLE_GRANTS
    return abilities.MICROSOFT_GRANTS


def _missing(code: Code, option: str, **facts: str) -> MailError:
    return MailError(
        code, Stage.FIELDS, permanent=True, evidence={"option": option, **facts}
    )


def clock(skew: float) -> None:
    """skew: seconds that our clock is ahead. Raises MailError CLOCK_SKEW."""
    if abs(skew) <= MOST_SKEW:
        return
    minutes = round(abs(skew) / 60)
    words = _("%d minutes fast") if skew > 0 else _("%d minutes slow")
    raise MailError(
        Code.CLOCK_SKEW,
        Stage.CLOCK,
        permanent=True,
        evidence={"skew": words % minutes, "seconds": round(skew)},
    )


def permissions(claims: Mapping[str, object]) -> list[str]:
    """What a token permits: scopes of a user, roles of an application."""
    roles = claims.get("roles")
    granted = [str(role) for role in roles] if isinstance(roles, list) else []
    return granted + str(claims.get("scp", "")).split()


def claims(snapshot: Snapshot, found: Mapping[str, object], tenant: str) -> list[str]:
    """Do the claims of a fresh token fit (providers.md section 1.3)?

    tenant: id of the tenant that the directory id stands for, "" when not known.
    Returns what is odd but proves nothing. Raises MailError at CLAIMS.
    """
    _audience(snapshot, found)
    _time(found)
    expected = {"tid": tenant, "appid": str(snapshot["client-id"])}
    codes = {"tid": Code.TOKEN_TENANT, "appid": Code.TOKEN_CLIENT}
    names = {"tid": "tenant", "appid": "application"}
    for claim, value in expected.items():
        told = str(found.get(claim, ""))
        if told and value and told.lower() != value.lower():
            raise _wrong(codes[claim], expected=value, **{names[claim]: told})
    return _permitted(snapshot, found) + _user(snapshot, found)


def _audience(snapshot: Snapshot, found: Mapping[str, object]) -> None:
    audience = str(found.get("aud", "")).rstrip("/").lower()
    right = GRAPH if snapshot.protocol is Protocol.GRAPH else EXCHANGE
    if audience and audience not in right:
        raise _wrong(
            Code.TOKEN_AUDIENCE, audience=audience, protocol=str(snapshot.protocol)
        )


def _time(found: Mapping[str, object]) -> None:
    now = time.time()
    begins, ends = found.get("nbf"), found.get("exp")
    early = isinstance(begins, int | float) and begins > now + MOST_SKEW
    late = isinstance(ends, int | float) and ends <= now
    if early or late:
        raise _wrong(Code.TOKEN_EXPIRED, nbf=str(begins), exp=str(ends))


def _permitted(snapshot: Snapshot, found: Mapping[str, object]) -> list[str]:
    as_app = snapshot.grant is Grant.CLIENT_CREDENTIALS
    granted = permissions(found)
    needed = (APPLICATION if as_app else DELEGATED).get(snapshot.protocol, ())
    of_graph = snapshot.protocol is Protocol.GRAPH
    if of_graph and not as_app:
        needed = _graph_needs(snapshot)
    if needed and not set(needed) & set(granted):
        raise _wrong(Code.TOKEN_PERMISSION, permission=needed[0], granted=granted)
    if not granted:
        return [_("The token names no permission; it may come from RBAC in Exchange.")]
    return _graph_lacks(snapshot, granted) if of_graph else []


def _graph_needs(snapshot: Snapshot) -> tuple[str, ...]:
    """Permissions of which one is needed; the first is the one to ask for."""
    if snapshot.kind != PopClient.kind:
        return _of_mailbox(snapshot, GRAPH_SENDS)
    leaves = snapshot["after-fetch"] == AfterFetch.LEAVE
    return _of_mailbox(snapshot, GRAPH_READS if leaves else GRAPH_CHANGES)


def _of_mailbox(snapshot: Snapshot, needed: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `needed` that open the mailbox of a snapshot."""
    if not snapshot.is_shared:
        return needed
    return tuple(name for name in needed if name.endswith(OF_SHARED))


def _graph_lacks(snapshot: Snapshot, granted: list[str]) -> list[str]:
    """What a token of Graph does not name, though it may do without."""
    needed = _graph_needs(snapshot)
    if not set(needed) & set(granted):
        return [
            _("The token does not name %s; it may come from RBAC in Exchange.")
            % needed[0]
        ]
    sends = snapshot.kind != PopClient.kind
    if sends and not set(_of_mailbox(snapshot, GRAPH_CHANGES)) & set(granted):
        return [
            _(
                "Without Mail.ReadWrite no message over 3 MB can be sent, and none is"
                " looked for in Sent Items when an answer is lost."
            )
        ]
    return []


def _user(snapshot: Snapshot, found: Mapping[str, object]) -> list[str]:
    user = str(found.get("upn", ""))
    if user and user.lower() != snapshot.account.lower():
        if snapshot.is_shared:
            return [_("The token belongs to %s, not to the account.") % user]
        return [_("The token belongs to %s, which is not the log-in name.") % user]
    return []


def _wrong(code: Code, **facts: object) -> MailError:
    return MailError(code, Stage.CLAIMS, permanent=True, evidence=facts)


def letter(snapshot: Snapshot, to: str) -> tuple[str, EmailMessage]:
    """The sender and the message of a send test."""
    sender = _sender(snapshot, to)
    built = compose.build(
        sender=sender,
        to=to,
        subject=_("Test message from mailadmin"),
        text=_(
            "This message was sent by a connection test of the section %s. Nobody needs"
            " to answer it."
        )
        % snapshot.section,
    )
    return built.sender, built.message


def _sender(snapshot: Snapshot, to: str) -> str:
    """The log-in name, else a mailbox that sends this way, else the recipient."""
    users = Mailbox.objects.filter(
        smtp_client_id=snapshot.client_pk, archived_at=None
    ).order_by("pk")
    for candidate in (snapshot.login, *users.values_list("address", flat=True)[:1]):
        try:
            return addresses.check(candidate)
        except AddressError:
            continue
    return to
