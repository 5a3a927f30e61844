"""Reads one value of one option: its type and bounds, as the declaration says.

Knows nothing of other options (option_rules does). Wrong values come back as typed,
with the message, so that a form can show them again.
"""

from __future__ import annotations

from dataclasses import replace

from ...core.choices import Security
from ...core.options import (
    Kind,
    Option,
    Target,
    format_duration,
    format_value,
    parse_duration,
)
from .hosts import read_host
from .pins import Lookup
from .reading import CONTROL, LONGEST_TEXT, Reading, read_text, tidy

__all__ = ["Reading", "read", "read_secret", "tidy"]

# RFC 6749 names no end. Refresh tokens of Entra have 1,000 to more than 3,000.
LONGEST_SECRET = 10_000
# What servers and people call the kinds of encryption, beside the words of the option;
# which the old server has is only recalled (email-server-options.md section 1.2).
SECURITY_WORDS = {
    "ssl": Security.TLS,
    "tls": Security.TLS,
    "ssl/tls": Security.TLS,
    "ssl_tls": Security.TLS,
    "starttls": Security.STARTTLS,
    "start_tls": Security.STARTTLS,
    "plain": Security.NONE,
    "off": Security.NONE,
}
TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")
TAKES_URL = "server"  # for EWS; a proxy is always a host


def read(option: Option, raw: object, lookup: Lookup | None = None) -> Reading:
    """Read `raw`, a text or a value in Python's terms, as a value of `option`."""
    if option.kind is Kind.REFERENCE:
        return _reference(option, raw, lookup or Lookup())
    if option.kind is Kind.BOOLEAN:
        return _boolean(raw)
    if isinstance(raw, int) and not isinstance(raw, bool):
        if option.kind in (Kind.INTEGER, Kind.DURATION, Kind.SIZE):
            return _bounded(option, raw, raw)
        raw = str(raw)
    given = "" if raw is None else str(raw)
    text = tidy(given)
    if not text and option.has_default and not _empty_counts(option):
        shown = format_value(option, option.default)
        return Reading(
            option.default, notice=f"{option.label}: empty, so its default {shown}."
        )
    reading = _typed(option, text)
    if text == given or reading.notice:
        return reading
    notice = f"{option.label}: blanks or quotes around the value were removed."
    return replace(reading, notice=notice)


def read_secret(text: str) -> Reading:
    """A new secret; only line ends around it are cut, all else may be part of it."""
    cut = text.strip("\r\n")
    if CONTROL.search(cut):
        return Reading(
            cut,
            "Enter the password again: it held a line break or another control"
            " character.",
            "T01-control-characters",
        )
    if len(cut) > LONGEST_SECRET:
        return Reading(
            cut, f"Enter at most {LONGEST_SECRET} characters.", "T02-too-long"
        )
    return Reading(cut)


def _empty_counts(option: Option) -> bool:
    """An empty field means something of its own, or is a mistake worth saying."""
    empty_is_a_choice = "" in {value for value, _ in option.choices}
    return empty_is_a_choice or option.kind is Kind.DURATION


def _typed(option: Option, text: str) -> Reading:
    match option.kind:
        case Kind.CHOICE:
            return _choice(option, text)
        case Kind.INTEGER | Kind.SIZE:
            if text.isascii() and text.isdigit() and len(text) <= 15:
                return _bounded(option, int(text), text)
            return _out_of_bounds(option, text)
        case Kind.DURATION:
            try:
                return _bounded(option, parse_duration(text), text)
            except ValueError:
                return _out_of_bounds(option, text)
        case Kind.HOST:
            return read_host(text, url=option.name == TAKES_URL)
    for value, _ in option.choices:
        if text.lower() == value.lower():
            return Reading(value)
    return read_text(text)


def _bounded(option: Option, number: int, typed: object) -> Reading:
    low, high = option.minimum, option.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        return _out_of_bounds(option, typed)
    return Reading(number)


def _out_of_bounds(option: Option, typed: object) -> Reading:
    low, high = option.minimum or 0, option.maximum or 0
    if option.name == "token-expiry-margin-time":
        text = "Enter a period of less than one hour as hh:mm:ss, 00:00:00 to 00:59:59."
    elif option.kind is Kind.DURATION:
        text = (
            f"Enter a time as hh:mm:ss, {format_duration(low)} to"
            f" {format_duration(high)}."
        )
    elif option.kind is Kind.SIZE:
        text = f"Enter a number of bytes, {low} to {high}." + _megabytes(typed, low)
    else:
        text = f"Enter a whole number, {low} to {high}."
    return Reading(typed, text, f"T03-{option.kind}")


def _megabytes(typed: object, low: int) -> str:
    """A small number is likely meant in megabytes; which unit the old server has is not
    known (email-server-options.md section 1.2), so that nothing is guessed."""
    text = str(typed)
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        return ""
    if not 0 < int(text) < low:
        return ""
    return f" {int(text)} megabytes are {int(text) * 1024 * 1024}."


def _choice(option: Option, text: str) -> Reading:
    for value, _ in option.choices:
        if text.lower() == value.lower():
            return Reading(value)
    meant = SECURITY_WORDS.get(text.lower())
    if meant is not None and option.name.endswith("-connection-security"):
        notice = f"{option.label}: {text} was cleaned to {meant.value}."
        return Reading(meant.value, notice=notice)
    known = ", ".join(value for value, _ in option.choices if value)
    return Reading(text, f"Choose one of: {known}.", "T04-choice")


def _boolean(raw: object) -> Reading:
    if isinstance(raw, bool):
        return Reading(raw)
    text = tidy("" if raw is None else str(raw))
    if text.lower() in TRUE:
        return Reading(True)
    if text.lower() in FALSE:
        return Reading(False)
    return Reading(text, "Enter true or false.", "T05-boolean")


NOT_FOUND = {
    Target.PROXY: ("Choose a proxy that is set up here, or none.", "T06-proxy"),
    Target.REGISTRATION: (
        "Choose an app registration that is set up here, or none.",
        "T08-registration",
    ),
    Target.SECRET: ("Choose a secret that is set up here, or none.", "T09-secret"),
}


def _reference(option: Option, raw: object, lookup: Lookup) -> Reading:
    """What is named, by its id or its name; None for nothing."""
    assert option.target is not None
    text = "" if raw is None or isinstance(raw, bool) else tidy(str(raw))
    if not text:
        return Reading(None)
    found = None
    if not CONTROL.search(text) and len(text) <= LONGEST_TEXT:
        found = lookup.find(option.target, text)
    if found is None:
        return Reading(text, *NOT_FOUND[option.target])
    return Reading(found.pk)
