"""What the place of a failure tells beyond its code: its stage, protocol and port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from ...core.choices import Protocol, Retry, Stage
from ...core.codes import Code
from ..finding import Finding
from .catalogue import BY_ID

TLS_PORTS = (465, 993, 995)


def at_place(code: str, row: Finding, facts: Mapping[str, Any], stage: str) -> Finding:
    """`row`, or what is more exact of a failure at this place."""
    if code == Code.READ_TIMEOUT and _waits_for_tls(facts, stage):
        return replace(
            row,
            cause=_(
                "Likely it waits for encryption: port {port} has TLS from the first"
                " byte."
            ),
            option="pop-connection-security",
            fix=_("Choose TLS in place of STARTTLS, or the port that has STARTTLS."),
            retry=Retry.ADMIN,
            certain=False,
        )
    sends = facts.get("protocol") == Protocol.SMTP
    if code == Code.CONNECTION_LOST and stage == Stage.SIGN_IN and sends:
        return BY_ID["smtp-cut-after-auth"]
    return row


def _waits_for_tls(facts: Mapping[str, Any], stage: str) -> bool:
    """No greeting came at a port of TLS, and nothing was encrypted before."""
    at_port = facts.get("port") in TLS_PORTS and not facts.get("tls")
    return stage == Stage.GREETING and at_port
