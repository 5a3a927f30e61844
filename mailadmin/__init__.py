"""The Django project: settings, addresses, entry points. The app is mailboxes."""

__version__ = "0.1.0"
