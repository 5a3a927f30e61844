"""What EWS in and out share: opening, first request, sign of life, and the border.

Isolation is account, operations are calls, meanings are answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from exchangelib import Account
from exchangelib.properties import FolderId
from exchangelib.version import Version

from ...core.choices import Protocol, Stage
from ...core.errors import Code, MailError
from .. import net
from ..base import SIGN_OF_LIFE, Transport
from . import account, answers, calls
from .account import Wire
from .answers import Refusal

# Codes after which the connection cannot be used again; a new line would do, but a
# caller that is told so makes everything anew, the token as well.
DEADLY = frozenset(
    {
        Code.CONNECTION_LOST,
        Code.READ_TIMEOUT,
        Code.TOKEN_NOT_ACCEPTED,
        Code.PASSWORD_REFUSED,
        Code.SEND_UNCONFIRMED,
    }
)


class EwsConnection(Transport):
    """One login at one EWS address."""

    protocol: ClassVar[Protocol] = Protocol.EWS

    _wire: Wire | None = None
    _account: Account | None = None
    _usable = False

    def open(self) -> None:
        self.close()
        self.timings = {}
        wire = Wire(self.endpoint, self.credential, self.policy, lambda: self.until)
        channel = wire.channel
        line = net.Line(channel.endpoint, channel.way(), self.timings, self.progress)
        self.facts = line.evidence
        try:
            wire.channel.open(line)
            self._greet(wire, line)
            self.facts["user"] = self.credential.login
            self._wire, self._account = wire, account.made(wire)
            with line.timed("sign-in"):
                self._sign_in()
        except BaseException:
            wire.channel.drop()
            self._wire = self._account = None
            raise
        self._usable = True

    def _greet(self, wire: Wire, line: net.Line) -> None:
        """Before a password, and where somebody watches: what the server offers."""
        if self.credential.is_token and self.progress is None:
            return
        with line.timed("greeting") as told:
            told["answer"] = wire.greet(Stage.GREETING)

    def _sign_in(self) -> None:
        """The first request; settles the version of the schema."""
        last = None
        for build in account.VERSIONS:
            self._opened(Stage.SIGN_IN)._version = Version(build=build)
            try:
                self._folder(self.inbox, Stage.SIGN_IN)
            except _WrongVersion as wrong:
                last = wrong
            else:
                return
        raise MailError(
            Code.PROTOCOL_ERROR,
            Stage.SIGN_IN,
            permanent=True,
            evidence={**self.facts, "answer": str(last)},
        )

    @property
    def inbox(self) -> FolderId:
        return calls.distinguished("inbox", self.credential.login)

    def alive(self) -> bool:
        if not self._usable:
            return False
        try:
            with self.hasty(SIGN_OF_LIFE):
                self._folder(self.inbox, Stage.MAILBOX)
        except MailError:
            self._usable = False
        return self._usable

    def close(self) -> None:
        wire, self._wire = self._wire, None
        self._account, self._usable = None, False
        if wire is not None:
            wire.channel.drop()

    def _folder(self, folder: FolderId, stage: Stage) -> Any:
        """A folder as the server describes it. Raises MailError."""
        with self.border(stage):
            found = calls.Folders(account=self._opened(stage)).one(folder)
        if isinstance(found, Refusal):
            raise self.refused(found, stage)
        return found

    def _opened(self, stage: Stage) -> Account:
        if self._account is None:
            raise MailError(
                Code.CONNECTION_LOST,
                stage,
                evidence={**self.facts, "answer": "the connection is not open"},
            )
        return self._account

    # errors

    def refused(self, refusal: Refusal, stage: Stage, target: str = "") -> MailError:
        return answers.refused(refusal, stage, self.facts, target=target)

    @contextmanager
    def border(self, stage: Stage) -> Iterator[None]:
        """Lets nothing but MailError out; marks the connection unusable if it is."""
        if self._wire is not None:
            self._wire.stage = stage
        try:
            yield
        except calls.WRONG_VERSION as error:
            if stage is Stage.SIGN_IN:
                raise _WrongVersion(str(error)) from error
            raise calls.mapped(error, stage, dict(self.facts)) from error
        except calls.KNOWN as error:
            raise calls.mapped(error, stage, dict(self.facts)) from error
        except MailError as error:
            error.evidence.setdefault("user", self.credential.login)
            if error.code in DEADLY:
                self._usable = False
            raise


class _WrongVersion(Exception):
    """The server does not know this version of the schema; stays in here."""
