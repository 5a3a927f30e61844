"""Wire: token protocols, one module a provider. Knows core and transports.base only."""
