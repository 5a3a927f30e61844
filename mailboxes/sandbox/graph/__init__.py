"""The fake Microsoft Graph: server, sign-in, folders, messages, deltas, sending."""
