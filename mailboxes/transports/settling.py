"""What came of each message of one call of `settle`, where it was not the same for all.

A server does the after-fetch action for one message and refuses it for the next (an
item that is held or damaged), or the line falls in between. Whoever asked has to write
down what was done before it deals with the failure: the next try would find those
messages gone and call them so. Asking the server is each transport's.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from ..core.choices import Stage
from ..core.errors import Code, MailError

# Failures that every further message would meet alike.
OF_ALL = frozenset(
    {
        Code.FOLDER_MISSING,
        Code.FOLDER_TARGET_MISSING,
        Code.SERVER_THROTTLED,
        Code.TOO_MANY_CONNECTIONS,
        Code.GRAPH_THROTTLED,
        Code.EWS_SERVER_BUSY,
        Code.EWS_MAILBOX_MOVING,
        Code.TOKEN_NOT_ACCEPTED,
        Code.SESSION_TOKEN_ENDED,
        Code.GRAPH_CLAIMS_CHALLENGE,
        Code.GRAPH_TOKEN_TIME,
        Code.GRAPH_WRONG_AUDIENCE,
    }
)

K = TypeVar("K", bound=Hashable)


class PartlySettled(MailError):
    """`settle` failed, and this much is known; all other messages are done.

    It has code, evidence and the rest of `why`, the failure that it stands for.
    gone: were not there, so that nothing was done for them.
    refused: the server would not do it for these, whatever it did for others.
    later: nobody knows of these, or they were not asked for.
    late: nothing went wrong; the time was not enough for more.
    """

    def __init__(
        self,
        why: MailError,
        *,
        gone: Iterable[Hashable] = (),
        refused: Iterable[Hashable] = (),
        later: Iterable[Hashable] = (),
        late: bool = False,
    ) -> None:
        super().__init__(
            why.code,
            why.stage,
            permanent=why.permanent,
            retry_after=why.retry_after,
            evidence=why.evidence,
        )
        self.gone = frozenset(gone)
        self.refused = frozenset(refused)
        self.later = frozenset(later)
        self.late = late

    def named(self, name: Callable[[Any], Hashable]) -> PartlySettled:
        """The same about the same messages under other ids."""
        return PartlySettled(
            self,
            gone=map(name, self.gone),
            refused=map(name, self.refused),
            later=map(name, self.later),
            late=self.late,
        )


class Answers(Generic[K]):
    """Collects what a server answers for the messages of one call of `settle`."""

    def __init__(self) -> None:
        self.gone: set[K] = set()
        self._refused: dict[K, MailError] = {}
        self._failure: MailError | None = None
        self._later: list[K] = []

    @property
    def over(self) -> bool:
        """To go on would meet the same failure."""
        return self._failure is not None

    def refuse(self, key: K, error: MailError) -> None:
        """The server did not do it for `key`."""
        if error.code in OF_ALL:
            self.end(error, [key])
        else:
            self._refused[key] = error

    def end(self, error: MailError, later: Sequence[K]) -> None:
        """Nothing more is asked for; nothing is known of `later`."""
        self._failure = self._failure or error
        self.leave(later)

    def leave(self, later: Sequence[K]) -> None:
        """These were not asked for; without a failure there was no time for them."""
        self._later += later

    def result(self) -> set[K]:
        """Those that were gone. Raises PartlySettled if anything was not done."""
        why = self._failure or next(iter(self._refused.values()), None)
        if why is not None or self._later:
            raise PartlySettled(
                why or MailError(Code.READ_TIMEOUT, Stage.SETTLE),
                gone=self.gone,
                refused=self._refused,
                later=self._later,
                late=why is None,
            )
        return self.gone
