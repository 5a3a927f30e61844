"""Words by which a mail server says that a fault of its own passes.

Where it gives no response code they alone tell a sign-in that it could not judge from
a credential that it refused; two refusals stop a client (DESIGN D9). So they count
only where nothing is said of the credential or of the account. Used by the tables of
IMAP and POP3 (imap/answers.py, pop3/answers.py). No I/O.
"""

from __future__ import annotations

_OF_THE_CREDENTIAL = (
    r"\[(AUTHENTICATIONFAILED|AUTH|EXPIRED)\]"
    r"|passw|credential|incorrect|wrong|mismatch|too many|attempt"
    r"|(invalid|bad|unknown) (user|login|name|account|auth)"
    r"|account.*(lock|disabl|suspend|block|deactivat)|denied|not allowed"
)
# A pattern for re.search with IGNORECASE.
PASSING = (
    rf"\A(?!.*({_OF_THE_CREDENTIAL})).*"
    r"(temporar|(try|retry)( again)? (later|in \d)|try again after"
    r"|(server|system) (is )?(error|busy)|internal (server )?error)"
)
# The same, of a server that has as many connections of this log-in as it admits.
MANY_CONNECTIONS = (
    r"too many (?!failed)(\w+ ){0,2}(connections|sessions)\b"
    r"|maximum (number of )?(\w+ ){0,2}(connections|sessions)\b"
    r"|(connections?|sessions?) limit( is| was)? (reached|exceeded)"
)
