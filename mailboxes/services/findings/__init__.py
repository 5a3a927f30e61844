"""Turns a failure into a finding; one lookup for the whole product (DESIGN D5).

Rows store code and evidence, never prose. `find` explains what is stored, `explain` a
text that somebody pasted; both look at the same signs and the same catalogue. Evidence
that is understood, all optional: `answer` (raw words of the other side), `error`,
`suberror`, `codes` (OAuth and Entra), `status` and `headers` (HTTP), `request_error`
(code of Graph or EWS), `exception`, `protocol`, `host`, `user`, `account` (who signs in
for the shared mailbox `user`), `claims`, `side`, `at` (when it was, seconds since
1970), `challenge` (why a token was refused), `tokeninfo` and `client_id` (what Google
says of it, and whose it should be), `owner` (a person signs in once: findings/owners).
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from ...core.choices import Protocol, Stage, Step
from ...core.codes import Code
from ..finding import Certainty, Finding, Who
from . import backoff, claims as token_claims, features as prepared, google_token, rank
from .authority import AUTHORITY, at_authority
from .catalogue import BY_CODE, BY_ID, BY_NUMBER, ENTRIES, of_number
from .families import refines
from .filling import filled, partly_filled
from .generic import by_stage, by_text
from .owners import at_owner
from .places import at_place
from .shared import at_shared, claims_decide
from .stand_ins import stand_in

# A guess (backoff): the share of the evidence from which it is shown where no sign is;
# from which the program itself is said to be at fault where the text speaks of no mail
# or of no fault; from which it goes before signs of another step by their weight,
# unless Microsoft's number says it or they are sure; from which before any where
# somebody named the protocol; and the share below which a sure sign is only likely. By
# what was right most often on rounds of the corpus that the table had not been learnt
# from, where they matter little; decisive signs are trusted more, as they are better by
# now than when those rounds were met.
_GUESSED = 0.15
_PROGRAM = 0.2
_OVERRULES = ((rank.DECISIVE, 0.9), (rank.STRONG, 0.6), (rank.FAIR, 0.3), (0, 0.1))
_OVERRULES_TOLD = 0.999
_DOUBTED = 0.95
# A text does not tell whether its program gets another token by itself, as we do.
_OURS = ("session-token-ended", "graph-token-time")

LOOK_UP = "https://login.microsoftonline.com/error?code={}"

_log = logging.getLogger(__name__)
_AADSTS = re.compile(r"AADSTS(\d{4,8})")
_BY_ERROR = {
    "invalid_grant": Code.TOKEN_INVALID_GRANT,
    "invalid_client": Code.TOKEN_INVALID_CLIENT,
    "unauthorized_client": Code.TOKEN_INVALID_CLIENT,
    "interaction_required": Code.TOKEN_INTERACTION,
    "login_required": Code.TOKEN_INTERACTION,
    "temporarily_unavailable": Code.TOKEN_UNAVAILABLE,
    "server_error": Code.TOKEN_UNAVAILABLE,
}
# A mail server's refusal of a token has no reason of its own: its claims decide.
_NO_REASON = {
    Code.TOKEN_NOT_ACCEPTED: {
        "IMAP": "imap-token-refused",
        "POP3": "pop-token-refused",
        "SMTP": "smtp-token-refused",
        "EWS": "ews-unauthorized",
        "GRAPH": "graph-wrong-audience",
    }
}
_UNDECIDED = ("token-not-accepted", "application-rights-missing")
_BY_CLAIMS = frozenset(_NO_REASON[Code.TOKEN_NOT_ACCEPTED].values())
# D9: such a refusal is retried in growing pauses, whatever explains it.
_KEEP_RETRY = (Code.TOKEN_NOT_ACCEPTED, Code.NOT_CONNECTED)
_warned: set[tuple[str, str]] = set()


def find(
    code: str,
    evidence: Mapping[str, Any] | None = None,
    *,
    claims: Mapping[str, Any] | None = None,
    stage: str = "",
) -> Finding:
    """The finding for a code; there is always one.

    code: a `Code`, Microsoft's number as AADSTS50126, or the id of a finding.
    evidence: of the MailError; it may tell more than the code, fills the places of the
    words, and its `side` says whether the authority or the mail server was spoken to.
    claims: of the token, for a mail server that gives no reason; evidence["claims"] if
    not given.
    """
    facts = dict(evidence or {})
    known = claims or facts.get("claims")
    row = _row(code, facts, stage, known if isinstance(known, Mapping) else None)
    if facts.get("side") == AUTHORITY:
        row = at_owner(at_authority(code, row), facts)
    if row.generic:
        _warn(code, stage)
    return replace(
        filled(row, facts),
        code=code,
        option=str(facts.get("option") or row.option),
        look_up=_look_up(code),
    )


def explain(text: str, *, protocol: str = "", stage: str = "") -> list[Finding]:
    """Findings for a raw error that somebody pasted, best first, without repeats.

    protocol: imap, pop3, smtp, ews, graph or oauth, if known. stage: a `Stage` value.
    A finding that is not more than a guess is `unknown`; a text in which nothing is
    wrong has no findings. Nothing of the text is stored.
    """
    features = prepared.of_text(text, protocol)
    found = rank.ranked(features)
    sure = bool(found) and rank.settled(found)
    shown = []
    for place, match in enumerate(found):
        guess = match.weight < rank.HEARD
        certain = match.finding.certain and sure and place == 0
        shown.append(_shown(match, text, certain, guess))
    decided = None
    if found and found[0].finding.id in _BY_CLAIMS and features.claims:
        decided = _from_token(features, protocol or _protocol(features), stage)
        if decided is not None:
            shown.insert(0, decided)
    heard = bool(found) and found[0].weight >= rank.HEARD
    unknown = None if heard else by_stage(stage) or by_text(features)
    if not stage and not decided:
        faulty = unknown is not None or heard
        shown = _guessed(features, found, shown, faulty, bool(protocol))
    if unknown:
        # What the words hint at tells more than the stage alone, but no stage
        # that somebody named is contradicted by a hint.
        shown.insert(0 if stage else len(shown), filled(unknown, {}))
    first: dict[str, Finding] = {}
    for one in shown:
        first.setdefault(one.id, one)
    return list(first.values())[: rank.MOST]


def all_codes() -> list[str]:
    """Every code that has a finding of its own."""
    return [*BY_CODE, *(f"AADSTS{number}" for number in BY_NUMBER)]


def by_id(id: str) -> Finding:
    """The finding with this id. Raises KeyError when there is none."""
    return filled(BY_ID[id], {})


def every() -> list[Finding]:
    """The whole catalogue: by row of diagnosis.md, then what has none."""
    listed = sorted(ENTRIES, key=lambda entry: entry.finding.row or math.inf)
    return [filled(entry.finding, {}) for entry in listed]


def _row(
    code: str, facts: Mapping[str, Any], stage: str, claims: Mapping[str, Any] | None
) -> Finding:
    base = _base(code, facts, stage)
    if code == Code.TOKEN_NOT_ACCEPTED and google_token.at_google(facts):
        claims = None  # Google's tokens are opaque
        if (judged := _by_tokeninfo(facts)) is not None:
            return replace(judged, retry=base.retry)
    if claims is not None and claims_decide(code, facts):
        decided = token_claims.decide(
            claims,
            protocol=str(facts.get("protocol") or ""),
            user=str(facts.get("user") or ""),
            account=str(facts.get("account") or ""),
            now=_moment(facts, claims),
            stage=stage,
        )
        row = BY_ID[decided.id]
        if decided.id in _UNDECIDED and facts.get("protocol") == Protocol.EWS:
            # The claims are right, and EWS often says what it has against the token.
            row = _refined(code, base, facts, None)
        return replace(partly_filled(row, decided.facts), retry=base.retry)
    better = _refined(code, base, facts, claims)
    better = at_place(code, better, facts, stage)
    better = at_shared(better, facts)
    if code in _KEEP_RETRY:
        better = replace(better, retry=base.retry)
    return better


def _by_tokeninfo(facts: Mapping[str, Any]) -> Finding | None:
    """What Google said of the token, where somebody asked."""
    told = facts.get("tokeninfo")
    if not isinstance(told, Mapping):
        return None
    decided = google_token.decide(
        told,
        user=str(facts.get("user") or ""),
        client_id=str(facts.get("client_id") or ""),
    )
    return None if decided is None else partly_filled(BY_ID[decided.id], decided.facts)


def _moment(facts: Mapping[str, Any], claims: Mapping[str, Any]) -> float | None:
    """When the token was refused: evidence["at"], seconds since 1970.

    None where nobody noted it and the token says when its time began: a row is looked
    at long after the token in it has ended.
    """
    noted = facts.get("at")
    if isinstance(noted, int | float):
        return float(noted)
    return None if "nbf" in claims else time.time()


def _base(code: str, facts: Mapping[str, Any], stage: str) -> Finding:
    if code in BY_CODE:
        return BY_CODE[code]
    match = _AADSTS.fullmatch(code)
    if match and int(match[1]) in BY_NUMBER:
        return BY_NUMBER[int(match[1])]
    if code in BY_ID:
        return BY_ID[code]
    status = facts.get("status")
    if match and isinstance(status, int) and status >= 500:
        return BY_CODE[Code.TOKEN_UNAVAILABLE]
    if match and (listed := of_number(int(match[1]))) is not None:
        return replace(listed, certain=False)
    generic = _BY_ERROR.get(str(facts.get("error", "")))
    if generic is not None:
        return BY_CODE[generic]
    if match:
        return BY_CODE[Code.TOKEN_REFUSED]
    return by_stage(stage) or BY_CODE[Code.PROTOCOL_ERROR]


def _refined(
    code: str,
    base: Finding,
    facts: Mapping[str, Any],
    claims: Mapping[str, Any] | None,
) -> Finding:
    """A finding that the evidence names more exactly than the code does."""
    protocol = str(facts.get("protocol") or "").upper()
    if claims is None and code in _NO_REASON:
        base = BY_ID.get(_NO_REASON[Code(code)].get(protocol, ""), base)
    words = _words(facts)
    if not words:
        return base
    features = prepared.of_text(words, protocol.lower())
    if base.id == "entra-field-missing":
        return rank.refine(base, features)
    found = rank.ranked(features, lambda id: refines(code, id))
    if found and found[0].weight >= rank.FAIR:
        return found[0].finding
    return base


_WORDS = ("error", "suberror", "request_error", "exception", "answer", "error_subtype")


def _words(facts: Mapping[str, Any]) -> str:
    """What the other side said, and what tells whose words they are."""
    said = [str(facts[name]) for name in _WORDS if facts.get(name)]
    if not said:
        return ""
    challenge = str(facts.get("challenge") or "")
    if google_token.SCOPE in challenge:  # Exchange's says nothing
        said.append(challenge)
    headers = facts.get("headers")
    if isinstance(headers, Mapping):
        said += [f"{name}: {value}" for name, value in headers.items()]
    if facts.get("status"):
        said.insert(0, f"HTTP {facts['status']} status {facts['status']}")
    return " ".join(
        [*said, str(facts.get("host") or ""), str(facts.get("scope") or "")]
    )


def _shown(match: rank.Match, text: str, certain: bool, guess: bool) -> Finding:
    finding = filled(match.finding, {})
    code = f"AADSTS{match.number}" if match.number else finding.code
    return replace(
        finding,
        code=code,
        certain=certain,
        generic=guess or finding.generic,
        look_up=_look_up(code),
        reason=_("Seen in the text: %s") % match.words,
    )


def _guessed(
    features: prepared.Features,
    found: list[rank.Match],
    shown: list[Finding],
    faulty: bool,
    told: bool,
) -> list[Finding]:
    """What is shown, with the step that all of a text points to where it belongs.

    found: the signs, best first; shown: what they show. faulty: it says that something
    is wrong. told: somebody named the protocol, so signs of it are not loose.
    """
    first = shown[0] if shown else None
    heard = bool(found) and found[0].weight >= rank.HEARD
    plain = faulty and not features.silent
    signs = backoff.signs_of(
        (match.finding.id, match.finding.step, match.weight) for match in found
    )
    guess = backoff.guess(features, signs, plain)
    number = bool(found) and found[0].number > 0
    if first and first.certain and not number:
        sure = guess.shares.get(first.step, 0.0) >= _DOUBTED and first.id not in _OURS
        return [replace(first, certain=sure), *shown[1:]]
    if number or features.foreign:
        return shown
    if found and found[0].finding.id in _BY_CLAIMS and found[0].weight >= rank.DECISIVE:
        return shown  # the server gave no reason: no word beside it tells one
    weakest = _GUESSED
    if heard:
        weight = found[0].weight
        weakest = next(share for least, share in _OVERRULES if weight >= least)
        weakest = _OVERRULES_TOLD if told else weakest
    if not guess.step or guess.share < weakest:
        return shown
    alone = not found and len(guess.words) < 2  # one word blames no program
    if guess.step == Step.CONSOLE and not plain and (alone or guess.share < _PROGRAM):
        return shown
    if first and first.step == guess.step:
        return [replace(first, generic=False), *shown[1:]]
    finding = stand_in(guess.step, guess.said)
    if finding is not None:
        finding = rank.refine(finding, features)
    same = next((one for one in shown if one.step == guess.step), None)
    if same is not None:
        guessed = replace(same, generic=False, certain=False)
    elif finding is not None and (guess.words or found):
        words = ", ".join(guess.words or [found[0].words])
        guessed = replace(
            filled(finding, {}), reason=_("Guessed from the words: %s") % words
        )
    else:
        return shown
    return [guessed, *(replace(one, certain=False) for one in shown)]


def _protocol(features: prepared.Features) -> str:
    return next((p for p in prepared.PROTOCOLS if p in features.tags), "imap")


def _from_token(
    features: prepared.Features, protocol: str, stage: str
) -> Finding | None:
    """What the token in a pasted text says of itself; its age says nothing."""
    decided = token_claims.decide(
        features.claims, protocol=protocol.upper(), stage=stage
    )
    if decided.id == "token-not-accepted":
        return None
    row = partly_filled(BY_ID[decided.id], decided.facts)
    told = replace(filled(row, decided.facts), certain=False)
    return replace(told, reason=_("The token in the text says so."))


def _look_up(code: str) -> str:
    match = _AADSTS.fullmatch(code)
    return LOOK_UP.format(match[1]) if match else ""


def _warn(code: str, stage: str) -> None:
    """Once in a process for each code and stage, so that the catalogue can grow."""
    if (code, stage) in _warned:
        return
    _warned.add((code, stage))
    _log.warning("No finding of its own for %s at stage %s", code, stage or "unknown")


__all__ = [
    "Certainty",
    "Finding",
    "Stage",
    "Who",
    "all_codes",
    "by_id",
    "every",
    "explain",
    "find",
]
