"""Signs of SMTP: replies (RFC 5321), enhanced codes (RFC 3463), Exchange Online, Gmail."""

from __future__ import annotations

from .sign import AFTER, DECISIVE, FAIR, SIGN_IN, STRONG, WEAK, table

# "535 5.7.3", "535-5.7.3", "(535, b'5.7.3", "535 #5.7.3", and the code alone.
SIGNS = (
    *table(
        SIGN_IN,
        [
            ("smtp-auth-off-tenant", DECISIVE, r"(?:smtpclientauthentication|smtp auth\w*)"
             r".{0,30}disabled for the tenant|smtp_auth_disabled.{0,40}tenant"),
            ("smtp-auth-off-mailbox", DECISIVE, r"(?:smtpclientauthentication|smtp auth\w*)"
             r".{0,30}disabled for the mailbox"),
            ("smtp-auth-off-tenant", STRONG, r"smtpclientauthentication is disabled"
             r"|smtp_auth_disabled", "", r"for the mailbox"),
            ("smtp-security-defaults", DECISIVE, r"security defaults", "smtp"),
            ("smtp-basic-auth-off", DECISIVE, r"basic authentication is disabled"
             r"|user is locked by your organization's security.{0,20}basic", "",
             r"imap|\bpop3"),
            ("smtp-basic-auth-off", STRONG, r"basic authentication is disabled"),
            ("smtp-basic-auth-removed", DECISIVE, r"5\.7\.30\b|basic authentication is not"
             r" supported"),
            ("smtp-auth-policy", DECISIVE, r"5\.7\.139.{0,160}(?:did not meet the criteria"
             r"|locked by your organi|conditional access)|did not meet the criteria to be"
             r" auth|request did not meet the criteria"),
            ("smtp-wrong-password", DECISIVE, r"5\.7\.139.{0,160}credentials were incorrect"
             r"|user credentials were incorrect"),
            ("smtp-auth-policy", FAIR, r"5\.7\.139", "", r"basic auth|disabled for|credentials"
             r" were incorrect|security defaults"),
            ("smtp-token-refused", FAIR, r"5\.7\.3\b.{0,40}(?:auth|unsuccess)|535[ -]5\.7\.3\b"
             r"|535.{0,10}authentication unsuccessful", "",
             r"auth login|auth plain|command: ?'?auth (?:login|plain)|5\.7\.139"),
            ("smtp-wrong-password", FAIR, r"535[^0-9]{1,6}5\.7\.3\b",
             "basic"),
            ("google-smtp-credential-refused", STRONG, r"5\.7\.8\b.{0,80}(?:not accepted"
             r"|badcredentials)|username and password not accepted|p=badcredentials"),
            ("google-smtp-credential-refused", FAIR, r"535[^0-9]{1,6}5\.7\.8\b", "google"),
            ("google-app-password-required", STRONG, r"53[45][^0-9]{1,6}5\.7\.9\b", "google"),
            ("google-web-login-required", STRONG, r"534[^0-9]{1,6}5\.7\.14"),
            ("password-refused", STRONG, r"535[^0-9]{1,6}5\.7\.8\b|535[ -](?:incorrect|auth"
             r"\w* (?:failed|credentials invalid|data)|error: auth|login)|\b535\b.{0,40}auth"
             r"entication (?:failed|credentials)|authentication credentials invalid",
             "smtp", r"google|gsmtp|5\.7\.3\b|5\.7\.139"),
            ("smtp-auth-before-tls", FAIR, r"command unrecognized|5\.5\.[12] .{0,40}(?:unrecogni[sz]ed|not implemented"
             r")|bad sequence", "smtp", r"authentication required|\b535\b"),
            ("password-refused", FAIR, r"\b535\b|smtpauthenticationerror|\beauth\b", "smtp",
             r"5\.7\.(?:3|139|8)\b|gsmtp"),
            ("login-disabled", DECISIVE, r"unencrypted connection|530[^0-9]{1,6}(?:5\.7\.0 )?must issue a starttls"
             r"|must issue a starttls command first|538[ -]|encryption required for requested"),
            ("smtp-auth-before-tls", STRONG, r"504[^0-9]{1,6}5\.7\.4|unrecognized authenticat"
             r"ion type|auth(?:entication)? (?:extension |command )?(?:is )?not (?:supported|"
             r"enabled|implemented)|no supported authentication method|503.{0,20}auth command"
             r" (?:used when )?not|smtpnotsupportederror|no suitable authentication method"
             r"|does(?: not|n't) support auth(?:entication)?\b|no auth mechanism", "smtp|mail",
             r"starttls extension"),
            ("smtp-auth-required", FAIR, r"5\.7\.57\b|(?:client|sender) (?:was |is )?not "
             r"authenticated|not authenticated to send", "",
             r"5\.7\.139|535[^0-9]{1,6}5\.7\.3|basic authentication"),
            ("smtp-auth-required", WEAK, r"5\.7\.57\b"),
            ("smtp-auth-required", STRONG, r"authentication (?:is )?required|\b530\b.{0,20}aut"
             r"h|sender address rejected: not logged in|5\.7\.57\b|5\.5\.1 authentication",
             "smtp", r"5\.7\.139|535[^0-9]{1,6}5\.7\.3|proxy auth|\b407\b|must issue a starttls"
             r"|application-specific"),
            ("smtp-cut-after-auth", FAIR, r"auth xoauth2.{0,200}(?:disconnected|connection "
             r"(?:unexpectedly )?closed|eof|reset)|smtpserverdisconnected.{0,80}auth",
             "smtp", r"\b535\b"),
        ],
    ),
    *table(
        AFTER,
        [
            ("sender-refused", DECISIVE, r"send ?as ?denied|5\.7\.60\b|5\.2\.252\b|not allowed"
             r" to send as|does not have permissions? to send as|not owned by user"
             r"|sender address rejected: not owned|5\.7\.520\b.{0,10}x", "",
             r"errorsendas|graph\.microsoft|\bews\b"),
            ("smtp-too-many-connections", DECISIVE, r"sender thread limit|concurrent connect"
             r"ions limit exceeded|concurrent_sending|4\.3\.2 .{0,30}concurrent|432[^0-9]{1,6}"
             r"4\.3\.2|421[^0-9]{1,6}4\.3\.2 .{0,80}(?:concurrent|connections)"),
            ("too-many-connections", STRONG, r"421.{0,40}too many (?:concurrent |simultaneous"
             r" )?(?:smtp )?connections", "smtp"),
            ("smtp-daily-quota", DECISIVE, r"submissionquotaexceeded|submission quota|5\.1\.9"
             r"[02]\b|daily limit for message recipients|reached your daily limit"),
            ("smtp-external-quota", DECISIVE, r"5\.7\.23[23]\b|external recipient (?:rate|"
             r"limit)|threshold for .{0,20}external"),
            ("google-daily-quota", DECISIVE, r"5\.4\.5\b.{0,40}daily|daily (?:user )?sending"
             r" (?:limit|quota)|daily smtp relay"),
            ("google-daily-quota", STRONG, r"550[^0-9]{1,6}5\.4\.5\b", "google"),
            ("sending-quota", STRONG, r"errorexceededmessagelimit|sending (?:limit|quota)|(?:hour|day|24-hour|daily)\w*"
             r" (?:send\w* )?(?:limit|quota)|exceeded (?:hour|day|the rate|its 24)|too many"
             r" (?:messages|emails|recipients)|only \d+ messages per|max defers", "",
             r"imap|simultaneous|bandwidth"),
            ("smtp-sender-mailbox-full", STRONG, r"55[24][^0-9]{1,6}5\.2\.2\b|mapiexception"
             r"quotaexceeded|mapiexceptionshutoffquota|storedrv.{0,80}quota", "", r"daily"
             r"|submissionquota"),
            ("message-too-large", DECISIVE, r"5\.3\.4\b|5\.2\.3\b|message (?:file )?(?:is )?too"
             r" (?:big|large)|message size (?:exceeds|limit)|size exceeds|max(?:imum)? message"
             r" size|exceed\w*.{0,30}(?:message )?size limit|maxsubmissionexceeded|sizelimit"
             r"|message length exceeds|552.{0,40}(?:size|large|big)|too large for", "",
             r"413|errormessagesize|graph\.microsoft|line is too long"),
            ("smtp-sender-blocked", DECISIVE, r"errormessagesubmissionblocked|verify your account|5\.1\.8\b|bad outbound sender|5\.7\.50[123]\b"
             r"|5\.7\.70[58]\b|5\.7\.750\b|restricted (?:user|entit)|traffic not accepted from"
             r"|tenant has exceeded threshold|outbound ?spam ?exception"),
            ("smtp-domain-refused", DECISIVE, r"dmarc|5\.7\.26\b|5\.7\.515\b|5\.7\.509\b|(?:spf"
             r"|dkim).{0,40}(?:fail|not pass|did not|softfail|check)|sender is unauthenticated"
             r"|unauthenticated email", "smtp|mail"),
            ("recipient-refused", DECISIVE, r"5\.1\.[1236]\b|5\.1\.10\b|errorinvalidrecipients|all recipients were rejected|no recipients? (?:defined|accepted)|5\.4\.1\b|recipient (?:addre"
             r"ss )?(?:rejected|not found|unknown)|user unknown|unknown user\b.{0,20}mailbox"
             r"|no such user|recipient not accepted|mailbox unavailable|smtprecipientsrefused"
             r"|does not exist here|recipientnotfound|addressee unknown|resolver\.adr",
             "smtp|mail", r"relay|dmarc|5\.7\.1\b|graph|authentication failure"),
            ("smtp-address-blocked", DECISIVE, r"spamhaus|banned sending ip|5\.7\.6[0-4]\d\b|(?:client"
             r" )?host .{0,60}blocked (?:using|by)|ip (?:address )?.{0,40}(?:blacklist|block"
             r"ed|blocklist)|\brbl\b|poor reputation|5\.7\.25\b|ptr record"),
            ("smtp-relay-denied", STRONG, r"relay(?:ing)? (?:access )?(?:denied|not (?:permitted"
             r"|allowed))|unable to relay|not permitted to relay|relay not|relaying denied"
             r"|does not relay|5\.7\.54\b|5\.7\.64\b"),
            ("smtp-content-refused", STRONG, r"spam (?:message|content|detected|score)|message "
             r"(?:rejected|blocked) (?:as|due to|because) .{0,30}(?:spam|virus|content|policy)"
             r"|5\.7\.0 .{0,40}(?:attachment|security|blocked)|looks? like spam|5\.7\.511\b"
             r"|unsolicited", "smtp|mail", r"we do not authorize the use"),
            ("google-temporary", STRONG, r"4(?:54|21|51)[^0-9]{1,6}4\.[73]\.0\b", "google"),
            ("smtp-busy", STRONG, r"4\.7\.500\b|server busy|451[^0-9]{1,6}4\.7\.|421[^0-9]{1,6}"
             r"4\.4\.2|421 service not available|service not available,? closing|454[^0-9]{1,6}"
             r"4\.7\.0|4\.3\.0\b|greylist|try again later|temporarily deferred|450[^0-9]{1,6}4"
             r"\.|temporary (?:local )?(?:problem|failure)|451[^0-9]{1,6}4\.",
             "smtp", r"432|concurrent|google|name resolution|eai_again"),
            ("smtp-auth-required", WEAK, r"550 .{0,20}unauthenticated senders"),
            ("message-refused", FAIR, r"\b55[0-4][ -][5#]?\.?\d?\.?\d*|smtpdataerror"
             r"|transaction failed", "smtp", r"535|5\.7\.139|recipient|5\.1\.|authenticat"
             r"|relay|storedrv|quota|size|dmarc|spam|5\.7\.1\b"),
            ("smtp-relay-denied", FAIR, r"55[0-4][ -]5\.7\.1\b", "smtp",
             r"dmarc|spam|unauthenticated email|blocked|policy|virus"),
            ("message-refused", FAIR, r"55[0-4][ -]5\.7\.1\b", "smtp"),
        ],
    ),
)  # fmt: skip
