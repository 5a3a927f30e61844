"""Signs of names, connections, encryption and proxies, in the words of many languages.

Python, Java, .NET, Node, PHP, Go, Ruby, curl and OpenSSL name the same fault each in
its own way; the numbers are those of Linux and of Windows (WSA…).
"""

from __future__ import annotations

from .sign import DECISIVE, FAIR, LOOSE, NETWORK, STRONG, WEAK, table

_LOGIN_HOST = (
    r"(?:host ?=? ?['\"]?|//|to |for |connect to )(?:login\.microsoftonline\.\w+"
    r"|login\.windows\.net|accounts\.google\.com|oauth2\.googleapis\.com)"
)

SIGNS = table(
    NETWORK,
    [
        # names
        ("dns-temporary", STRONG,
         r"temporary failure in name resolution|\beai_again\b"
         r"|gaierror[^a-z]{1,4}-3\b|try again.{0,20}resolv|server misbehaving"
         r"|query[a-z]* (?:\beconnrefused\b|etimeout|esrvfail)|\bebadresp\b"
         r"|wsatry_again|\b11002\b"),
        ("dns-unknown", FAIR,
         r"\bedns\b"),
        ("dns-unknown", DECISIVE,
         r"name or service not known|nodename nor servname|no such host"
         r"|getaddrinfo(?:failed)? ?\benotfound\b|\benotfound\b"
         r"|unknownhostexception|could not? resolve host|couldn't resolve host"
         r"|gaierror[^a-z]{1,4}(?:-2|-5|8)\b|no address associated with hostname"
         r"|name does not resolve|(?:wsa|errno|error|code|[\[(])\W{0,4}11001\b"
         r"|host(?:name)? (?:could not be"
         r"|not) (?:found|resolved)|unable to resolve host|unknown host|nxdomain"
         r"|remote name could not be resolved|curl error 6\b"
         r"|php_network_getaddresses|gethostbyname failed|nicht aufgel(?:ö|oe)st"
         r"|failed to lookup address|host is unknown|name resolution failed"
         r"|dns lookup failed|(?:host|domain)(?: or domain)? name not found"
         r"|name service error",
         "",
         r"type=mx\b|bounced \(host or domain|temporary failure in name resolution"),
        # connections
        ("connect-refused", DECISIVE,
         r"\beconnrefused\b|connection (?:was )?refused|errno[^a-z]{1,4}(?:111|61"
         r"|10061)\b|actively refused|connectionrefused|\b10061\b"
         r"|refused the connection|connect: refused|verbindung verweigert",
         "",
         r"query[a-z]* econn|connecting to socks[45]? proxy"),
        ("connect-unreachable", DECISIVE,
         r"network is unreachable|no route to host|\benetunreach\b|\behostunreach\b"
         r"|errno[^a-z]{1,4}(?:101|113)\b|host is unreachable|unreachable (?:host"
         r"|network)|wsaenetunreach|(?:wsa|errno|error|code|[\[(])\W{0,4}(?:1005[01]|10065)\b",
         "",
         r"\bsaid: [45]\d\d"),  # by another way it came through
        ("connect-unreachable", WEAK,
         r"network is unreachable|no route to host"),
        ("connect-timeout", STRONG,
         r"connect(?:ion)? (?:attempt )?timed ?out|connect \betimedout\b"
         r"|\betimedout\b|connecttimeout|connect timeout|\b10060\b"
         r"|errno[^a-z]{1,4}(?:110|60|10060)\b|timed? ?out.{0,20}connect"
         r"|failed to connect to .{0,60}(?:timed out|after \d{4,} ms"
         r"|couldn't connect)|did not properly respond after a period"
         r"|dial tcp.{0,60}i/o timeout|curl error 7\b|curl: \(7\)|opentimeout"
         r"|execution expired",
         "",
         r"greeting never received|read timed? ?out|conn(?:ect)? refused"
         r"|\beconnrefused\b"),
        ("connect-timeout", STRONG,
         r"request failed! ?\(code: 0\)"),
        ("connect-timeout", FAIR,
         r"network_error: network request failed"),
        ("connect-timeout", LOOSE,
         r"smtp connect\(\) failed"),
        ("connect-timeout", STRONG,  # a firewall of Windows forbids it
         r"access a socket in a way forbidden|wsaeacces\b"),
        ("connect-unreachable", STRONG,
         r"cannot assign requested address|\berrno 99\b"),
        ("connect-refused", FAIR,
         r"[#( ]10049\b|wsaeaddrnotavail"),
        ("connect-timeout", FAIR,
         r"couldn't connect to host|could not connect to host"
         r"|could not connect to (?:the )?smtp host"
         r"|failed to connect to (?:the )?\w* ?(?:mail|smtp|imap)? ?server"
         r"|unable to connect to (?:the )?remote server|couldn't connect to server"
         r"|mailconnectexception|sockettimeoutexception|curl error 28\b"
         r"|curl: \(28\)|operation timed out|timed? ?out",
         "",
         r"response: ?-1|greeting never|while authenticating|read ?timed? ?out"),
        ("read-timeout", DECISIVE,
         r"greeting_timeout|failed to receive greeting"),
        ("read-timeout", STRONG,
         r'timed out while auth|timeout-auth|got code \"\", with message'
         r"|net::readtimeout|greeting never received|read timed? ?out|readtimeout"
         r"|timed out waiting for (?:the )?(?:greeting|banner|response)"
         r"|the read operation timed out|timeout.{0,20}waiting for (?:server"
         r"|greeting)"),
        ("read-timeout", FAIR,
         r"could not connect to (?:smtp )?host.{0,80}response: ?-1"
         r"|operation has timed out|timeouterror"
         r"|\besockettimedout"),
        # proxies
        ("proxy-auth", DECISIVE,
         r"(?<![:\d])(?<!line )407\b.{0,40}prox|prox.{0,120}(?<![:\d])(?<!line )407\b"
         r"|proxy authentication required"
         r"|tunnel connection failed: 407|(?<!\w)http(?:/[\d.]+)?:? 407\b"),
        ("proxy-denied", DECISIVE,
         r"tunnel connection failed: 403|from proxy after connect"
         r"|received http code 403 from proxy|403 (?:forbidden )?.{0,30}(?:squid"
         r"|zscaler)|x-squid-error|err_access_denied.{0,40}squid"
         r"|squid.{0,80}err_access_denied|tcp_denied"),
        ("proxy-gateway", DECISIVE,
         r"tunnel connection failed: 50[234]|received http code 50[234] from proxy"
         r"|err_cannot_forward|unable to tunnel through proxy"),
        ("proxy-auth", DECISIVE,
         r"rejected by the socks5? server|socks5?.{0,40}(?:authentication|login)"
         r" (?:failed|status)|no authentication method was acceptable.{0,40}socks"
         r"|all offered socks5 authentication methods were rejected"),
        ("proxy-denied", DECISIVE,
         r"connection not allowed by rule ?set"
         r"|complete socks5 connection to .{0,80}\(2\)"),
        ("proxy-gateway", DECISIVE,
         r"socks5?error.{0,40}0x0[13456]\b"
         r"|complete socks5 connection to .{0,80}\([13456]\)"),
        ("proxy-unreachable", STRONG,
         r"error connecting to socks[45] proxy|proxyprotocolexception|<--denied"
         r"|proxy refused the connection|unsupported socks version"
         r"|socks ?: no acceptable methods|proxy connect aborted"
         r"|socks5?.{0,30}(?:server failure|rejected connection)"),
        ("proxy-not-socks", DECISIVE,
         r"socks5 proxy server sent invalid data|received invalid version in initial"
         r" socks5"),
        ("proxy-unreachable", STRONG,
         r"cannot connect to proxy|unable to connect to proxy"
         r"|proxyerror.{0,80}(?:refused|timed out|newconnectionerror)"
         r"|proxy.{0,30}refused|could not resolve proxy|proxyconnectionerror"
         r"|err_proxy_connection_failed",
         "",
         r"tunnel connection failed"),
        ("one-way-allowed", FAIR,
         r"token (?:acquired|obtained|ok).{0,200}(?:timed out|refused).{0,40}(?:993"
         r"|587|995)"),
        # encryption
        ("tls-revocation", DECISIVE,
         r"revocation (?:function|server|status|check)"
         r"|unable to get certificate crl|revocationstatusunknown|offlinerevocation"
         r"|crypt_e_(?:no_revocation_check|revocation_offline)"
         r"|curl error 35.{0,80}revoc"),
        ("tls-name", DECISIVE,
         r"hostname mismatch|altname|no subject alternative"
         r"|host ?name did not match|does not match the (?:host|target|peer|server)"
         r"|doesn't match (?:either of|host)|certificate is (?:only )?valid for"
         r"|no name matching|remotecertificatenamemismatch|ip address mismatch"
         r"|peer certificate cn=.{0,80}did not match|(?<!user)(?<!user )name mismatch"
         r"|ssl_error_bad_cert_domain"
         r"|cannot validate certificate for .{0,60}doesn't contain any ip sans"
         r"|certificate (?:subject|name).{0,30}(?:does not|not) match|num=62\b"
         r"|no alternative certificate subject name matches"),
        ("tls-name", STRONG,
         r"(?:cert|ssl|tls|host)\w*.{0,80}doesn't match the"
         r"|doesn't match the.{0,40}cert"
         r"|certificate.{0,60}(?:\bnot|n't) match\b"
         r"|(?:\bnot|n't) match.{0,40}certificate"),
        ("tls-expired", DECISIVE,
         r"certificate (?:has )?:? ?expired|expired certificate"
         r"|certificate is expired|cert.{0,80}not yet valid"
         r"|cert_has_expired|certificateexpired|notafter:.{0,60}expired"
         r"|certificate is not valid yet|cert_not_yet_valid|certificatenotyetvalid"
         r"|validity check failed|num=10\b",
         "",
         r"application-specific signing key|destination mail server"),
        ("tls-not-tls", DECISIVE,
         r"wrong[_ ]version[_ ]number|get_server_hello:unknown"
         r"|unrecognized ssl message|plaintext connection\??|packet length too long"
         r"|first record does not look like a tls|http[_ ]request.{0,20}ssl"
         r"|record[_ ]layer[_ ]failure|record overflow|unexpected packet format"
         r"|an unexpected tls packet was received|received_unexpected_tls_packet"
         r"|cannot determine the frame size|corrupted frame"
         r"|eproto.{0,80}version number|invalid_ssl_record|1408f10b|0a00010b"
         r"|140770fc|port \d+ is typically reserved for plain",
         "",
         r"(?:login\.microsoftonline|accounts\.google|oauth2\.googleapis)|httplib2"
         r"|httpsconnectionpool"),
        # what speaks HTTPS knows its port: something on the way answers
        ("tls-handshake", STRONG, r"wrong[_ ]version[_ ]number"),
        ("tls-version", DECISIVE,
         r"unsupported[_ ]protocol|4\.7\.66\b|tls 1\.0 and 1\.1 (?:are|is) not"
         r"|alert:? ?protocol_version|alert[_ ]protocol[_ ]version"
         r"|no appropriate protocol|no protocols available|protocol is disabled"
         r"|no[_ ]shared[_ ]cipher|version[_ ]too[_ ]low|insufficient[_ ]security"
         r"|do not possess a common algorithm|common algorithm|legacy_renegotiation"
         r"|tlsv1 alert protocol|server selected unsupported protocol"
         r"|handshake_failure.{0,60}tls ?1\.[01]|dh[_ ]key[_ ]too[_ ]small"
         r"|remote host terminated the hand.{0,20}tlsv1\b"
         r"|unsupported or unrecognized ssl protocol|no supported cipher"
         r"|no ?cipher ?suites ?in ?common|no common (?:cipher|tls|ssl)"
         r"|fatal alert has been received: protocol version"
         r"|do not conform to algorithm constraints|internal_error.{0,20}no cipher"),
        ("tls-untrusted", STRONG,
         r"certificate[_ ]verif(?:y|ication)[_ ]fail|self[- _]signed"
         r"|pkix path building failed|unable to find valid certification"
         r"|unable to (?:get|verify) (?:the )?(?:local issuer|first|leaf)"
         r"|curl error 60\b|curl: \(60\)|ssl certificate problem|unknown authority"
         r"|unknown ca\b|partialchain|untrustedroot|remotecertificatechainerrors"
         r"|unable_to_(?:get|ver)|depth_zero_self|certificate signed by unknown"
         r"|not trusted by the (?:system|tr)|remote certificate (?:is"
         r"|was) (?:invalid|rejected)|trust anchor.{0,20}not found"
         r"|trust relationship for the ssl|sec_error_unknown_issuer|unknown issuer"
         r"|invalid peer certificate|root certificate which is not trusted"
         r"|bad handshake|certificate (?:chain )?(?:is )?not trusted"
         r"|load system roots|no roots provided|untrusted issuer"
         r"|trustanchors parameter must be non-empty|certificate issuer is unknown"
         r"|hasn't got a known issuer"
         r"|missing (?:ca|root) certificates?"
         r"|cert(?:ificate)?validationerror|verify error:num=(?:18|19|20|21)"),
        ("tls-untrusted", FAIR,
         r"sslhandshakeexception|tls_process_server_certificate"
         r"|could not establish trust|certificate could not be validated"),
        ("tls-handshake", DECISIVE,  # .NET's words for a line that fell meanwhile
         r"authentication failed because the remote party (?:has closed|sent)"),
        ("tls-not-tls", STRONG,
         r"in state hello received"),
        ("tls-handshake", STRONG,
         r"curle_ssl_connect_error|curl error 35\b|curl: \(35\)"
         r"|unexpected[_ ]eof[_ ]while[_ ]reading"
         r"|eof occurred in violation of protocol|ssl_error_syscall"
         r"|connection reset.{0,60}(?:handshake|ssl|tls)|(?:handshake|ssl"
         r"|tls).{0,60}connection (?:was )?reset|remote host (?:closed"
         r"|terminated).{0,30}handshake|handshake.{0,40}\beconnreset\b"
         r"|client network socket disconnected before secure tls|gnutls_handshake",
         "",
         r"expired|certificate verif|self.signed"),
        ("tls-handshake", FAIR,
         r"ssl connection failed|handshake[_ ]failure|ssl handshake failed"
         r"|sslhandshake(?:exception)?|alert handshake|failed to enable crypto"
         r"|could not convert socket to tls|attempting to establish an ssl or tls"
         r"|tls handshake (?:failed|error|timeout)|starttls (?:upgrade )?failed"),
        ("tls-handshake", STRONG,
         r"(?:could not|unable to|cannot|failed to) connect to (?:ssl|tls)://",
         "",
         r"timed? ?out|refused|getaddrinfo|resolve|unreachable|authentication"),
        ("tls-handshake", FAIR,
         r"\bsspi\b|security\.ssl(?:state|stream)"),
        ("tls-not-tls", FAIR,
         r"not permitted when tls active"),
        ("starttls-missing", STRONG,
         r"(?:cannot|can't|could not|couldn't|unable to|failed to) (?:enable|start"
         r"|activate) starttls"),
        ("starttls-missing", FAIR,
         r"does ?n.t support (?:secure connections?|ssl|tls|encrypt)"
         r"|does not support (?:secure connections?|ssl|tls|encrypt)"),
        ("starttls-missing", DECISIVE,
         r"(?:host|server) does not support (?:the )?starttls"
         r"|starttls.{0,30}(?:not supported|not offered|not available"
         r"|is not supported)|starttls extension not supported|does not (?:support"
         r"|offer|advertise) starttls|no starttls|starttls required but not advert"
         r"|must issue a starttls.{0,40}not (?:offered|supported)",
         "",
         r"\b454\b|due to (?:local|temporary)"),
        # clocks
        ("clock-skew", STRONG,
         r"clock skew|token used (?:before issued|too early)|time may be set wrong"
         r"|clock is (?:off|wrong|skewed|not synchroni[sz]ed)"
         r"|system time (?:is )?(?:wrong"
         r"|incorrect)|check your (?:system )?clock"),
        # lines that fall
        ("connection-lost", FAIR,
         r"unexpected socket close|socket error:? ?eof|unexpected eof"
         r"|\beconnreset\b|\bepipe\b|connection (?:was )?reset|connection (?:was "
         r"|unexpectedly )?(?:closed|lost|drop|aborted)|broken pipe"
         r"|smtpserverdisconnected|errno[^a-z]{1,4}(?:104|32|10054)\b"
         r"|forcibly closed|unexpected(?:ly)? (?:disconnect|close|end of)|read eof"
         r"|server disconnected|serverdisconnected|not connected\b|\b10054\b"
         r"|\b10053\b|premature end of|folderclosedexception|connection dropped"
         r"|lost connection|(?:server|host|peer|remote|partner|side)\b.{0,40}"
         r"\b(?:clos|dropp|terminat|reset|abort|cut)\w* (?:the |its |our |my )?"
         r"connection|failed to respond\b|connection.{0,30}(?:terminated|hung up"
         r"|closed by|reset by|aborted by)",
         "",
         r"authenticated but not connected|proxy"),
        ("connection-lost", WEAK,
         r"\beof\b|\* ?bye\b|disconnected|imap4\.abort"),
    ],
)  # fmt: skip
