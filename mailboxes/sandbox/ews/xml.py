"""SOAP of Exchange Web Services: envelopes, faults and response messages.

Names and shapes: MS-OXWSCDATA and the element reference of EWS (learn.microsoft.com/
exchange/client-developer/web-service-reference). What is answered: ews/server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from ..http import Answer

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
KIND = {"Content-Type": "text/xml; charset=utf-8"}
# In the order of age; a server takes its own and all before.
VERSIONS = (
    "Exchange2007",
    "Exchange2007_SP1",
    "Exchange2010",
    "Exchange2010_SP1",
    "Exchange2010_SP2",
    "Exchange2013",
    "Exchange2013_SP1",
    "Exchange2015",
    "Exchange2016",
)
_ABOUT = (
    '<h:ServerVersionInfo xmlns:h="' + TYPES + '" MajorVersion="15" '
    'MinorVersion="20" MajorBuildNumber="9412" MinorBuildNumber="10" '
    'Version="V2018_01_08"/>'
)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Element = ElementTree.Element


class Malformed(ValueError):
    """The request is no SOAP message of EWS."""


@dataclass
class Refused(Exception):
    """A response code of Exchange. fault: for the whole request, not one item of it.

    detail: of MessageXml, as it stands on the wire.
    """

    code: str
    text: str
    fault: bool = False
    detail: str = ""


def m(name: str) -> str:
    """A tag of the messages' namespace, as ElementTree writes it."""
    return f"{{{MESSAGES}}}{name}"


def t(name: str) -> str:
    """A tag of the types' namespace."""
    return f"{{{TYPES}}}{name}"


def read(body: bytes) -> tuple[Element | None, Element]:
    """SOAP header and the operation of a request. Raises Malformed."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise Malformed(str(error)) from error
    inside = root.find(f"{{{SOAP}}}Body")
    if inside is None or len(inside) != 1:
        raise Malformed("no operation in the body")
    return root.find(f"{{{SOAP}}}Header"), inside[0]


def name_of(element: Element) -> str:
    """The tag without its namespace."""
    return element.tag.rpartition("}")[2]


def text_of(element: Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def tag(name: str, inside: str = "", **attributes: str) -> str:
    """An element whose content is XML already."""
    told = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{told}>{inside}</{name}>" if inside else f"<{name}{told}/>"


def plain(name: str, value: object) -> str:
    """An element with text in it; what XML cannot hold is left out."""
    words = str(value).lower() if isinstance(value, bool) else str(value)
    return tag(name, escape(_UNPRINTABLE.sub("", words)))


def success(operation: str, inside: str = "") -> str:
    """One response message of an operation that went well."""
    return tag(
        f"m:{operation}ResponseMessage",
        plain("m:ResponseCode", "NoError") + inside,
        ResponseClass="Success",
    )


def failure(operation: str, refused: Refused, inside: str = "") -> str:
    """One response message with an error. inside: what has to be there all the same."""
    detail = tag("m:MessageXml", refused.detail) if refused.detail else ""
    return tag(
        f"m:{operation}ResponseMessage",
        plain("m:MessageText", refused.text)
        + plain("m:ResponseCode", refused.code)
        + plain("m:DescriptiveLinkKey", 0)
        + detail
        + inside,
        ResponseClass="Error",
    )


def answer(operation: str, messages: Iterable[str]) -> Answer:
    """The whole answer of an operation."""
    inside = tag("m:ResponseMessages", "".join(messages))
    return Answer(200, _envelope(tag(f"m:{operation}Response", inside)), dict(KIND))


def fault(refused: Refused) -> Answer:
    """A SOAP fault, which Exchange sends with status 500."""
    detail = (
        f'<e:ResponseCode xmlns:e="{ERRORS}">{escape(refused.code)}</e:ResponseCode>'
        f'<e:Message xmlns:e="{ERRORS}">{escape(refused.text)}</e:Message>'
    )
    if refused.detail:
        detail += tag("t:MessageXml", refused.detail)
    body = (
        "<s:Fault>"
        f'<faultcode xmlns:a="{TYPES}">a:{escape(refused.code)}</faultcode>'
        f'<faultstring xml:lang="en-US">{escape(refused.text)}</faultstring>'
        f"<detail>{detail}</detail></s:Fault>"
    )
    return Answer(500, _envelope(body), dict(KIND))


def _envelope(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">'
        f"<s:Header>{_ABOUT}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
