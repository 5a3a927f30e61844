"""Signs met in public threads by lines that nothing else explained.

What libraries and servers say in words of their own: a TLS handshake that a plain
server took for text, Azure.Identity, System.Net.Mail, MailKit, Roundcube, Swift. Most
of them are the usual cause, not the only one.
"""

from __future__ import annotations

from .sign import (
    AFTER,
    DECISIVE,
    FAIR,
    LOOSE,
    NETWORK,
    SIGN_IN,
    STRONG,
    TOKEN,
    Sign,
    table,
)

SIGNS: tuple[Sign, ...] = (
    *table(
        NETWORK,
        [
            ("proxy-gateway", DECISIVE + 5,
             r"socks5? error: .{0,40}(?:refused|unreachable|timed out|failure)"),
            ("read-timeout", STRONG, r"\bno response after [\d.]+ sec"),
            ("dns-temporary", STRONG,
             r"(?:dns\.internalgethost|dns\.resolve|gethostby\w+).{0,300}temporar"
             r"|temporar.{0,300}(?:dns\.internalgethost|dns\.resolvecallback)"
             r"|dnsblog_query: lookup error|\berrno -3\] try again"),
            ("connect-refused", FAIR,
             r"could not connect to (?:ssl://|tls://)?[\w.-]+:\d{2,5}\b",
             "imap|smtp|pop3|mail",
             r"timed? ?out|unreachable|getaddrinfo|resolve"),
            # a plain server that reads a TLS handshake as text
            ("tls-not-tls", STRONG,
             r"(?:bad|invalid) (?:request|command|syntax|http).{0,40}\\x16\\x03"
             r"|\\x16\\x03.{0,400}(?:bad|invalid|missing) (?:request|command|syntax)"),
            # System.Net.Mail knows STARTTLS only: 465 closes on it
            ("tls-not-tls", FAIR,
             r"net\.mail\.smtp.{0,400}(?:net_io_connectionclosed"
             r"|transport connection: the connection was closed)"),
            ("connection-lost", FAIR,
             r"socket was closed even though a response",
             "mail"),
            ("read-timeout", LOOSE,
             r"resource temporarily unavailable \(os error (?:11|35)\)",
             "imap|smtp|pop3|mail"),
            # Gecko: Thunderbird and its add-ons
            ("dns-unknown", STRONG, r"ns_error_unknown_host"),
            ("proxy-unreachable", STRONG,
             r"ns_error_(?:unknown_proxy_host|proxy_connection_refused)"),
            ("connect-refused", STRONG, r"ns_error_connection_refused"),
            ("connect-timeout", STRONG, r"ns_error_net_timeout"),
            ("connection-lost", STRONG, r"ns_error_net_(?:reset|interrupt)"),
            # Node, of a host with several addresses
            ("connect-timeout", STRONG, r"\binternalconnectmultiple\b"),
            # System.Net; closed on a send it is often the version of TLS
            ("connection-lost", STRONG,
             r"connection was closed: an unexpected error occurred on a receive"),
            # Postfix, of a server that greets with a refusal
            ("smtp-address-blocked", DECISIVE,
             r"refused to talk to me: 5\d\d"),
            # OpenSSL, of a connection that was closed before; c-client
            ("connection-lost", DECISIVE,
             r"protocol is shutdown|imap connection broken \(server response\)"),
            ("connection-lost", STRONG,
             r"connection to \S{1,80} (?:was |is )?(?:lost|dropped)\b"
             r"|data end command failed.{0,400}eof caught"),
            # curl, of an address that is not of the service
            ("greeting-unexpected", STRONG + 5,
             r"maximum \(\d+\) redirects followed"),
        ],
    ),
    *table(
        TOKEN,
        [
            ("entra-authority-unknown", DECISIVE,
             r"unable to obtain configuration from\W{0,4}https?://login\."
             r"(?!microsoftonline|windows|partner|chinacloud)"),
            # RFC 6749 section 5.2: 401 at the token's address is a refused client
            ("oauth-client-secret", STRONG + 5,
             r"\b401\b.{0,120}oauth2/(?:v2\.0/)?token\b"
             r"|oauth2/(?:v2\.0/)?token\b.{0,120}http error 401",
             "",
             r"aadsts|access.?token=|post\W.{0,60}messages"),
            ("oauth-refresh-token-ended", STRONG + 5,
             r"acquire (?:a )?token silently"),
            ("entra-tenant-missing", STRONG,
             r"login\.(?:microsoftonline|windows)\.[a-z.]{2,6}//(?:oauth2|v2|token)"),
            ("entra-redirect-unregistered", STRONG,
             r"developer_redirecturi|redirect_?uri_?invalid"
             r"|\buri miss?match"),
            ("google-scope-narrow", STRONG, r"\binsufficient permissions?\b", "google"),
            ("entra-registration-other", STRONG,
             r"permission to register applications"),
            ("oauth-refresh-token-ended", FAIR,
             r"refresh[_ ]token\W{0,3}(?:无效|無效|过期|過期|失效)"),
            ("oauth-client-secret", FAIR,
             r"clientsecretcredential authentication (?:failed|unavailable)"),
            ("imap-uidvalidity-changed", FAIR,
             r"unique id not found",
             "imap|pop3|mail"),
            ("graph-delta-lost", STRONG,
             r"sync ?token is (?:expired|invalid)|full ?sync ?required"),
            ("oauth-client-secret", STRONG + 5,
             r"(?:unexpected|unsupported|invalid|unknown) client.?assertion.?type"),
            ("clock-skew", DECISIVE, r"token (?:was )?issued in the future"),
            ("google-client-unknown", DECISIVE, r"unregistered_on_api_console"),
            ("graph-me-app-only", DECISIVE,
             r"authenticated context is not valid for this request"),
            # Exchange says so of a mailbox that the account may not open
            ("shared-rights-missing", DECISIVE,
             r"process failed to get the correct properties",
             "",
             r"erroritemnotfound"),
            ("shared-rights-missing", DECISIVE, r"nofreebusyaccess"),
            ("graph-item-gone", DECISIVE,
             r"/subscriptions/\S{8}.{0,300}resourcenotfound"),
            ("graph-mailbox-missing", DECISIVE,
             r"failed to get license information|valid office ?365 licen[sc]e assigned"
             r"|extensionerror.{0,120}status code: notfound"),
            ("graph-mailbox-missing", STRONG + 5,
             r"(?:doesn't|does not) have a valid licen[sc]e"),
            ("graph-access-denied", STRONG, r"request returned http error 403"),
            ("ews-mailbox-moving", DECISIVE,
             r"mailbox database is temporarily unavailable"),
            # ews-javascript-api; exchangelib with a token
            ("ews-unauthorized", DECISIVE,
             r"auth type: \S{0,40}oauth2.{0,900}unauthorizederror"
             r"|soap client returned status of 403"),
            # another address than that of the service answers
            ("greeting-unexpected", DECISIVE,
             r"soap client returned status of 30\d"
             r"|\b404: not found.{0,20}url:\S{0,80}/ews/"),
            ("google-refresh-token-ended", DECISIVE,
             r"invalid credentials\W{0,3}401.{0,200}reason\W{0,2}autherror",
             "google"),
            # the same in camel case: Haskell, Rust, .NET
            ("token-invalid-client", FAIR, r"\binvalidclient\b"),
            ("oauth-client-secret", STRONG,
             r"\b(?:application|client|app) (?:key|secret)\b.{0,24}(?:not valid|invalid"
             r"|wrong|incorrect)"),
            # K-9 Mail and its kin, of a server that gives no reason
            ("oauth-refresh-token-ended", DECISIVE,
             r"xoauth2authenticationfailedexception"),
            # Google, of a request without a token
            ("oauth-refresh-token-ended", STRONG,
             r"login required.{0,200}authorization"
             r"|authorization.{0,200}login required"
             r"|\b401\b.{0,40}login required"),
            # Exchange wants its own scope, Gmail's servers the whole mailbox
            ("ews-wrong-audience", STRONG,
             r"given token is invalid.{0,400}oauthcredentials"),
            ("ews-wrong-audience", FAIR,
             r"\b(?:user|mail)\.(?:read|readwrite|send)\b.{0,400}/ews/"
             r"|/ews/.{0,400}\b(?:user|mail)\.(?:read|readwrite|send)\b",
             "",
             r"ews\.accessasuser|full_access_as_app"),
            ("google-scope-narrow", FAIR,
             r"auth/gmail\.(?:readonly|send|compose|modify|metadata|insert|labels)"
             r".{0,400}(?:invalid credentials|cannot log ?in|authenticat\w+ failed)",
             "imap|smtp|mail"),
            ("imap-uidvalidity-changed", STRONG,
             r"-err (?:message (?:\d+ )?(?:is |was |has been )?(?:already )?deleted"
             r"|no such message)"),
        ],
    ),
    *table(
        SIGN_IN,
        [
            # Exchange that offers its domain's sign-in wants a password, no token
            ("password-refused", DECISIVE + 5,
             r"\b401\b.{0,400}www-authenticate\W{1,4}(?:negotiate|ntlm|basic)"
             r"|error in calling service, error code:\s?401",
             "ews",
             r"bearer|oauth"),
            ("mail-host-account", DECISIVE + 5, r"5\.2\.1 mailbox cannot be accessed"),
            ("smtp-auth-required", DECISIVE + 5,
             r"unauthenticated (?:senders?|users?|mail|e-?mails?) (?:is|are)? ?not"),
            ("password-refused", FAIR, r"\+ok response to the auth command"),
            # the server cannot ask who checks passwords there
            ("server-unavailable", DECISIVE + 5,
             r"cannot connect to saslauthd|connect to saslauthd server: no such"),
            ("program-fault", DECISIVE + 5,
             r"\bextension is required for|digital envelope routines::unsupported"),
            # Yandex; and hosts whose accounts are not open yet
            ("mail-host-account", DECISIVE + 20,
             r"\baccept (?:the )?eula|accounts? (?:is|are) (?:still )?on probation"
             r"|free accounts are for test purposes"),
            # nodemailer, of a server that does not know AUTH here
            ("smtp-auth-before-tls", DECISIVE,
             r"invalid login: 50[024]\b.{0,80}not (?:implemented|recogni[sz]ed)"),
            ("smtp-auth-before-tls", STRONG + 5,
             r"(?:command )?\W{0,2}auth\W{1,3} not (?:recogni[sz]ed|implemented)"
             r"|\"auth not supported",
             "smtp|mail"),
            # Swift and Symfony; imapsync
            ("password-refused", STRONG,
             r"failed to authenticate on smtp server with username"
             r"|host\d failure: error login on",
             "",
             r"5\.7\.139|xoauth2|oauthbearer|534[ -]5\.7|\b454\b"
             r"|\b0 possible authenticators"),
            ("smtp-auth-before-tls", DECISIVE, r"using 0 possible authenticators"),
            ("user-unknown", DECISIVE,
             r"\b535\b.{0,80}no such (?:account|user)"
             r"|authentication failed\W{1,3}no such (?:account|user)"),
            # Postfix, of a client that sent an empty name
            ("user-unknown", DECISIVE,
             r"authentication failed\b.{0,80}, sasl_username=(?:\s|$)"),
            # Rocket.Chat and Meteor: a "%" or "@" of the password in MAIL_URL
            ("password-refused", FAIR,
             r"urierror: uri malformed",
             "smtp|mail"),
            # Nextcloud; CMailFile; QQ and 163; PHPMailer; Postfix of its own clients
            ("password-refused", DECISIVE,
             r"connection to (?:imap|smtp) at \S+ failed\. authentication failed"
             r"|\b535[ -]5\.7\.[18] (?:error: )?authentication failed"
             r"|\b52[56] authentication fail"
             r"|smtp error: could not authenticate"
             r"|\bno (?:\[\w+\] )?empty username or password",
             "",
             r"5\.7\.139|oauthbearer|534[ -]5\.7|\b454\b|office365|outlook"
             r"|starttls(?!=)"
             r"|certificate|timed out|refused|5\.7\.57|unencrypted|eof caught"),
            ("password-refused", DECISIVE,
             r"sasl [\w-]{3,20} authentication failed: [a-z0-9+/=]{12}"),
            ("smtp-auth-required", DECISIVE,
             r"sender address rejected: not logged in"),
            # nodemailer, which goes on after a refused sign-in; PHP's imap_open
            ("password-refused", DECISIVE,
             r"\b535\b.{0,200}all recipients were rejected"),
            ("password-refused", FAIR, r"no kerberos credentials available"),
            ("server-throttled", DECISIVE,
             r"too many (?:recent )?log-?ins\b"
             r"|limited the number of items you can open"),
            # Kopano and Zarafa
            ("imap-contact-admin", FAIR, r"user \S{1,80} has no default store"),
        ],
    ),
    *table(
        AFTER,
        [
            ("sending-quota", STRONG,
             r"limits? (?:for|of) your account (?:are|is|has been|have been) exceeded",
             "smtp|mail"),
            # the program speaks a protocol wrongly, or has no mailer
            ("program-fault", STRONG,
             r"\[badcharset\b|sendmail: (?:command )?not found"
             r"|process /usr/s?bin/sendmail|this stream does not support ssl"
             r"|cannot convert the \S{1,120} value of type"
             r"|next input sent too soon|improper (?:use of smtp )?command pipelining"
             r"|is not a supported authentication method in \S+\.php"
             r"|gnutls_priority_set_direct|\[clientbug\]|mailbox already exists",
             "mail|imap|smtp"),
            ("program-fault", STRONG,
             r"local variable \S{1,60} referenced before assignment"
             r"|cannot access local variable|\boptions, \W?incompatible\b"
             r"|cacerts: :undefined|please (?:use|run|call) '?connect-(?:mg|ma)\w+"),
            ("greeting-unexpected", DECISIVE,
             r"\bhelo should be an? fqdn|\bhelo\b.{0,40}fully.qualified",
             "smtp"),
            ("sending-quota", DECISIVE,
             r"limited to [\d,]+ (?:messages|e?-?mails|recipients) ?(?:/|per|an?|each)"
             r"|policy rejection- ?quota exceeded|exceeded your (?:out|send)\w* quota"
             r"|exceeded (?:the )?outgoing (?:e?-?mail|message)s? (?:quota|limit)"
             r"|api call mail\.\w+\(\) required more quota"),
            ("server-unavailable", DECISIVE, r"too many 5\d\d error responses"),
            ("server-throttled", DECISIVE, r"too many 429 error responses"),
            ("google-temporary", DECISIVE, r"\b421[ -]4\.7\.0 try again later"),
            ("server-unavailable", DECISIVE,
             r"\b421[ -]4\.3\.2\b",
             "smtp|mail",
             r"concurrent|too many|storedrv|connection.?count"),
            ("message-refused", DECISIVE,
             r"after sending data.{0,200}\b55\d\b|\b554[ -]message not allowed"),
            # all recipients were refused before, and the program went on
            ("recipient-refused", STRONG + 5,
             r"\b503 (?:5\.5\.1 )?(?:error: )?need rcpt"),
            ("sender-refused", DECISIVE,
             r"(?:unconfigured|unverified|unauthori[sz]ed) sending domain"),
            ("sending-quota", STRONG + 5, r"4\.7\.65\d\b.{0,120}rate.limited"),
            ("recipient-refused", STRONG + 5,
             r"5\.2\.1\b.{0,60}(?:disabled|cannot receive)"),
            ("smtp-address-blocked", DECISIVE + 5,
             r"network is on our block ?list|client host rejected: access denied"),
            ("server-unavailable", DECISIVE + 5, r"\[serverbug\]"),
            ("server-unavailable", STRONG, r"\bserver error while fetching"),
            ("message-too-large", STRONG,
             r"file size\W{1,3}[\d,.]+ (?:bytes|[kmg]i?b) exceeds"),
            ("ews-access-denied", FAIR, r"object cannot be deleted", "ews"),
            ("sending-quota", DECISIVE + 5,
             r"limit of \d+ (?:rcpts|recipients|messages|e?mails) per"
             r"|sent to too many recipients this"),
            ("server-throttled", STRONG + 5,
             r"receiving mail at a rate that prevents"),
            ("smtp-address-blocked", STRONG + 5, r"cloudmark\.com/reset-request"),
            ("message-refused", FAIR, r"\brfc822\.size null"),
            ("smtp-address-blocked", STRONG + 5,
             r"\bip(?: address)? (?:is )?not (?:allowed|permitted|authori[sz]ed) to"
             r" (?:send|relay|connect)"),
            ("mail-host-account", DECISIVE,
             r"(?:outgoing|outbound) (?:e?-?mails?|messages?) from .{1,120} ha(?:s|ve)"
             r" been (?:suspended|disabled|blocked)"),
            ("message-refused", STRONG, r"too much recipients"),
            ("quota-full", STRONG,
             r"no write permission or out of disk space"),
            ("folder-missing", STRONG + 5,
             r"isn't a valid mbox file|\bno imap folders found"
             r"|\bno (?:drafts?|sent|trash|archive|junk|spam) (?:mailbox|folder)"
             r" (?:is )?(?:configured|defined|found|set)\b"),
        ],
    ),
)  # fmt: skip
