"""Signs of EWS and Graph: their own error codes first, then HTTP statuses."""

from __future__ import annotations

from .sign import AFTER, DECISIVE, FAIR, SIGN_IN, STRONG, WEAK, table

_403 = (
    r"\b403\b.{0,12}forbidden|status(?: ?code)?['\"]?[:= ]{1,3}403\b|code:? ?403\b"
    r"|\(403\)|http[/ ][\d.]*\s?403\b|error:? 403\b|\b403 client error"
)
_401 = (
    r"\b401\b.{0,12}unauthorized|status(?: ?code)?['\"]?[:= ]{1,3}401\b|code:? ?401\b"
    r"|\(401\)|http[/ ][\d.]*\s?401\b|error:? 401\b|401 ?: ?unauthorized"
)

SIGNS = (
    *table(
        SIGN_IN,
        [
            ("greeting-unexpected", STRONG,
             r"(?:invalid|empty startup|unexpected) greeting",
             "mail"),
            ("greeting-unexpected", FAIR,
             r"(?:fail|error|could not|not find).{0,80}autodiscover"
             r"|autodiscover.{0,80}(?:\b40[34]\b|forbidden)"
             r"|autodiscover.{0,60}(?:fail|couldn't be|could not be|not found)"
             r"|didn't contain valid xml|failed to get auth type from service"
             r"|not an? (?:ews|exchange) (?:server|endpoint)",
             "ews"),
            ("password-refused", STRONG,
             r"invalid credentials for https?://.{0,300}ntlm|ntlm.{0,300}unauthori[sz]ed",
             "ews"),
            ("ews-impersonation-missing", DECISIVE,
             r"exchangeimpersonation soap header must be present"
             r"|impersonation header.{0,30}(?:missing|required)"),
            ("ews-impersonation-not-allowed", DECISIVE,
             r"exchangeimpersonation soap header must not exist"
             r"|invalidexchangeimpersonationheader"),
            ("ews-impersonation-denied", DECISIVE,
             r"errorimpersonat\w*denied|permission to impersonate"
             r"|impersonationdenied|impersonationfailed"),
            ("ews-impersonation-denied", STRONG,
             r"(?:have|has|need|lack)\w* (?:the )?impersonation (?:permission|right)",
             "ews|exchange|microsoft"),
            ("ews-wrong-audience", DECISIVE,
             r"(?:x-ms-diagnostics|www-authenticate).{0,300}audience"
             r"|the audience claim value .{0,40}(?:is )?invalid|invalid_resource",
             "ews|exchange"),
            ("ews-unauthorized", STRONG,
             r"not enough scope|required scope|insufficient_scope"
             r"|no service account|does not have (?:the )?(?:required )?(?:scope"
             r"|permission)",
             "ews+!graph"),
            ("ews-unauthorized", STRONG,
             r"x-ms-diagnostics.{0,60}(?:not enough scope|no permissions)"),
            ("ews-unauthorized", STRONG,
             r"invalid credentials for https?://\S*exchange\.asmx",
             "ews",
             r"ntlm"),
            ("ews-unauthorized", FAIR,
             r"unauthorizederror|"
             + _401,
             "ews+!graph"),
            ("ews-user-agent-refused", STRONG,
             r"ewsapplicationaccesspolicy"
             r"|application access policy.{0,60}user.?agent|ewsallowlist"
             r"|ewsblocklist"),
            ("ews-switched-off", DECISIVE,
             r"ews (?:is|has been) (?:disabled|blocked|retired|switched off)"
             r"|ewsenabled.{0,20}false|ewsallowedappids"
             r"|ews.{0,40}not enabled for (?:the|this) (?:tenant|organi)"
             r"|exchange web services.{0,60}(?:blocked|disabled|not allowed"
             r"|not enabled)"),
            ("ews-personal-account", STRONG,
             r"@(?:outlook|hotmail|live|msn)\.com.{0,400}(?:"
             + _403
             + r")|/consumers.{0,400}(?:"
             + _403
             + r")",
             "ews"),
            ("ews-mailbox-refused", FAIR,
             _403
             + r"|unknown failure.{0,40}403",
             "ews+!graph",
             r"autodiscover"),
            ("graph-wrong-audience", DECISIVE,
             r"invalid audience|audience .{0,40}(?:is )?invalid"
             r"|access token validation failure|compacttoken parsing failed"
             r"|token signature|invalid_token.{0,60}signature|signing key"
             r"|jwt is not well formed|idx1\d{4}",
             "",
             r"expired|not yet valid|exchange\.asmx"),
            ("graph-token-time", DECISIVE,
             r"(?:access )?token (?:has|is) (?:expired|not yet)"
             r"|lifetime validation failed|token.{0,10}expired|80049228"
             r"|not yet valid",
             "graph",
             r"refresh token|certificate|secret"),
            ("graph-claims-challenge", DECISIVE,
             r"insufficient_claims|claims challenge"
             r"|tokencreatedwithoutdatedpolicies|continuous access"
             r"|tokenissuedbeforerevocation"),
            ("graph-wrong-audience", FAIR,
             r"invalidauthenticationtoken|access token is empty",
             "graph|microsoft"),
            ("graph-access-denied", DECISIVE,
             r"nopermissionsinaccesstoken|token contains no permissions"
             r"|authorization_requestdenied|insufficient privileges"),
            ("graph-access-denied", STRONG,
             r"(?:requires?|needs?) (?:one of )?the following (?:permission|scope"
             r"|role)s?\b"
             r"|only has the following permissions"
             r"|(?:missing|lacks?) (?:the )?(?:required "
             r"|following )?(?:graph )?permissions?\b",
             "graph|microsoft|ews|oauth"),
            ("graph-access-denied", STRONG,
             r"erroraccessdenied|access is denied\. check credential",
             "",
             r"sendasdenied|odata is disabled|exchange\.asmx|\bews\b|folder"
             r"|exchangelib|err_access|impersonat"),
            ("graph-access-denied", STRONG,
             r"accessdenied|access is denied\. check credential",
             "graph|microsoft|mail",
             r"sendasdenied|odata is disabled|exchange\.asmx|\bews\b|folder"
             r"|err_access|impersonat"),
            ("graph-odata-disabled", DECISIVE,
             r"restricted to certain mailboxes"
             r"|application ?access ?policy.{0,60}\bden[iy]"),
            ("graph-odata-disabled", STRONG,
             r"access to odata is disabled"),
            ("graph-access-denied", FAIR,
             _403,
             "graph"),
            ("graph-me-app-only", DECISIVE,
             r"/me request is only valid|only valid with delegated"),
            ("graph-mailbox-missing", STRONG,
             r"organizationfromtenantguidnotfound|tenant guid.{0,60}does not exist"),
            ("graph-mailbox-missing", DECISIVE,
             r"mailboxnot(?:enabled|supported)forrestapi"
             r"|either inactive, soft-deleted"
             r"|rest api is not (?:yet )?supported for this|hosted on-premise"),
            ("graph-user-unknown", DECISIVE,
             r"resource could not be discovered|errorinvaliduser\b"
             r"|requested user .{0,120}is invalid|request_resourcenotfound"
             r"|resource .{0,80}does not exist or one of its"),
            ("graph-wrong-audience", WEAK,
             _401,
             "graph"),
        ],
    ),
    *table(
        AFTER,
        [
            ("ews-mailbox-moving", FAIR,
             r"none of the client access servers",
             "ews"),
            ("ews-no-mailbox", DECISIVE,
             r"errornonexistentmailbox|errormissingemailaddress"
             r"|smtp address has no mailbox|no mailbox (?:associated"
             r"|found)|errormailboxnotfound|nonexistentmailbox",
             "",
             r"nonexistentmailbox: (?:mailbox does not exist|no mailbox with such)"),
            ("ews-no-mailbox", STRONG,
             r"default folder \w+ not found"),
            ("graph-user-unknown", STRONG,
             r"nonexistentmailbox: (?:mailbox does not exist|no mailbox with such)"),
            ("ews-send-as-denied", DECISIVE,
             r"errorsendasdenied",
             "!graph"),
            ("graph-send-as-denied", DECISIVE,
             r"errorsendasdenied|sendasdenied",
             "graph"),
            ("ews-access-denied", STRONG,
             r"erroraccessdenied|access is denied\. check cred|erroritemnotaccess"
             r"|errorfoldernot\w*access|erroraccess",
             "ews+!graph"),
            ("ews-server-busy", DECISIVE,
             r"errorserverbusy|server cannot service this request"
             r"|backoffmilliseconds|throttling budget|budget type|ratelimiterror"
             r"|erroraddressbusy|errortimeoutexpired.{0,20}budget"),
            ("ews-too-many-connections", DECISIVE,
             r"errorexceededconnection|maxconcurrency"
             r"|available concurrent connections|too many concurrent connections"
             r"|maximum concurrent",
             "ews|exchange|mail",
             r"\b432\b|smtp"),
            ("ews-mailbox-moving", DECISIVE,
             r"errornorespondingcas|errorinternalservererror|errormailboxmove"
             r"|errormailboxstoreunavailable|storeunavailable"
             r"|errorinternalservertransient|mailboxinfostale"
             r"|mailbox is (?:currently )?being moved"
             r"|errorconnectionfailed(?:transient)?"),
            ("ews-sync-state-lost", DECISIVE,
             r"errorinvalidsyncstate|invalid ?sync ?state"),
            ("ews-subscription-lost", DECISIVE,
             r"errorsubscriptionnotfound|errorexpiredsubscr"
             r"|errorinvalidsubscription|errorreadeventsfailed"
             r"|errorinvalidwatermark"),
            ("graph-mailbox-full", DECISIVE,
             r"errorquotaexceeded|\b507\b.{0,30}storage",
             "graph"),
            ("ews-quota", DECISIVE,
             r"errorquotaexceeded|erroroverquota|errormailboxfull"),
            ("ews-message-too-large", DECISIVE,
             r"errormessagesizeexceeded|errorattachmentsize|errorrequestsize"),
            ("folder-missing", STRONG,
             r"errorfoldernotfound|errornonexistentfolder",
             "ews"),
            ("graph-item-gone", DECISIVE,
             r"erroritemnotfound|errorinvalidmailboxitemid"
             r"|specified object was not found in the store|errorinvalididmalformed",
             "",
             r"default folder"),
            ("graph-delta-lost", DECISIVE,
             r"syncstatenotfound|sync ?state\b.{0,40}\bnot found|syncstateinvalid"
             r"|resyncrequired|resync required"
             r"|410 ?:? ?gone|delta ?token.{0,40}(?:expired|invalid|not found)"),
            ("graph-conflict", DECISIVE,
             r"errorirresolvableconflict|\b412\b.{0,30}precond"
             r"|change ?key.{0,40}(?:mismatch|not match|required)"),
            ("graph-throttled", DECISIVE,
             r"applicationthrottled|mailboxconcurrency|mailboxquota"
             r"|over its .{0,30}limit|(?:http|status|code|error)\W{0,6}429\b"
             r"|too many requests"
             r"|activitylimitreached",
             "graph|microsoft",
             r"oauth2/v2\.0/token|/token"),
            ("graph-unavailable", STRONG,
             r"\b50[349]\b.{0,40}(?:service|gateway|unavailable|bandwidth)"
             r"|serviceunavailable|unknownerror|servicenotavailable"
             r"|generalexception|gateway ?timeout|mailboxstoreunavailable",
             "graph"),
            ("graph-request-too-large", DECISIVE,
             r"(?:http|status|code|error)\W{0,6}413\b|request ?entity ?too ?large"
             r"|requestbodytoolarge"
             r"|maximum request length|content ?length.{0,30}too large",
             "graph|microsoft"),
            ("message-refused", FAIR,
             r"'raw' rfc822|raw'? .{0,20}payload message"),
            ("graph-mime-invalid", DECISIVE,
             r"errormimecontentinvalid|invalidbase64|invalid base64 string for mime"),
            ("graph-accepted-not-sent", STRONG,
             r"202 accepted.{0,200}(?:not (?:sent|received|arriv|deliver)|never)"
             r"|sendmail.{0,80}202.{0,120}(?:no (?:mail|e-?mail)|not)"),
            ("graph-sensitive-property", DECISIVE,
             r"mail-advanced\.readwrite|sensitive propert"),
            ("server-unavailable", FAIR,
             r"\b50[0234]\b.{0,40}(?:internal server|bad gateway|service|gateway)"
             r"|internal ?server ?error",
             "ews"),
        ],
    ),
)  # fmt: skip
