"""Which names of options that we do not know say that they hold a secret.

Asked wherever such an option is kept, exported, shown or written into the audit log:
one answer for all. Our own options say it by their declaration (core/options).
"""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"passw|passphrase|pass$|pwd|secret|token|credential"
    r"|(?:access|account|api|private|shared|signing)[-_. ]?key",
    re.IGNORECASE,
)
# What a name ends in that is about a secret: `token-expiry-margin-time`.
_ABOUT = re.compile(
    r"(?:age|algorithm|cache|class|count|days|disabled?|enabled?|endpoint|expiry|file"
    r"|format|host|interval|length|lifetime|limit|margin|method|mode|path|policy|port"
    r"|prompt|provider|required|size|time|timeout|ttl|type|ur[il])$",
    re.IGNORECASE,
)


def looks_secret(name: str) -> bool:
    """An option that we do not know, and whose name says that it holds a secret."""
    return bool(_SECRET.search(name)) and not _ABOUT.search(name)
