"""A scripted POP3 server: a maildrop that answers by verb, or as the test says."""

from __future__ import annotations

import base64
from collections.abc import Callable

from mailboxes.core.choices import Security
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy
from mailboxes.transports.pop3 import Pop3Transport

from .scripted import Scripted, Talk

PASSWORD = Credential("anna@example.org", password="s3cret pass")
TOKEN = Credential("anna@example.org", token="t" * 3500)
LETTER = b"Subject: one\r\n\r\nHello\r\n"
Answer = Callable[[Talk, bytes], None] | bytes
Answers = dict[bytes, Answer]
CAPABILITIES = b"TOP UIDL USER SASL=PLAIN,XOAUTH2"


def serve(
    answers: Answers | None = None,
    letters: dict[bytes, bytes] | None = None,
    capabilities: bytes | None = CAPABILITIES,
) -> Scripted:
    """A POP3 server that answers commands by their first word from `answers`.

    Bytes are sent; a function gets what follows the word. Everything else is answered
    for a maildrop of `letters` by UIDL. capabilities: words of CAPA, None for a server
    that has no CAPA.
    """
    given = answers or {}
    held = {b"u1": LETTER} if letters is None else letters

    def script(talk: Talk) -> None:
        talk.send(given.get(b"greeting", b"+OK hello\r\n"))  # type: ignore[arg-type]
        while line := talk.line():
            verb, _, rest = line.partition(b" ")
            answer = given.get(verb.upper()) or _usual(
                verb.upper(), rest, held, capabilities
            )
            if callable(answer):
                answer(talk, rest)
            else:
                talk.send(answer)
            if verb.upper() == b"QUIT":
                return

    return Scripted(script)


def _usual(
    verb: bytes,
    rest: bytes,
    letters: dict[bytes, bytes],
    capabilities: bytes | None,
) -> Answer:
    keys, bodies = list(letters), list(letters.values())
    match verb:
        case b"CAPA" if capabilities is None:
            return b"-ERR unknown command\r\n"
        case b"CAPA":
            lines = [
                word.replace(b"=", b" ").replace(b",", b" ")
                for word in (capabilities or b"").split()
            ]
            return b"+OK\r\n" + b"".join(line + b"\r\n" for line in lines) + b".\r\n"
        case b"AUTH":
            return auth(b"+OK in\r\n")
        case b"STAT":
            return b"+OK %d %d\r\n" % (len(bodies), sum(map(len, bodies)))
        case b"UIDL":
            return _listing(keys)
        case b"LIST":
            return _listing([b"%d" % len(body) for body in bodies])
        case b"RETR":
            return b"+OK\r\n" + stuffed(bodies[int(rest) - 1]) + b".\r\n"
        case b"TOP":
            head = bodies[int(rest.split()[0]) - 1].partition(b"\r\n\r\n")[0]
            return b"+OK\r\n" + stuffed(head) + b"\r\n\r\n.\r\n"
    return b"+OK done\r\n"


def _listing(told: list[bytes]) -> bytes:
    lines = b"".join(b"%d %s\r\n" % one for one in enumerate(told, start=1))
    return b"+OK\r\n" + lines + b".\r\n"


def stuffed(body: bytes) -> bytes:
    """With the dots at the start of lines doubled (RFC 1939 section 3)."""
    doubled = body.replace(b"\r\n.", b"\r\n..")
    return b"." + doubled if doubled.startswith(b".") else doubled


def transport(
    server: Scripted, credential: Credential = PASSWORD, **policy: float
) -> Pop3Transport:
    times = {"connect_timeout": 5.0, "read_timeout": 2.0, **policy}
    return Pop3Transport(
        Endpoint("127.0.0.1", server.port, Security.NONE),
        credential,
        NetworkPolicy(**times),  # type: ignore[arg-type]
    )


def auth(final: bytes, challenge: str = "") -> Callable[[Talk, bytes], None]:
    """AUTH in two steps, perhaps with an error challenge before `final`."""

    def answer(talk: Talk, _rest: bytes) -> None:
        talk.send(b"+ \r\n")
        talk.line()
        if challenge:
            talk.send(b"+ " + base64.b64encode(challenge.encode()) + b"\r\n")
            talk.heard.append(b"after challenge: " + talk.line())
        talk.send(final)

    return answer
