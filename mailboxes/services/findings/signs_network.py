"""Signs of names, connections, encryption and proxies, in the words of many languages.

Python, Java, .NET, Node, PHP, Go, Ruby, curl and OpenSSL name the same fault each in
its own way; the numbers are those of Linux and of Windows (WSA…).
"""

from __future__ import annotations

from .sign import DECISIVE, FAIR, NETWORK, STRONG, WEAK, table

_LOGIN_HOST = (
    r"(?:host ?=? ?['\"]?|//|to |for |connect to )(?:login\.microsoftonline\.\w+"
    r"|login\.windows\.net|accounts\.google\.com|oauth2\.googleapis\.com)"
)

SIGNS = table(
    NETWORK,
    [
        # names
        ("dns-temporary", STRONG, r"temporary failure in name resolution|eai_again"
         r"|gaierror[^a-z]{1,4}-3\b|try again.{0,20}resolv|server misbehaving"
         r"|query[a-z]* (?:econnrefused|etimeout|esrvfail)|ebadresp|wsatry_again|\b11002\b"),
        ("dns-unknown", DECISIVE, r"name or service not known|nodename nor servname"
         r"|no such host|getaddrinfo(?:failed)? ?enotfound|enotfound|unknownhostexception"
         r"|could not resolve host|couldn't resolve host|gaierror[^a-z]{1,4}(?:-2|-5|8)\b"
         r"|no address associated with hostname|name does not resolve|\b11001\b"
         r"|host(?:name)? (?:could not be|not) (?:found|resolved)|unable to resolve host"
         r"|unknown host|nxdomain|remote name could not be resolved|curl error 6\b"
         r"|php_network_getaddresses|gethostbyname failed|nicht aufgel(?:ö|oe)st|failed to lookup address"
         r"|host is unknown|name resolution failed|dns lookup failed"),
        # connections
        ("connect-refused", DECISIVE, r"econnrefused|connection (?:was )?refused"
         r"|errno[^a-z]{1,4}(?:111|61|10061)\b|actively refused|connectionrefused"
         r"|\b10061\b|refused the connection|connect: refused|verbindung verweigert", "", r"query[a-z]* econn"),
        ("connect-unreachable", DECISIVE, r"network is unreachable|no route to host"
         r"|enetunreach|ehostunreach|errno[^a-z]{1,4}(?:101|113)\b|host is unreachable"
         r"|unreachable (?:host|network)|wsaenetunreach|\b1005[01]\b|\b10065\b"),
        ("connect-timeout", STRONG, r"connect(?:ion)? (?:attempt )?timed ?out"
         r"|connect etimedout|etimedout|connecttimeout|connect timeout|\b10060\b"
         r"|errno[^a-z]{1,4}(?:110|60|10060)\b|timed? ?out.{0,20}connect"
         r"|failed to connect to .{0,60}(?:timed out|after \d{4,} ms|couldn't connect)"
         r"|did not properly respond after a period|dial tcp.{0,60}i/o timeout"
         r"|curl error 7\b|curl: \(7\)|opentimeout|execution expired", "",
         r"greeting never received|read timed? ?out|conn(?:ect)? refused|econnrefused"),
        ("connect-timeout", FAIR, r"couldn't connect to host|could not connect to host"
         r"|could not connect to (?:the )?smtp host|failed to connect to (?:the )?\w*"
         r" ?(?:mail|smtp|imap)? ?server|unable to connect to (?:the )?remote server"
         r"|couldn't connect to server|mailconnectexception|sockettimeoutexception"
         r"|curl error 28\b|curl: \(28\)|timed? ?out", "", r"response: ?-1|greeting never"),
        ("read-timeout", STRONG, r"net::readtimeout|greeting never received|read timed? ?out"
         r"|readtimeout|timed out waiting for (?:the )?(?:greeting|banner|response)"
         r"|the read operation timed out|timeout.{0,20}waiting for (?:server|greeting)"),
        ("read-timeout", FAIR, r"could not connect to (?:smtp )?host.{0,80}response: ?-1"
         r"|operation timed out|operation has timed out|timeouterror|\besockettimedout"),
        # proxies
        ("proxy-auth", DECISIVE, r"\b407\b.{0,40}prox|prox.{0,40}\b407\b"
         r"|proxy authentication required|tunnel connection failed: 407"),
        ("proxy-denied", DECISIVE, r"tunnel connection failed: 403|from proxy after connect"
         r"|received http code 403 from proxy|403 (?:forbidden )?.{0,30}(?:squid|zscaler)"
         r"|x-squid-error|err_access_denied.{0,40}squid"),
        ("proxy-gateway", DECISIVE, r"tunnel connection failed: 50[234]"
         r"|received http code 50[234] from proxy|err_cannot_forward"),
        ("proxy-unreachable", STRONG, r"cannot connect to proxy|unable to connect to proxy"
         r"|proxyerror.{0,80}(?:refused|timed out|newconnectionerror)|proxy.{0,30}refused"
         r"|could not resolve proxy|proxyconnectionerror|err_proxy_connection_failed",
         "", r"tunnel connection failed"),
        ("one-way-allowed", FAIR, r"token (?:acquired|obtained|ok).{0,200}(?:timed out"
         r"|refused).{0,40}(?:993|587|995)"),
        # encryption
        ("tls-revocation", DECISIVE, r"revocation (?:function|server|status|check)"
         r"|unable to get certificate crl|revocationstatusunknown|offlinerevocation"
         r"|crypt_e_(?:no_revocation_check|revocation_offline)|curl error 35.{0,80}revoc"),
        ("tls-name", DECISIVE, r"hostname mismatch|altname|no subject alternative"
         r"|host ?name did not match|does not match the (?:host|target|peer|server)"
         r"|doesn't match (?:either of|host|the)|certificate is (?:only )?valid for"
         r"|no name matching|remotecertificatenamemismatch|ip address mismatch"
         r"|peer certificate cn=.{0,80}did not match|name mismatch|ssl_error_bad_cert_domain"
         r"|cannot validate certificate for .{0,60}doesn't contain any ip sans"
         r"|certificate (?:subject|name).{0,30}(?:does not|not) match|num=62\b"
         r"|no alternative certificate subject name matches"),
        ("tls-expired", DECISIVE, r"certificate (?:has )?expired|certificate is expired"
         r"|not yet valid|cert_has_expired|certificateexpired|notafter:.{0,60}expired"
         r"|certificate is not valid yet|cert_not_yet_valid|certificatenotyetvalid"
         r"|validity check failed|num=10\b"),
        ("tls-not-tls", DECISIVE, r"wrong[_ ]version[_ ]number|get_server_hello:unknown"
         r"|unrecognized ssl message|plaintext connection\??|packet length too long"
         r"|first record does not look like a tls|http[_ ]request.{0,20}ssl"
         r"|record[_ ]layer[_ ]failure|record overflow|unexpected packet format"
         r"|an unexpected tls packet was received|received_unexpected_tls_packet"
         r"|cannot determine the frame size|corrupted frame|eproto.{0,80}version number"
         r"|invalid_ssl_record|1408f10b|0a00010b|140770fc", "",
         r"(?:login\.microsoftonline|accounts\.google|oauth2\.googleapis)"),
        ("tls-handshake", STRONG, r"wrong[_ ]version[_ ]number",
         r"oauth|microsoft|google"),
        ("tls-version", DECISIVE, r"unsupported[_ ]protocol|4\.7\.66\b|tls 1\.0 and 1\.1 (?:are|is) not|alert:? ?protocol_version|alert[_ ]protocol[_ ]version"
         r"|no appropriate protocol|no protocols available|protocol is disabled"
         r"|no[_ ]shared[_ ]cipher|version[_ ]too[_ ]low|insufficient[_ ]security"
         r"|do not possess a common algorithm|common algorithm|legacy_renegotiation"
         r"|tlsv1 alert protocol|server selected unsupported protocol|handshake_failure"
         r".{0,60}tls ?1\.[01]|dh[_ ]key[_ ]too[_ ]small|remote host terminated the hand"
         r".{0,20}tlsv1\b|unsupported or unrecognized ssl protocol"),
        ("tls-untrusted", STRONG, r"certificate[_ ]verif(?:y|ication)[_ ]fail"
         r"|self[- _]signed|pkix path building failed|unable to find valid certification"
         r"|unable to (?:get|verify) (?:the )?(?:local issuer|first|leaf)|curl error 60\b"
         r"|curl: \(60\)|ssl certificate problem|unknown authority|unknown ca\b"
         r"|partialchain|untrustedroot|remotecertificatechainerrors|unable_to_(?:get|ver)"
         r"|depth_zero_self|certificate signed by unknown|not trusted by the (?:system|tr)"
         r"|remote certificate (?:is|was) (?:invalid|rejected)|trust anchor.{0,20}not found"
         r"|trust relationship for the ssl|sec_error_unknown_issuer|unknown issuer"
         r"|invalid peer certificate|root certificate which is not trusted|bad handshake"
         r"|certificate (?:chain )?(?:is )?not trusted|cert(?:ificate)?validationerror"
         r"|verify error:num=(?:18|19|20|21)"),
        ("tls-untrusted", FAIR, r"sslhandshakeexception|tls_process_server_certificate"
         r"|could not establish trust|certificate could not be validated"),
        ("tls-handshake", STRONG, r"curle_ssl_connect_error|curl error 35\b|curl: \(35\)"
         r"|unexpected[_ ]eof[_ ]while[_ ]reading|eof occurred in violation of protocol"
         r"|ssl_error_syscall|connection reset.{0,60}(?:handshake|ssl|tls)"
         r"|(?:handshake|ssl|tls).{0,60}connection (?:was )?reset"
         r"|remote host (?:closed|terminated).{0,30}handshake|handshake.{0,40}econnreset"
         r"|client network socket disconnected before secure tls|gnutls_handshake",
         "", r"expired|certificate verif|self.signed"),
        ("tls-handshake", FAIR, r"handshake[_ ]failure|ssl handshake failed"
         r"|sslhandshake(?:exception)?|alert handshake|failed to enable crypto"
         r"|could not convert socket to tls|attempting to establish an ssl or tls"
         r"|tls handshake (?:failed|error|timeout)|starttls (?:upgrade )?failed"),
        ("starttls-missing", DECISIVE, r"(?:host|server) does not support (?:the )?starttls"
         r"|starttls.{0,30}(?:not supported|not offered|not available|is not supported)"
         r"|starttls extension not supported|does not (?:support|offer|advertise) starttls"
         r"|no starttls|must issue a starttls.{0,40}not (?:offered|supported)"),
        # clocks
        ("clock-skew", STRONG, r"clock skew|clock is (?:off|wrong|skewed)|system time"
         r" (?:is )?(?:wrong|incorrect)|check your (?:system )?clock"),
        # lines that fall
        ("connection-lost", FAIR, r"unexpected socket close|socket error:? ?eof|unexpected eof|econnreset|epipe"
         r"|connection (?:was )?reset|connection (?:was |unexpectedly )?(?:closed|lost|drop"
         r"|aborted)|broken pipe|smtpserverdisconnected|errno[^a-z]{1,4}(?:104|32|10054)\b"
         r"|forcibly closed|unexpected(?:ly)? (?:disconnect|closed|end of)|read eof"
         r"|server disconnected|serverdisconnected|not connected\b|\b10054\b|\b10053\b"
         r"|premature end of|folderclosedexception|connection dropped|lost connection",
         "", r"authenticated but not connected"),
        ("connection-lost", WEAK, r"\beof\b|\* ?bye\b|disconnected|imap4\.abort"),
    ],
)  # fmt: skip
