"""Loose signs by the class of a reply or of a code, where nobody knows the very one.

SMTP's enhanced codes have classes (RFC 3463 section 3), Exchange's ResponseCodes of EWS
and Graph are made of words that tell (ErrorSomethingAccessDenied), Google's have
reasons. What has a sign of its own in signs_smtp and signs_http goes before these.
"""

from __future__ import annotations

from .sign import AFTER, FAIR, LOOSE, SIGN_IN, TOKEN, table

_TOKEN = r"(?:access|oauth2?|auth|bearer|graph api|id|new|security|api)[_ -]?"
_GET = (
    r"(?:creat|generat|obtain|acquir|get|fetch|request|retriev|exchang|issu|receiv)\w*"
)
_NOT = (
    r"(?:can ?not|cannot|can't|could not|couldn't|unable|fail\w*|error|problem"
    r"|exception)"
)

SIGNS = (
    *table(
        TOKEN,
        [
            # Sign-in that ended before a mail server was spoken to.
            ("oauth-refresh-token-ended", LOOSE,
             rf"\binvalid_request\b"
             rf"|{_NOT}.{{0,20}}\b{_GET} (?:\w+ ){{0,2}}{_TOKEN}token"
             rf"|{_TOKEN}token.{{0,40}}\b{_NOT}|xoauth2\.generatetoken",
             "oauth|mail|google|microsoft",
             r"invalid_client|unauthorized_client|refresh[_ ]token is not|code: 0\)"
             r"|authenticate failed|5\.7\.3\b|validat\w+ access token"
             r"|access token validation"),
            ("oauth-refresh-token-ended", LOOSE,
             r"\b(?:no|missing|without|(?:not|cannot) find)"
             r" (?:a |an |any |the |valid )*"
             r"(?:access |refresh |oauth2? |auth )?tokens?\b"
             r"|\btokens?(?: file|\.json)? (?:is |was )?(?:not found|missing|empty|null"
             r"|undefined|none|not set)\b",
             "oauth|mail|google|microsoft",
             r"csrf|invalid_client|unauthorized_client|aadsts|authenticate failed"),
            ("entra-app-unknown", LOOSE,
             r"(?:application|client)[_ ]?(?:id|identifier)\b.{0,40}(?:invalid"
             r"|not valid|expected|must be|malformed|missing|unknown|not found|wrong"
             r"|incorrect)|(?:invalid|wrong|unknown|bad|missing).{0,20}"
             r"(?:application|client)[_ ]?(?:id|identifier)\b",
             "oauth|microsoft",
             r"google|client[_ ]secret"),
            ("google-client-unknown", LOOSE,
             r"(?:invalid|wrong|unknown|bad|missing).{0,20}client[_ ]?id\b"
             r"|client[_ ]?id\b.{0,30}(?:invalid|missing|not found|unknown)",
             "google"),
            ("entra-tenant-unknown", LOOSE,
             r"(?:tenant|directory)[_ ]?(?:id|identifier)?\b.{0,40}(?:invalid|not valid"
             r"|malformed|missing|unknown|wrong|incorrect)"
             r"|(?:invalid|wrong|unknown|bad|missing).{0,20}tenant",
             "oauth|microsoft",
             r"not consented|google"),
            ("oauth-client-secret", LOOSE,
             r"(?:client|app\w*)[_ ]?secret\b.{0,40}(?:invalid|not valid|expired|wrong"
             r"|incorrect|missing|empty|mismatch)"
             r"|(?:invalid|wrong|expired|bad|missing).{0,20}(?:client|app)[_ ]?secret",
             "oauth|microsoft|google"),
            ("entra-redirect-unregistered", LOOSE,
             r"(?:redirect|reply|callback)[_ ]?(?:ur[il]|address)\w*\b.{0,80}(?:invalid"
             r"|not valid|mismatch|match|wrong|missing|registered|allowed)"
             r"|(?:invalid|wrong|bad|missing).{0,20}(?:redirect|reply|callback)[_ ]?ur",
             "oauth|microsoft",
             r"google"),
            ("entra-scope-invalid", LOOSE,
             r"(?:invalid|wrong|unknown|bad|missing).{0,20}\bscopes?\b",
             "oauth|microsoft",
             r"google"),
            ("entra-consent-other", LOOSE,
             r"consent\b.{0,40}(?:required|needed|missing|not granted|not given)"
             r"|(?:requires?|needs?|missing|without|no) .{0,30}\bconsent\b",
             "oauth|microsoft",
             r"google"),
        ],
    ),
    *table(
        SIGN_IN,
        [
            ("google-token-refused", FAIR,
             r"\bautherror\b|\bunauthenticated\b|\b401\b.{0,80}invalid credentials"
             r"|invalid credentials.{0,80}\b401\b",
             "google",
             r"imap|smtp|pop3"),
            # HTTP's own words, where a program kept nothing else of the answer.
            ("graph-access-denied", LOOSE,
             r"['\"]forbidden['\"]|\bforbidden\b$|message['\"]?: ?['\"]?forbidden",
             "microsoft+!imap+!ews"),
            ("graph-wrong-audience", LOOSE,
             r"['\"]unauthori[sz]ed['\"]|message['\"]?: ?['\"]?unauthori[sz]ed",
             "microsoft|oauth+!imap+!ews"),
            ("graph-access-denied", LOOSE,
             r"\berror\w*(?:accessdenied|permission|notallowed|unauthori|forbidden)",
             "graph"),
            ("ews-access-denied", LOOSE,
             r"\berror\w*(?:accessdenied|permission|notallowed|unauthori|forbidden)",
             "ews|exchange"),
        ],
    ),
    *table(
        AFTER,
        [
            ("sender-refused", FAIR,
             r"(?:mail from|sender|from[- ]?(?:address|header)?)\b.{0,40}(?:must (?:be"
             r"|match)|(?:should|has to) (?:be|match)|same as|not match|mismatch"
             r"|not allowed|differs?)\b.{0,60}(?:auth|log ?in|user|account)",
             "smtp|mail",
             r"dmarc|spf|starttls|4\d\d "),
            ("recipient-refused", FAIR,
             r"name service error.{0,80}type=mx\b|type=mx\b.{0,60}not found",
             "smtp|mail"),
            ("graph-unavailable", LOOSE,
             r"\b50[0234]\b.{0,30}(?:error|unavailable|gateway|time)"
             r"|(?:status|code)\D{0,4}50[0234]\b",
             "microsoft+!imap+!smtp+!pop3+!ews"),
            ("google-temporary", LOOSE,
             r"\b50[0234]\b.{0,30}(?:error|unavailable|gateway|time)|backenderror"
             r"|(?:status|code)\D{0,4}50[0234]\b",
             "google"),
            ("graph-user-unknown", LOOSE,
             r"\b404\b.{0,20}not found|(?:status|code)\D{0,4}404\b",
             "graph"),
            ("graph-item-gone", LOOSE,
             r"\berror\w*(?:item|message|object)\w*notfound|itemnotfound"
             r"|\berrorinvalid\w*id\w*\b",
             "graph|ews|exchange"),
            ("ews-quota", LOOSE,
             r"\berror\w*(?:quota|full)\w*",
             "graph|ews|exchange",
             r"throttl|budget|submission|recipient"),
            ("ews-server-busy", LOOSE,
             r"\berror\w*(?:busy|throttl|exceeded|toomany|limit)\w*",
             "graph|ews|exchange",
             r"size|quota"),
            ("ews-mailbox-moving", LOOSE,
             r"\berror\w*(?:internal|transient|timeout|unavailable|connection|move"
             r"|failed)\w*",
             "graph|ews|exchange",
             r"erroraccess|errorquota|errorserverbusy"),
            ("recipient-refused", FAIR,
             r"recipients? (?:is |are |'.{0,80}' )?(?:is ?n[o']t|not)"
             r" (?:valid|resolved)"
             r"|contains no recipients?|no (?:valid )?recipients?\b"
             r"|invalid recipients?|recipients? (?:must be|invalid|missing)",
             "",
             r"relay"),
            # What RFC 5321 has replies say, where a program dropped their numbers.
            ("message-refused", FAIR,
             r"syntax error in parameters(?: or arguments)?"
             r"|transaction (?:has )?failed\b"
             r"|mailbox name not allowed|user not local",
             "smtp|mail",
             r"\b535\b|5\.7\.|authenticat"),
            ("smtp-busy", FAIR,
             r"local error in processing|insufficient system storage",
             "smtp|mail"),
            ("recipient-refused", LOOSE,
             r"\berror\w*recipient\w*",
             "graph|ews|exchange",
             r"quota|limit"),
            ("recipient-refused", LOOSE,
             r"\b5\.1\.\d{1,3}\b|\b5\.4\.\d{1,3}\b|\b5\.2\.[01]\b"
             r"|(?:mailbox|account|user|recipient)\b.{0,30}(?:disabled|inactive"
             r"|no longer|suspended|does ?n[o']t exist|not exist|unavailable)",
             "smtp"),
            ("message-refused", LOOSE,
             r"\b5\.[67]\.\d{1,3}\b|\b5\.5\.\d{1,3}\b|\b5\.3\.\d{1,3}\b",
             "smtp",
             r"535|5\.7\.(?:3|8|9|57|139)\b|authenticat"),
            ("smtp-busy", LOOSE,
             r"\b4\.[1-7]\.\d{1,3}\b",
             "smtp",
             r"\b5[0-5]\d[ -]5\.|5\.\d\.\d{1,3}"),
        ],
    ),
)  # fmt: skip
