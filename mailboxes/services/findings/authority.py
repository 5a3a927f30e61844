"""What differs in a finding when the failure is at the authority, not the mail server.

The same code, such as an unknown host name, is then mended at another field. The rest
of the finding stands in findings.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from ...core.choices import Step
from ...core.codes import Code
from ..finding import Finding, Who

AUTHORITY = "authority"  # evidence["side"] of such a failure

_WAY: dict[str, Any] = {
    "cause": _("Likely a firewall: the authority is reached by HTTPS only."),
    "step": Step.NETWORK,
    "fix": _("Open the way from this host to {host}, port 443, or name a proxy."),
    "option": "proxy",
    "who_id": Who.NETWORK,
    "certain": False,
}
_NAME: dict[str, Any] = {
    "step": Step.AUTHORITY,
    "fix": _("Correct the address of the authority."),
    "option": "tenant-authority",
}
_CHANGES: dict[str, dict[str, Any]] = {
    Code.DNS_UNKNOWN: _NAME,
    Code.TLS_NAME: _NAME,
    Code.PROXY_GATEWAY: _NAME,
    Code.CONNECT_TIMEOUT: _WAY,
    Code.CONNECT_REFUSED: _WAY,
    Code.CONNECT_UNREACHABLE: _WAY,
    Code.READ_TIMEOUT: _WAY,
    Code.TLS_NOT_TLS: {
        "cause": _("Likely a device on the way answers in its place."),
        "step": Step.PROXY,
        "fix": _("Let {host} pass without inspection or sign-in page."),
        "option": "proxy",
        "who_id": Who.NETWORK,
        "certain": False,
    },
}


def at_authority(code: str, row: Finding) -> Finding:
    """`row` as it is when the authority was spoken to."""
    return replace(row, **_CHANGES.get(code, {}))
