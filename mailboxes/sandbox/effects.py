"""What a fault does on the wire: at which place, and what is there instead.

Data only. A server stops at its places and asks faults what is on there; scenarios are
made of these. Which effects have a name of their own: fault_names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AUTHORITY, MAIL = "authority", "mail"  # whose line: sign-in host or mail server

# Places, in the order in which a client meets them.
PROXY = "proxy"  # CONNECT was read, the answer is to come
SOCKS_LOGIN = "socks.login"  # a SOCKS client's user name and password were read
SOCKS = "socks"  # its request was read, the reply is to come
TLS = "tls"  # a handshake begins: which certificate
REQUEST = "entra.request"  # any request to the authority
TENANT = "entra.tenant"  # openid-configuration
TOKEN = "entra.token"  # the token endpoint, before it looks at anything
GRANT = "entra.grant"  # the token endpoint, when it would look at the password
PERSON = "entra.person"  # somebody signs in on a page of the authority
CLAIMS = "entra.claims"  # a token is made
ANSWER = "google.answer"  # a code was changed: tokens without a refresh token
CLOCK = "entra.clock"  # an answer is dated
SWITCHED_ON = "switched-on"  # the moment when the scenario begins
# Of a line protocol, "imap", "pop3" or "smtp" in front. Names of commands are places
# too, such as imap.select and smtp.rcpt.
GREETING = "greeting"
OFFER = "offer"  # CAPABILITY, CAPA and the answer to EHLO
CREDENTIAL = "credential"  # a sign-in was read and not judged yet
XOAUTH2 = "xoauth2"  # a token that is right
SIGNED_IN = "signed-in"  # a credential that is right
COMMAND = "command"  # any command of somebody who is signed in
CONTENT = "content"  # smtp: the end of DATA came, nothing is accepted yet
ACCEPTED = "accepted"  # smtp: the message is taken
SLOW = "slow"

# How a line ends.
DROP = "drop"  # cut, as by a reset
CLOSE = "close"  # after what is said
SILENT = "silent"  # nothing comes until the client leaves


@dataclass(frozen=True)
class Effect:
    """One thing that goes otherwise.

    at: a place. target: AUTHORITY or MAIL where the place has both, "" = either.
    say: words in place of the usual answer; of IMAP without the tag, of the proxy the
        whole head and body.
    end: DROP, CLOSE or SILENT; "" = the line goes on.
    number: of a refusal by Entra (entra/errors). error, text: of a refusal without any
        number, as OAuth has it.
    status, body, headers: of an answer over HTTP; status alone of one of SOCKS.
    late: seconds that the clock of the Date header is ahead of ours (below 0: behind).
    without, offer: words that are not offered, or beside the usual ones.
    kind: of a certificate (tls_faults.KINDS). route: listener in place of the usual.
    change: claims of a token; None takes one away, exp is seconds from now.
    seconds: how late every answer comes.
    """

    at: str
    target: str = ""
    say: str = ""
    end: str = ""
    number: int = 0
    error: str = ""
    text: str = ""
    status: int = 0
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    late: float = 0
    without: tuple[str, ...] = ()
    offer: tuple[str, ...] = ()
    kind: str = ""
    route: str = ""
    change: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0

    def fits(self, at: str, target: str) -> bool:
        """Whether it is shown at this place of this line."""
        return self.at == at and (not self.target or self.target == target)


def place(service: str, name: str) -> str:
    """A place of a line protocol: place("imap", GREETING), place("smtp", "rcpt")."""
    return f"{service}.{name}"
