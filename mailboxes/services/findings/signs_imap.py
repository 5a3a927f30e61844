"""Signs of IMAP and POP3: response codes (RFC 5530, 2449, 3206) and servers' words."""

from __future__ import annotations

from .sign import AFTER, DECISIVE, FAIR, LOOSE, SIGN_IN, STRONG, WEAK, table

_POP = "pop3"

SIGNS = (
    *table(
        SIGN_IN,
        [
            ("session-token-ended", DECISIVE,
             r"session invalidated ?- ?access|bye.{0,40}accesstokenexpired"),
            ("authenticated-not-connected", DECISIVE,
             r"auth\w{3,8}ated,? but not connected"
             r"|accessauthenticatedbutnotconnected"),
            ("google-app-password-required", DECISIVE,
             r"application-specific password|invalidsecondfactor"
             r"|app password is required"),
            ("google-web-login-required", DECISIVE,
             r"log in (?:via|with) your web browser|web ?login[ _]required|webalert"
             r"|continuesignin|5\.7\.14|displayunlockcaptcha"
             r"|sign-in attempt was blocked|please log in via"),
            ("google-imap-off", DECISIVE,
             r"not enabled for (?:imap|pop) (?:use|access)|(?:imap"
             r"|pop) access (?:is )?disabled for|enable (?:imap|pop) (?:access"
             r"|in your)|imap is disabled|your account is not enabled",
             "google|imap|pop3"),
            ("imap-protocol-off", STRONG,
             r"(?:imap|pop)(?:enabled)? (?:access |protocol )?(?:is "
             r"|has been )?(?:disabled|switched off|not (?:allowed|enabled))"
             r"|protocol(?: \w+)? (?:is )?disabled|imap(?:4)? is not enabled",
             "imap|pop3",
             r"gmail|google"),
            # NetEase and Tencent: the protocol is off, or wants to know the program.
            ("imap-protocol-off", STRONG + 5,
             r"unsafe login|account is abnormal, service is not open"),
            ("password-refused", STRONG,
             r"illegal in state nonauth|current state \(?notauth"),
            ("connection-lost", FAIR,
             r"no auth attempts in",
             "imap|pop3"),
            ("basic-auth-blocked", DECISIVE,
             r"basicauthblocked|logondenied-basicauth|basic authentication (?:is"
             r"|has been) (?:disabled|blocked)",
             "imap|pop3"),
            ("google-token-refused", DECISIVE,
             r'\"?status\"? ?: ?\"?40[01]\"?.{0,80}mail\.google\.com'
             r'|schemes\"? ?: ?\"?bearer.{0,80}mail\.google'),
            # Exchange's answer to the command; to LOGIN it says LOGIN failed.
            ("imap-token-refused", DECISIVE,
             r"\bno authenticate failed",
             "imap|microsoft",
             r"basicauth|gmail|google|aadsts|not connected|535 5\.7|plain auth"
             r"|authenticate (?:plain|login)\b"),
            ("imap-token-refused", FAIR,
             r"authenticate failed|xoauth2.{0,80}authentication failed"
             r"|authentication failed.{0,200}xoauth2"
             r"|oauth.{0,60}authenticat\w+ fail",
             "imap|microsoft",
             r"basicauth|gmail|google|aadsts|not connected|535 5\.7|plain auth"
             r"|authenticate (?:plain|login)\b"),
            ("imap-token-refused", FAIR,
             r"authentication ?(?:exception|failed)|authfailed",
             "imap+token+microsoft",
             r"gmail|google|aadsts|not connected|login failed"),
            ("exchange-password-gone", STRONG,
             r"\bno login failed|\blogin failed\b|logon failure: unknown user"
             r"|host1 failure.{0,80}login failed",
             "exchange|imap|pop3",
             r"xoauth2: |authentication failed|startup greeting|dovecot|gmail"
             r"|google|logged in"
             r"|authenticationfailed|aadsts|oauth 2\.0 proxy: login failed"
             r"|login failed: \(|could not connect|unable to connect|connection refused"
             r"|timed out"),
            ("exchange-password-gone", STRONG,
             r"logon failure: unknown user"),
            ("password-refused", STRONG + 5,
             r"authenticationfailed\] ?invalid credentials"
             r"|invalid credentials \(failure\)",
             "basic"),
            ("google-imap-credential-refused", STRONG,
             r"authenticationfailed\] ?invalid credentials"
             r"|invalid credentials \(failure\)"),
            ("application-rights-missing", STRONG,
             r"logondenied-none|oauthlog.{0,40}authexc"),
            ("imap-contact-admin", STRONG,
             r"your account (?:has been"
             r"|is) (?:locked|suspended|blocked|disabled)|account (?:is )?(?:locked"
             r"|suspended)",
             "mail",
             r"aadsts"),
            ("imap-contact-admin", FAIR,
             r"\baccount\b.{0,40}(?:restricted|suspended|locked|blocked|deactivated"
             r"|disabled|hacked|compromised)|suspicious (?:activity|log|sign)",
             "mail|imap|smtp|pop3",
             r"aadsts|5\.7\.139|smtpclientauth"),
            ("password-refused", STRONG,
             r"\[authenticationfailed\]"
             r"|authentication failed\.? ?\(?(?:too many login|wrong|bad pass)"
             r"|too many login failures|bad (?:username|user name|credentials"
             r"|login)|invalid login or password|authorization failure on"
             r"|incorrect (?:username|user name|password)|wrong password"
             r"|username or password (?:is |are )?(?:incorrect|invalid|wrong)"
             r"|login invalid cred|missing credentials for|no password specified"
             r"|authorization code to login",
             "imap|pop3|mail",
             r"invalid credentials|xoauth2|5\.7\.|oauth|aadsts"),
            ("login-disabled", FAIR,
             r"command (?:is not valid|received) in (?:this|invalid) state"),
            ("password-refused", FAIR,
             r"could not authenticate|denied authentication|authentication fail"
             r"|auth failed|login (?:denied|error|incorrect|failed)"
             r"|failed to login|logindenied|invalid (?:user|pass)"
             r"|invalid credentials|invalid login",
             "mail+!ews+!graph",
             r"aadsts|not connected|5\.7\.|logindisabled|privacyrequired|oauth"
             r"|xoauth2"),
            ("password-refused", LOOSE,
             r"auth(?:entication)?fail(?:ed|ure)|authentication(?:error|exception)",
             "mail+!ews+!graph",
             r"aadsts|not connected|oauth|xoauth2|starttls"
             r"|handshake|certificate|convert socket"),
            ("exchange-password-gone", STRONG,
             r"(?:plain|login) authentication after authenticate fail"
             r"|authenticate (?:plain|login)\b.{0,200}authenticate failed",
             "imap+exchange"),
            ("login-disabled", DECISIVE,
             r"privacyrequired|logindisabled|plaintext auth\w+ (?:is )?disallowed"
             r"|disallowed plaintext auth|cleartext (?:auth|login)|encryption required"
             r"|must use (?:ssl|tls"
             r"|encryption)|ssl (?:is )?required"),
            ("authorization-failed", DECISIVE,
             r"\[authorizationfailed\]|\[noperm\]"),
            ("imap-protocol-off", STRONG,
             r"yet to (?:enable|activate).{0,20}(?:imap|pop)"
             r"|(?:enable|activate|turn on|switch on) (?:the )?(?:imap|pop)\w*"
             r".{0,40}(?:account|settings|mailbox|service)",
             "mail",
             r"gmail|google"),
            ("imap-contact-admin", DECISIVE,
             r"\[contactadmin\]"),
            ("imap-contact-admin", FAIR,
             r"contact (?:your|the) (?:\w+ )?admin"),
            ("imap-password-expired", DECISIVE,
             r"\[expired\]|password (?:has )?expired",
             "imap|pop3",
             r"aadsts"),
            ("xoauth2-missing", STRONG,
             r"(?:server|host|mechanism).{0,60}(?:does not|doesn't|not) (?:support"
             r"|offer|advertise).{0,40}xoauth2|xoauth2.{0,40}(?:not supported"
             r"|not available|unsupported)|no auth=xoauth2"
             r"|xoauth2 (?:mechanism )?not"),
            ("xoauth2-missing", STRONG + 10,
             r"(?:unknown|unsupported) (?:sasl |auth\w* )?mechanism"),
            ("imap-sasl-broken", STRONG,
             r"command error\. ?1[0-2]\b|command argument error\.? ?1[0-2]"
             r"|invalid sasl argument|authenticate.{0,60}invalid base64"),
            ("imap-sasl-broken", FAIR,
             r"client aborted authenticate|base64 decod\w+ (?:error|failed)"
             r"|authenticate command error: bad"),
            # POP3
            ("pop-in-use", DECISIVE,
             r"\[in-use\]|maildrop (?:is )?(?:already )?locked"
             r"|lock (?:the )?maildrop|unable to lock (?:the )?mail"
             r"|another (?:pop3 )?session"),
            ("pop-in-use", DECISIVE,
             r"mailbox (?:is )?(?:already )?(?:locked(?! and ready)|in use)",
             "pop3"),
            ("pop-login-delay", DECISIVE,
             r"\[login-delay\]|login ?delay|minimum (?:time"
             r"|interval) between (?:logins|checks)|logging in too (?:often"
             r"|frequently)"),
            ("pop-temporary", DECISIVE,
             r"\[sys/temp\]"),
            ("pop-permanent", STRONG,
             r"\[sys/perm\]"),
            ("pop-auth", STRONG,
             r"-err \[auth\]|\[auth\] "),
            ("pop-two-line-auth", STRONG,
             r"-err protocol error|protocol error\. connection is closed"
             r"|protocol error\. ?1[0-9]",
             "pop3"),
            ("pop-no-uidl", STRONG,
             r"(?:unknown|invalid|unrecogni[sz]ed|unimplemented|bad) command.{0,12}"
             r"\buidl|\buidl\b.{0,60}(?:not (?:supported|implemented|available)"
             r"|unsupported|unknown command|invalid command|unrecogni[sz]ed)"
             r"|(?:not|n't) (?:support|implement|offer|know)\w* (?:the )?(?:command )?"
             r"'?uidl"),
            ("pop-token-refused", STRONG,
             r"authentication failure: unknown user"),
        ],
    ),
    *table(
        AFTER,
        [
            ("imap-throttled-backoff", DECISIVE,
             r"request is throttled|suggested backoff time:? ?\d",
             "",
             r"budget type|throttling budget|ewsaccount"),
            ("google-bandwidth-spent", DECISIVE,
             r"exceeded command or bandwidth|bandwidth limit"
             r"|account exceeded.{0,30}limits|lockdown in sector"),
            ("google-too-many-connections", DECISIVE,
             r"too many simultaneous connections"),
            ("too-many-connections", DECISIVE,
             r"maximum number of connections|max_userip_connections"
             r"|connection limit (?:exceeded|reached)|too many connections",
             "imap|pop3|mail",
             r"smtp|432|421|er_con_count|sqlstate"),
            ("exchange-incident", FAIR,
             r"\bex\d{6,7}\b|service (?:incident|degradation)",
             "exchange"),
            ("server-throttled", STRONG,
             r"\[throttled\]|\[limit\]|rate limit|process_limit \(\d+\) reached",
             "imap|pop3"),
            ("server-unavailable", STRONG,
             r"\[unavailable\]|\[serverbug\]|\[inuse\]|server (?:is )?unavailable"
             r"|server busy|temporarily unavailable|backend error\b(?!:)"
             r"|internal error occurred|(?:bye|imap4rev1)\b.{0,60}cannot connect",
             "imap|pop3"),
            ("server-unavailable", FAIR,
             r"\bno (?:temporar\w* )?unavailable|\b(?:no|bad|bye) (?:\[\w+\] )?"
             r"internal (?:server )?error|\[serverbug\]|server logging out",
             "imap"),
            ("message-too-large", FAIR,
             r"\bappend\b.{0,120}(?:limit exceeded|too (?:large|big|long))",
             "imap"),
            ("message-refused", FAIR,
             r"\bappend\b.{0,80}(?:unable to parse|invalid|malformed).{0,20}message",
             "imap"),
            ("server-closed", WEAK,
             r"bye connection (?:is )?closed\. ?1\d|bye (?:auto)?logout"
             r"|bye .{0,40}(?:idle|timeout|shutting down)|session expired"
             r"|connection is closed\. ?1\d"),
            ("server-closed", FAIR,
             r"bye connection (?:is )?closed\. ?1[34]|\* bye .{0,60}(?:idle|inactiv"
             r"|too long|shutting)",
             "imap"),
            ("folder-missing", DECISIVE,
             r"\[nonexistent\]|folder is not inbox"
             r"|folder\b[^:(]{0,60}(?:doesn'?t exist|does not exist"
             r"|not exist|not found|isn't selectable|is not selectable|unknown$)"
             r"|unknown mailbox|nonexistent namespace|folder selection failed"
             r"|no such (?:mailbox|folder)|folder ?not ?found|could not select"
             r"|foldernotfound|invalid mailbox name|\[trycreate\]"
             r"|non-?exist(?:ing|ent) folder|\bno folder \S+ \(failure\)",
             "imap|mail|exchange",
             r"\[(?:serverbug|unavailable|inuse)\]|default folder|errornonexistent"
             r"|no mailbox associated|55[0-4][ -]5|recipient|rcpt"
             r"|erroraccessdenied|mailbox null"
             r"|user.{0,20}doesn't exist|graph"),
            ("folder-missing", STRONG,
             r"mailbox\b[^:(@]{0,60}(?:doesn'?t exist|does not exist|not exist"
             r"|not found"
             r"|isn't selectable|is not selectable|unknown$)",
             "imap|mail|exchange",
             r"errornonexistent|no mailbox associated|55[0-4][ -]5|recipient|rcpt"
             r"|user.{0,20}doesn't exist|graph"),
            ("folder-missing", STRONG,
             r"illegal in state auth\b"),
            ("folder-missing", STRONG,
             r"(?:mailbox|folder) selection failed|(?:could not|cannot|can't|failed to"
             r"|unable to) (?:open|select|examine) (?:the )?(?:mailbox|folder)\b"
             r"|'?select'? command.{0,40}'no' response",
             "mail+!smtp"),
            ("google-bandwidth-spent", STRONG,
             r"\[overquota\]",
             "google"),
            ("quota-full", DECISIVE,
             r"\[overquota\]|mailbox (?:is )?(?:full|over quota)",
             "imap|pop3|mail",
             r"bandwidth|sending|recipients|55[0-4]|submission|daily"),
            ("quota-full", STRONG,
             r"quota exceeded|over ?quota|due to quota|exceed\w* (?:the |its |your )?"
             r"(?:mail ?box |storage )?quota",
             "imap|pop3|mail",
             r"bandwidth|sending|recipients|55[0-4]|submission|daily"),
            ("imap-uidvalidity-changed", DECISIVE,
             r"uidvalidity.{0,40}(?:chang|mismatch|differ|invalid|reset|problem)"
             r"|uid ?validity (?:problem|mismatch|.{0,20}changed)"),
        ],
    ),
)  # fmt: skip
