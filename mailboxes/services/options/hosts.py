"""Reads the name of a server: a host name, or the address of an EWS service.

Which of the two a type needs is a rule (option_rules/server). Nothing is resolved here.
"""

from __future__ import annotations

import ipaddress
import re

from .reading import Reading, read_text

RULE = "T07-host"
NOT_A_HOST = "This is not a host name. Enter one such as mail.example.com."
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_URL = re.compile(r"(https?)://([^/?#]*)([^?#]*)([?#].*)?", re.IGNORECASE)
_AT = re.compile(r"(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?")


def read_host(text: str, *, url: bool = False) -> Reading:
    """Read a host name in its one form: lower case, ASCII, no dot at its end.

    url: a well-formed http or https address is also good.
    """
    plain = read_text(text)
    if plain.problem or not text:
        return plain
    if url and _URL.fullmatch(text):
        return _read_url(text)
    if "://" in text:
        return Reading(text, without_scheme(text), RULE)
    host = text.lower()
    if _is_address(host.strip("[]")):
        return Reading(host.strip("[]"))
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit():
        return Reading(
            text,
            f"Enter the host name without the port: {name}. Port has its own field.",
            RULE,
        )
    if re.search(r"\s", host):
        return Reading(text, "A host name has no spaces in it.", RULE)
    if "@" in host:
        return Reading(
            text,
            "This is a mail address. Enter the host name of the mail server.",
            RULE,
        )
    name = _ascii(host)
    if not name:
        return Reading(text, NOT_A_HOST, RULE)
    if host == name:
        return Reading(name)
    return Reading(name, notice=f"Server: {host} is written as {name}.")


def is_url(server: str) -> bool:
    """The text is an http or https address."""
    return "://" in server and _URL.fullmatch(server) is not None


def path_of(url: str) -> str:
    """The path of an address, "" where it is only a slash."""
    found = _URL.fullmatch(url)
    return found[3].rstrip("/") if found else ""


def host_of(server: str) -> str:
    """The host name of a server, also where it is an address."""
    if "://" not in server:
        return server
    place = re.split(r"[/?#]", server.partition("://")[2])[0]
    found = _AT.match(place.rpartition("@")[2])
    return found[1].strip("[]").lower() if found else ""


def port_of(server: str) -> int:
    """The port of a server that is an address, 0 for a host name."""
    if not is_url(server):
        return 0
    place = re.split(r"[/?#]", server.partition("://")[2])[0]
    found = _AT.match(place.rpartition("@")[2])
    if found and found[2]:
        return int(found[2])
    return 80 if server.startswith("http://") else 443


def without_scheme(url: str) -> str:
    """What is said of an address where a host name is needed."""
    scheme, bare = url.partition("://")[0].lower(), host_of(url)
    return f"Enter the host name alone, without {scheme}:// and without a path" + (
        f": {bare}." if bare else "."
    )


def _read_url(text: str) -> Reading:
    found = _URL.fullmatch(text)
    assert found is not None
    scheme, place, path = found[1].lower(), found[2], found[3].rstrip("/")
    if "@" in place:
        return Reading(text, "Remove the user name and @ from the address.", RULE)
    if found[4]:
        return Reading(text, f"Remove {found[4][0]} and what follows it.", RULE)
    if re.search(r"\s", place + path):
        return Reading(text, "An address has no spaces in it.", RULE)
    at = _AT.fullmatch(place)
    host = _url_host(at[1]) if at else ""
    if at is None or not host or (at[2] and not 0 < int(at[2]) < 65536):
        example = "https://mail.example.com/EWS/Exchange.asmx"
        return Reading(text, f"Enter an address such as {example}.", RULE)
    address = f"{scheme}://{host}{':' + str(int(at[2])) if at[2] else ''}{path}"
    if address.lower() == text.lower():
        return Reading(address)
    return Reading(address, notice=f"Server: {text} is written as {address}.")


def _url_host(text: str) -> str:
    """The host of an address in its one form, "" when it is none."""
    host = text.lower()
    if host.startswith("["):
        return host if _is_address(host.strip("[]")) else ""
    return host if _is_address(host) and ":" not in host else _ascii(host)


def _ascii(host: str) -> str:
    """A host name as DNS knows it, "" when it is none."""
    try:
        name = host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return ""
    # Else an IPv4 address with a number too many, or out of range.
    return "" if labels[-1].isdigit() else name


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
