"""The POP3 server's connections: greeting, TLS, sign-in, and the loop over commands.

RFC 1939 with CAPA (RFC 2449), STLS (RFC 2595) and AUTH (RFC 5034); the words are those
of Exchange Online, which takes a token on a line of its own only. What a signed-in
client may do: pop3/session. Judging sign-ins: sasl.
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
from .session import Pop3Session

GREETING = "+OK The Microsoft Exchange POP3 service is ready. [c2FuZGJveA==]"
INVALID = "-ERR Command is not valid in this state."
UNKNOWN = "-ERR Protocol error. 18"
TWO_LINES = "-ERR Protocol error. Connection is closed. 10"
MAX_BAD = 20


@dataclass
class Pop3Server:
    """Settings shared by all connections."""

    store: Mailstore
    sign_in: sasl.SignIn
    faults: Faults
    lines: Lines
    contexts: Contexts

    name: ClassVar[str] = "pop3"

    async def serve(self, wire: Wire) -> None:
        """One client until it leaves."""
        await _Connection(self, wire).run()


class _Connection:
    def __init__(self, server: Pop3Server, wire: Wire) -> None:
        self._server = server
        self._wire = wire
        self._session: Pop3Session | None = None
        self._user = ""  # named by USER
        self._bad = 0

    async def run(self) -> None:
        fault = self._wire.fault(effects.GREETING)
        if fault:
            await self._wire.show(fault)
        else:
            await self._say(GREETING)
        while self._bad < MAX_BAD:
            line = (await self._wire.line()).decode("utf-8", "replace")
            name, _, rest = line.partition(" ")
            if not await self._command(name.upper(), rest):
                return
        await self._say("-ERR Connection is closed. 13")

    async def _say(self, line: str) -> None:
        await self._wire.send(f"{line}\r\n".encode("utf-8", "replace"))

    async def _command(self, name: str, rest: str) -> bool:
        """Run one command; False when the connection is over."""
        match name:
            case "CAPA":
                lines = ["+OK", *self._capabilities(), "."]
                await self._wire.send("\r\n".join([*lines, ""]).encode())
            case "QUIT" if self._session is None:
                await self._say("+OK Microsoft Exchange Server POP3 server signing off")
                return False
            case "STLS" if not self._wire.encrypted:
                await self._say("+OK Begin TLS negotiation.")
                await self._wire.start_tls(self._server.contexts)
            case "USER" if self._may_sign_in():
                self._user = rest
                await self._say("+OK")
            case "PASS" if self._may_sign_in() and self._user:
                if not await self._stopped(self._user):
                    judge = self._server.sign_in
                    await self._finish(judge.password(self._user, rest), "Logon")
            case "AUTH" if self._may_sign_in():
                mechanism, _, first = rest.partition(" ")
                return await self._authenticate(mechanism.upper(), first)
            case _ if self._session is None:
                self._bad += 1
                known = name in ("USER", "PASS", "AUTH", "STAT", "RETR", "STLS", "NOOP")
                await self._say(INVALID if known else UNKNOWN)
            case _:
                return await self._session.command(name, rest.split())
        return True

    def _may_sign_in(self) -> bool:
        return self._wire.encrypted and self._session is None

    def _capabilities(self) -> list[str]:
        lines = ["TOP", "UIDL"]
        if not self._wire.encrypted:
            lines.append("STLS")
        else:
            lines += ["SASL PLAIN XOAUTH2", "USER"]
        fault = self._wire.fault(effects.OFFER)
        if fault is None:
            return lines
        left = (
            " ".join(word for word in line.split() if word not in fault.without)
            for line in lines
        )
        return [line for line in left if line and line != "SASL"] + list(fault.offer)

    async def _authenticate(self, mechanism: str, first: str) -> bool:
        """AUTH; False when the connection is over."""
        if mechanism not in ("PLAIN", "XOAUTH2"):
            await self._say(UNKNOWN)
            return True
        plain = mechanism == "PLAIN"
        if first and not plain:
            await self._say(TWO_LINES)
            return False
        line = first.encode()
        if not line:
            await self._wire.send(b"+ \r\n")
            line = await self._wire.line()
        response = None if line == b"*" else sasl.decode(line)
        if response is None:
            await self._say("-ERR Protocol error. 12")
            return True
        judge = self._server.sign_in
        if not await self._stopped(sasl.user_in(response, plain)):
            result = judge.plain(response) if plain else judge.xoauth2(response)
            await self._finish(result, "Authentication")
        return True

    async def _stopped(self, user: str) -> bool:
        """A fault answers in place of the judge; counted as it says."""
        self._wire.belongs_to(user)
        fault = self._wire.fault(effects.CREDENTIAL)
        if fault is None:
            return False
        self._server.sign_in.note(sasl.Refusal(fault.say or fault.end, user))
        await self._wire.show(fault)
        return True

    async def _finish(self, result: Account | sasl.Refusal, what: str) -> None:
        self._server.sign_in.note(result)
        if isinstance(result, sasl.Refusal):
            words = f"-ERR {what} failure: unknown user name or bad password."
            gmail = "-ERR [AUTH] Username and password not accepted."
            await self._say(gmail if result.google else words)
            return
        fault = self._wire.fault(effects.SIGNED_IN)
        if fault:
            await self._wire.show(fault)
            return
        self._wire.belongs_to(result.address)
        self._session = Pop3Session(self._wire, self._server.store, result.address)
        await self._say("+OK User successfully authenticated.")
