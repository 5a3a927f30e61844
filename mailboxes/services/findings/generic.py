"""What is said when nobody knows: findings by stage or by what a text speaks of."""

from __future__ import annotations

import re

from ...core.choices import Stage
from ..finding import Finding
from .catalogue import BY_ID
from .features import Features

_BY_STAGE: dict[str, str] = {
    Stage.DNS: "unexplained-network",
    Stage.TCP: "unexplained-network",
    Stage.PROXY: "unexplained-network",
    Stage.TLS: "unexplained-network",
    Stage.TENANT: "token-refused",
    Stage.TOKEN: "token-refused",
    Stage.SIGN_IN: "unexplained-sign-in",
    Stage.ENVELOPE: "unexplained-sending",
    Stage.DATA: "unexplained-sending",
}
_FAULT = re.compile(
    r"error|exception|check (?:your|the)\b|fail|denied|refus|time?d? ?out"
    r"|unable|cannot|can't|could not"
    r"|invalid|reject|aadsts|panic|fatal|traceback|\b(?:bad|no|not)\b|unreach|lost\b"
    r"|\bfehl|ung(?:ü|ue)ltig|verweiger|abgelehnt|\bnicht\b|erreur|[ée]chou"
    r"|impossible|incorrect|\bfall|errore|fallit|negat[oa]|falha|inv[áa]lid|rechaz"
    r"|restricted|suspended|suspect|hacked|unauthori[sz]ed|forbidden"
    r"|closed\b|disconnect|missing|expired|revoked|wrong|incorrect|\b[45]\d\d[ -]"
)
_SIGN_IN = re.compile(r"auth|login|logon|log in|sign.?in|credential|password|\b535\b")
_NETWORK = re.compile(r"connect|timed? ?out|resolv|\b(?:ssl|tls)\b|certificate|socket")
_SEND = re.compile(r"smtp|send|deliver|recipient|\b5\d\d[ -]")


def by_stage(stage: str) -> Finding | None:
    """The generic finding of a stage; None where a stage tells nothing."""
    return BY_ID.get(_BY_STAGE.get(stage, ""))


def by_text(features: Features) -> Finding | None:
    """The generic finding of a text; None where nothing in it is wrong."""
    if not _FAULT.search(features.text):
        return None
    if features.silent:
        return BY_ID[_silent(features)]
    if "token" in features.tags and re.search("token", features.text):
        return BY_ID["token-refused"]
    if _SIGN_IN.search(features.text):
        return BY_ID["unexplained-sign-in"]
    if features.speaks_of("smtp") and _SEND.search(features.text):
        return BY_ID["unexplained-sending"]
    if features.speaks_of("imap|pop3|ews|graph"):
        return BY_ID["protocol-error"]
    return BY_ID["unexplained"]


def _silent(features: Features) -> str:
    """Of a text that names neither mail nor a protocol nor a provider."""
    if "foreign" in features.tags:
        return "unexplained"
    if _SIGN_IN.search(features.text):
        return "unexplained-sign-in"
    return "unexplained-network" if _NETWORK.search(features.text) else "unexplained"
