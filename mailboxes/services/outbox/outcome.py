"""What a try means for its message: sent, waiting, failed, unconfirmed, or as before.

Decides and writes through outbox/rows; that an unconfirmed one went out is written by
who found out (outbox/actions, lookup). Whether the sender itself has failed, and what
then, is the caller's question (outbox/cycle, retry).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from ...core.choices import OutboxState, Outcome, Stage
from ...core.errors import Code, MailError
from ...models import OutboundMessage
from ...transports.base import SendResult
from . import rows as outbox_rows
from .rows import Claim

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60))
GIVE_UP_AFTER = timedelta(hours=48)
_SYSTEM = re.compile(r"4\d\d 4\.3\.\d")
# Until an unconfirmed message is first looked for; Exchange needs a moment.
LOOK_AFTER = timedelta(seconds=20)

# Failures of this message alone; the sender goes on with the next one.
OF_THE_MESSAGE = frozenset(
    {
        Code.RECIPIENT_REFUSED,
        Code.RECIPIENT_DEFERRED,
        Code.MESSAGE_REFUSED,
        Code.MESSAGE_DEFERRED,
        Code.MESSAGE_TOO_LARGE,
        Code.SENDER_REFUSED,
    }
)
# The line ended or made no sense: it may be the server's day, or this message.
LINE_ENDED = frozenset(
    {
        Code.CONNECTION_LOST,
        Code.READ_TIMEOUT,
        Code.SERVER_CLOSED,
        Code.PROTOCOL_ERROR,
    }
)


def taken(claimed: Claim, result: SendResult) -> None:
    """The server took it, for some or all. Raises LeaseLost."""
    replies = {who: (r.code, r.text) for who, r in result.refused.items()}
    recipients = _judged(claimed.recipients, replies, result.accepted, result.answer)
    deferred = [r for r in recipients if r["state"] == "pending"]
    refused = [r for r in recipients if r["state"] == "refused"]
    if deferred:
        _defer(
            claimed,
            recipients,
            Code.RECIPIENT_DEFERRED,
            Stage.ENVELOPE,
            {"answer": _line(deferred[-1])},
            at_once=bool(result.accepted) and all(map(_one_too_many, deferred)),
        )
        return
    outbox_rows.finish(
        claimed,
        OutboxState.SENT,
        outcome=Outcome.OK,
        answer=result.answer,
        **_of_refused(refused, result.answer),
        recipients=recipients,
        sent_at=timezone.now(),
    )


def failed(claimed: Claim, error: MailError) -> bool:
    """Write what `error` means for the message. True when the sender may go on.

    Raises LeaseLost.
    """
    if error.handed_over:
        # Never queued again by itself: the server may have taken it (DESIGN D8).
        recipients = _judged(claimed.recipients, _replies(error))
        _end(claimed, OutboxState.UNCONFIRMED, error, recipients)
        return False
    if error.code in OF_THE_MESSAGE:
        recipients = _judged(claimed.recipients, _replies(error))
        if error.permanent:
            # Some may have been accepted by an earlier try.
            reached = any(r["state"] == "accepted" for r in recipients)
            gone = error.code == Code.RECIPIENT_REFUSED and reached
            state = OutboxState.SENT if gone else OutboxState.FAILED
            _end(claimed, state, error, recipients)
        else:
            _defer(claimed, recipients, error.code, error.stage, error.evidence)
        return True
    if not error.permanent and outbox_rows.failed_before(claimed):
        # A line that falls, a throttling, a full mailbox: each may be the sender's, or
        # come of this message (greylisting answers alike). The second time it gives
        # way to the others, and the end of patience holds for it too.
        _defer(claimed, claimed.recipients, error.code, error.stage, error.evidence)
        return False
    outbox_rows.finish(
        claimed,
        claimed.former,
        outcome=Outcome.FAILED,
        answer=_answer(error),
        code=error.code,
        stage=error.stage,
        evidence=_kept(claimed) | error.evidence,
        tries=F("tries") - 1,  # nothing consumed
        not_before=claimed.former_not_before,
    )
    return False


def is_of_the_server(error: MailError) -> bool:
    """It put a message off for its own state (X.3.X of RFC 3463 section 3.4): no room,
    say, or a fault of its set-up."""
    deferred = error.code == Code.MESSAGE_DEFERRED
    return deferred and _SYSTEM.match(_answer(error)) is not None


def believed(row: OutboundMessage) -> dict[str, Any]:
    """Columns of an unconfirmed message that went out after all.

    Whom the server had put off before the doubt it has not reached: to them it is still
    to go.
    """
    now = timezone.now()
    put_off = row.evidence.get("recipients") or {}
    recipients = [
        one | {"state": "accepted"}
        if one["state"] == "pending" and one["address"] not in put_off
        else one
        for one in row.recipients
    ]
    deferred = [one for one in recipients if one["state"] == "pending"]
    changes: dict[str, Any] = {"recipients": recipients, "state_since": now}
    if not deferred:
        ended = {"state": OutboxState.SENT, "sent_at": now}
        refused = [one for one in recipients if one["state"] == "refused"]
        return changes | ended | _of_refused(refused)
    return changes | {
        "state": OutboxState.WAITING,
        "not_before": now,
        "code": Code.RECIPIENT_DEFERRED,
        "stage": Stage.ENVELOPE,
        "evidence": {"answer": _line(deferred[-1])},
    }


def _of_refused(refused: list[dict[str, Any]], answer: str = "") -> dict[str, Any]:
    """Columns of a sent message that say who is without it, and why."""
    if not refused:
        evidence = {"answer": answer} if answer else {}
        return {"code": "", "stage": "", "evidence": evidence}
    return {
        "code": Code.RECIPIENT_REFUSED,
        "stage": Stage.ENVELOPE,
        "evidence": {"answer": _line(refused[-1])},
    }


def back_off(deferrals: int) -> timedelta:
    """The pause after the n-th deferral, from 1."""
    return BACK_OFF[min(deferrals, len(BACK_OFF)) - 1]


def _defer(
    claimed: Claim,
    recipients: list[dict[str, Any]],
    code: str,
    stage: str,
    evidence: Mapping[str, Any],
    *,
    at_once: bool = False,
) -> None:
    """Another try later, or the end of patience after 48 hours.

    at_once: without a pause; each such try has to bring the message to somebody.
    """
    now = timezone.now()
    kept = _kept(claimed)
    spent, wait = False, timedelta()
    if not at_once:
        since = kept.get("deferred_since") or now.isoformat()
        kept = {
            "deferred_since": since,
            "deferrals": int(kept.get("deferrals", 0)) + 1,
        }
        spent = now - datetime.fromisoformat(since) >= GIVE_UP_AFTER
        wait = back_off(kept["deferrals"])
    outbox_rows.finish(
        claimed,
        OutboxState.FAILED if spent else OutboxState.WAITING,
        outcome=Outcome.PARTIAL if at_once else Outcome.FAILED,
        answer=str(evidence.get("answer", "")),
        code=code,
        stage=stage,
        evidence=dict(evidence) | kept,
        recipients=recipients,
        not_before=now + wait,
    )


def _end(
    claimed: Claim,
    state: OutboxState,
    error: MailError,
    recipients: list[dict[str, Any]],
) -> None:
    lost = state is OutboxState.UNCONFIRMED
    now = timezone.now()
    changes: dict[str, Any] = {}
    if lost:
        changes["not_before"] = now + LOOK_AFTER
    elif state is OutboxState.SENT:
        changes["sent_at"] = now
    outbox_rows.finish(
        claimed,
        state,
        outcome=Outcome.LOST if lost else Outcome.FAILED,
        answer=_answer(error),
        code=Code.SEND_UNCONFIRMED if lost else error.code,
        stage=error.stage,
        evidence=error.evidence,
        recipients=recipients,
        **changes,
    )


def _judged(
    recipients: list[dict[str, Any]],
    replies: Mapping[str, tuple[int, str]],
    accepted: tuple[str, ...] = (),
    answer: str = "",
) -> list[dict[str, Any]]:
    """The recipients with what the server said to each; 4xx stay pending."""
    judged = []
    for recipient in recipients:
        known = dict(recipient)
        address = known["address"]
        if address in accepted:
            known |= {"state": "accepted", "code": 250, "text": answer}
        elif address in replies:
            code, text = replies[address]
            known |= {"code": code, "text": text}
            if code >= 500 and not _one_too_many(known):
                known["state"] = "refused"
        judged.append(known)
    return judged


def _replies(error: MailError) -> dict[str, tuple[int, str]]:
    found = error.evidence.get("recipients")
    if not isinstance(found, dict):
        return {}
    return {who: (int(code), str(text)) for who, (code, text) in found.items()}


def _kept(claimed: Claim) -> dict[str, Any]:
    names = ("deferred_since", "deferrals")
    return {name: claimed.evidence[name] for name in names if name in claimed.evidence}


def _answer(error: MailError) -> str:
    return str(error.evidence.get("answer", ""))


def _one_too_many(recipient: Mapping[str, Any]) -> bool:
    """Put off only because others are in the same transaction.

    RFC 5321 section 4.5.3.1.10, by which a 552 means the same; the enhanced code is of
    RFC 3463 section 3.6. By policy (X.7.X) it is a limit of the sender's rate.
    """
    code, text = int(recipient["code"] or 0), str(recipient["text"]).lower()
    if code >= 500 and code != 552:
        return False
    if re.match(r"[45]\.7\.", text):
        return False
    return ".5.3" in text[:5] or "too many recipients" in text


def _line(recipient: Mapping[str, Any]) -> str:
    return f"{recipient['code']} {recipient['text']}".strip()
