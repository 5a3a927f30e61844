"""Entra ID through MSAL: tokens, and the first sign-in of a person.

Nothing else imports msal. Which of it a section needs: services/tokens/requests and
services/sign_ins.
"""

from .sign_in import begin_device, link, poll_device, redeem
from .tokens import GRANTS, SHOWN_CLAIMS, acquire, cached, claims

__all__ = [
    "GRANTS",
    "SHOWN_CLAIMS",
    "acquire",
    "begin_device",
    "cached",
    "claims",
    "link",
    "poll_device",
    "redeem",
]
