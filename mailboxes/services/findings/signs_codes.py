"""Signs by the numbers and names that libraries and systems give to their faults.

Windows' HRESULTs and WinHTTP, CDO, curl, Apple's NSURLError, libuv (Node), Chromium's
ERR_…, .NET's enumerations, rustls and Erlang. Each stands for one cause, in whatever
language the words around it are.
"""

from __future__ import annotations

from .sign import AFTER, DECISIVE, FAIR, LOOSE, NETWORK, SIGN_IN, STRONG, TOKEN, table


def _curl(*numbers: int) -> str:
    """curl's numbers as its command, PHP, Python and libraries print them."""
    some = "|".join(map(str, numbers))
    return (
        rf"curl(?: error)?:? ?\(?(?:{some})\)?[ :)]"
        rf"|curl error:? (?:number |code )?(?:{some})\b|curle?[_ ]err(?:no|or)?:? "
        rf"?(?:{some})\b|pycurl\.error: \((?:{some}),"
    )


def _libuv(*numbers: int) -> str:
    """Node's errno, as in `errno: -4078`."""
    return rf"errno['\"]?: ?-(?:{'|'.join(map(str, numbers))})\b"


def _apple(*numbers: int) -> str:
    """NSURLError and CFNetwork, as in `NSURLErrorDomain Code=-1001`."""
    some = "|".join(map(str, numbers))
    return rf"(?:nsurlerror\w*|cfnetwork\w*|domain)\b.{{0,40}}-(?:{some})\b"


_KEY = (
    r"keyset does not exist|key not valid for use in specified state"
    r"|(?:not have|without|missing|no) (?:a |an |the )?private key"
    r"|(?:private key|pem|pfx|pkcs ?12|certificate|key data|key file)\b.{0,60}"
    r"(?:could not|cannot|can't|unable to|fail\w* to) (?:be )?(?:load|read|pars"
    r"|deseriali|open|decrypt|found|find)"
    r"|(?:could not|cannot|can't|unable to|fail\w* to) (?:load|read|parse"
    r"|deseriali[sz]e|open|decrypt|find).{0,40}(?:private key|\bpem\b|pfx|pkcs"
    r"|certificate (?:with|file|by|from|in)|key data|key file)"
    r"|decoder routines|pem routines|no start line|bad decrypt|1e08010c"
    r"|cryptographicexception|mac verify (?:error|failure)|invalid pem"
    r"|certificate with thumbprint.{0,60}not|\[ssl\] pem lib|certificatefilepath"
    r"|certificatepassword"
)

SIGNS = (
    *table(
        NETWORK,
        [
            ("dns-unknown", DECISIVE + 20,
             r"0x80072ee7|err_name_not_resolved|nameresolutionfailure|hostnotfound\b"
             r"|dns_probe_finished_nxdomain|:nxdomain|getaddrinfo\w* 0x"
             rf"|{_apple(1003, 1006)}|{_libuv(3008, 3007)}"),
            ("dns-temporary", STRONG,
             rf"{_libuv(3001)}|dns_probe_finished_no_internet"
             r"|err_internet_disconnected"),
            ("connect-refused", DECISIVE,
             rf"err_connection_refused|{_libuv(4078)}|:econnrefused"),
            ("connect-refused", FAIR,
             rf"{_apple(1004)}"),
            ("connect-unreachable", STRONG,
             rf"err_address_unreachable|err_network_changed|{_apple(1009)}"
             rf"|{_libuv(4062, 4090)}|:ehostunreach|:enetunreach"),
            ("connect-timeout", STRONG,
             r"0x80072ee2|0x80072efd|0x80072f78|err_(?:connection_)?timed_out"
             r"|connectfailure\b|0x80040213|transport failed to connect to the server"
             rf"|{_libuv(4039)}|{_apple(1001)}|:etimedout"
             r"|\{:error, :timeout\}|\berror\W{1,6}:?timeout\b|connectionattempttimeout"
             r"|mcoerrordomain.{0,20}\b1\b.{0,60}connection"),
            ("connection-lost", FAIR,
             rf"0x80072efe|0x80072eff|err_(?:connection_(?:reset|closed|aborted)"
             rf"|empty_response)|{_libuv(4077, 4095, 4079)}|{_apple(1005)}"
             rf"|{_curl(52, 55, 56)}|empty reply from server|:econnreset|\{{:error,"
             r" :closed\}|connectionclosed\b|keepalivefailure|receivefailure"
             r"|connectionreset\b|nohttpresponse"),
            ("tls-untrusted", STRONG,
             r"0x800b0109|0x80090325|0x80072f0d|sec_e_untrusted_root|cert_e_untrusted"
             r"|err_cert_authority_invalid|trustfailure\b|unknownissuer|unknown_ca\b"
             rf"|cert_e_chaining|0x800b010a|{_apple(1202, 1203)}|{_curl(60, 77)}"
             r"|certificate_unknown|bad_certificate|certificate unknown"),
            ("tls-name", DECISIVE,
             r"0x800b010f|0x80072f06|0x80090322|sec_e_wrong_principal|cert_e_cn_no"
             r"|err_cert_common_name_invalid|notvalidforname|hostname_check_failed"
             rf"|legacy common name|{_curl(51)}"),
            ("tls-expired", DECISIVE,
             r"0x800b0101|0x80072f05|0x80090328|sec_e_cert_expired|cert_e_expired"
             r"|err_cert_date_invalid|notvalidyet\b|certificate_expired"),
            ("tls-version", DECISIVE,
             r"0x80090331|sec_e_algorithm_mismatch|err_ssl_version_or_cipher_mismatch"
             r"|peerincompatible|protocol_version\b"),
            ("tls-not-tls", DECISIVE,
             r"server hello.{0,20}unknown protocol|err_ssl_protocol_error"
             r"|invalidcontenttype|corruptmessage|invalidmessage\b.{0,40}tls"
             r"|0x80090326.{0,80}(?:illegal|unexpected|ungew)"),
            ("tls-handshake", STRONG,
             rf"securechannelfailure\b|0x80072f7d|{_apple(1200)}|{_curl(35)}"
             r"|could not create ssl/tls secure channel"
             r"|ssl/tls.{0,20}(?:secure channel|sicheren kanal)"),
            ("proxy-unreachable", DECISIVE,
             r"proxynameresolutionfailure|err_proxy_connection_failed|\bproxyerror"
             rf"|{_curl(5)}|could ?n[o']t resolve proxy|cannot connect to proxy"
             r"|proxyconnect tcp|proxyconnectexception|\beproxy\b",
             "",
             r"\b407\b|tunnel connection failed|err_tunnel|proxy responded"),
            # What the answers of a SOCKS server mean: signs_network.
            ("proxy-unreachable", LOOSE,
             rf"{_curl(97)}"
             r"|\bsocks\d?\b.{0,60}(?:fail|error|refus|reject|unreach|malformed)"
             r"|malformed reply from socks"),
            ("proxy-denied", STRONG,
             r"err_tunnel_connection_failed|tunnel connection failed: ?4(?!07)\d\d"
             r"|proxy (?:responded|returned|replied|answered|server returned)"
             r".{0,40}\b4(?!07)\d\d|proxyconnect.{0,40}(?:forbidden|denied)"),
        ],
    ),
    *table(
        TOKEN,
        [
            ("oauth-refresh-token-ended", FAIR,
             r"\beoauth2\b"),
            # The key that signs for the application, as it lies here.
            ("google-wrong-key", FAIR,
             _KEY,
             "google"),
            ("entra-certificate-refused", FAIR,
             _KEY,
             "microsoft|oauth+!google"),
        ],
    ),
    *table(
        SIGN_IN,
        [
            ("password-refused", FAIR,
             rf"0x80040217|{_curl(67)}|\benoauth\b|mcoerrordomain.{{0,20}}\b5\b",
             "",
             r"xoauth2|oauth"),
            ("login-disabled", STRONG,
             r"mustissuestarttlsfirst"),
            ("smtp-auth-required", FAIR,
             r"clientnotpermitted"),
        ],
    ),
    *table(
        AFTER,
        [
            ("recipient-refused", FAIR,
             r"\beenvelope\b|mailboxunavailable\b|mailboxnamenotallowed"
             r"|recipientnotaccepted",
             "smtp|mail",
             r"5\.7\.|relay|sendernotaccepted"),
            ("sender-refused", FAIR,
             r"sendernotaccepted",
             "smtp|mail",
             r"5\.7\."),
            ("message-too-large", FAIR,
             r"exceededstorageallocation",
             "smtp|mail",
             r"5\.2\.2|quota|full"),
            ("smtp-busy", FAIR,
             r"mailboxbusy\b|servicenotavailable\b|insufficientstorage\b"
             r"|localerrorinprocessing|servicecloseddown|errorinprocessing",
             "smtp|mail"),
            ("message-refused", FAIR,
             r"\bemessage\b|\btransactionfailed\b|messagenotaccepted",
             "smtp|mail",
             r"\b535\b|5\.7\.1\b"),
        ],
    ),
)  # fmt: skip
