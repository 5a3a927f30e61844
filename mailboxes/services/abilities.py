"""What this version can really do; the rest can be saved as a draft.

Kept apart from the transports, so that a rule or a form need not import them; a test
holds it against transports/registry.
"""

from __future__ import annotations

from ..core.choices import OWNER_GRANTS, Grant, Protocol

INBOUND = frozenset({Protocol.IMAP, Protocol.POP3, Protocol.EWS, Protocol.GRAPH})
OUTBOUND = frozenset({Protocol.SMTP, Protocol.EWS, Protocol.GRAPH})
# Protocols that can look for a message in Sent Items whose answer was lost.
FINDS_SENT = frozenset({Protocol.EWS, Protocol.GRAPH})
MICROSOFT_GRANTS = frozenset({Grant.PASSWORD, Grant.CLIENT_CREDENTIALS}) | OWNER_GRANTS
# A refresh token in `password` counts as the authorization code grant it came from.
GOOGLE_GRANTS = frozenset({Grant.AUTHORIZATION_CODE, Grant.SERVICE_ACCOUNT})
