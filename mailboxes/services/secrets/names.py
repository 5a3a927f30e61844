"""Which options that we do not know hold a secret, by their name or a key in them.

Asked wherever such an option is kept, exported, shown or written into the audit log:
one answer for all. Our own options say it by their declaration (core/options).
"""

from __future__ import annotations

import re

from ...core.certificates import holds_key

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


def looks_secret(name: str, text: str = "") -> bool:
    """An option that we do not know is one, by its name or by a key in `text`."""
    named = _SECRET.search(name) and not _ABOUT.search(name)
    return bool(named) or holds_key(text)
