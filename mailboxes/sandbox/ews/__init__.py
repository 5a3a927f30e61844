"""The fake Exchange Web Services: server, sign-in, folders, items, sending."""
