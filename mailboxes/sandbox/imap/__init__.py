"""The fake IMAP server: connections, a session, its commands."""
