"""POP3 in: transport (verbs), sign_in, maildrop, client, body, answers."""

from .transport import Pop3Transport

__all__ = ["Pop3Transport"]
