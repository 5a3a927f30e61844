"""Findings for a text, best first: all signs that are seen, weighed against each other.

A decisive sign beats general ones. Among several decisive ones the earlier cause comes
first: without a name no connection, without a token no sign-in (diagnosis.md 3.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from ...core.choices import Step
from ..finding import Finding, Who
from . import (
    numbers,
    signs_codes,
    signs_exchange,
    signs_http,
    signs_imap,
    signs_languages,
    signs_loose,
    signs_network,
    signs_outlook,
    signs_program,
    signs_replies,
    signs_smtp,
    signs_threads,
    signs_token,
)
from .catalogue import BY_ID, BY_NUMBER, MORE_NUMBERS, of_number
from .features import Features
from .sign import DECISIVE, FAIR, HEARD, LOOSE, STRONG, SURE, TOKEN, WEAK, Sign

SIGNS: tuple[Sign, ...] = (
    *signs_network.SIGNS,
    *signs_token.SIGNS,
    *signs_imap.SIGNS,
    *signs_smtp.SIGNS,
    *signs_http.SIGNS,
    *signs_codes.SIGNS,
    *signs_exchange.SIGNS,
    *signs_outlook.SIGNS,
    *signs_languages.SIGNS,
    *signs_replies.SIGNS,
    *signs_program.SIGNS,
    *signs_threads.SIGNS,
    *signs_loose.SIGNS,
)
MOST = 5  # findings shown
_NEAR = 0.65  # of the best weight: what is weaker is not shown
_SNIPPET = 80
# Of the weight, in a text that names neither mail nor a provider:
_SILENT = 0.85
_SILENT_AND_UNMET = 0.6  # where the sign belongs to a protocol or provider
_FOREIGN = 0.2  # where the text names another kind of server


@dataclass(frozen=True)
class Match:
    """A finding seen in a text. words: the piece of the text that shows it."""

    finding: Finding
    weight: int
    phase: int
    place: int
    words: str
    number: int = 0

    @property
    def rank(self) -> tuple[int, int, int, int]:
        strength = (self.weight >= DECISIVE) + (self.weight >= SURE)
        strength += (self.weight >= FAIR) + (self.weight >= HEARD)
        return -strength, self.phase, -self.weight, self.place


def ranked(
    features: Features, keep: Callable[[str], bool] | None = None
) -> list[Match]:
    """Matches, best first, each finding once. keep: which ids may be found at all."""
    best: dict[str, Match] = {}
    for match in (*_by_number(features), *_by_sign(features)):
        id = match.finding.id
        if keep is not None and not keep(id):
            continue
        if id not in best or best[id].weight < match.weight:
            best[id] = match
    found = sorted(best.values(), key=lambda match: match.rank)
    if not found:
        return []
    least = found[0].weight * _NEAR
    return [match for match in found if match.weight >= least][:MOST]


def settled(found: list[Match]) -> bool:
    """Whether the best match may be called certain.

    It is decisive, and nothing as decisive names another step.
    """
    first = found[0]
    return first.weight >= DECISIVE and not any(
        other.weight >= first.weight and other.finding.step != first.finding.step
        for other in found[1:]
    )


def _by_number(features: Features) -> list[Match]:
    listed = [n for n in features.numbers if of_number(n) is not None]
    if features.numbers and not listed:
        number = features.numbers[0]
        other = BY_ID[numbers.NO_FAMILY]
        return [Match(other, LOOSE, TOKEN, 0, f"AADSTS{number}", number)]
    if any(n not in numbers.WRAPPERS for n in listed):
        listed = [n for n in listed if n not in numbers.WRAPPERS]
    found = []
    for place, number in enumerate(listed):
        finding = of_number(number)
        assert finding is not None
        if number in BY_NUMBER:
            weight = DECISIVE + 20
        elif number in MORE_NUMBERS:
            finding = replace(finding, certain=False)
            weight = FAIR if number in numbers.WRAPPERS else DECISIVE
        else:
            weight = FAIR
        refined = refine(finding, features, number)
        words = f"AADSTS{number}"
        found.append(Match(refined, weight, TOKEN, place, words, number))
    return found


# An SMTP reply in the words of a log or a library: "550 5.1.1", "(421, b'4.3.0".
_REPLY = re.compile(
    r"(?<![\d.:])([45])[0-5]\d[ -]{1,2}#?\1\.\d{1,2}\.\d"
    r"|\(([45])[0-5]\d, ?b?['\"]|\bdsn=([45])\.\d\.\d"
)
# A code alone (5.1.1) that nothing before it shows to be one of a reply; it may be the
# version of a program.
_CODE = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")
_OF_REPLY = re.compile(
    r"(?:[45]\d\d[ -]{1,2}#?|[:#=;,(\['\"<]\s?|\b(?:response|code|status|said|error"
    r"|smtp)"
    r"\s)$"
)
# A reply that is not of the way there (RFC 3463 section 3.5): whoever wrote it was
# reached after all, by another address or at another try.
_SPOKEN = re.compile(
    r"(?<![\d.:])[45][0-5]\d[ -]{1,2}#?[45]\.[0-35-7]\.\d"
    r"|\bdsn=[45]\.[0-35-7]\.\d"
)
_NO_CONNECTION = ("dns-unknown", "dns-temporary", "connect-unreachable")
# Steps of a refusal for good, which a reply for now does not mean.
_FOR_GOOD = ("recipient-refused", "message-refused", "sender-refused")


def _by_sign(features: Features) -> list[Match]:
    found = []
    replies = {match[match.lastindex or 0] for match in _REPLY.finditer(features.text)}
    for sign in SIGNS:
        seen = sign.seen(features)
        if seen is None:
            continue
        weight = _weighed(sign, features)
        if replies == {"4"} and sign.id in _FOR_GOOD:
            weight = WEAK
        if sign.id in _NO_CONNECTION and _SPOKEN.search(features.text, seen.end()):
            weight = min(weight, LOOSE)
        before = features.text[max(0, seen.start() - 12) : seen.start()]
        if _CODE.fullmatch(seen[0]) and not _OF_REPLY.search(before):
            weight = min(weight, STRONG)
        finding = refine(BY_ID[sign.id], features)
        words = seen[0][:_SNIPPET]
        found.append(Match(finding, weight, sign.phase, seen.start(), words))
    return found


def _weighed(sign: Sign, features: Features) -> int:
    """The weight of a sign, less where the text does not speak of mail at all."""
    if features.foreign:
        return int(sign.weight * _FOREIGN)
    if not features.silent or sign.weight == LOOSE:
        return sign.weight
    needed = features.as_mail().speaks_of(sign.needs)
    return int(sign.weight * (_SILENT if needed else _SILENT_AND_UNMET))


_FIELD = re.compile(
    r"(?:parameter|field|property|value for|input)s?:? ?(?:for )?['\"]?"
    r"(client_id|client_secret|scope|resource|username|user_?name|password|tenant"
    r"|refresh_token|code|redirect_uri|grant_type|client_assertion)\b"
)
# The field that Microsoft names as missing: its step and its option (row 45).
_FIELDS: dict[str, tuple[Step, str]] = {
    "client_id": (Step.CLIENT_ID, "client-id"),
    "client_secret": (Step.SECRET, "password"),
    "client_assertion": (Step.SECRET, "password"),
    "scope": (Step.SCOPE, "scope"),
    "resource": (Step.SCOPE, "scope"),
    "username": (Step.USER_NAME, "mailbox"),
    "user_name": (Step.USER_NAME, "mailbox"),
    "password": (Step.PASSWORD, "password"),
    "tenant": (Step.DIRECTORY_ID, "directory-id"),
    "refresh_token": (Step.REFRESH_TOKEN, "password"),
    "code": (Step.REFRESH_TOKEN, "password"),
    "redirect_uri": (Step.REGISTRATION, ""),
    "grant_type": (Step.PUBLIC_CLIENT, "grant-type"),
}
# Numbers that mean another thing with certain words beside them.
_WITH_WORDS: tuple[tuple[int, str, str], ...] = (
    (70001, r"was not found in", "entra-app-unknown"),
    (
        70002,
        r"must (?:include|contain).{0,60}client_(?:secret|assertion)",
        "entra-public-flow-off",
    ),
    (
        70002,
        r"marked as '?mobile|enabled for public client|public client flows",
        "entra-public-flow-off",
    ),
    (70002, r"not enabled for consumers", "entra-account-audience"),
    (70001, r"not supported for this api version", "entra-registration-other"),
    (700023, r"assertion audience", "entra-certificate-refused"),
    (
        90002,
        r"onmschina|\.azure\.us|chinacloud|microsoftonline\.(?:us|cn)",
        "entra-other-cloud",
    ),
    (700016, r"chinacloud|microsoftonline\.cn", "entra-other-cloud"),
    (70000, r"service abuse mode", "entra-account-other"),
    (70000, r"scopes requested are unauthori[sz]ed", "entra-consent-missing"),
    (50012, r"valid time range", "entra-assertion-time"),
    (50013, r"valid time range", "entra-assertion-time"),
    (
        16000,
        r"session is (?:invalid|expired)|recent password change",
        "entra-refresh-token-ended",
    ),
    (90023, r"cross-origin (?:token|request)|single-page", "entra-single-page-app"),
    (90023, r"public clients? can'?t send", "entra-secret-with-public-app"),
    (90023, r"\btenant (?:id|identifier|name)", "entra-tenant-malformed"),
    (90023, r"unsupported 'grant_type'|grant.?type", "entra-flow-not-allowed"),
    (
        700027,
        r"key used is expired|is expired on application",
        "entra-certificate-expired",
    ),
    (70003, r"device.?code|not supported over", "entra-flow-not-allowed"),
    (70005, r"response_?type", "entra-registration-other"),
    # Malformed is the grant, where it says so: a refresh token or a code.
    (9002313, r"invalid_grant|refresh|redeem", "entra-refresh-token-ended"),
    (7000014, r"body must contain|missing", "entra-field-missing"),
    (90013, r"tenant", "entra-tenant-malformed"),
)
_PATTERNS = [(number, re.compile(words), id) for number, words, id in _WITH_WORDS]

_NO_ANSWER = ("dns-unknown", "connect-refused")
_KNOWN_HOST = re.compile(
    r"\b(?:login\.(?:microsoftonline|live|windows)|outlook\.office|smtp\.office365"
    r"|outlook\.office365|graph\.microsoft|smtp-mail\.outlook"
    r"|(?:imap|smtp|pop)\.(?:gmail|zoho|mail\.yahoo|mail\.me|gmx|web|ionos|fastmail)"
    r"|(?:www|gmail|oauth2)\.googleapis|accounts\.google|\w+\.l\.google)\.(?:com|net"
    r"|us|cn|de|eu)\b"
)
# A host as no host is called: with a quotation mark, a scheme, a path or an address.
_ODD_HOST = re.compile(
    r"enotfound (?:\\*[\"'<{]|[a-z]+://|\S+[;<>@])|hostname: ['\"](?:\\*[\"'<{]|[a-z]+://)"
)
_OUT: Any = _("Let this host look up the provider's names and reach its ports.")
_MALFORMED_ID = re.compile(r"errorinvalididmalformed|\bid is malformed")
_DELETED = "account has been deleted"
_NO_ACCOUNT: Any = _("Find out whether the account is still there; then sign in anew.")
_SYNC = re.compile(r"delta|sync")
_REFUSED = re.compile(r"authenticate failed")
_PROVEN = frozenset({700027})  # its words leave no doubt


# Words beside which a finding is no more than likely.
_DOUBTFUL: dict[str, re.Pattern[str]] = {
    id: re.compile(words)
    for id, words in {
        # for now, or the wrong server
        "recipient-refused": r"try again|local recipient table",
        "google-bandwidth-spent": r"graph\.microsoft",  # says so when it is overloaded
        "google-api-off": r"app not enabled",  # the licence may lack it
        "google-mail-off": r"",  # IMAP or the account, too
        "google-client-unknown": r"disabled_client",
        "graph-token-time": r"compacttoken",  # also of a token for something else
        # no token at all, or Exchange on-premises that does not know its own name
        "graph-wrong-audience": r"not well formed|compacttoken|current resource",
        "password-refused": r"invalid (?:authentication mechanism|base64)",
        "sender-refused": r"not owned by user|sending domain|@localhost",
        "tls-version": r"",  # either side may be too old
    }.items()
}


def refine(finding: Finding, features: Features, number: int = 0) -> Finding:
    """The finding as the other words of the text make it."""
    for meant, pattern, id in _PATTERNS if number else ():
        if meant == number and pattern.search(features.text):
            return replace(BY_ID[id], certain=number in _PROVEN)
    if finding.id == "entra-field-missing":
        return _named_field(finding, features)
    if finding.id == "dns-unknown" and _ODD_HOST.search(features.text):
        return finding  # a large provider's name does not make it right
    if finding.id in _NO_ANSWER and _KNOWN_HOST.search(features.text):
        # The names of the large providers are right, and they listen.
        return replace(
            finding, step=Step.NETWORK, fix=_OUT, who_id=Who.NETWORK, certain=False
        )
    if finding.id == "session-token-ended" and _REFUSED.search(features.text):
        return replace(BY_ID["oauth-refresh-token-ended"], certain=False)
    if finding.id == "google-refresh-token-ended" and _DELETED in features.text:
        return replace(finding, step=Step.ACCOUNT, fix=_NO_ACCOUNT, certain=False)
    if finding.id == "graph-item-gone" and not _SYNC.search(features.text):
        return replace(finding, certain=False)  # or the program asks for another's
    doubt = _DOUBTFUL.get(finding.id)
    if doubt and doubt.search(features.text):
        return replace(finding, certain=False)
    if finding.id == "starttls-missing" and "xxxx" not in features.text:
        # In a text, not on our own line, another port or security is the usual cause,
        # unless a firewall has crossed the word out of EHLO's answer.
        return replace(finding, step=Step.SERVER, certain=False)
    if _MALFORMED_ID.search(features.text):
        return replace(finding, certain=False)  # it may be malformed by who sends it
    if finding.id == "tls-not-tls" and "smtp" in features.tags:
        return replace(finding, option="smtp-connection-security")
    return finding


def _named_field(finding: Finding, features: Features) -> Finding:
    match = _FIELD.search(features.text)
    if match is None:
        return replace(finding, certain=False)
    step, option = _FIELDS[match[1]]
    cause: Any = _("Microsoft misses the value %s.") % match[1]
    # A program leaves out the grant by itself; no form asks for it everywhere.
    certain = finding.certain and match[1] != "grant_type"
    return replace(finding, step=step, option=option, cause=cause, certain=certain)
