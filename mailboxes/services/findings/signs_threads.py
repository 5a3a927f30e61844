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
            ("dns-temporary", STRONG,
             r"(?:dns\.internalgethost|dns\.resolve|gethostby\w+).{0,300}temporar"
             r"|temporar.{0,300}(?:dns\.internalgethost|dns\.resolvecallback)"
             r"|dnsblog_query: lookup error"),
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
        ],
    ),
    *table(
        TOKEN,
        [
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
        ],
    ),
    *table(
        SIGN_IN,
        [
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
             r"5\.7\.139|xoauth2|oauthbearer|534[ -]5\.7|\b454\b"),
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
             r"|cannot convert the \S{1,120} value of type",
             "mail|imap|smtp"),
        ],
    ),
)  # fmt: skip
