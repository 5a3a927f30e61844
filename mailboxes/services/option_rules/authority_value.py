"""Takes an authority apart: host, tenant, cloud (providers.md section 5).

People paste it with a slash, with /v2.0, as a token address or with their tenant in it;
all of that means the same authority. Which ones are good: option_rules/authority.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import clouds
from .clouds import Cloud

_END = (
    r"(?:/v2\.0(?:/\.well-known/openid-configuration)?"
    r"|/oauth2(?:/v2\.0)?(?:/token|/authorize|/devicecode)?)?/*"
)
_MICROSOFT = re.compile(
    r"(?:https://)?(?P<host>[a-z0-9.-]+)(?::443)?"
    r"(?:/(?P<tenant>(?!oauth2(?:/|$)|v2\.0(?:/|$))[a-z0-9][a-z0-9.-]*))?" + _END
)
_OTHER = re.compile(
    r"(?P<start>https://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?)"
    r"(?P<path>[^\s?#@]*?)" + _END,
    re.IGNORECASE,
)
_HOST = re.compile(r"(?:[a-z]+://)?(?P<host>[^/:?#\s]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Authority:
    """An authority as it is meant.

    url: without slash at its end, version and token path. tenant: "" where none is
    named. cloud: None where the host is not one of Microsoft's.
    """

    url: str
    host: str
    tenant: str = ""
    cloud: Cloud | None = None


def parse(text: str) -> Authority | None:
    """Take an authority apart; None when it is no https address that can be one."""
    found = _MICROSOFT.fullmatch(text.lower())
    cloud = clouds.of_authority(found["host"]) if found else None
    if found and cloud:
        host = found["host"]
        return Authority(f"https://{host}", host, found["tenant"] or "", cloud)
    other = _OTHER.fullmatch(text)
    if other is None or clouds.of_authority(other["host"].lower()):
        return None
    return Authority(other["start"].lower() + other["path"], other["host"].lower())


def host_in(text: str) -> str:
    """The host of whatever was typed, "" for none."""
    found = _HOST.match(text)
    return found["host"].lower() if found else ""
