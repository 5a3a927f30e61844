"""The sandbox's Exchange Web Services at /EWS/Exchange.asmx: HTTP, SOAP, operations.

One address for Exchange Online and for Contoso's own server. Who may: ews/sign_in; what
the operations do: ews/folders, ews/items, ews/send. Faults stop a request at the places
ews.request (before anybody looks at it), ews.credential, and ews.<operation> in lower
case; ews.accepted after a message was taken, ews.<operation> done after the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from .. import effects
from ..delivery import Delivery
from ..effects import Effect
from ..faults import Faults
from ..http import Answer, DropConnection, Request
from ..mailstore import Mailstore
from ..world import Account
from .folders import Folders
from .ids import owner_of
from .items import Items
from .send import Sending
from .sign_in import SERVICE, EwsSignIn, Unauthorized
from .xml import (
    KIND,
    VERSIONS,
    Element,
    Malformed,
    Refused,
    answer,
    failure,
    fault,
    m,
    name_of,
    plain,
    read,
    t,
    tag,
)

PATH = "/ews/exchange.asmx"
SENDING = ("CreateItem", "SendItem")

Operation = Callable[[Element], list[str]]


@dataclass
class EwsServer:
    """Answers requests."""

    store: Mailstore
    delivery: Delivery
    sign_in: EwsSignIn
    faults: Faults

    async def handle(self, request: Request) -> Answer:
        """Answer one request; 404 for other addresses than that of the service."""
        who = self.sign_in.named(request)
        await asyncio.sleep(self.faults.delay(who, request.who))
        stopped = await self._at("request", who, request)
        if stopped:
            return stopped
        if request.path.lower().rstrip("/") != PATH:
            return Answer(404, "")
        stopped = await self._at(effects.CREDENTIAL, who, request)
        if stopped:
            return stopped
        try:
            caller = self.sign_in.caller(request)
            if request.method != "POST":
                return Answer(200, "You have created a service.")
            header, asked = read(request.body)
            _check_version(header)
            account = self.sign_in.mailbox(caller, header)
        except Unauthorized as refused:
            return refused.answer
        except Malformed as error:
            return Answer(400, str(error))
        except Refused as refused:
            return fault(refused)
        person = caller.account.address if caller.account else ""
        try:
            account = self.sign_in.opened(caller, account, owner_of(self.store, asked))
        except Refused as refused:
            return _refused(refused, asked)
        return await self._operation(account, person, asked, request)

    async def _operation(
        self, account: Account, person: str, asked: Element, request: Request
    ) -> Answer:
        name = name_of(asked)
        self.sign_in.tally.note(SERVICE, account.address, "ok")
        self.sign_in.tally.note(f"{SERVICE} calls", account.address, name)
        for place in (effects.COMMAND, name.lower()):
            stopped = await self._at(place, account.address, request, asked)
            if stopped:
                return stopped
        run = self._operations(account, person).get(name)
        if run is None:
            refused = Refused("ErrorInvalidRequest", "The request is invalid.", True)
            return fault(refused)
        done = answer(name, run(asked))
        after = effects.ACCEPTED if name in SENDING else f"{name.lower()} done"
        stopped = await self._at(after, account.address, request, asked)
        return stopped or done

    def _operations(self, account: Account, person: str) -> dict[str, Operation]:
        address = account.address
        folders = Folders(self.store, address)
        items = Items(self.store, address)
        sending = Sending(self.store, self.delivery, address, person)
        return {
            "GetFolder": folders.get,
            "FindFolder": folders.find,
            "FindItem": items.find,
            "GetItem": items.get,
            "SyncFolderItems": items.sync,
            "UpdateItem": items.update,
            "MoveItem": items.move,
            "DeleteItem": items.delete,
            "CreateItem": sending.create,
            "SendItem": sending.send_item,
            "ResolveNames": lambda asked: [_resolved(asked, self.sign_in)],
        }

    async def _at(
        self, place: str, who: str, request: Request, asked: Element | None = None
    ) -> Answer | None:
        """What a fault answers at a place, None where there is none."""
        at = effects.place(SERVICE, place)
        shown = self.faults.at(at, who, request.who, target=effects.MAIL)
        return await _shown(shown, asked) if shown else None


async def _shown(shown: Effect, asked: Element | None) -> Answer:
    if shown.end == effects.SILENT:
        await asyncio.sleep(3600)
    if shown.end:
        raise DropConnection
    if shown.error:
        whole = shown.status >= 500 or asked is None
        refused = Refused(shown.error, shown.text, whole, shown.body)
        if whole or asked is None:
            return fault(refused)
        return _refused(refused, asked)
    return Answer(shown.status, shown.body, {**KIND, **shown.headers})


def _refused(refused: Refused, asked: Element) -> Answer:
    """Every item of a request is refused."""
    operation = name_of(asked)
    one = failure(operation, refused, _empty(operation))
    items = sum(1 for element in asked.iter(t("ItemId")))
    return answer(operation, [one] * max(items, 1))


def _empty(operation: str) -> str:
    """What a response message of an operation holds even where it failed."""
    if operation == "SyncFolderItems":
        last = plain("m:IncludesLastItemInRange", True)
        return plain("m:SyncState", "") + last + tag("m:Changes")
    return ""


def _check_version(header: Element | None) -> None:
    asked = header.find(t("RequestServerVersion")) if header is not None else None
    if asked is not None and asked.get("Version") not in (
        *VERSIONS,
        "V2015_10_05",
        "V2018_01_08",
    ):
        raise Refused(
            "ErrorInvalidServerVersion",
            "The specified server version is invalid.",
            fault=True,
        )


def _resolved(asked: Element, sign_in: EwsSignIn) -> str:
    """ResolveNames: one address that is ours."""
    entry = asked.findtext(m("UnresolvedEntry"), "").strip().lower()
    account = sign_in.accounts.get(entry.removeprefix("smtp:"))
    if account is None:
        nobody = Refused("ErrorNameResolutionNoResults", "No results were found.")
        return failure("ResolveNames", nobody)
    mailbox = tag(
        "t:Mailbox",
        plain("t:Name", account.name)
        + plain("t:EmailAddress", account.address)
        + plain("t:RoutingType", "SMTP")
        + plain("t:MailboxType", "Mailbox"),
    )
    resolution = tag("t:Resolution", mailbox)
    return tag(
        "m:ResolveNamesResponseMessage",
        plain("m:ResponseCode", "NoError")
        + tag(
            "m:ResolutionSet",
            resolution,
            TotalItemsInView="1",
            IncludesLastItemInRange="true",
        ),
        ResponseClass="Success",
    )
