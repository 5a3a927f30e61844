"""EWS in and out: inbound and outbound (verbs), account (isolation), calls, answers."""

from .inbound import EwsInbound
from .outbound import EwsOutbound

__all__ = ["EwsInbound", "EwsOutbound"]
