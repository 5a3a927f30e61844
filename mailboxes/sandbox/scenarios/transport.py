"""Scenarios of the way there: names, ports, TLS, proxies, clock. Rows 169 to 185."""

from __future__ import annotations

from ...core.choices import Retry, Step
from .. import effects
from ..effects import AUTHORITY, CLOSE, DROP, MAIL, SILENT, Effect, place
from ..fault_names import PAGE
from ..scenario import LIKELY, Expected, Scenario, Setup, made

AREA = "Network, TLS and proxy"
_B = Retry.BACK_OFF
_SOCKS = Setup(way="socks")
_CONNECTED = "HTTP/1.1 200 Connection established\r\n\r\n"
_SMTP = Setup(sends=True)


def _direct(**options: object) -> Setup:
    """Without a proxy, and without an authority that would be met before."""
    waits = options.get("port") == "<full>"
    return Setup(basic=True, way="direct", options=options, waits=waits)


def _tls(kind: str, target: str = MAIL) -> Effect:
    return Effect(effects.TLS, target, kind=kind)


def _proxy(status: int = 0, target: str = "", say: str = "", end: str = "",
           route: str = "") -> Effect:  # fmt: skip
    return Effect(effects.PROXY, target, say, end, status=status, route=route)


def _socks(status: int = 0, target: str = "", end: str = "") -> Effect:
    """A reply of a SOCKS proxy by its number (RFC 1928 section 6)."""
    return Effect(effects.SOCKS, target, end=end, status=status)


_UNTRUSTED = Expected("tls-untrusted", Step.PROXY, "proxy", certainty=LIKELY)
_TLS_CLOCK = Expected("tls-expired", Step.CLOCK)
_NOT_TLS = Expected("tls-not-tls", Step.SERVER, "pop-connection-security")
_NO_STARTTLS = Expected("starttls-missing", Step.NETWORK, "server")
_DENIED = Expected("proxy-denied", Step.PROXY, "proxy")
_GATEWAY = Expected("proxy-gateway", Step.PROXY, "server", _B)
_SKEW = Expected("clock-skew", Step.CLOCK)
_SILENT = Expected("read-timeout", Step.SERVER, "protocol-timeout", _B)
_LOGIN = Expected("proxy-auth", Step.PROXY, "proxy")

SCENARIOS: tuple[Scenario, ...] = (
    # names and ports
    made("dns-unknown", AREA, 169, "Host name unknown", (),
         Expected("dns-unknown", Step.SERVER, "server"),
         setup=_direct(server="unknown.invalid")),
    made("dns-temporary", AREA, 170, "Name server does not answer", (),
         Expected("dns-temporary", Step.NETWORK, "", _B),
         setup=_direct(server="later.invalid")),
    made("connect-timeout", AREA, 171, "A firewall drops the connection", (),
         Expected("connect-timeout", Step.NETWORK, "", _B, LIKELY),
         setup=_direct(server="127.0.0.1", port="<full>")),
    made("connect-refused", AREA, 172, "Nobody listens at the port", (),
         Expected("connect-refused", Step.SERVER, "port", certainty=LIKELY),
         setup=_direct(server="127.0.0.1", port="<closed>")),
    made("connect-unreachable", AREA, 173, "No way to the network", (),
         Expected("connect-unreachable", Step.NETWORK, "", _B),
         setup=_direct(server="unreachable.invalid")),
    # TLS
    made("tls-reset", AREA, 174, "Cut in the handshake",
         _proxy(target=MAIL, say=_CONNECTED, end=DROP),
         Expected("tls-handshake", Step.PROXY, "proxy", _B, LIKELY)),
    made("tls-self-signed", AREA, 175, "Certificate that nobody has signed",
         _tls("self-signed"), _UNTRUSTED),
    made("tls-inspected", AREA, 175, "Certificate of an inspecting proxy",
         _tls("unknown-ca"), _UNTRUSTED),
    made("tls-inspected-authority", AREA, 175, "Sign-in host is inspected",
         _tls("unknown-ca", AUTHORITY), _UNTRUSTED),
    made("tls-inspected-smtp", AREA, 175, "Inspected after STARTTLS",
         _tls("unknown-ca"), _UNTRUSTED, setup=_SMTP),
    made("tls-other-name", AREA, 176, "Certificate for another host",
         _tls("other-name"), Expected("tls-name", Step.SERVER, "server")),
    made("tls-other-name-authority", AREA, 176, "Sign-in host has another name",
         _tls("other-name", AUTHORITY),
         Expected("tls-name", Step.AUTHORITY, "tenant-authority")),
    made("tls-expired", AREA, 177, "Certificate expired", _tls("expired"), _TLS_CLOCK),
    made("tls-not-yet-valid", AREA, 177, "Certificate not yet valid",
         _tls("not-yet-valid"), _TLS_CLOCK),
    made("tls-plain-port", AREA, 178, "TLS at a port without it",
         _proxy(target=MAIL, route="imap"), _NOT_TLS),
    made("tls-plain-port-smtp", AREA, 178, "TLS at the STARTTLS port of SMTP", (),
         _NOT_TLS.but(field="smtp-connection-security"),
         setup=Setup(sends=True, options={
             "smtp-connection-security": "ssl-tls", "port": 587})),
    made("tls-page", AREA, 178, "A proxy's page in place of the server",
         _proxy(target=MAIL, say=f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
                f"{PAGE}", end=CLOSE), _NOT_TLS),
    made("tls-plain-client", AREA, 179, "STARTTLS at a TLS port: no greeting", (),
         Expected("read-timeout", Step.SERVER, "pop-connection-security",
                  certainty=LIKELY),
         setup=Setup(waits=True, options={
             "pop-connection-security": "start-tls", "port": 993})),
    made("greeting-silent", AREA, (), "The greeting never comes",
         Effect(place("imap", effects.GREETING), end=SILENT), _SILENT,
         setup=Setup(waits=True)),
    made("greeting-silent-smtp", AREA, (), "The greeting of SMTP never comes",
         Effect(place("smtp", effects.GREETING), end=SILENT), _SILENT,
         setup=Setup(sends=True, waits=True)),
    made("tls-old-version", AREA, 180, "TLS below 1.2", _tls("old-version"),
         Expected("tls-version", Step.NETWORK)),
    made("tls-old-cipher", AREA, 180, "No cipher in common", _tls("old-cipher"),
         Expected("tls-version", Step.NETWORK)),
    made("starttls-stripped", AREA, 181, "STARTTLS is taken away",
         Effect(place("smtp", effects.OFFER), without=("STARTTLS",)),
         _NO_STARTTLS, setup=_SMTP),
    made("starttls-stripped-imap", AREA, 181, "STARTTLS of IMAP is taken away",
         Effect(place("imap", effects.OFFER), without=("STARTTLS",)), _NO_STARTTLS,
         setup=Setup(options={"pop-connection-security": "start-tls", "port": 143})),
    # proxies
    made("proxy-login", AREA, 182, "The proxy wants another login", _proxy(407),
         _LOGIN),
    made("proxy-login-mail", AREA, 182, "The proxy wants a login for the mail server",
         _proxy(407, MAIL), _LOGIN),
    made("proxy-denied", AREA, 183, "The proxy forbids everything", _proxy(403),
         _DENIED),
    made("proxy-bad-gateway", AREA, 183, "The proxy cannot reach the mail server",
         _proxy(502, MAIL), _GATEWAY),
    made("proxy-unavailable", AREA, 183, "The proxy is overloaded",
         _proxy(503, MAIL), _GATEWAY),
    made("proxy-mail-denied", AREA, (183, 184), "Only the sign-in host is allowed",
         _proxy(403, MAIL), _DENIED),
    made("proxy-authority-denied", AREA, (183, 184), "Only the mail server is allowed",
         _proxy(403, AUTHORITY), _DENIED),
    made("proxy-not-http", AREA, 183, "The proxy's port speaks something else",
         _proxy(say="SSH-2.0-OpenSSH_9.6\r\n", end=CLOSE),
         Expected("proxy-not-http", Step.PROXY, "proxy")),
    made("proxy-unreachable", AREA, 183, "Nobody listens at the proxy's port", (),
         Expected("proxy-unreachable", Step.PROXY, "proxy", _B),
         setup=Setup(way="closed")),
    made("socks-login", AREA, 182, "The SOCKS proxy refuses the login",
         Effect(effects.SOCKS_LOGIN, status=1), _LOGIN, setup=_SOCKS),
    made("socks-denied", AREA, 183, "The SOCKS proxy forbids everything", _socks(2),
         _DENIED, setup=_SOCKS),
    made("socks-mail-denied", AREA, (183, 184), "SOCKS: only the sign-in host",
         _socks(2, MAIL), _DENIED, setup=_SOCKS),
    made("socks-failure", AREA, 183, "The SOCKS proxy fails", _socks(1, MAIL),
         _GATEWAY, setup=_SOCKS),
    made("socks-network", AREA, 183, "The SOCKS proxy has no way out",
         _socks(3, MAIL), _GATEWAY, setup=_SOCKS),
    made("socks-unreachable", AREA, 183, "The SOCKS proxy cannot resolve the name",
         _socks(4, MAIL), _GATEWAY, setup=_SOCKS),
    made("socks-refused", AREA, 183, "The mail server refuses the SOCKS proxy",
         _socks(5, MAIL), _GATEWAY, setup=_SOCKS),
    made("socks-cut", AREA, 183, "The SOCKS proxy hangs up", _socks(end=DROP),
         Expected("connection-lost", Step.NETWORK, "", Retry.NOW), setup=_SOCKS),
    made("socks-not-socks", AREA, 183, "Another server at the port of the SOCKS proxy",
         (), Expected("proxy-not-socks", Step.PROXY, "proxy"),
         setup=Setup(way="not-socks")),
    # clock
    made("clock-fast", AREA, 185, "Our clock is fast",
         Effect(effects.CLOCK, late=-600), _SKEW, cycle=None),
    made("clock-slow", AREA, 185, "Our clock is slow",
         Effect(effects.CLOCK, late=600), _SKEW, cycle=None),
)  # fmt: skip
