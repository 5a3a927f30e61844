"""Microsoft Graph in and out: inbound and outbound (verbs), client, errors."""
