"""Signs of SMTP: replies (RFC 5321), enhanced codes (RFC 3463), providers' words."""

from __future__ import annotations

from .sign import AFTER, DECISIVE, FAIR, SIGN_IN, STRONG, WEAK, table

# "535 5.7.3", "535-5.7.3", "(535, b'5.7.3", "535 #5.7.3", and the code alone.
SIGNS = (
    *table(
        SIGN_IN,
        [
            ("smtp-auth-off-tenant", DECISIVE,
             r"(?:smtpclientauthentication"
             r"|smtp auth\w*).{0,30}disabled for the tenant"
             r"|smtp_auth_disabled.{0,40}tenant"),
            ("smtp-auth-off-mailbox", DECISIVE,
             r"(?:smtpclientauthentication"
             r"|smtp auth\w*).{0,30}disabled for the mailbox"),
            ("smtp-auth-off-tenant", STRONG,
             r"smtpclientauthentication is disabled|smtp_auth_disabled",
             "",
             r"for the mailbox"),
            ("smtp-security-defaults", DECISIVE,
             r"(?:locked|blocked|refused|disabled|due to|because of"
             r"|by)\b.{0,60}security"
             r" defaults",
             "smtp"),
            ("smtp-security-defaults", STRONG,
             r"security defaults",
             "smtp"),
            ("smtp-basic-auth-off", DECISIVE,
             r"basic authentication is disabled"
             r"|user is locked by your organization's security.{0,20}basic",
             "",
             r"imap|\bpop3"),
            ("smtp-basic-auth-off", STRONG,
             r"basic authentication is disabled"),
            ("smtp-basic-auth-removed", DECISIVE,
             r"5\.7\.30\b|basic authentication is not supported"),
            ("smtp-auth-policy", DECISIVE,
             r"5\.7\.139.{0,160}(?:did not meet the criteria|locked by your organi"
             r"|conditional access)|did not meet the criteria to be auth"
             r"|request did not meet the criteria"),
            ("smtp-wrong-password", DECISIVE,
             r"5\.7\.139.{0,160}credentials were incorrect"
             r"|user credentials were incorrect"),
            ("smtp-auth-policy", FAIR,
             r"5\.7\.139",
             "",
             r"basic auth|disabled for|credentials were incorrect|security defaults"),
            ("smtp-token-refused", FAIR,
             r"5\.7\.3\b.{0,40}(?:auth|unsuccess)|535[ -]5\.7\.3\b"
             r"|535.{0,10}authentication unsuccessful",
             "token|oauth",
             r"auth login|auth plain|command: ?'?auth (?:login|plain)|5\.7\.139"),
            ("smtp-wrong-password", FAIR,
             r"5\.7\.3\b.{0,40}(?:auth|unsuccess)|535[ -]5\.7\.3\b"
             r"|535.{0,10}authentication unsuccessful",
             "!token+!oauth",
             r"5\.7\.139"),
            ("smtp-wrong-password", FAIR,
             r"535[^0-9]{1,6}5\.7\.3\b",
             "basic"),
            ("google-smtp-credential-refused", STRONG + 5,
             r"5\.7\.8\b.{0,80}(?:not accepted|badcredentials)"
             r"|username and password not accepted|p=badcredentials"),
            ("google-smtp-credential-refused", FAIR,
             r"535[^0-9]{1,6}5\.7\.8\b",
             "google"),
            ("google-app-password-required", STRONG,
             r"53[45][^0-9]{1,6}5\.7\.9\b",
             "google"),
            ("google-web-login-required", STRONG,
             r"534[^0-9]{1,6}5\.7\.14"),
            ("password-refused", STRONG,
             r"535[^0-9]{1,6}5\.7\.8\b|535[ -](?:incorrect|auth\w* (?:failed"
             r"|credentials invalid|data)|error: auth|login)"
             r"|\b535\b.{0,40}authentication (?:failed|credentials)"
             r"|authentication credentials invalid",
             "smtp",
             r"google|gsmtp|5\.7\.3\b|5\.7\.139"),
            ("smtp-auth-before-tls", FAIR,
             r"command unrecognized|5\.5\.[12] .{0,40}(?:unrecogni[sz]ed"
             r"|not recogni[sz]ed|not implemented)|bad sequence",
             "smtp",
             r"authentication required|\b535\b"),
            ("password-refused", FAIR,
             r"\b535\b|smtpauthenticationerror|\beauth\b",
             "smtp",
             r"5\.7\.(?:3|139|8)\b|gsmtp|auth xoauth2|oauthbearer|type: ?'oauth2"),
            ("login-disabled", DECISIVE,
             r"unencrypted connection"
             r"|530[^0-9]{1,6}(?:5\.7\.0 )?must issue a starttls"
             r"|must issue a starttls command first|538[ -](?:5\.7|encrypt|must)"
             r"|starttls is required"
             r"|requires? starttls|starttls (?:first|before)"
             r"|encryption required for requested"),
            ("smtp-auth-before-tls", STRONG + 5,
             r"invalid authentication mechanism|cannot use a secure auth"),
            ("smtp-auth-before-tls", STRONG,
             r"504[^0-9]{1,6}5\.7\.4|unrecognized authentication type"
             r"|auth(?:entication)? (?:extension "
             r"|command )?(?:is )?not (?:supported|enabled|implemented)"
             r"|no supported authentication method"
             r"|503.{0,20}auth command (?:used when )?not|smtpnotsupportederror"
             r"|failed to find an authenticator"
             r"|\bno (?:\w+ )?auth(?:entication)? mechanisms?"
             r"|invalid authentication mechanism|auth\w* mechanism\w*"
             r".{0,40}(?:not|un)support\w*|plainauth.{0,20}wrong host name"
             r"|no suitable authentication method|no mechanism available"
             r"|no compatible auth\w* mechanism|no worthy mech|does(?: not"
             r"|n't) support auth(?:entication)?\b|no auth mechanism",
             "smtp|mail",
             r"starttls extension"),
            ("smtp-auth-before-tls", STRONG,
             r"mail\.protection\.outlook\.com.{0,200}(?:could not|fail).{0,20}auth"),
            ("server-throttled", STRONG + 5,
             r"4\.7\.0 too many login|authenticate too many times",
             "smtp"),
            ("smtp-auth-required", FAIR,
             r"5\.7\.57\b|(?:client|sender) (?:was |is )?not authenticated"
             r"|not authenticated to send",
             "",
             r"5\.7\.139|535[^0-9]{1,6}5\.7\.3|basic authentication"),
            ("smtp-auth-required", WEAK,
             r"5\.7\.57\b"),
            ("smtp-auth-required", STRONG,
             r"authentication (?:is )?required|must (?:first )?authenticate\b"
             r"|requires? authentication|\b530\b.{0,20}auth"
             r"|sender address rejected: not logged in|5\.7\.57\b"
             r"|5\.5\.1 authentication|\b530[ -]5\.5\.1\b|turn on smtp auth",
             "smtp",
             r"5\.7\.139|535[^0-9]{1,6}5\.7\.3|proxy auth|\b407\b"
             r"|must issue a starttls|application-specific"),
            ("smtp-cut-after-auth", FAIR,
             r"auth xoauth2.{0,200}(?:disconnected"
             r"|connection (?:unexpectedly )?closed|eof|reset)"
             r"|smtpserverdisconnected.{0,80}auth",
             "smtp",
             r"\b535\b"),
        ],
    ),
    *table(
        AFTER,
        [
            ("sender-refused", DECISIVE,
             r"send ?as ?denied|5\.7\.60\b|5\.2\.252\b|not allowed to send as"
             r"|does not have permissions? to send as|not owned by user"
             r"|sender address rejected: not owned|5\.7\.520\b.{0,10}x",
             "",
             r"errorsendas|graph\.microsoft|\bews\b"),
            ("smtp-too-many-connections", DECISIVE,
             r"sender thread limit|concurrent connections limit exceeded"
             r"|concurrent_sending|4\.3\.2 .{0,30}concurrent|432[^0-9]{1,6}4\.3\.2"
             r"|421[^0-9]{1,6}4\.3\.2 .{0,80}(?:concurrent|connections)"),
            ("too-many-connections", STRONG,
             r"421.{0,40}too many (?:concurrent "
             r"|simultaneous )?(?:smtp )?connections",
             "smtp"),
            ("smtp-daily-quota", DECISIVE,
             r"submissionquotaexceeded|submission quota|5\.1\.9[02]\b"
             r"|daily limit for message recipients|reached your daily limit"),
            ("smtp-external-quota", DECISIVE,
             r"5\.7\.23[23]\b|external recipient (?:rate|limit)"
             r"|threshold for .{0,20}external"),
            ("google-daily-quota", DECISIVE,
             r"5\.4\.5\b.{0,40}daily|daily (?:user )?sending (?:limit|quota)"
             r"|daily smtp relay"),
            ("google-daily-quota", STRONG,
             r"550[^0-9]{1,6}5\.4\.5\b",
             "google"),
            ("sending-quota", STRONG,
             r"errorexceededmessagelimit|sending (?:limit|quota)|(?:hour|day"
             r"|24-hour|daily)\w* (?:send\w* )?(?:limit|quota)|exceeded (?:hour|day"
             r"|the rate|its 24)|too many (?:messages|emails|recipients)"
             r"|only \d+ messages per|max defers",
             "",
             r"imap|simultaneous|bandwidth"),
            ("smtp-sender-mailbox-full", STRONG,
             r"55[24][^0-9]{1,6}5\.2\.2\b|mapiexceptionquotaexceeded"
             r"|mapiexceptionshutoffquota|storedrv.{0,80}quota",
             "",
             r"daily|submissionquota|recipient"),
            ("message-too-large", DECISIVE,
             r"5\.3\.4\b|5\.2\.3\b|message (?:file )?(?:is )?too (?:big|large)"
             r"|message size (?:exceeds|limit)"
             r"|max(?:imum)? message size (?:is )?(?:exceed|reach|limit)"
             r"|exceed\w*.{0,30}(?:message )?size limit"
             r"|maxsubmissionexceeded|message length exceeds|\[toobig\]"
             r"|552.{0,40}(?:size|large|big)",
             "",
             r"413|errormessagesize|graph\.microsoft|line is too long"),
            ("message-too-large", STRONG,
             r"size exceeds|sizelimit|too large for",
             "",
             r"413|errormessagesize|graph\.microsoft|line is too long"),
            ("smtp-sender-blocked", DECISIVE,
             r"errormessagesubmissionblocked|verify your account|5\.1\.8\b"
             r"|bad outbound sender|5\.7\.50[123]\b|5\.7\.70[58]\b|5\.7\.750\b"
             r"|restricted (?:user|entit)|traffic not accepted from"
             r"|tenant has exceeded threshold|outbound ?spam ?exception"),
            ("smtp-domain-refused", DECISIVE,
             r"(?:fail|reject|polic|due to|violat|against|pass|check)\w*\b"
             r".{0,60}\bdmarc\b(?!-visual)|\bdmarc\b(?!-visual).{0,80}(?:fail|reject"
             r"|polic|quarantine|not |check|enforce)|5\.7\.26\b|5\.7\.515\b"
             r"|5\.7\.509\b|(?:spf|dkim).{0,40}(?:fail"
             r"|not pass|did not|softfail|check)|sender is unauthenticated"
             r"|unauthenticated email",
             "smtp|mail"),
            ("recipient-refused", DECISIVE,
             r"5\.7\.1(?:2[49]|3[346])\b|resolver\.rst|delivery restriction"),
            ("recipient-refused", DECISIVE,
             r"5\.1\.[1236]\b|5\.1\.10\b|errorinvalidrecipients"
             r"|all recipients were rejected|no recipients? (?:defined|accepted)"
             r"|5\.4\.1\b|recipient (?:address )?(?:rejected|not found|unknown)"
             r"|recipient not accepted|smtprecipientsrefused|recipientnotfound"
             r"|addressee unknown|resolver\.adr",
             "smtp|mail",
             r"relay(?!=)|dmarc|5\.7\.1\b|graph|authentication failure"
             r"|gr[ae]y.?list|\b4\.\d\.\d <|he?[el]{1,2}o command|quota"),
            # The domain of an address, looked up by a server that passes mail on.
            ("recipient-refused", STRONG,
             r"bounced \(host or domain name not found|unrouteable address"
             r"|mx records? points? to non-?existent|all relevant mx records",
             "smtp|mail"),
            ("message-refused", STRONG,
             r"lines? too long for transport|maximum line length|line length exceeded",
             "smtp|mail"),
            ("recipient-refused", DECISIVE,
             r"user unknown|unknown user\b.{0,20}mailbox|no such user"
             r"|does not exist here",
             "smtp+!imap+!pop3",
             r"relay(?!=)|dmarc|5\.7\.1\b|graph|authentication failure"),
            ("recipient-refused", FAIR,
             r"user unknown|unknown user\b.{0,20}mailbox|no such user"
             r"|does not exist here",
             "smtp|mail",
             r"relay(?!=)|dmarc|5\.7\.1\b|graph|authentication failure|log ?in\b"),
            # A list that does not answer is no entry in it.
            ("smtp-busy", STRONG,
             r"open resolver|spamhaus\.org/returnc|gr[ae]y.?listed"
             r"|tls not available due to",
             "smtp|mail"),
            ("smtp-domain-refused", STRONG,
             r"sender address rejected: (?:domain|.{0,20}does not exist)"
             r"|domain \S{1,120} is not allowed to send|sandbox subdomains",
             "smtp|mail"),
            ("smtp-sender-blocked", STRONG,
             r"unusual sending activity",
             "smtp|mail"),
            ("sender-refused", STRONG,
             r"relaying disallowed",
             "smtp|mail"),
            ("sending-quota", STRONG,  # RFC 3463 section 3.6: X.5.3
             r"\b[45]\.5\.3\b.{0,20}too many recipients",
             "smtp|mail"),
            ("sending-quota", STRONG,
             r"relay quota|quota d.envoi|wascl useraction|rejection- ?quota exceeded",
             "smtp|mail|ews|graph"),
            ("smtp-address-blocked", DECISIVE,
             r"spamhaus|banned sending ip|unauthori[sz]ed ip address|5\.7\.6[0-4]\d\b"
             r"|(?:client )?host .{0,60}blocked (?:using|by)"
             r"|client \[[^\]]{3,45}\] blocked using"
             r"|ip (?:address )?.{0,40}(?:blacklist|blocked|blocklist)|\brbl\b"
             r"|poor reputation|5\.7\.25\b|ptr record"
             r"|cannot find your (?:reverse )?(?:hostname|dns)",
             "",
             r"open resolver|spamhaus\.org/returnc"),
            ("smtp-relay-denied", STRONG,
             r"relay(?:ing)? (?:access )?(?:denied|not (?:permitted|allowed))"
             r"|unable to relay|not permitted to relay|relay not|relaying denied"
             r"|does not relay|5\.7\.54\b|5\.7\.64\b",
             "",
             r"relay quota"),
            ("smtp-content-refused", STRONG,
             r"spam (?:message|content|detected|score)|message (?:rejected"
             r"|blocked) (?:as|due to|because) .{0,30}(?:spam|virus|content|policy)"
             r"|5\.7\.0 .{0,40}(?:attachment|security|blocked)|looks? like spam"
             r"|5\.7\.511\b|unsolicited",
             "smtp|mail",
             r"we do not authorize the use"),
            ("google-temporary", STRONG,
             r"4(?:54|21|51)[^0-9]{1,6}4\.[73]\.0\b",
             "google"),
            ("smtp-busy", STRONG,
             r"temporary server error|\b4\.\d\.\d{1,3}\b.{0,60}(?:try again|temporar)",
             "smtp|exchange",
             r"432|concurrent|google"),
            ("smtp-busy", STRONG,
             r"4\.7\.500\b|server busy|451[^0-9]{1,6}4\.7\.|421[^0-9]{1,6}4\.4\.2"
             r"|421 service not available|service not available,? closing"
             r"|454[^0-9]{1,6}4\.7\.0|4\.3\.0\b|greylist"
             r"|temporarily deferred|450[^0-9]{1,6}4\."
             r"|temporary (?:local )?(?:problem|failure)|451[^0-9]{1,6}4\.",
             "smtp",
             r"432|concurrent|google|name resolution|eai_again"),
            ("smtp-busy", STRONG,
             r"try again later",
             "smtp",
             r"\b5[05]\d[ -]|432|concurrent|google|name resolution|eai_again"),
            ("smtp-auth-required", STRONG,
             r"550 .{0,20}unauthenticated senders"),
            ("smtp-auth-off-mailbox", STRONG,
             r"\b550 user has no permission"),
            ("message-refused", FAIR,
             r"\b55[0-4][ -][5#]?\.?\d?\.?\d*|smtpdataerror|data not accepted"
             r"|transaction failed",
             "smtp",
             r"535|5\.7\.139|recipient|5\.1\.|authenticat|relay(?!=)|storedrv|quota|size"
             r"|dmarc|spam|5\.7\.1\b"),
            ("recipient-refused", FAIR,
             r"mailbox unavailable",
             "smtp",
             r"5\.7\.|authenticate"),
            ("smtp-relay-denied", FAIR,
             r"55[0-4][ -]5\.7\.1\b",
             "smtp",
             r"dmarc|spam|unauthenticated email|blocked|policy|virus"),
            ("message-refused", FAIR,
             r"55[0-4][ -]5\.7\.1\b",
             "smtp"),
        ],
    ),
)  # fmt: skip
