"""Rules on server, port and encryption (providers.md 1.2, 1.4 and 5)."""

from __future__ import annotations

from ...core.choices import Mechanism, Protocol, Security
from ...models.clients import MECHANISMS
from ..options.hosts import is_url, path_of, without_scheme
from . import clouds
from .rule import Facts, Level, Messages, Rules

RULES = Rules()
TLS_PORTS = (993, 995, 465)
STARTTLS_PORTS = (143, 110, 587, 25)
EWS_PATH = "/EWS/Exchange.asmx"


@RULES.rule("S01-server-required", Level.REQUIRED)
def server_required(facts: Facts) -> Messages:
    """Every type but GRAPH needs a server."""
    if facts.text("server") or facts.protocol == Protocol.GRAPH:
        return
    if facts.protocol == Protocol.EWS:
        yield "server", _enter_address("mail.contoso.com")
    else:
        example = "outlook.office365.com" if facts.inbound else "smtp.office365.com"
        yield "server", f"Enter the host name of the mail server, such as {example}."


@RULES.rule("S08-ews-address")
def ews_address(facts: Facts) -> Messages:
    """For EWS the server is the whole address of the service."""
    server = facts.text("server")
    if facts.protocol == Protocol.EWS and server and not path_of(server):
        yield "server", _enter_address(facts.host or "mail.contoso.com")


def _enter_address(host: str) -> str:
    return f"Enter the address of the EWS service, such as https://{host}{EWS_PATH}."


@RULES.rule("S09-host-alone")
def host_alone(facts: Facts) -> Messages:
    """For IMAP, POP3 and SMTP the server is a host name."""
    server = facts.text("server")
    names_a_host = facts.protocol not in ("", Protocol.EWS, Protocol.GRAPH)
    if names_a_host and is_url(server):
        yield "server", without_scheme(server)


@RULES.rule("S10-ews-in-clear")
def ews_in_clear(facts: Facts) -> Messages:
    """EWS goes over https, but for this machine."""
    in_clear = facts.text("server").startswith("http://") and not facts.loopback
    if facts.protocol == Protocol.EWS and in_clear:
        what = "token" if facts.oauth else "password"
        yield (
            "server",
            f"Enter https:// in front: a {what} must not travel without encryption.",
        )


@RULES.rule("S02-token-in-clear")
def token_in_clear(facts: Facts) -> Messages:
    """A token does not travel without encryption, but to this machine."""
    if _in_clear(facts) and facts.oauth:
        yield (
            facts.security_option,
            "Choose TLS or STARTTLS: a token must not travel without encryption.",
        )


@RULES.rule("S03-password-in-clear", Level.WARNING)
def password_in_clear(facts: Facts) -> Messages:
    """A password without encryption can be read on the way."""
    signs_in = facts.inbound or bool(facts.text("mailbox"))
    if _in_clear(facts) and not facts.oauth and signs_in:
        yield (
            facts.security_option,
            "The password travels without encryption: everybody on the way can read it."
            " Choose TLS or STARTTLS if the server has it.",
        )


def _in_clear(facts: Facts) -> bool:
    none = facts.values[facts.security_option] == Security.NONE
    return none and not facts.url_only and not facts.loopback


@RULES.rule("S04-office365-port-465")
def office365_port_465(facts: Facts) -> Messages:
    """smtp.office365.com has port 587 with STARTTLS, no port 465."""
    if facts.protocol != Protocol.SMTP or facts.text("server") != "smtp.office365.com":
        return
    port = facts.number("port")
    if port == 465:
        yield "port", "smtp.office365.com has no port 465. Enter 587, with STARTTLS."
    elif port == 0 and facts.values[facts.security_option] == Security.TLS:
        yield (
            facts.security_option,
            "smtp.office365.com has no TLS from the first byte. Choose STARTTLS.",
        )


@RULES.rule("S05-port-fits-encryption", Level.WARNING)
def port_fits_encryption(facts: Facts) -> Messages:
    """A well-known port has its usual encryption."""
    if facts.url_only:
        return
    port = facts.number("port")
    security = facts.values[facts.security_option]
    if port in TLS_PORTS and security == Security.STARTTLS:
        yield (
            "port",
            f"Port {port} usually has TLS from the first byte, but the encryption is"
            " STARTTLS.",
        )
    elif port in STARTTLS_PORTS and security == Security.TLS:
        yield (
            "port",
            f"Port {port} usually begins without TLS, but the encryption is TLS from"
            " the first byte.",
        )


@RULES.rule("S06-exchange-online-basic")
def exchange_online_basic(facts: Facts) -> Messages:
    """Exchange Online takes no password for IMAP, POP3 and EWS."""
    if _basic_at_exchange_online(facts) and facts.protocol != Protocol.SMTP:
        yield (
            MECHANISMS,
            f"Exchange Online has no password sign-in for {facts.protocol} any more."
            " Choose OAuth 2.0 (XOAUTH2).",
        )


@RULES.rule("S07-exchange-online-basic-smtp", Level.WARNING)
def exchange_online_basic_smtp(facts: Facts) -> Messages:
    """From the end of 2026 Exchange Online takes no password for SMTP by default."""
    if _basic_at_exchange_online(facts) and facts.protocol == Protocol.SMTP:
        yield (
            MECHANISMS,
            "Exchange Online switches password sign-in for SMTP off by default at the"
            " end of December 2026. Choose OAuth 2.0 (XOAUTH2).",
        )


def _basic_at_exchange_online(facts: Facts) -> bool:
    basic = facts.values[MECHANISMS] == Mechanism.BASIC and not facts.oauth
    return basic and bool(facts.protocol) and facts.host in clouds.EXCHANGE_ONLINE


@RULES.rule("S11-cloud-of-server")
def cloud_of_server(facts: Facts) -> Messages:
    """A server of Microsoft's is in the cloud of the authority."""
    of_server = clouds.of_server(facts.host)
    if facts.protocol == Protocol.GRAPH:
        return  # its server has no effect
    if not facts.microsoft or of_server is None or facts.authority is None:
        return
    of_authority = facts.authority.cloud
    if of_authority and of_authority is not of_server:
        yield (
            "server",
            f"{facts.host} is in {of_server.name}, the authority in"
            f" {of_authority.name}: tokens are refused across clouds. Its authority is"
            f" {of_server.authority}.",
        )


@RULES.rule("S12-ews-ends", Level.WARNING)
def ews_ends(facts: Facts) -> Messages:
    """Exchange Online ends EWS; on-premises servers are not affected."""
    if facts.protocol == Protocol.EWS and facts.host in clouds.EXCHANGE_ONLINE:
        yield (
            "server",
            "Exchange Online has EWS off by default since 1 October 2026 and ends it on"
            " 1 April 2027. Move this section to GRAPH.",
        )


@RULES.rule("S13-provider-of-server", Level.WARNING)
def provider_of_server(facts: Facts) -> Messages:
    """Server and authority are of the same provider."""
    if facts.protocol == Protocol.GRAPH:
        return  # its server has no effect
    if facts.microsoft and clouds.is_google(facts.host):
        server, authority = "Google", "Microsoft"
    elif facts.google and clouds.of_server(facts.host):
        server, authority = "Microsoft", "Google"
    else:
        return
    yield (
        "server",
        f"{facts.host} is a server of {server}, but the authority is of {authority}:"
        " its tokens are refused there.",
    )


@RULES.rule("S14-google-basic", Level.WARNING)
def google_basic(facts: Facts) -> Messages:
    """Google takes app passwords only."""
    if not facts.oauth and clouds.is_google(facts.host):
        yield (
            MECHANISMS,
            "Google takes no password of an account, only an app password (2-step"
            " verification on). Choose OAuth 2.0 (XOAUTH2).",
        )
