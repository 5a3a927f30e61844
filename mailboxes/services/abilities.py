"""What this version can really do; the rest can be saved as a draft.

Kept apart from the transports, so that a rule or a form need not import them; a test
holds it against transports/registry.
"""

from __future__ import annotations

from ..core.choices import Grant, Protocol, ProxyKind

INBOUND = frozenset({Protocol.IMAP, Protocol.EWS})
OUTBOUND = frozenset({Protocol.SMTP, Protocol.EWS})
MICROSOFT_GRANTS = frozenset({Grant.PASSWORD, Grant.CLIENT_CREDENTIALS})
# A refresh token in `password` counts as the authorization code grant it came from.
GOOGLE_GRANTS: frozenset[Grant] = frozenset()
PROXIES = frozenset({ProxyKind.HTTP})
