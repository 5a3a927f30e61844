"""The SMTP submission server: RFC 6409 with STARTTLS, AUTH, SIZE, PIPELINING, 8BITMIME.

Words and codes are those of Exchange Online. Judging sign-ins: sasl. What becomes of
an accepted message: delivery.
"""

from __future__ import annotations

import base64
import email.utils
import re
from dataclasses import dataclass, field
from typing import ClassVar

from . import effects, sasl
from .delivery import Delivery
from .faults import Faults
from .lines import Lines
from .tls_faults import Contexts
from .wire import Wire
from .world import MAX_MESSAGE_BYTES, Account

HOST = "FR2P281CA0042.outlook.office365.com"
SCOPE = "https://outlook.office.com/SMTP.Send"
MAX_RECIPIENTS = 500
MAX_LINE = 64 * 1024
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>]*)>(.*)", re.IGNORECASE)
_SIZE = re.compile(r"\bSIZE=([0-9]{1,12})", re.IGNORECASE)

UNRECOGNIZED = "500 5.3.3 Unrecognized command"
BAD_SEQUENCE = "503 5.5.1 Bad sequence of commands"
TOO_LARGE = "552 5.3.4 Message size exceeds fixed maximum message size"
NOT_SIGNED_IN = (
    "530 5.7.57 Client not authenticated to send mail. "
    "Error: 535 5.7.139 Authentication unsuccessful"
)


@dataclass
class SmtpServer:
    """Settings shared by all connections."""

    delivery: Delivery
    sign_in: sasl.SignIn
    faults: Faults
    lines: Lines
    contexts: Contexts

    name: ClassVar[str] = "smtp"

    async def serve(self, wire: Wire) -> None:
        """One client until it leaves."""
        await _Connection(self, wire).run()


@dataclass
class _Envelope:
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)


class _Connection:
    def __init__(self, server: SmtpServer, wire: Wire) -> None:
        self._server = server
        self._wire = wire
        self._account: Account | None = None
        self._person = ""  # whose token it is, where that is known
        self._greeted = False
        self._envelope = _Envelope()

    @property
    def _user(self) -> str | None:
        return self._account.address if self._account else None

    async def run(self) -> None:
        if not await self._faulty(effects.GREETING):
            date = email.utils.formatdate()
            await self._say(f"220 {HOST} Microsoft ESMTP MAIL Service ready at {date}")
        while True:
            line = await self._wire.line()
            if len(line) > MAX_LINE:
                await self._say("500 5.5.2 Line too long")
                continue
            verb, _, rest = line.decode("utf-8", "replace").partition(" ")
            run = getattr(self, f"_do_{verb.lower()}", None) if verb.isalpha() else None
            if run is None:
                await self._say(UNRECOGNIZED)
            elif verb.upper() == "QUIT":
                await self._say("221 2.0.0 Service closing transmission channel")
                return
            else:
                await run(rest.strip())

    async def _faulty(self, name: str) -> bool:
        """A fault has answered here. Raises Gone where it ends the line."""
        fault = self._wire.fault(name)
        if fault:
            await self._wire.show(fault)
        return fault is not None

    async def _say(self, *lines: str) -> None:
        text = "".join(
            f"{line[:3]}{'-' if place < len(lines) else ' '}{line[4:]}\r\n"
            for place, line in enumerate(lines, start=1)
        )
        await self._wire.send(text.encode())

    # Greeting and sign-in

    async def _do_ehlo(self, rest: str) -> None:
        self._greeted, self._envelope = True, _Envelope()
        lines = [
            f"250 {HOST} Hello [127.0.0.1]",
            f"250 SIZE {MAX_MESSAGE_BYTES}",
            "250 PIPELINING",
            "250 DSN",
            "250 ENHANCEDSTATUSCODES",
        ]
        if self._wire.encrypted:
            lines.append("250 AUTH LOGIN PLAIN XOAUTH2")
        else:
            lines.append("250 STARTTLS")
        lines += ["250 8BITMIME", "250 SMTPUTF8"]
        fault = self._wire.fault(effects.OFFER)
        if fault:
            lines = [line for line in lines if not line[4:].startswith(fault.without)]
            lines += [f"250 {words}" for words in fault.offer]
        await self._say(*lines)

    async def _do_helo(self, rest: str) -> None:
        self._greeted, self._envelope = True, _Envelope()
        await self._say(f"250 {HOST} Hello [127.0.0.1]")

    async def _do_quit(self, rest: str) -> None:
        """Handled by the loop; here so that the verb is known."""

    async def _do_starttls(self, rest: str) -> None:
        if self._wire.encrypted:
            await self._say(BAD_SEQUENCE)
            return
        await self._say("220 2.0.0 SMTP server ready")
        await self._wire.start_tls(self._server.contexts)
        self._greeted, self._envelope = False, _Envelope()

    async def _do_auth(self, rest: str) -> None:
        mechanism, _, first = rest.partition(" ")
        mechanism = mechanism.upper()
        if not self._wire.encrypted or mechanism not in ("LOGIN", "PLAIN", "XOAUTH2"):
            await self._say("504 5.7.4 Unrecognized authentication type")
            return
        if not self._greeted or self._account is not None:
            await self._say(BAD_SEQUENCE)
            return
        if mechanism == "LOGIN":
            result = await self._auth_login(first)
        else:
            result = await self._auth_once(mechanism, first)
        if result is not None:
            await self._signed_in(result)

    async def _response(self, prompt: bytes, first: str = "") -> bytes | None:
        """One SASL response; None when the client gave up or wrote no base64."""
        if first:
            line = first.encode()
        else:
            await self._wire.send(b"334 " + prompt + b"\r\n")
            line = await self._wire.line()
        response = None if line == b"*" else sasl.decode(line)
        if response is None:
            await self._say("501 5.5.4 Unrecognized parameter")
        return response

    async def _auth_login(self, first: str) -> Account | sasl.Refusal | None:
        user = await self._response(base64.b64encode(b"Username:"), first)
        if user is None:
            return None
        password = await self._response(base64.b64encode(b"Password:"))
        if password is None:
            return None
        name = user.decode("utf-8", "replace")
        if await self._stopped(name):
            return None
        return self._server.sign_in.password(name, password.decode("utf-8", "replace"))

    async def _auth_once(
        self, mechanism: str, first: str
    ) -> Account | sasl.Refusal | None:
        response = await self._response(b"", first)
        plain = mechanism == "PLAIN"
        if response is None or await self._stopped(sasl.user_in(response, plain)):
            return None
        if plain:
            return self._server.sign_in.plain(response)
        result = self._server.sign_in.xoauth2(response)
        self._person = self._server.sign_in.signer(response)
        if isinstance(result, sasl.Refusal):
            await self._wire.send(b"334 " + sasl.challenge(result, SCOPE) + b"\r\n")
            await self._wire.line()  # the client has to answer, whatever it says
        return result

    async def _stopped(self, user: str) -> bool:
        """A fault answers in place of the judge; counted as it says."""
        self._wire.belongs_to(user)
        fault = self._wire.fault(effects.CREDENTIAL)
        if fault is None:
            return False
        self._server.sign_in.note(sasl.Refusal(fault.say or fault.end, user))
        await self._wire.show(fault)
        return True

    async def _signed_in(self, result: Account | sasl.Refusal) -> None:
        self._server.sign_in.note(result)
        if isinstance(result, sasl.Refusal):
            if result.reason == "basic authentication is off":
                await self._say(
                    "535 5.7.139 Authentication unsuccessful, "
                    "basic authentication is disabled."
                )
            elif result.google:
                await self._say(
                    "535 5.7.8 Username and Password not accepted. For more "
                    "information, go to "
                    "https://support.google.com/mail/?p=BadCredentials"
                )
            else:
                await self._say("535 5.7.3 Authentication unsuccessful")
        else:
            self._wire.belongs_to(result.address)
            if not await self._faulty(effects.SIGNED_IN):
                self._account = result
                await self._say("235 2.7.0 Authentication successful")

    # The message

    async def _do_mail(self, rest: str) -> None:
        found = _PATH.match(rest)
        size = _SIZE.search(rest)
        if self._account is None:
            await self._say(NOT_SIGNED_IN)
        elif await self._faulty("mail"):
            return
        elif self._envelope.sender is not None:
            await self._say(BAD_SEQUENCE)
        elif not found:
            await self._say("501 5.1.7 Invalid address")
        elif size and int(size[1]) > MAX_MESSAGE_BYTES:
            await self._say(TOO_LARGE)
        else:
            self._envelope.sender = found[1]
            await self._say("250 2.1.0 Sender OK")

    async def _do_rcpt(self, rest: str) -> None:
        found = _PATH.match(rest)
        if self._envelope.sender is None:
            await self._say(BAD_SEQUENCE)
        elif await self._faulty("rcpt"):
            return
        elif not found or "@" not in found[1]:
            await self._say("501 5.1.3 Invalid address")
        elif len(self._envelope.recipients) >= MAX_RECIPIENTS:
            await self._say("452 4.5.3 Too many recipients")
        elif not self._server.delivery.knows(found[1]):
            await self._say("550 5.1.1 User unknown; the address does not exist")
        else:
            self._envelope.recipients.append(found[1])
            await self._say("250 2.1.5 Recipient OK")

    async def _do_data(self, rest: str) -> None:
        if not self._envelope.recipients:
            await self._say(BAD_SEQUENCE)
            return
        if await self._faulty("data"):
            return
        await self._say("354 Start mail input; end with <CRLF>.<CRLF>")
        content = await self._content()
        envelope, self._envelope = self._envelope, _Envelope()
        assert self._account is not None and envelope.sender is not None
        if content is None:
            await self._say(TOO_LARGE)
            return
        if await self._faulty(effects.CONTENT):
            return
        wrong = self._server.delivery.wrong_sender(
            self._account.address, envelope.sender, content, self._person
        )
        if wrong:
            who = self._person or self._user
            await self._say(
                f"554 5.2.252 SendAsDenied; {who} not allowed to send as {wrong}"
            )
            return
        number = self._server.delivery.accept(
            self._account.address, envelope.sender, envelope.recipients, content
        )
        if await self._faulty(effects.ACCEPTED):
            return
        await self._say(f"250 2.0.0 OK <{number}@{HOST}> [Hostname={HOST}]")

    async def _content(self) -> bytes | None:
        """The message without its dots; None when it is too large (read to its end)."""
        content = bytearray(b"\r\n")  # so that a lone dot in line one ends it too
        too_large = False
        while True:
            content += await self._wire.until(b".\r\n")
            if content.endswith(b"\r\n.\r\n"):
                break
            if len(content) > MAX_MESSAGE_BYTES + 2:
                too_large = True
                del content[:-5]
        if too_large or len(content) - 5 > MAX_MESSAGE_BYTES:
            return None
        return bytes(content[:-3]).replace(b"\r\n..", b"\r\n.")[2:]

    async def _do_rset(self, rest: str) -> None:
        self._envelope = _Envelope()
        await self._say("250 2.0.0 Resetting")

    async def _do_noop(self, rest: str) -> None:
        await self._say("250 2.0.0 OK")

    async def _do_vrfy(self, rest: str) -> None:
        await self._say("252 2.1.5 Cannot VRFY user")
