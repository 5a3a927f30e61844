"""Reads one value of one option: its type and bounds, as the declaration says.

Knows nothing of other options (option_rules does). Wrong values come back as typed,
with the message, so that a form can show them again.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace

from ..core.options import (
    Kind,
    Option,
    Target,
    format_duration,
    format_value,
    parse_duration,
)
from .pins import Lookup

LONGEST_TEXT = 255
LONGEST_SECRET = 1000
TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")
QUOTES = {('"', '"'), ("'", "'"), ("“", "”"), ("„", "“"), ("‘", "’"), ("«", "»")}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Not seen, and pasted along from portals and mails.
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")


@dataclass(frozen=True)
class Reading:
    """What was read: the value, or the text as typed with its problem.

    notice: one sentence about what was cleaned; it names the option.
    """

    value: object
    problem: str = ""
    rule: str = ""
    notice: str = ""


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
    notice = f"{option.label}: blanks or quotes around the value were removed."
    notice = notice if text != given else ""
    if not text and option.has_default and _needs_value(option):
        shown = format_value(option, option.default)
        return Reading(
            option.default, notice=f"{option.label}: empty, so its default {shown}."
        )
    reading = _typed(option, text)
    return replace(reading, notice=reading.notice or notice)


def tidy(text: str) -> str:
    """Without blanks, invisible characters and one pair of quotes around it."""
    while True:
        tidied = _INVISIBLE.sub("", text).strip()
        if len(tidied) > 1 and (tidied[0], tidied[-1]) in QUOTES:
            tidied = tidied[1:-1]
        if tidied == text:
            return text
        text = tidied


def read_secret(text: str) -> Reading:
    """A new secret; only line ends around it are cut, all else may be part of it."""
    cut = text.strip("\r\n")
    if _CONTROL.search(cut):
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


def _needs_value(option: Option) -> bool:
    return "" not in {value for value, _ in option.choices}


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
            return _host(text)
    for value, _ in option.choices:
        if text.lower() == value.lower():
            return Reading(value)
    return _text(text)


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
        text = f"Enter a number of bytes, {low} to {high}."
    else:
        text = f"Enter a whole number, {low} to {high}."
    return Reading(typed, text, f"T03-{option.kind}")


def _choice(option: Option, text: str) -> Reading:
    for value, _ in option.choices:
        if text.lower() == value.lower():
            return Reading(value)
    known = ", ".join(value for value, _ in option.choices if value)
    if len(option.choices) == 1:
        return Reading(text, f"Only {known} is possible in this version.", "T04-choice")
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


def _text(text: str) -> Reading:
    if _CONTROL.search(text):
        return Reading(
            text,
            "Remove the line breaks, tabs and other control characters.",
            "T01-control-characters",
        )
    if len(text) > LONGEST_TEXT:
        return Reading(
            text, f"Enter at most {LONGEST_TEXT} characters.", "T02-too-long"
        )
    return Reading(text)


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
    if not _CONTROL.search(text) and len(text) <= LONGEST_TEXT:
        found = lookup.find(option.target, text)
    if found is None:
        return Reading(text, *NOT_FOUND[option.target])
    return Reading(found.pk)


def _host(text: str) -> Reading:
    plain = _text(text)
    if plain.problem or not text:
        return plain
    host = text.lower()
    scheme, separator, rest = host.partition("://")
    if separator:
        bare = re.split(r"[/:?#]", rest)[0]
        return Reading(
            text,
            f"Enter the host name alone, without {scheme}:// and without a path"
            + (f": {bare}." if bare else "."),
            "T07-host",
        )
    if _is_address(host.strip("[]")):
        return Reading(host.strip("[]"))
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit():
        return Reading(
            text,
            f"Enter the host name without the port: {name}. Port has its own field.",
            "T07-host",
        )
    if re.search(r"\s", host):
        return Reading(text, "A host name has no spaces in it.", "T07-host")
    if "@" in host:
        return Reading(
            text,
            "This is a mail address. Enter the host name of the mail server.",
            "T07-host",
        )
    return _host_name(text, host)


def _host_name(text: str, host: str) -> Reading:
    wrong = Reading(
        text,
        "This is not a host name. Enter one such as mail.example.com.",
        "T07-host",
    )
    try:
        name = host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return wrong
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return wrong
    if labels[-1].isdigit():
        return wrong  # an IPv4 address with a number too many, or out of range
    if host == name:
        return Reading(name)
    return Reading(name, notice=f"Server: {host} is written as {name}.")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
