"""Microsoft's clouds and the provider of a host (providers.md section 1.4).

Tables and look-ups only; the rules that ask are in the modules option_rules_….
"""

from __future__ import annotations

from dataclasses import dataclass

from ...core.choices import Protocol


@dataclass(frozen=True)
class Cloud:
    """One of Microsoft's clouds. Tokens of one are refused in the others.

    authorities, graph, exchange: hosts of the authority, and of the resources that a
        scope may name; the first is the one to recommend.
    suffixes: ends of the names of its mail servers.
    """

    name: str
    authorities: tuple[str, ...]
    graph: tuple[str, ...]
    exchange: tuple[str, ...]
    suffixes: tuple[str, ...]

    @property
    def authority(self) -> str:
        return f"https://{self.authorities[0]}"

    def scope_for(self, protocol: str) -> str:
        """The scope that a client of this protocol asks for."""
        hosts = self.graph if protocol == Protocol.GRAPH else self.exchange
        return f"https://{hosts[0]}/.default"


GLOBAL = Cloud(
    "the global cloud",
    ("login.microsoftonline.com",),
    ("graph.microsoft.com",),
    ("outlook.office.com", "outlook.office365.com"),
    (".office365.com", ".office.com"),
)
US_GOVERNMENT = Cloud(
    "the US Government cloud",
    ("login.microsoftonline.us",),
    ("graph.microsoft.us", "dod-graph.microsoft.us"),
    ("outlook.office365.us", "outlook-dod.office365.us"),
    (".office365.us",),
)
CHINA = Cloud(
    "the cloud of 21Vianet in China",
    ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    ("microsoftgraph.chinacloudapi.cn",),
    ("partner.outlook.cn",),
    ("partner.outlook.cn",),
)
CLOUDS = (GLOBAL, US_GOVERNMENT, CHINA)

EXCHANGE_ONLINE = ("outlook.office365.com", "smtp.office365.com", "outlook.office.com")
GOOGLE_SUFFIXES = (".gmail.com", ".googlemail.com")
# Personal accounts: no password and no application signs them in.
PERSONAL_DOMAINS = ("outlook.com", "hotmail.com", "live.com", "msn.com")
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"

_OF_AUTHORITY = {host: cloud for cloud in CLOUDS for host in cloud.authorities}
_OF_GRAPH = {host: cloud for cloud in CLOUDS for host in cloud.graph}
_OF_EXCHANGE = {host: cloud for cloud in CLOUDS for host in cloud.exchange}


def of_authority(host: str) -> Cloud | None:
    """The cloud whose authority this is; None for an unknown host."""
    return _OF_AUTHORITY.get(host)


def of_server(host: str) -> Cloud | None:
    """The cloud whose mail server this is; None for any other server."""
    return next((c for c in CLOUDS if host.endswith(c.suffixes)), None)


def of_graph(host: str) -> Cloud | None:
    """The cloud whose Microsoft Graph this is."""
    return _OF_GRAPH.get(host)


def of_exchange(host: str) -> Cloud | None:
    """The cloud whose Exchange Online this is."""
    return _OF_EXCHANGE.get(host)


def is_google(host: str) -> bool:
    """The mail server is one of Gmail's."""
    return host.endswith(GOOGLE_SUFFIXES)
