"""IMAP in: transport (verbs), control (connection), stream, answers, errors."""

from .transport import ImapTransport

__all__ = ["ImapTransport"]
