"""Requests to Microsoft Graph for one mailbox: whose it is, headers, batches, errors.

What is asked for: graph/folders, graph/inbound, graph/outbound. HTTP and lines:
channels. What a refusal means: graph/errors. Sources: learn.microsoft.com, "Use the
Microsoft Graph API", "Combine multiple HTTP requests using JSON batching", "Get
immutable identifiers for Outlook resources"; limits: providers.md section 4.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

from ...core.choices import Security, Stage
from ...core.errors import Code, MailError
from ..base import Credential, Endpoint, NetworkPolicy, Progress
from ..channel import Answer
from ..channels import Channels
from . import errors as graph_errors

HTTPS = 443
VERSION = "/v1.0"
AT_ONCE = 4  # requests that Outlook takes of one application for one mailbox
IN_A_BATCH = 20  # parts that Graph takes in one batch
IMMUTABLE = 'IdType="ImmutableId"'  # wanted in every request, else ids change by a move
# Parts of a batch that are refused for their number are asked for again, so often and
# with so long a pause (seconds) at most; longer pauses belong into our rows.
ROUNDS = 4
LONGEST_PAUSE = 10.0
USUAL_PAUSE = 1.0
PASSING = (429, 503, 504)
# Codes after which the connection cannot be used again.
DEADLY = frozenset(
    {
        Code.CONNECTION_LOST,
        Code.READ_TIMEOUT,
        Code.PROTOCOL_ERROR,
        Code.TOKEN_NOT_ACCEPTED,
        Code.GRAPH_CLAIMS_CHALLENGE,
        Code.GRAPH_TOKEN_TIME,
        Code.GRAPH_WRONG_AUDIENCE,
    }
)


@dataclass(frozen=True)
class Part:
    """One request of a batch. path: below the mailbox. body: becomes JSON."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Reply:
    """The answer to one part. body: parsed JSON, {} where there is none."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return self.status < 300


class GraphClient:
    """One mailbox at Graph. Whatever fails is a MailError with the line's facts."""

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        port = endpoint.port or HTTPS
        self.endpoint = replace(endpoint, port=port, security=Security.TLS)
        self.channels = Channels(self.endpoint, policy, most=AT_ONCE)
        self.mailbox = _mailbox(credential)
        self.usable = False
        self._open = False
        self._credential = credential

    @property
    def root(self) -> str:
        """The path of the mailbox."""
        return VERSION + self.mailbox

    @property
    def facts(self) -> dict[str, object]:
        return self.channels.facts

    def open(
        self,
        timings: dict[str, int],
        progress: Progress | None,
        *,
        let_off: frozenset[Code] | None = None,
    ) -> None:
        """Connect, and ask for the inbox to see whether the token is taken.

        let_off: codes that do not matter; None for all that tell of the mailbox only,
        which whoever opens a folder will meet. Raises MailError.
        """
        self._open = True
        line = self.channels.begin(timings, progress)
        with line.timed("greeting") as told:
            path = f"{self.root}/mailFolders/inbox?$select=id"
            asked = self._headers()
            answer = self.channels.request("GET", path, asked, None, Stage.GREETING)
            body = answer.whole(Stage.GREETING)
            told["answer"] = f"HTTP/1.1 {answer.status} {answer.reason}"
            if answer.status < 400 and not _is_json(body):
                raise self._unreadable(Code.GREETING_UNEXPECTED, Stage.GREETING, body)
        with line.timed("sign-in"):
            self.facts["user"] = self._credential.login
            status, headers = answer.status, answer.headers
            if status >= 300:
                error = self._refused(status, headers, body, Stage.SIGN_IN)
                of_all = status in (401, 429) or status >= 500
                if of_all or (let_off is not None and error.code not in let_off):
                    raise error
        self.usable = True

    def alive(self) -> bool:
        """Graph still takes the token. Never raises."""
        if not self.usable:
            return False
        try:
            path = f"{self.root}/mailFolders/inbox?$select=id"
            answer = self._ask("GET", path, Stage.MAILBOX, {}, None)
            answer.whole(Stage.MAILBOX)
            self.usable = answer.status != 401 and answer.status < 500
        except MailError:
            self.usable = False
        return self.usable

    def close(self) -> None:
        self.usable = self._open = False
        self.channels.close()

    def ask(
        self,
        method: str,
        path: str,
        stage: Stage,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """A good answer with its body still to be read. Raises MailError.

        path: from the root of the server. headers: beside the usual ones.
        """
        answer = self._ask(method, path, stage, headers or {}, body)
        if answer.status >= 300:
            said = self.whole(answer, stage)
            raise self._refused(answer.status, answer.headers, said, stage)
        return answer

    def json(
        self,
        method: str,
        path: str,
        stage: Stage,
        given: Mapping[str, Any] | None = None,
        *,
        prefer: str = "",
    ) -> dict[str, Any]:
        """A good answer as JSON, {} where it has no body. Raises MailError.

        prefer: beside immutable ids.
        """
        headers = {}
        body = None
        if given is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(given).encode()
        if prefer:
            headers["Prefer"] = f"{IMMUTABLE}, {prefer}"
        answer = self.ask(method, path, stage, headers=headers, body=body)
        said = self.whole(answer, stage)
        if not said:
            return {}
        try:
            told = json.loads(said)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise self._unreadable(Code.PROTOCOL_ERROR, stage, said)
        return told

    def pieces(self, answer: Answer, stage: Stage) -> Iterator[bytes]:
        """The body of an answer as it comes. Raises MailError."""
        try:
            yield from answer.pieces(stage)
        except MailError as error:
            error.evidence = {**self.facts, **error.evidence}
            self._note(error)
            raise

    def whole(self, answer: Answer, stage: Stage) -> bytes:
        """The whole body of an answer. Raises MailError."""
        try:
            return answer.whole(stage)
        except MailError as error:
            error.evidence = {**self.facts, **error.evidence}
            self._note(error)
            raise

    def pages(self, path: str, stage: Stage) -> Iterator[dict[str, Any]]:
        """The items of a collection, over all its pages. Raises MailError."""
        while path:
            page = self.json("GET", path, stage)
            yield from items(page)
            path = local(page.get("@odata.nextLink"))

    def batch(self, parts: Sequence[Part], stage: Stage) -> list[Reply]:
        """The replies to all parts, in their order. Raises MailError.

        Twenty go in one request, of which Outlook works on four at a time; those that
        it has no time for are asked for again, unless it wants too long a pause.
        """
        replies: dict[int, Reply] = {}
        waiting = list(range(len(parts)))
        for turn in range(ROUNDS):
            if turn and not self._pause([replies[n] for n in waiting], stage):
                break
            for start in range(0, len(waiting), IN_A_BATCH):
                group = waiting[start : start + IN_A_BATCH]
                replies |= self._batch({n: parts[n] for n in group}, stage)
            waiting = [n for n in waiting if replies[n].status in PASSING]
            if not waiting:
                break
        return [replies[number] for number in range(len(parts))]

    def refused(self, reply: Reply, stage: Stage) -> MailError:
        """The MailError of a part that was refused."""
        return self._refused(reply.status, reply.headers, reply.body, stage)

    # inside

    def _batch(self, parts: Mapping[int, Part], stage: Stage) -> dict[int, Reply]:
        asked = []
        for number, part in parts.items():
            one: dict[str, Any] = {
                "id": str(number),
                "method": part.method,
                "url": self.mailbox + part.path,
                "headers": {"Prefer": IMMUTABLE},
            }
            if part.body is not None:
                one["headers"]["Content-Type"] = "application/json"
                one["body"] = part.body
            asked.append(one)
        told = self.json("POST", f"{VERSION}/$batch", stage, {"requests": asked})
        replies: dict[int, Reply] = {}
        for one in told.get("responses") or []:
            try:
                number, status = int(one["id"]), int(one["status"])
            except (KeyError, TypeError, ValueError):
                continue
            body = one.get("body")
            told_of = one.get("headers") or {}
            headers = {str(name).lower(): str(told_of[name]) for name in told_of}
            replies[number] = Reply(
                status, headers, body if isinstance(body, dict) else {}
            )
        if replies.keys() < parts.keys():
            raise self._unreadable(
                Code.PROTOCOL_ERROR, stage, b"a batch was answered in part"
            )
        return replies

    def _pause(self, replies: Sequence[Reply], stage: Stage) -> bool:
        """Wait as long as the busiest reply asks. False: that is too long."""
        errors = [self.refused(reply, stage) for reply in replies]
        slowest = max(errors, key=lambda error: error.retry_after or 0.0)
        pause = slowest.retry_after or USUAL_PAUSE
        until = self.channels.until
        late = until is not None and time.monotonic() + pause > until
        if pause > LONGEST_PAUSE or late:
            return False
        time.sleep(pause)
        return True

    def _ask(
        self,
        method: str,
        path: str,
        stage: Stage,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer:
        """One request; see channels."""
        if not self._open:
            words = "the connection is not open"
            raise MailError(
                Code.CONNECTION_LOST, stage, evidence={**self.facts, "answer": words}
            )
        given = {**self._headers(), **headers}
        try:
            return self.channels.request(method, path, given, body, stage)
        except MailError as error:
            self._note(error)
            raise

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Authorization": f"Bearer {self._credential.token}",
            "Prefer": IMMUTABLE,
            "User-Agent": "mailadmin",
            "client-request-id": str(uuid.uuid4()),
        }

    def _refused(
        self,
        status: int,
        headers: Mapping[str, str],
        body: bytes | Mapping[str, Any],
        stage: Stage,
    ) -> MailError:
        error = graph_errors.refusal(status, headers, body, stage, self.facts)
        self._note(error)
        return error

    def _unreadable(self, code: Code, stage: Stage, body: bytes) -> MailError:
        words = " ".join(body[:1200].decode("utf-8", "replace").split())[:300]
        error = MailError(code, stage, evidence={**self.facts, "answer": words})
        self._note(error)
        return error

    def _note(self, error: MailError) -> None:
        if error.code in DEADLY:
            self.usable = False


def items(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects of one page of a collection."""
    found = page.get("value")
    return [one for one in found or [] if isinstance(one, dict)]


def local(link: object) -> str:
    """Path and query of a link that Graph gave, "" for none.

    Only they are used, so that no link can lead the token to another server.
    """
    parts = urlsplit(str(link or ""))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def segment(text: str) -> str:
    """An id or an address as one part of a path."""
    return quote(text, safe="")


def _mailbox(credential: Credential) -> str:
    """`/me` for the mailbox of the user whose token it is, else by its address.

    An application has no /me, and a person's token may open a shared mailbox. An opaque
    token (personal accounts) says nothing of its user and opens only that mailbox.
    """
    user = _user_of(credential.token)
    others = bool(user) and user.lower() != credential.login.lower()
    if credential.app_only or credential.account or others:
        return f"/users/{segment(credential.login)}"
    return "/me"


def _user_of(token: str) -> str:
    """The user that a token names in its claims (RFC 7519), "" for none."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError):
        return ""
    if not isinstance(told, dict):
        return ""
    names = ("upn", "preferred_username", "unique_name")
    return next((str(told[name]) for name in names if told.get(name)), "")


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False
