"""Words by which a mail server says that it takes no sign-in without encryption.

Where it gives no response code they alone tell that from a wrong password, for which a
client is stopped (DESIGN D9). The wordings are Dovecot's (2.3, 2.4), Cyrus's and
hMailServer's. Used by the tables of IMAP, POP3 and SMTP (answers.py of each). No I/O.
"""

from __future__ import annotations

# A pattern for re.search with IGNORECASE.
NEEDS_TLS = (
    r"(plain|clear)text auth\w+ (is )?disallowed|only available under a layer"
    r"|must (use|issue)( a)? (start)?(ssl|tls|encryption)"
    r"|(ssl|tls|encryption)([ -]connection)? (is )?required"
)
