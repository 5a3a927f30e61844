"""The fake Microsoft Graph at graph.microsoft.com: mail of one mailbox, v1.0.

Judges the token (graph/sign_in), then leads a call to folders, messages, delta queries
or sending; a batch is its parts, each by the same way. Faults show at places that are
named after what is asked for (`effects.place("graph", "delta")`). Not there: search,
subscriptions, everything that is not mail.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

from .. import effects
from ..delivery import Delivery
from ..effects import Effect
from ..faults import Faults
from ..http import Answer, DropConnection, Request
from ..mailstore import Mailstore
from . import call as graph_call, errors as graph_errors
from .call import Call
from .delta import Delta
from .errors import Refused
from .folders import Folders
from .messages import Messages
from .send import Sending
from .sign_in import READ, SEND, SERVICE, WRITE, SignIn

AT_ONCE = 4  # requests for one mailbox; of lines that say whose they are
MOST_REQUEST = 4 * 1024 * 1024  # bytes of a body
IN_A_BATCH = 20


class Graph:
    """Answers requests.

    folders: of all mailboxes, with the names they show. at_once: the most requests at
    one time, by mailbox.
    """

    def __init__(
        self, store: Mailstore, sign_in: SignIn, delivery: Delivery, faults: Faults
    ) -> None:
        self.folders = Folders(store)
        self._messages = Messages(store, self.folders, faults)
        self._delta = Delta(store, self._messages)
        self._sending = Sending(store, self._messages, delivery)
        self._sign_in = sign_in
        self._faults = faults
        self._working: Counter[str] = Counter()
        self.at_once: Counter[str] = Counter()

    async def handle(self, request: Request) -> Answer:
        """Answer one request, an upload of a range included."""
        who = request.who or self._named(request)
        asked = request.headers.get("client-request-id", "")
        self._working[who] += 1
        self.at_once[who] = max(self.at_once[who], self._working[who])
        try:
            answer = await self._handled(request, asked, who)
        except Refused as refused:
            answer = graph_errors.answer(refused, asked)
        finally:
            self._working[who] -= 1
        answer.headers = {
            "request-id": str(uuid.uuid4()),
            "client-request-id": asked or str(uuid.uuid4()),
            "x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"Sandbox"}}',
            **answer.headers,
        }
        return answer

    async def _handled(self, request: Request, asked: str, who: str) -> Answer:
        """Raises Refused."""
        if who and self._working[who] > AT_ONCE:
            raise Refused(
                429,
                "ApplicationThrottled",
                "Application is over its MailboxConcurrency limit.",
                {"Retry-After": "1"},
            )
        await asyncio.sleep(self._faults.delay(who))
        await self._show(effects.place(SERVICE, "request"), who)
        if len(request.body) > MOST_REQUEST:
            raise Refused(
                413,
                "RequestEntityTooLarge",
                "The maximum request length supported is 4MB.",
            )
        if "AttachmentSessions" in request.path:
            await self._show(effects.place(SERVICE, "upload"), who)
            return self._sending.upload(request)
        if request.path.endswith("/$batch"):
            return await self._batch(request, asked, who)
        call = graph_call.read(
            request.method, request.target, request.headers, request.body
        )
        return await self._answered(call, asked, who)

    def _named(self, request: Request) -> str:
        """Whose mailbox a request or the first part of a batch names, "" for nobody."""
        url = request.target
        if request.path.endswith("/$batch"):
            try:
                url = str(json.loads(request.body)["requests"][0]["url"])
            except (ValueError, TypeError, LookupError):
                return ""
        call = graph_call.read(request.method, url, request.headers)
        named = call.named if call else ""
        return named or self._sign_in.user(request.headers.get("authorization", ""))

    async def _batch(self, request: Request, asked: str, who: str) -> Answer:
        """POST $batch: the parts one after the other, each with a status of its own."""
        try:
            told = json.loads(request.body)
            parts = list(told["requests"])
        except (ValueError, TypeError, KeyError):
            raise graph_errors.bad_request("Invalid batch payload format.") from None
        if not 0 < len(parts) <= IN_A_BATCH:
            raise graph_errors.bad_request(
                f"Number of batch request steps exceeds the maximum value of"
                f" {IN_A_BATCH}."
            )
        await self._show(effects.place(SERVICE, "batch"), who)
        responses = [await self._part(part, request, asked, who) for part in parts]
        return Answer(200, {"responses": responses})

    async def _part(
        self, part: Mapping[str, Any], request: Request, asked: str, who: str
    ) -> dict[str, Any]:
        headers = {
            str(name).lower(): str(value)
            for name, value in (part.get("headers") or {}).items()
        }
        headers.setdefault("authorization", request.headers.get("authorization", ""))
        body = part.get("body")
        content = b"" if body is None else json.dumps(body).encode()
        if isinstance(body, str):
            content = body.encode()
        method, url = str(part.get("method")), str(part.get("url"))
        try:
            place = effects.place(SERVICE, "part")
            await self._show(place, who)
            call = graph_call.read(method, url, headers, content)
            answer = await self._answered(call, asked, who)
        except Refused as refused:
            answer = graph_errors.answer(refused, asked)
        told: dict[str, Any] = {
            "id": part.get("id"),
            "status": answer.status,
            "headers": {"Content-Type": "application/json", **answer.headers},
        }
        if isinstance(answer.body, bytes):
            told["body"] = answer.body.decode("latin-1")
        elif answer.body is not None:
            told["body"] = answer.body
        return told

    async def _answered(self, call: Call | None, asked: str, who: str | None) -> Answer:
        if call is None:
            raise Refused(
                400, "BadRequest", "Resource not found for the segment of the path."
            )
        named = call.named or who or ""
        await self._show(effects.place(SERVICE, effects.CREDENTIAL), named, who)
        bearer = self._sign_in.bearer(call.headers.get("authorization", ""), call.named)
        call.account = self._sign_in.account(bearer, call.named)
        address = call.account.address
        operation = _operation(call)
        if operation is None:
            raise Refused(400, "BadRequest", "Resource not found for the segment.")
        place, permission = operation
        self._sign_in.permit(bearer, call.account, permission)
        signed_in = effects.place(SERVICE, effects.SIGNED_IN)
        await self._show(signed_in, address, who)
        await self._show(effects.place(SERVICE, place), address, who)
        return await self._done(call, asked, who)

    async def _done(self, call: Call, asked: str, who: str | None) -> Answer:
        match (call.method, *call.path):
            case ("POST", "sendMail"):
                self._sending.send_mail(call)
                return await self._accepted(call, asked, who)
            case ("GET", "mailFolders", name, "messages", "delta"):
                if "$deltatoken" in call.query:
                    state = effects.place(SERVICE, "delta-state")
                    await self._show(state, call.account.address, who)
                return self._delta.answer(call, self.folders.of(call, name))
            case ("GET", "mailFolders", name, "messages"):
                return self._messages.list(call, self.folders.of(call, name))
            case ("POST", "mailFolders", name, "messages"):
                return self._sending.draft(call, self.folders.of(call, name))
            case (method, "mailFolders", _, "messages", id, *rest):
                return await self._of_message(call, method, id, rest, asked, who)
            case ("GET", "mailFolders", *_):
                return self.folders.answer(call)
            case ("GET", "messages"):
                return self._messages.list(call, None)
            case ("POST", "messages"):
                return self._sending.draft(call, None)
            case (method, "messages", id, *rest):
                return await self._of_message(call, method, id, rest, asked, who)
        raise Refused(405, "BadRequest", "The method is not supported here.")

    async def _of_message(
        self,
        call: Call,
        method: str,
        id: str,
        rest: list[str],
        asked: str,
        who: str | None,
    ) -> Answer:
        place, entry = self._messages.find(call, id)
        match (method, *rest):
            case ("GET",):
                return self._messages.get(call, place, entry)
            case ("GET", "$value"):
                return self._messages.value(call, entry)
            case ("PATCH",):
                return self._messages.patch(call, place, entry)
            case ("DELETE",):
                return self._messages.delete(call, place, entry)
            case ("POST", "permanentDelete"):
                return self._messages.remove(place, entry)
            case ("POST", "move"):
                return self._messages.move(call, place, entry)
            case ("POST", "attachments"):
                return self._sending.attach(call, entry)
            case ("POST", "attachments", "createUploadSession"):
                return self._sending.create_upload(call, entry)
            case ("POST", "send"):
                self._sending.send(call, place, entry)
                return await self._accepted(call, asked, who)
        raise Refused(405, "BadRequest", "The method is not supported here.")

    async def _accepted(self, call: Call, asked: str, who: str | None) -> Answer:
        """202, unless a fault takes the answer away after the message was taken."""
        place = effects.place(SERVICE, effects.ACCEPTED)
        await self._show(place, call.account.address, who)
        return Answer(202, None)

    async def _show(self, place: str, *who: str | None) -> None:
        """Raises what a fault at this place is."""
        fault = self._faults.at(place, *who, target=effects.MAIL)
        if fault is not None:
            await _shown(fault)


async def _shown(fault: Effect) -> None:
    if fault.end == effects.SILENT:
        await asyncio.sleep(3600)
    if fault.end:
        raise DropConnection
    if fault.status:
        raise Refused(fault.status, fault.error, fault.text, fault.headers)


def _operation(call: Call) -> tuple[str, str] | None:
    """The place of its faults, and the permission that it needs; None for neither."""
    path = call.path
    rest = path[2:] if path[:1] == ("messages",) else ()
    if path[:1] == ("mailFolders",) and path[2:3] == ("messages",):
        rest = path[4:]
    known = {
        ("POST", "sendMail"): ("sendmail", SEND),
        ("POST", "send"): ("send", SEND),
        ("GET", "delta"): ("delta", READ),
        ("GET", "$value"): ("value", READ),
        ("POST", "move"): ("move", WRITE),
        ("POST", "permanentDelete"): ("delete", WRITE),
        ("POST", "attachments"): ("attach", WRITE),
        ("POST", "createUploadSession"): ("attach", WRITE),
    }
    if not path:
        return None
    found = known.get((call.method, path[-1]))
    if found:
        return found
    if path[0] == "mailFolders" and "messages" not in path:
        return "folder", READ
    if path[0] not in ("messages", "mailFolders"):
        return None
    by_method = {
        "GET": ("get" if rest or path[-1] != "messages" else "list", READ),
        "POST": ("draft", WRITE),
        "PATCH": ("patch", WRITE),
        "DELETE": ("delete", WRITE),
    }
    return by_method.get(call.method)
