"""Names, connections, encryption and proxies: diagnosis.md rows 169 to 186.

One cause has one entry for all protocols and for the authority; what differs there
stands in services/findings/authority.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ...core.choices import Step
from .entry import BACK_OFF, NETWORK, NOW, Entry, row

ROWS: tuple[Entry, ...] = (
    row(
        "dns-unknown",
        169,
        _("{host} has no address in DNS"),
        _("The host name is misspelt, or our resolver does not know its zone."),
        Step.SERVER,
        "server",
        _("Correct the host name of the server."),
    ),
    row(
        "dns-temporary",
        170,
        _("The resolver does not answer"),
        _("This host cannot look up names at the moment."),
        Step.NETWORK,
        "",
        _("Check the resolver of this host."),
        who=NETWORK,
        retry=BACK_OFF,
    ),
    row(
        "connect-timeout",
        171,
        _("{host} does not answer at {port}"),
        _("Likely a firewall drops the connection."),
        Step.NETWORK,
        "",
        _("Open the way from this host to that host and port."),
        who=NETWORK,
        retry=BACK_OFF,
        likely=True,
    ),
    row(
        "connect-refused",
        172,
        _("{host} refuses connections at {port}"),
        _("Nothing listens there: probably the port is wrong."),
        Step.SERVER,
        "port",
        _("Correct the port: 993 for IMAP, 995 for POP, 587 or 465 for SMTP."),
        likely=True,
    ),
    row(
        "connect-unreachable",
        173,
        _("{host} cannot be reached"),
        _("There is no route from this host, or it is cut off from the network."),
        Step.NETWORK,
        "",
        _("Check the network and the routes of this host, IPv6 among them."),
        who=NETWORK,
        retry=BACK_OFF,
    ),
    row(
        "tls-handshake",
        174,
        _("The encryption with {host} could not be agreed"),
        _("Likely a device on the way filters by name or breaks TLS."),
        Step.PROXY,
        "proxy",
        _("Let the host pass without inspection."),
        who=NETWORK,
        retry=BACK_OFF,
        likely=True,
    ),
    row(
        "tls-untrusted",
        175,
        _("The certificate of {host} is not trusted"),
        _(
            "Likely a proxy inspects TLS and signs with an authority of its own"
            " ({issuer})."
        ),
        Step.PROXY,
        "proxy",
        _("Add the company's certificate authority to the proxy of this client."),
        who=NETWORK,
        likely=True,
    ),
    row(
        "tls-name",
        176,
        _("The certificate is not for {host}"),
        _(
            "The server was named by an alias or an IP address, or a proxy answers for"
            " it."
        ),
        Step.SERVER,
        "server",
        _("Use the host name that the provider documents."),
    ),
    row(
        "tls-expired",
        177,
        _("The certificate of {host} is outside its time"),
        _("It has expired, or the clock of this host is wrong."),
        Step.CLOCK,
        "",
        _("Check the clock of this host first, then ask the server's administrator."),
        who=NETWORK,
    ),
    row(
        "tls-not-tls",
        178,
        _("{host} does not speak TLS at {port}"),
        _(
            "The port expects STARTTLS or no encryption, or a proxy answers in plain"
            " text."
        ),
        Step.SERVER,
        "pop-connection-security",
        _("Choose the encryption that belongs to the port."),
    ),
    row(
        "read-timeout",
        179,
        _("{host} did not answer in time"),
        _("The server is slow, or the encryption does not fit the port."),
        Step.SERVER,
        "protocol-timeout",
        _("Check encryption and port; if they are right, allow more time."),
        retry=BACK_OFF,
    ),
    row(
        "tls-version",
        180,
        _("{host} speaks no TLS that is safe enough"),
        _("Server or proxy offer less than TLS 1.2."),
        Step.NETWORK,
        "",
        _("Raise the server or the proxy to TLS 1.2 or newer."),
        who=NETWORK,
    ),
    row(
        "starttls-missing",
        181,
        _("{host} does not offer STARTTLS"),
        _("It is another server than meant, or a device on the way removes the offer."),
        Step.NETWORK,
        "server",
        _(
            "Check server and port; if they are right, let the connection pass without"
            " inspection. No password or token is sent in clear."
        ),
        who=NETWORK,
    ),
    row(
        "proxy-auth",
        182,
        _("The proxy wants a log-in"),
        _(
            "It refused ours, or got none: user name or password of the proxy are"
            " missing or wrong."
        ),
        Step.PROXY,
        "proxy",
        _("Enter user name and password of the proxy."),
    ),
    row(
        "proxy-denied",
        183,
        _("The proxy does not let us through to {host}"),
        _("Its rules refuse the host or the port."),
        Step.PROXY,
        "proxy",
        _("Allow CONNECT to this host and port on the proxy."),
        who=NETWORK,
    ),
    row(
        "proxy-gateway",
        183,
        _("The proxy cannot reach {host}"),
        _("It answered that the name or the way beyond it does not work."),
        Step.PROXY,
        "server",
        _("Check the host name, then the proxy's own way out."),
        who=NETWORK,
        retry=BACK_OFF,
    ),
    row(
        "one-way-allowed",
        184,
        _("Signing in works, but the mail server cannot be reached, or the reverse"),
        _("Likely the proxy or firewall allows only one of the two hosts."),
        Step.PROXY,
        "proxy",
        _("Allow the sign-in host, the mail host and outlook.office.com."),
        who=NETWORK,
        likely=True,
    ),
    row(
        "clock-skew",
        185,
        _("The clock of this host is {skew}"),
        _("It differs from the authority's clock by more than five minutes."),
        Step.CLOCK,
        "",
        _("Synchronise the clock of this host by NTP."),
        who=NETWORK,
    ),
    row(
        "other-environment",
        186,
        _("It works by hand, but not in the service"),
        _("Likely the service runs as another user, without its proxy or authorities."),
        Step.PROXY,
        "proxy",
        _("Name proxy and certificate authority in the settings of this client."),
        likely=True,
    ),
    row(
        "connection-lost",
        0,
        _("The connection to {host} was cut"),
        _("The server or something on the way closed it in the middle."),
        Step.NETWORK,
        "",
        _(
            "Nothing to do if it stays rare; else look for a device that cuts"
            " connections."
        ),
        who=NETWORK,
        retry=NOW,
    ),
    row(
        "tls-revocation",
        0,
        _("It could not be checked whether the certificate is revoked"),
        _("Likely this host cannot reach the certificate authority's list."),
        Step.NETWORK,
        "",
        _("Open the way to the lists of the certificate authority (HTTP, port 80)."),
        who=NETWORK,
        retry=BACK_OFF,
        likely=True,
    ),
    row(
        "proxy-unreachable",
        0,
        _("The proxy cannot be reached"),
        _("Nothing answers at the proxy's host and port."),
        Step.PROXY,
        "proxy",
        _("Correct host and port of the proxy, or start it."),
        retry=BACK_OFF,
    ),
    row(
        "proxy-not-http",
        0,
        _("What answers as proxy is no HTTP proxy"),
        _("Host or port name another kind of server."),
        Step.PROXY,
        "proxy",
        _("Correct host, port and kind of the proxy."),
    ),
    row(
        "proxy-not-socks",
        0,
        _("What answers as proxy is no SOCKS5 proxy"),
        _("Host or port name another kind of server."),
        Step.PROXY,
        "proxy",
        _("Correct host, port and kind of the proxy."),
    ),
    row(
        "greeting-unexpected",
        0,
        _("{host} greets like another kind of server"),
        _("Host or port belong to another protocol."),
        Step.SERVER,
        "server",
        _("Correct server and port."),
    ),
)
