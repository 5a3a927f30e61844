"""What a text is made of, before anything is concluded from it.

Log lines, JSON within JSON, stack traces and copied web pages are brought to one plain
line; then it is noted which protocols and providers they speak of, which of Microsoft's
numbers they hold, and what a token in them says of itself. Nothing is kept.
"""

from __future__ import annotations

import base64
import binascii
import functools
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

LIMIT = 60_000  # characters looked at: a third from head, tail and what is between
_THIRD = LIMIT // 3
_TELLING = re.compile(
    r"^.*(?:error|exception|fail|denied|refus|aadsts|invalid|unable|cannot|reject"
    r"|timed? ?out|caused by|\b[45]\d\d[ -]\d\.\d|\b(?:NO|BAD|BYE)\b|-ERR).*$",
    re.IGNORECASE | re.MULTILINE,
)
_LINE = 1_000  # characters of such a line
_DIGITS = re.compile(r"[\da-f-]{2,}|\d")

_ESCAPES = (
    (re.compile(r"\\r(?=\\n)|\\[nrt](?![a-z]{2})"), " "),
    (re.compile(r"\\n(?=[A-Z0-9 ])"), " "),
    (re.compile(r"\\(?=[\"'/])"), ""),
)
_SLASHES = re.compile(r"\\{2,}")  # JSON within JSON
_UNICODE = re.compile(r"\\u((?!d[89a-f])[0-9a-f]{4})", re.IGNORECASE)
_STRAIGHT = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " "})
_JWT = re.compile(r"\beyJ[\w-]{10,}\.(eyJ[\w-]{10,})\.[\w-]*")
_BASE64_JSON = re.compile(r"\beyJ[A-Za-z0-9+/]{16,}={0,2}")
_OFFERS = re.compile(
    r"250[- ]auth[ =][a-z0-9 =_-]*|\bauth=[a-z0-9_-]+"
    r"|\bsasl(?: plain| login| xoauth2)+",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")
# Addresses and versions look like enhanced codes of SMTP: spring-5.3.4.jar, 10.5.1.1.
_DOTTED = re.compile(
    r"(?<![\d.])(?:\d{1,5}\.){3}\d{1,5}(?![\d.])"
    r"|(?<=[a-z][-/@_])\d+\.\d+\.\d+(?![\d.])|(?<=\bv)\d+\.\d+\.\d+"
    r"|(?<=version )\d+\.\d+\.\d+|(?<=version: )\d+\.\d+\.\d+"
    r"|:\d+\.\d+\.\d+(?=\])|\b\d+\.\d+\.\d+(?=\.(?:jar|dll|final|release)\b|-[a-z])",
    re.IGNORECASE,
)

_TAGS: dict[str, str] = {
    "imap": r"imap|authenticate xoauth2|\bexamine\b|select inbox|uidvalidity"
    r"|(?:\bno |: )(?:authenticate|login) failed|:993\b|:143\b|port:? ?(?:993|143)\b"
    r"|\bselect \\*\"?inbox|\btag\d+ (?:no|bad)\b|\b[a-z]\d+ (?:no|bad) "
    r"|user is authenticated but not|\* bye\b"
    r"|\[(?:nonexistent|authenticationfailed|trycreate|alert|unavailable|privacyrequired"
    r"|overquota|throttled|contactadmin|authorizationfailed|serverbug|inuse|limit"
    r"|noperm|expired|corruption|cannot|clientbug|alreadyexists)\]"
    r"|\b\d{1,5} (?:no|bad)\b|\bto folder\b|\b(?:append|uid (?:fetch|search|store|copy"
    r"|move))\b|: (?:no|bad) \[",
    "pop3": r"\bpop ?3?\b|pop3|poplib|:995\b|port:? ?995\b|(?<!\w)-err\b|maildrop",
    "smtp": r"smtp|:587\b|:465\b|port:? ?(?:587|465|25)\b|\behlo\b|rcpt to|mail from"
    r"|\b[45]\d\d[ -]#?[45]\.\d\.\d|\b535[ -][^\d ]|storedrv"
    r"|undeliver|mailer-daemon|delivery status|\bbounced?\b|\bndrs?\b|\brcpt\b"
    r"|outgoing (?:mail|server)|\bdsn=\d|status=(?:deferred|bounced)|postfix/|\brelay="
    r"|nodemailer|phpmailer|swift_|sendmail|expected response code",
    "ews": r"exchange\.asmx|\bews\b|exchangelib|exchange\.webservices|ewsaccount"
    r"|impersonat|exchangewebservice|exchange web service"
    r"|exchangeservice|exchange/services/|exchangeimpersonation|ewsresponse"
    r"|autodiscover",
    "graph": r"graph\.microsoft|msgraph|microsoft\.graph|graphserviceexception"
    r"|send-?graph|graphmail|mg(?:user|graph)|invalidauthenticationtoken"
    r"|['\"]error['\"] ?: ?\{ ?['\"]code['\"] ?: ?['\"][a-z]+['\"]"
    r"|grapherror|odata ?error|ms ?graph|graph ?api|restapi",
    "oauth": r"oauth|aadsts|openid|access[_ ]token|refresh[_ ]token|\bmsal|\badal"
    r"|invalid_(?:grant|client|scope|request)|unauthorized_client|identity\.client",
    "google": r"google|gmail|gsmtp|gimap|\bya29\.",
    "microsoft": r"microsoft|office ?365|\bo365|outlook|aadsts|exchange|azure|\bentra\b"
    r"|\bmsal|storedrv|mapiexception|mggraph|acquiretoken|clientcertificatecredential",
    "exchange": r"outlook\.office365|office365\.com|outlook\.com|exchange|storedrv",
    "token": r"xoauth2|oauthbearer|\boauth ?2?\b|saslmechanismoauth2|bearer|refresh"
    r"[_ ]token",
    "basic": r"auth(?:enticate)? (?:login|plain)|plain auth|login auth|httpbasicauth"
    r"|basic auth|\bpass \S"
    r"|auth: ?\[?login|login <user>|command '?login|\.login\(|mailboxloginerror"
    r"|\b[a-z]{1,4}\d{1,4} login\b",
    "mail": r"e-?mail|outlook|fetchmail|getmail|mbsync|\bmail|mailer|mailbox|inbox"
    r"|smtp|imap"
    r"|\bpop3|auth mechanism|\brecipients?\b|message store|newsletter|\bsmtps?\b"
    r"|postausgang|posteingang|postfach|courriel|correo|messagerie|\bposta\b"
    r"|absender|empf[äa]nger|destinat[aá]ri|destinataire|bo[iî]te aux lettres|buz[oó]n",
    "java": r"javax\.|jakarta\.|com\.sun\.|java\.(?:net|lang|io)",
    "foreign": r"postgres|psycopg|mysql|mariadb|redis|mongo|elasticsearch|rabbitmq"
    r"|amqp|kafka|\bldap|jdbc|npm err|git@|:5432\b|:3306\b|:6379\b|:27017\b|:9200\b"
    r"|port 5432|docker\.sock|kubelet|image\b|access denied for user \S+@"
    r"|sqlexception|sqlalchemy|\bssh: |\bport 22\b|nginx: |fatal: unable to access"
    r"|vue warn|module specifier|kubectl|\bdocker: |\bsudo\b|pytest|ansible|terraform"
    r"|webpack|eslint|\bgcc\b|\bmake: |systemctl|\bcargo\b|gradle|\bmaven\b",
}
_TAG_PATTERNS = {tag: re.compile(pattern) for tag, pattern in _TAGS.items()}
PROTOCOLS = ("imap", "pop3", "smtp", "ews", "graph", "oauth")
# Words of the one are said by the other, too; who knows the protocol decides.
_OTHERS = {"ews": frozenset({"graph"}), "graph": frozenset({"ews"})}
_NAMED = frozenset({*PROTOCOLS, "mail", "microsoft", "google"})

# ErrorItemNotFound: how EWS and Graph name what Exchange says; of three words or more.
_EXCHANGE_CODE = re.compile(r"\bError(?:[A-Z][a-z]+){2,}(?!\w*Exception)")

_NUMBER = re.compile(r"aadsts[\s:_-]*(\d{4,8})\b")
# Numbers without their prefix, where a word before them says what they are.
_BARE_NUMBER = re.compile(
    r"error[_ ]?codes?['\"]? ?(?:[:=]|=>|(?= \d)) ?(?:array ?\( ?\[0\] ?=> ?|\[? ?)"
    r"['\"]?((?:1[67]|[5-9]\d)\d{3,6})\b|error\?code=(\d{4,8})\b"
    r"|errormessage['\"]?: ?['\"](\d{4,8}) -"
)

# Numbers of Graph's own check of tokens, in words like those of the others.
_NOT_ENTRA = range(80_049_000, 80_050_000)


@dataclass(frozen=True)
class Features:
    """One text, prepared.

    text: on one line, lower case, escapes undone. tags: what it speaks of. numbers:
    Microsoft's, in the order of the text. claims: of a token in it, {} without one.
    lines: the text as it came, clipped; never shown.
    """

    text: str
    tags: frozenset[str] = frozenset()
    numbers: tuple[int, ...] = ()
    claims: Mapping[str, Any] = field(default_factory=dict)
    lines: str = field(default="", repr=False)

    @property
    def silent(self) -> bool:
        """It names neither mail nor a protocol nor a provider."""
        return self.tags.isdisjoint(_NAMED)

    @property
    def foreign(self) -> bool:
        """It names another kind of server and no protocol of mail."""
        return "foreign" in self.tags and self.tags.isdisjoint(PROTOCOLS)

    def as_mail(self) -> Features:
        """The same, taken for a text that speaks of mail."""
        return replace(self, tags=self.tags | {"mail"})

    def speaks_of(self, needs: str) -> bool:
        """Whether the tags meet `needs`: "a|b+!c" is (a or b) and not c; "" is met."""
        return _met(needs, self.tags)


@functools.lru_cache(4096)  # some forty needs, the same for every sign of a kind
def _met(needs: str, tags: frozenset[str]) -> bool:
    return all(
        any((tag.lstrip("!") in tags) != tag.startswith("!") for tag in some)
        for some in (part.split("|") for part in needs.split("+") if part)
    )


def of_text(text: str, protocol: str = "") -> Features:
    """Features of a pasted text. protocol: one of PROTOCOLS, if the user knows it."""
    raw = _clipped(text)
    claims = _claims(raw)
    flat = plain(raw)
    tags = {tag for tag, pattern in _TAG_PATTERNS.items() if pattern.search(flat)}
    if protocol:
        tags |= {protocol, "mail"}
        tags -= _OTHERS.get(protocol, frozenset())
    if _EXCHANGE_CODE.search(raw):
        tags |= {"exchange", "microsoft", "mail"}
    if tags & set(PROTOCOLS):
        tags.add("mail")
    return Features(flat, frozenset(tags), _numbers(flat), claims, raw)


def _clipped(text: str) -> str:
    """At most LIMIT characters: its ends, and of the rest the lines with a fault.

    A line that is there again and again is taken once, its digits aside: they are what
    differs between two lines of a log.
    """
    if len(text) <= LIMIT:
        return text
    taken: dict[str, str] = {}
    room = _THIRD
    for match in _TELLING.finditer(text, _THIRD, len(text) - _THIRD):
        line = match[0][:_LINE]
        key = _DIGITS.sub("", line)
        if key in taken:
            continue
        room -= len(line)
        if room < 0:
            break
        taken[key] = line
    return "\n".join([text[:_THIRD], *taken.values(), text[-_THIRD:]])


def plain(text: str) -> str:
    """The text on one line in lower case, without escapes and without tokens.

    Offers of sign-in (EHLO, CAPABILITY) go too: they are no sign of what was tried.
    """
    return cased(text).lower()


def cased(text: str) -> str:
    """As `plain`, but with the case of its letters: it tells where words begin."""
    text = _OFFERS.sub(" ", text)
    text = _JWT.sub(" ", text)
    text = _BASE64_JSON.sub(_decoded, text)
    if "&" in text:
        text = html.unescape(text)
    if "%20" in text or "%3a" in text.lower() or "%27" in text:
        text = unquote(text.replace("+", " "))
    text = _SLASHES.sub(r"\\", text)
    text = _UNICODE.sub(lambda m: chr(int(m[1], 16)), text).translate(_STRAIGHT)
    for pattern, replacement in _ESCAPES:
        text = pattern.sub(replacement, text)
    text = _DOTTED.sub("n.n.n", text)
    return _SPACE.sub(" ", text).strip()


def telling(text: str, room: int) -> str:
    """At most `room` characters: of a longer text the lines that speak of a fault."""
    if len(text) <= room:
        return text
    lines = dict.fromkeys(match[0][:_LINE] for match in _TELLING.finditer(text))
    return ("\n".join(lines) or text)[:room]


def _numbers(flat: str) -> tuple[int, ...]:
    found = [(match.start(), int(match[1])) for match in _NUMBER.finditer(flat)]
    for match in _BARE_NUMBER.finditer(flat):
        found.append((match.start(), int(match[1] or match[2] or match[3])))
    numbers = dict.fromkeys(number for _place, number in sorted(found))
    return tuple(number for number in numbers if number not in _NOT_ENTRA)


def _decoded(match: re.Match[str]) -> str:
    """A challenge such as Google's XOAUTH2 one, in clear; all else goes."""
    known = _json(match[0])
    return f" {json.dumps(known)} " if "status" in known else " "


def _claims(text: str) -> dict[str, Any]:
    match = _JWT.search(text)
    return _json(match[1]) if match else {}


def _json(encoded: str) -> dict[str, Any]:
    try:
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        known = json.loads(raw)
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}
