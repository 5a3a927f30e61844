"""Rules on server, port and encryption (providers.md 1.2 and 5)."""

from __future__ import annotations

from ..core.choices import Mechanism, Protocol, Security
from ..models.clients import MECHANISMS
from .option_rule import EXCHANGE_ONLINE, Facts, Level, Messages, rule

TLS_PORTS = (993, 995, 465)
STARTTLS_PORTS = (143, 110, 587, 25)


@rule("S01-server-required", Level.REQUIRED)
def server_required(facts: Facts) -> Messages:
    if not facts.text("server"):
        example = "outlook.office365.com" if facts.inbound else "smtp.office365.com"
        yield "server", f"Enter the host name of the mail server, such as {example}."


@rule("S02-token-in-clear")
def token_in_clear(facts: Facts) -> Messages:
    if _in_clear(facts) and facts.oauth:
        yield (
            facts.security_option,
            "Choose TLS or STARTTLS: a token must not travel without encryption.",
        )


@rule("S03-password-in-clear", Level.WARNING)
def password_in_clear(facts: Facts) -> Messages:
    signs_in = facts.inbound or bool(facts.text("mailbox"))
    if _in_clear(facts) and not facts.oauth and signs_in:
        yield (
            facts.security_option,
            "The password travels without encryption: everybody on the way can read it."
            " Choose TLS or STARTTLS if the server has it.",
        )


def _in_clear(facts: Facts) -> bool:
    none = facts.values[facts.security_option] == Security.NONE
    return none and not facts.loopback


@rule("S04-office365-port-465")
def office365_port_465(facts: Facts) -> Messages:
    if facts.text("server") != "smtp.office365.com" or facts.inbound:
        return
    port = facts.number("port")
    if port == 465:
        yield "port", "smtp.office365.com has no port 465. Enter 587, with STARTTLS."
    elif port == 0 and facts.values[facts.security_option] == Security.TLS:
        yield (
            facts.security_option,
            "smtp.office365.com has no TLS from the first byte. Choose STARTTLS.",
        )


@rule("S05-port-fits-encryption", Level.WARNING)
def port_fits_encryption(facts: Facts) -> Messages:
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


@rule("S06-exchange-online-basic-imap")
def exchange_online_basic_imap(facts: Facts) -> Messages:
    basic = facts.values[MECHANISMS] == Mechanism.BASIC
    if facts.protocol == Protocol.IMAP and basic and _exchange_online(facts):
        yield (
            MECHANISMS,
            "Exchange Online has no password sign-in for IMAP any more. Choose OAuth"
            " 2.0 (XOAUTH2).",
        )


@rule("S07-exchange-online-basic-smtp", Level.WARNING)
def exchange_online_basic_smtp(facts: Facts) -> Messages:
    basic = facts.values[MECHANISMS] == Mechanism.BASIC
    if facts.protocol == Protocol.SMTP and basic and _exchange_online(facts):
        yield (
            MECHANISMS,
            "Exchange Online switches password sign-in for SMTP off by default at the"
            " end of December 2026. Choose OAuth 2.0 (XOAUTH2).",
        )


def _exchange_online(facts: Facts) -> bool:
    return facts.text("server") in EXCHANGE_ONLINE
