"""Address lists as people type them, read strictly: a doubt is an error, not a guess.

Used for composing and for envelopes. What SMTP can carry on the wire is decided again
by the transport.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.errors import MessageError
from email.headerregistry import Address
from email.policy import SMTP

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

LONGEST = 254  # octets of an address, RFC 5321 section 4.5.3.1.3 less the brackets
MOST = 20_000  # characters of a list; the parser is quadratic on some texts
SHOWN = 60  # characters of wrong text that an error repeats

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")


class AddressError(ValueError):
    """What is wrong with a list, as one sentence for the person who typed it."""


def parse(text: str) -> list[Address]:
    """The addresses of a comma-separated list, with names, in order, each once.

    Takes `anna@contoso.com` and `Anna Lee <anna@contoso.com>` (RFC 5322 section 3.4);
    groups are refused. An empty text is an empty list. Raises AddressError.
    """
    if _CONTROL.search(text):
        raise AddressError(
            _("Write the addresses on one line with commas: there is a line break.")
        )
    if not text.strip():
        return []
    if len(text) > MOST:
        raise AddressError(
            _("Give at most %d characters of addresses; write the others separately.")
            % MOST
        )
    if ";" in text:
        raise AddressError(_("Separate addresses with commas, not semicolons."))
    try:
        header = SMTP.header_factory("To", text.strip().strip(","))
        found: tuple[Address, ...] = header.addresses
        defects = header.defects
    except (
        AssertionError, AttributeError, LookupError, MessageError, RecursionError,
        TypeError, ValueError,
    ) as error:  # fmt: skip
        # The parser of the standard library trips over some texts.
        raise AddressError(_not_an_address(text)) from error
    if not found:
        raise AddressError(_not_an_address(text))
    result: dict[str, Address] = {}
    for address in found:
        spec = check(address.addr_spec)
        local, _at, domain = spec.rpartition("@")
        kept = Address(address.display_name, username=local, domain=domain)
        result.setdefault(spec.lower(), kept)
    if defects:
        raise AddressError(_not_an_address(text))
    return list(result.values())


def check(address: str) -> str:
    """`address` alone, without a name, its domain in ASCII. Raises AddressError."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or not domain:
        raise AddressError(_not_an_address(address))
    if not local.isascii():
        raise AddressError(
            _("“%s” has letters beyond ASCII before the @, which mail cannot carry.")
            % address[:SHOWN]
        )
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
        spec = f"{local}@{ascii_domain}"
        validate_email(spec)
    except (UnicodeError, ValidationError) as error:
        raise AddressError(_not_an_address(address)) from error
    if len(spec) > LONGEST:
        raise AddressError(_("“%s…” is longer than an address may be.") % spec[:SHOWN])
    return spec


def specs(addresses: Iterable[Address]) -> list[str]:
    """The bare addresses of a parsed list."""
    return [address.addr_spec for address in addresses]


def _not_an_address(text: str) -> str:
    shown = text.strip()
    shown = shown[:SHOWN] + "…" if len(shown) > SHOWN else shown
    return _("“%s” is not an e-mail address.") % shown
