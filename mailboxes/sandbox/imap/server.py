"""The IMAP server's connections: greeting, TLS, sign-in, and the loop over commands.

RFC 3501 with SASL-IR (RFC 4959), ID (RFC 2971); the words are those of Exchange
Online. What a signed-in client may do: imap/session. Judging sign-ins: sasl.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .. import effects, sasl
from ..faults import Faults
from ..lines import Lines
from ..mailstore import Mailstore
from ..tls_faults import Contexts
from ..wire import Wire
from ..world import Account
from .parse import Malformed, read_command, text
from .session import ImapSession

GREETING = b"* OK The Microsoft Exchange IMAP4 service is ready. [c2FuZGJveA==]\r\n"
SCOPE = "https://outlook.office.com/IMAP.AccessAsUser.All"
_ANY = (
    "CHILDREN",
    "ID",
    "IDLE",
    "LITERAL+",
    "MOVE",
    "NAMESPACE",
    "UIDPLUS",
    "UNSELECT",
)
MAX_BAD = 20
GMAIL = "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"


@dataclass
class ImapServer:
    """Settings shared by all connections."""

    store: Mailstore
    sign_in: sasl.SignIn
    faults: Faults
    lines: Lines
    contexts: Contexts

    name: ClassVar[str] = "imap"

    async def serve(self, wire: Wire) -> None:
        """One client until it leaves."""
        await _Connection(self, wire).run()


class _Connection:
    def __init__(self, server: ImapServer, wire: Wire) -> None:
        self._server = server
        self._wire = wire
        self._session: ImapSession | None = None
        self._bad = 0

    async def run(self) -> None:
        fault = self._wire.fault(effects.GREETING)
        if fault:
            await self._wire.show(fault)
        else:
            await self._wire.send(GREETING)
        while self._bad < MAX_BAD:
            tag = "*"
            try:
                tokens = await read_command(self._wire)
                if not tokens:
                    continue
                tag = text(tokens.pop(0))
                if not await self._command(tag, text(tokens.pop(0)).upper(), tokens):
                    return
            except (Malformed, IndexError) as error:
                self._bad += 1
                if tag == "*" and isinstance(error, Malformed):
                    tag = error.tag
                await self._say(tag, "BAD Command Argument Error. 11")
        await self._wire.send(b"* BYE Connection is closed. 14\r\n")

    async def _say(self, tag: str, words: str) -> None:
        await self._wire.send(f"{tag} {words}\r\n".encode())

    async def _command(self, tag: str, name: str, tokens: list[object]) -> bool:
        """Run one command; False when the connection is over."""
        match name:
            case "CAPABILITY":
                await self._wire.stream(f"* {self._capability()}\r\n".encode())
                await self._say(tag, "OK CAPABILITY completed.")
            case "NOOP" if self._session is None:
                await self._say(tag, "OK NOOP completed.")
            case "ID":
                await self._wire.stream(
                    b'* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server" '
                    b'"version" "15.20")\r\n'
                )
                await self._say(tag, "OK ID completed.")
            case "LOGOUT":
                await self._wire.send(
                    b"* BYE Microsoft Exchange Server IMAP4 server signing off.\r\n"
                    + f"{tag} OK LOGOUT completed.\r\n".encode()
                )
                return False
            case "STARTTLS" if not self._wire.encrypted:
                await self._say(tag, "OK Begin TLS negotiation now.")
                await self._wire.start_tls(self._server.contexts)
            case "LOGIN" if self._session is None:
                await self._login(tag, text(tokens[0]), text(tokens[1]))
            case "AUTHENTICATE" if self._session is None:
                await self._authenticate(tag, text(tokens[0]).upper(), tokens[1:])
            case _ if self._session is None:
                self._bad += 1
                await self._say(tag, "BAD Command received in Invalid state.")
            case _:
                await self._session.command(tag, name, tokens)
        return True

    def _capability(self) -> str:
        words = ["CAPABILITY", "IMAP4", "IMAP4rev1"]
        if not self._wire.encrypted:
            words += ["LOGINDISABLED", "STARTTLS"]
        elif self._session is None:
            words += ["AUTH=PLAIN", "AUTH=XOAUTH2"]
        words += ["SASL-IR", *_ANY]
        fault = self._wire.fault(effects.OFFER)
        if fault:
            words = [word for word in words if word not in fault.without]
            words += fault.offer
        return " ".join(words)

    async def _login(self, tag: str, user: str, password: str) -> None:
        if not self._wire.encrypted:
            await self._say(tag, "BAD Command received in Invalid state.")
            return
        if not await self._stopped(tag, user):
            result = self._server.sign_in.password(user, password)
            await self._finish(tag, "LOGIN", result)

    async def _authenticate(self, tag: str, mechanism: str, rest: list[object]) -> None:
        if not self._wire.encrypted or mechanism not in ("XOAUTH2", "PLAIN"):
            await self._say(tag, "NO AUTHENTICATE mechanism not supported.")
            return
        if rest:
            line = text(rest[0]).encode()
        else:
            await self._wire.send(b"+ \r\n")
            line = await self._wire.line()
        if line == b"*":
            await self._say(tag, "BAD AUTHENTICATE cancelled.")
            return
        response = sasl.decode(line)
        if response is None:
            await self._say(tag, "BAD Command Error. 12")
            return
        judge = self._server.sign_in
        plain = mechanism == "PLAIN"
        if await self._stopped(tag, sasl.user_in(response, plain)):
            return
        if plain:
            result = judge.plain(response)
        else:
            result = judge.xoauth2(response)
            if isinstance(result, sasl.Refusal):
                await self._wire.send(b"+ " + sasl.challenge(result, SCOPE) + b"\r\n")
                if await self._wire.line() != b"":
                    await self._say(tag, "BAD Command Error. 10")
                    return
        await self._finish(tag, "AUTHENTICATE", result)

    async def _stopped(self, tag: str, user: str) -> bool:
        """A fault answers in place of the judge; counted as it says."""
        self._wire.belongs_to(user)
        fault = self._wire.fault(effects.CREDENTIAL)
        if fault is None:
            return False
        self._server.sign_in.note(sasl.Refusal(fault.say or fault.end, user))
        await self._wire.show(fault, tag)
        return True

    async def _finish(
        self, tag: str, name: str, result: Account | sasl.Refusal
    ) -> None:
        self._server.sign_in.note(result)
        if isinstance(result, sasl.Refusal):
            await self._say(tag, GMAIL if result.google else f"NO {name} failed.")
            return
        fault = self._wire.fault(effects.SIGNED_IN)
        if fault:
            await self._wire.show(fault, tag)
            return
        self._wire.belongs_to(result.address)
        self._session = ImapSession(self._wire, self._server.store, result.address)
        await self._say(tag, f"OK {name} completed.")
