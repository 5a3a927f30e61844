"""A scripted IMAP server: answers by verb, everything else is OK."""

from __future__ import annotations

import base64
from collections.abc import Callable

from mailboxes.core.choices import Security
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy
from mailboxes.transports.imap import ImapTransport

from .scripted import Scripted, Talk

PASSWORD = Credential("anna@example.org", password="s3cret pass")
TOKEN = Credential("anna@example.org", token="t" * 3500)
Answers = dict[bytes, Callable[[Talk, bytes], None] | bytes]


def serve(
    answers: Answers, capabilities: bytes = b"AUTH=PLAIN AUTH=XOAUTH2"
) -> Scripted:
    """An IMAP server that answers commands by their first word from `answers`.

    Bytes are sent with {tag} replaced; a function does what it likes. Other
    commands are answered OK.
    """

    def script(talk: Talk) -> None:
        talk.send(answers.get(b"greeting", b"* OK hello\r\n"))
        while line := talk.line():
            tag, _, command = line.partition(b" ")
            verb = command.upper().split(b" ")[0]
            if verb == b"UID":
                verb = b" ".join(command.upper().split(b" ")[:2])
            answer = answers.get(verb, b"{tag} OK done\r\n")
            if verb == b"CAPABILITY":
                talk.send(b"* CAPABILITY IMAP4rev1 " + capabilities + b"\r\n")
            if callable(answer):
                answer(talk, tag)
            else:
                talk.send(answer.replace(b"{tag}", tag))

    return Scripted(script)


def transport(
    server: Scripted, credential: Credential = PASSWORD, read_timeout: float = 2
) -> ImapTransport:
    policy = NetworkPolicy(connect_timeout=5, read_timeout=read_timeout)
    return ImapTransport(
        Endpoint("127.0.0.1", server.port, Security.NONE), credential, policy
    )


def auth(final: bytes, challenge: str = "") -> Callable[[Talk, bytes], None]:
    """AUTHENTICATE in two steps, perhaps with an error challenge before `final`."""

    def answer(talk: Talk, tag: bytes) -> None:
        talk.send(b"+ \r\n")
        talk.line()
        if challenge:
            talk.send(b"+ " + base64.b64encode(challenge.encode()) + b"\r\n")
            assert talk.line() == b""
        talk.send(final.replace(b"{tag}", tag))

    return answer


def signed_in(answers: Answers, capabilities: bytes = b"") -> Scripted:
    """A server that lets everybody in, with a folder of its own kind."""
    select = (
        b"* 2 EXISTS\r\n* OK [UIDVALIDITY 77] v\r\n* OK [UIDNEXT 9] n\r\n"
        b"{tag} OK [READ-WRITE] done\r\n"
    )
    return serve(
        {
            b"AUTHENTICATE": auth(b"{tag} OK in\r\n"),
            b"SELECT": select,
            b"EXAMINE": select,
            **answers,
        },
        b"AUTH=PLAIN AUTH=XOAUTH2 " + capabilities,
    )
