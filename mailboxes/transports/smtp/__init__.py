"""SMTP out: transport (verbs), client (connection), message (content), answers."""

from .transport import SmtpTransport

__all__ = ["SmtpTransport"]
