"""Sends mail by SMTP submission (RFC 6409): smtplib for control, DATA by hand.

By hand, because it must be known whether the last byte was given to the network when
a line falls (DESIGN D8). What an answer means stands in answers.py, how content is
written in message.py, the connection in client.py.
"""

from __future__ import annotations

import smtplib
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import ClassVar

from ...core.choices import Protocol, Security, Stage
from ...core.errors import Code, MailError
from .. import bearer, net, numerals
from ..base import (
    SIGN_OF_LIFE,
    Content,
    Credential,
    Endpoint,
    NetworkPolicy,
    OutboundTransport,
    Reply,
    SendResult,
    as_evidence,
)
from ..line import LineTransport
from . import answers, message as wire
from .client import Client, disconnected, reply

GOODBYE = 5.0  # seconds that a server has for the answer to QUIT
# All that may come out of a call; anything else is a bug of ours.
KNOWN: tuple[type[Exception], ...] = (smtplib.SMTPException, OSError, ValueError)
# Codes after which the connection cannot be used again.
DEADLY = frozenset(
    {
        Code.CONNECTION_LOST,
        Code.READ_TIMEOUT,
        Code.SERVER_CLOSED,
        Code.PROTOCOL_ERROR,
        Code.SEND_UNCONFIRMED,
    }
)
NOT_AN_ADDRESS = Reply(553, "5.1.3 not an address that SMTP can carry (not sent)")
NO_SMTPUTF8 = Reply(553, "5.6.7 the server does not offer SMTPUTF8 (not sent)")


class SmtpTransport(LineTransport, OutboundTransport):
    """One SMTP connection of one login. A credential without secret signs nobody in."""

    protocol: ClassVar[Protocol] = Protocol.SMTP

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        super().__init__(endpoint, credential, policy)
        self._client: Client | None = None

    # open and close

    def _greet(self, line: net.Line) -> None:
        """Connects, reads the greeting, EHLO, and STARTTLS with another EHLO."""
        me = weakref.proxy(self)
        client = self._client = Client(line, lambda: me.until)
        with line.timed("greeting") as told, self._border(Stage.GREETING):
            greeting = client.greet()
            told["answer"] = answers.line(greeting)
            self._expect(greeting, (220,), Stage.GREETING)
            self._expect(client.hello(), (250,), Stage.GREETING)
            if self.endpoint.security is Security.STARTTLS:
                if not client.has_extn("starttls"):
                    raise self._not_offered(Code.STARTTLS_MISSING, Stage.TLS)
                self._expect(client.start_tls(), (220,), Stage.TLS)
                self._expect(client.hello(), (250,), Stage.GREETING)

    def _sign_in(self) -> None:
        client, who = self._connected(Stage.SIGN_IN), self.credential
        if not who.token and not who.password:
            return
        self.facts["user"] = who.login
        offered = client.esmtp_features.get("auth", "").upper().split()
        user, password = who.login.encode(), who.password.encode()
        if who.is_token:
            found = bearer.chosen(offered, who, self.endpoint)
            if found is None:
                raise self._not_offered(Code.XOAUTH2_MISSING, Stage.SIGN_IN)
            answer = client.authenticate(
                found.mechanism, [found.answer], found.farewell
            )
        elif "PLAIN" in offered:
            answer = client.authenticate("PLAIN", [b"\0" + user + b"\0" + password])
        elif "LOGIN" in offered:
            answer = client.authenticate("LOGIN", [user, password])
        else:
            raise self._not_offered(Code.LOGIN_DISABLED, Stage.SIGN_IN)
        if client.challenge:
            self.facts["challenge"] = client.challenge
        self._expect(answer, (235, 503), Stage.SIGN_IN)  # 503: signed in already

    def alive(self) -> bool:
        if not self._usable:
            return False
        try:
            with self._border(Stage.GREETING):
                client = self._connected(Stage.GREETING)
                with client.hasty(SIGN_OF_LIFE):
                    self._usable = reply(client.noop()).code == 250
        except MailError:
            self._usable = False
        return self._usable

    def close(self) -> None:
        client, usable = self._client, self._usable
        self._usable = False
        if client is not None and usable:
            with suppress(*KNOWN), client.hasty(GOODBYE):
                client.quit()
        self._drop()

    def _drop(self) -> None:
        client, self._client, self._usable = self._client, None, False
        if client is not None:
            with suppress(*KNOWN):
                client.close()

    # sending

    def send(
        self, sender: str, recipients: Sequence[str], message: Content
    ) -> SendResult:
        if not self._usable:
            raise self._closed(Stage.ENVELOPE)
        content = wire.Canonical(message)
        refused: dict[str, Reply] = {}
        try:
            with self._border(Stage.ENVELOPE):
                refused = self._envelope(sender, list(recipients), content)
            with self._border(Stage.DATA):
                self._start_data()
                answer = self._data(content)
        except MailError as error:
            if refused and error.handed_over:
                error.evidence["recipients"] = as_evidence(refused)
            self._after(error)
            raise
        accepted = tuple(who for who in recipients if who not in refused)
        return SendResult(accepted, refused, answers.line(answer))

    def _envelope(
        self, sender: str, recipients: list[str], content: wire.Canonical
    ) -> dict[str, Reply]:
        """MAIL and RCPT; returns the refused recipients, raises if that is all."""
        client = self._connected(Stage.ENVELOPE)
        self._check_size(content.size)
        sent = {who: wire.on_the_wire(who) for who in recipients}
        origin = wire.on_the_wire(sender) if sender else ""
        if origin is None:
            raise self._refused(NOT_AN_ADDRESS, Stage.ENVELOPE)
        refused = {who: NOT_AN_ADDRESS for who, at in sent.items() if at is None}
        if not client.has_extn("smtputf8"):
            if not origin.isascii():
                raise self._refused(NO_SMTPUTF8, Stage.ENVELOPE)
            refused |= {w: NO_SMTPUTF8 for w, at in sent.items() if at and _wide(at)}
        todo = {w: at for w, at in sent.items() if at is not None and w not in refused}
        if todo:
            wide = any(map(_wide, (origin, *todo.values())))
            client.command_encoding = "utf-8" if wide else "ascii"
            options = self._mail_options(content, wide)
            commands = [f"MAIL FROM:<{origin}>{options}"]
            commands += [f"RCPT TO:<{address}>" for address in todo.values()]
            first, *others = self._commands(commands)
            self._expect(first, (250,), Stage.ENVELOPE)
            for who, answer in zip(todo, others, strict=True):
                if answer.code == 421:
                    raise self._refused(answer, Stage.ENVELOPE)
                if answer.code not in (250, 251, 252):
                    refused[who] = answer
        if len(refused) == len(sent):
            raise answers.no_recipient(refused, self.facts)
        return refused

    def _mail_options(self, content: wire.Canonical, wide: bool) -> str:
        client = self._connected(Stage.ENVELOPE)
        options = []
        if client.has_extn("size"):
            options.append(f"SIZE={content.size}")
        if client.has_extn("8bitmime") and not content.ascii:
            options.append("BODY=8BITMIME")
        if wide:
            options.append("SMTPUTF8")
        return "".join(f" {option}" for option in options)

    def _check_size(self, size: int) -> None:
        """Refuses what is over the server's announced limit (RFC 1870), unsent."""
        features = self._connected(Stage.ENVELOPE).esmtp_features
        limit = numerals.number(features.get("size", "")) or 0
        if limit and size > limit:
            raise MailError(
                Code.MESSAGE_TOO_LARGE,
                Stage.ENVELOPE,
                permanent=True,
                evidence={**self.facts, "size": size, "limit": limit},
            )

    def _commands(self, commands: list[str]) -> list[Reply]:
        """Answers of MAIL and RCPT; a refused MAIL or a 421 ends the list early."""
        client = self._connected(Stage.ENVELOPE)
        if client.has_extn("pipelining"):
            return client.pipelined(commands)
        replies: list[Reply] = []
        for command in commands:
            replies.append(reply(client.docmd(command)))
            if replies[0].code != 250 or replies[-1].code == 421:
                break
        return replies + [replies[-1]] * (len(commands) - len(replies))

    def _start_data(self) -> None:
        client = self._connected(Stage.DATA)
        self._expect(reply(client.docmd("DATA")), (354,), Stage.DATA)

    def _data(self, content: wire.Canonical) -> Reply:
        """The content and its end; after the end every failure is unconfirmed."""
        client = self._connected(Stage.DATA)
        try:
            for piece in content.dotted():
                client.put(piece)
        except OSError:
            self._heard_early(client)
            raise
        self._heard_early(client)
        client.hurry()  # from here on, no time left would read as unconfirmed
        try:
            client.send(b".\r\n")
            answer = reply(client.getreply())
        except KNOWN as error:
            why = self._mapped(error, Stage.DATA)
            raise self._unconfirmed(why.code, str(why.evidence["answer"])) from error
        if 400 <= answer.code < 600:
            raise self._refused(answer, Stage.DATA)
        if not 200 <= answer.code < 300:
            raise self._unconfirmed(Code.PROTOCOL_ERROR, answers.line(answer))
        return answer

    def _heard_early(self, client: Client) -> None:
        """A server that speaks or leaves before the final dot has not taken anything.

        Found out here, such a message may be sent again without asking a person.
        """
        assert client.sock is not None
        if net.readable(client.sock):
            answer = reply(client.getreply())
            self._usable = False
            raise self._refused(answer, Stage.DATA)

    def _unconfirmed(self, reason: str, answer: str) -> MailError:
        return MailError(
            Code.SEND_UNCONFIRMED,
            Stage.DATA,
            evidence={**self.facts, "reason": str(reason), "answer": answer},
            handed_over=True,
        )

    def _after(self, error: MailError) -> None:
        """Makes the connection ready for the next message, or closes it."""
        if error.code in DEADLY or not self._usable:
            self._drop()
            return
        try:
            with self._border(Stage.ENVELOPE):
                ready = reply(self._connected(Stage.ENVELOPE).rset()).code == 250
        except MailError:
            ready = False
        if not ready:
            self._drop()

    # errors

    def _connected(self, stage: Stage) -> Client:
        if self._client is None:
            raise self._closed(stage)
        return self._client

    def _closed(self, stage: Stage) -> MailError:
        return MailError(
            Code.CONNECTION_LOST,
            stage,
            evidence={**self.facts, "answer": "the connection is not open"},
        )

    def _expect(self, answer: Reply, codes: tuple[int, ...], stage: Stage) -> None:
        if answer.code not in codes:
            raise self._refused(answer, stage)

    def _refused(self, answer: Reply, stage: Stage) -> MailError:
        return answers.refusal(
            answer, stage, self.facts, token=self.credential.is_token
        )

    def _not_offered(self, code: Code, stage: Stage) -> MailError:
        features = self._connected(stage).esmtp_features
        offered = " ".join(f"{k} {v}".strip() for k, v in features.items())
        return MailError(
            code,
            stage,
            permanent=True,
            evidence={**self.facts, "answer": f"EHLO {offered}".upper()},
        )

    @contextmanager
    def _border(self, stage: Stage) -> Iterator[None]:
        """Lets nothing but MailError out; marks the connection unusable if it is."""
        try:
            yield
        except KNOWN as error:
            mapped = self._mapped(error, stage)
            if mapped.code in DEADLY:
                self._usable = False
            raise mapped from error

    def _mapped(self, error: Exception, stage: Stage) -> MailError:
        """The MailError of one of `KNOWN`."""
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return net.lost(disconnected(error), stage, self.facts)
        if isinstance(error, smtplib.SMTPResponseException):
            text = error.smtp_error
            text = text if isinstance(text, bytes) else str(text).encode()
            return self._refused(reply((error.smtp_code, text)), stage)
        facts: Mapping[str, object] = {**self.facts, "answer": str(error)}
        if isinstance(error, smtplib.SMTPException | ValueError):
            return MailError(Code.PROTOCOL_ERROR, stage, evidence=dict(facts))
        assert isinstance(error, OSError)
        return net.lost(error, stage, self.facts)


def _wide(address: str) -> bool:
    return not address.isascii()
