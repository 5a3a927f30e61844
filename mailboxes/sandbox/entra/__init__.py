"""The fake Entra ID: server, checks, sign-in pages, tokens, what it answers when."""
