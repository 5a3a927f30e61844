"""A scripted SMTP server: answers by verb, everything else is 250."""

from __future__ import annotations

import base64
from collections.abc import Callable

from mailboxes.core.choices import Security
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy
from mailboxes.transports.smtp import SmtpTransport

from .scripted import Scripted, Talk

NOBODY = Credential("")
PASSWORD = Credential("anna@example.org", password="pässword")
TOKEN = Credential("anna@example.org", token="t" * 3500)
Answers = dict[bytes, Callable[[Talk], None] | bytes]

DEFAULTS: Answers = {
    b"greeting": b"220 hello\r\n",
    b"DATA": b"354 go on\r\n",
    b"content": b"250 2.0.0 taken\r\n",
    b"QUIT": b"221 bye\r\n",
}


def serve(answers: Answers | None = None, *features: bytes) -> Scripted:
    """An SMTP server that answers by verb from `answers` (RCPT also by address)."""
    table = {**DEFAULTS, **(answers or {})}

    def give(talk: Talk, answer: Callable[[Talk], None] | bytes) -> None:
        if callable(answer):
            answer(talk)
        else:
            talk.send(answer)

    def script(talk: Talk) -> None:
        give(talk, table[b"greeting"])
        while line := talk.line():
            verb = line.upper().split(b" ")[0]
            answer = table.get(line, table.get(verb, b"250 2.1.0 fine\r\n"))
            if verb == b"EHLO" and b"EHLO" not in table:
                lines = [b"mail.test", *features]
                marks = [b"-"] * (len(lines) - 1) + [b" "]
                answer = b"".join(
                    b"250" + mark + text + b"\r\n"
                    for mark, text in zip(marks, lines, strict=True)
                )
            give(talk, answer)
            if verb == b"DATA" and answer == DEFAULTS[b"DATA"]:
                talk.until(b".")
                give(talk, table[b"content"])

    return Scripted(script)


def transport(
    server: Scripted,
    credential: Credential = NOBODY,
    security: Security = Security.NONE,
    read_timeout: float = 2,
) -> SmtpTransport:
    policy = NetworkPolicy(5, read_timeout, local_hostname="console.test")
    return SmtpTransport(
        Endpoint("127.0.0.1", server.port, security), credential, policy
    )


def auth(*steps: bytes) -> Callable[[Talk], None]:
    """AUTH: a 334 for each step but the last, which ends it."""

    def answer(talk: Talk) -> None:
        for step in steps[:-1]:
            talk.send(b"334 " + base64.b64encode(step) + b"\r\n")
            talk.line()
        talk.send(steps[-1] + b"\r\n")

    return answer
