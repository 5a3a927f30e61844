"""Scenarios of shared mailboxes: a person's token, and what that person may not do.

By protocol, because each server words it otherwise (providers.md section 1.5).
"""

from __future__ import annotations

from ...core.choices import RunState, Step
from ..scenario import (
    FULL,
    ITSELF,
    LIKELY,
    NONE,
    READS,
    Expected,
    Scenario,
    Setup,
    made,
)
from ..world import GRAPH_RESOURCE

AREA = "Shared mailboxes"
EWS_URL = "https://outlook.office365.com/EWS/Exchange.asmx"
GRAPH = {
    "server": "",
    "scope": f"{GRAPH_RESOURCE}/.default",
    "grant-type": "user_password",
}
IN: dict[str, dict[str, object]] = {
    "imap": {},
    "pop3": {"type": "POP3"},
    "ews": {"type": "EWS", "server": EWS_URL},
    "graph": {"type": "GRAPH", **GRAPH},
}
OUT: dict[str, dict[str, object]] = {
    "smtp": {},
    "ews": {"server-type": "EWS", "server": EWS_URL},
    "graph": {"server-type": "GRAPH", **GRAPH},
}
ROWS = {"imap": 92, "pop3": 92, "smtp": 114, "ews": 140, "graph": 153}
SEND_ROWS = {"smtp": 123, "ews": 145, "graph": 165}
SEND_AS = {
    "smtp": Expected("sender-refused", Step.RIGHTS, "mailbox"),
    "ews": Expected("ews-send-as-denied", Step.RIGHTS, "mailbox", certainty=LIKELY),
    "graph": Expected("graph-send-as-denied", Step.RIGHTS, "mailbox", certainty=LIKELY),
}
_RIGHTS = Expected("shared-rights-missing", Step.RIGHTS, "account", certainty=LIKELY)


def _reads(protocol: str, shared: str) -> Setup:
    return Setup(shared=shared, options=IN[protocol])


def _sends(protocol: str, shared: str, *, message: bool = True) -> Setup:
    return Setup(sends=True, message=message, shared=shared, options=OUT[protocol])


HEALTHY = (
    *(
        made(f"healthy-shared-{protocol}", "Nothing wrong", (),
             f"A shared mailbox is fetched by {protocol.upper()}", (), None,
             setup=_reads(protocol, FULL))
        for protocol in IN
    ),
    *(
        made(f"healthy-shared-{protocol}-sending", "Nothing wrong", (),
             f"Mail of a shared mailbox is sent by {protocol.upper()}", (), None,
             setup=_sends(protocol, FULL))
        for protocol in OUT
    ),
)  # fmt: skip
SCENARIOS: tuple[Scenario, ...] = (
    *HEALTHY,
    *(
        made(f"shared-{protocol}-no-access", AREA, ROWS[protocol],
             f"{protocol.upper()}: the account has no Full Access", (), _RIGHTS,
             setup=_reads(protocol, NONE))
        for protocol in IN
    ),
    made("shared-smtp-no-access", AREA, ROWS["smtp"],
         "SMTP: the account has no Full Access", (), _RIGHTS,
         setup=_sends("smtp", NONE, message=False)),
    *(
        made(f"shared-{protocol}-send-as", AREA, SEND_ROWS[protocol],
             f"{protocol.upper()}: the account may read, and not send", (),
             SEND_AS[protocol], state=RunState.ACTIVE,
             setup=_sends(protocol, READS))
        for protocol in OUT
    ),
    made("shared-signs-in-itself", AREA, 6,
         "The shared mailbox's own account is to sign in", (),
         Expected("entra-account-disabled", Step.ACCOUNT, "account"),
         state=RunState.STOPPED, setup=Setup(shared=ITSELF)),
)  # fmt: skip
