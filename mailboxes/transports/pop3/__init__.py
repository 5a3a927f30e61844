"""POP3 in: transport (verbs), sign_in, client (the line), body, answers."""

from .transport import Pop3Transport

__all__ = ["Pop3Transport"]
