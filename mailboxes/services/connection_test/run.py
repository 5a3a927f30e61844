"""Carries out one connection test: the checks in their order, by the cycles' own means.

Transports, tokens and the way through the network are those of the cycles (connect,
tokens); where one call covers several checks, the rows follow what it tells as it goes
on. The holder of the run calls `carry_out`; batches and the command are its callers
(connection_test/batch), rows are written in connection_test/rows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace

from django.db.models import Q
from django.utils import timezone

from ...core.choices import Grant, Stage, TestState
from ...core.errors import Code, Held, MailError, SecretUnreadable, storable
from ...models import PopClient, TestRun
from ...oauth import google, microsoft, probe
from ...transports.base import (
    Credential,
    InboundTransport,
    NetworkPolicy,
    OutboundTransport,
)
from .. import clients, connect, ends_soon, instance, refusals, secrets, tokens
from ..options import snapshots
from ..scrub import Scrub
from ..tokens.requests import authority_of, directory_of, module_of
from . import checks as connection_checks, rows
from .planning import NO_DATE, NOT_AGAIN, OPAQUE
from .rows import Ended, Sheet

logger = logging.getLogger(__name__)

SECONDS = 60.0  # of a whole run
CALL_SECONDS = 30.0  # of one network call, whatever the option set allows
AT_CONNECTING = (Stage.DNS, Stage.TCP, Stage.PROXY, Stage.TLS)


def carry_out(pk: int) -> None:
    """Make the checks of a run that this process has claimed. Never raises."""
    run = TestRun.objects.select_related("revision", "asked_by", "after").get(pk=pk)
    try:
        _Test(run).run()
    except Ended:
        pass
    except Exception as error:  # noqa: BLE001 - the one border of the test
        logger.exception("connection test %s", pk)
        name = type(error).__name__
        rows.close(
            Q(pk=pk), TestState.FAILED, timezone.now(), Code.INTERNAL, error=name
        )


class _Failed(Exception):
    """A check has failed and stands in the rows: nothing more to do."""


class _Test:
    """One run. `Ended` comes out as soon as the run was cancelled."""

    def __init__(self, run: TestRun) -> None:
        self._run = run
        self._snapshot = snapshots.of(run.revision)
        self._scrub = Scrub()
        self._sheet = Sheet(run, self._scrub)
        self._ends = time.monotonic() + SECONDS
        self._policy = NetworkPolicy()
        self._tenant = ""  # id of what the directory id stands for
        self._untold = 0  # milliseconds of stages that have no check of their own
        self._refused = refusals.known(run, self._snapshot)

    def run(self) -> None:
        try:
            self._checks()
        except _Failed:
            return
        self._sheet.all_passed()
        client = self._run.client
        user = self._run.asked_by
        if clients.resume_tested(client, self._run.revision, user, self._run.pk):
            logger.info("%s tries again after a green test", client)

    def _checks(self) -> None:
        self._next()
        self._fields()
        credential = None
        if self._snapshot.uses_token:
            seen = self._sheet.seen(Stage.TENANT)
            if seen is None:
                self._authority()
            else:
                self._tenant = str(seen.get("tenant", ""))
            credential = self._token()
        self._server(credential)

    # the rows

    def _next(self) -> None:
        """Begin the next check; past the time of the whole run it fails at once."""
        check = self._sheet.current
        at_connecting = check is not None and check.stage in AT_CONNECTING
        policy = self._policy
        self._sheet.begin(
            policy.connect_timeout if at_connecting else policy.read_timeout
        )
        if time.monotonic() > self._ends and self._sheet.current is not None:
            raise self._failure(
                MailError(Code.READ_TIMEOUT, Stage(self._sheet.current.stage))
            )

    def _pass(self, milliseconds: float, facts: Mapping[str, object]) -> None:
        self._sheet.passed(round(milliseconds), facts)
        self._next()

    def _skip(self, reason: str) -> None:
        self._sheet.skipped(reason)
        self._next()

    def _failure(self, error: MailError) -> _Failed:
        """Write it down; raise what this returns."""
        stage = Stage.DATA if error.stage is Stage.ENVELOPE else error.stage
        self._sheet.failed(stage, error.code, error.evidence)
        return _Failed()

    def _progress(self, stage: Stage, ms: int, facts: Mapping[str, object]) -> None:
        """A stage of an opening has ended well: so has its check."""
        check = self._sheet.current
        if check is None or check.stage != stage:
            self._untold += ms
            return
        spent, self._untold = ms + self._untold, 0
        self._pass(spent, {name: facts[name] for name in TOLD[stage] if name in facts})

    def _limited(self) -> NetworkPolicy:
        """The way of the option set, no call longer than what is left of the run."""
        way = connect.policy(self._snapshot)
        short = replace(
            way,
            connect_timeout=min(way.connect_timeout, CALL_SECONDS),
            read_timeout=min(way.read_timeout, CALL_SECONDS),
        )
        return short.till(self._ends).hurried()

    # the checks

    def _fields(self) -> None:
        began = time.monotonic()
        try:
            warnings = connection_checks.fields(self._snapshot)
            warnings += filter(None, [ends_soon.warning(self._run.client)])
            self._policy = self._limited()
        except MailError as error:
            error.stage = Stage.FIELDS
            raise self._failure(error) from error
        self._know_secrets()
        facts = {"warnings": warnings} if warnings else {}
        self._pass((time.monotonic() - began) * 1000, facts)

    def _know_secrets(self) -> None:
        if self._policy.proxy is not None:
            proxy = self._policy.proxy
            self._scrub.know(proxy.password, proxy.username)
        if self._snapshot["password"]:
            try:
                password = secrets.reveal(self._snapshot["password"])
            except SecretUnreadable:
                return  # deleted this moment: signing in will tell
            self._scrub.know(password, self._snapshot.account)

    def _authority(self) -> None:
        """Way to the authority, its clock, and the tenant, without a credential."""
        url = authority_of(self._snapshot)
        try:
            probe.reach(url, self._policy, self._progress)
        except MailError as error:
            raise self._failure(error) from error
        self._policy = self._limited()
        directory = directory_of(self._snapshot)
        try:
            found = probe.discover(url, directory, self._policy)
        except MailError as error:
            self._skip(NO_DATE)
            error.stage = Stage.TENANT
            raise self._failure(error) from error
        if found.skew is None:
            self._skip(NO_DATE)
        else:
            try:
                connection_checks.clock(found.skew)
            except MailError as error:
                raise self._failure(error) from error
            self._pass(found.milliseconds, {"seconds": round(found.skew, 1)})
        if found.refusal is not None:
            found.refusal.stage = Stage.TENANT
            raise self._failure(found.refusal) from found.refusal
        self._tenant = str(found.facts.get("tenant", ""))
        self._pass(0, found.facts)

    def _token(self) -> Credential:
        """A fresh token, and whether its claims fit."""
        self._not_again(Stage.TOKEN)
        self._policy, began = self._limited(), time.monotonic()
        try:
            credential, _ = tokens.credential(self._snapshot, self._policy, fresh=True)
        except MailError as error:
            error.stage = Stage.TOKEN
            raise self._failure(error) from error
        self._scrub.know(credential.token, credential.login)
        claims = microsoft.claims(credential.token)
        facts: dict[str, object] = {
            "permissions": connection_checks.permissions(claims)
        }
        if credential.expires_at is not None:
            facts["lifetime"] = round(credential.expires_at - time.time())
        self._pass((time.monotonic() - began) * 1000, facts)
        if not claims:
            self._skip(OPAQUE)
            return credential
        try:
            odd = connection_checks.claims(self._snapshot, claims, self._tenant)
        except MailError as error:
            raise self._failure(error) from error
        shown = {name: claims[name] for name in SHOWN_CLAIMS if name in claims}
        self._pass(0, {**shown, **({"warnings": odd} if odd else {})})
        return credential

    def _not_again(self, stage: Stage) -> None:
        """A sign-in that was refused is told, not repeated (DESIGN D9)."""
        if self._refused:
            code, evidence = self._refused["code"], self._refused["evidence"]
            self._sheet.failed(stage, code, evidence, NOT_AGAIN)
            raise _Failed

    def _server(self, credential: Credential | None) -> None:
        self._policy = self._limited()
        if credential is None:
            self._not_again(Stage.SIGN_IN)
            credential, _ = tokens.credential(self._snapshot, self._policy)
        given = credential, self._policy
        transport: InboundTransport | OutboundTransport
        if self._snapshot.kind == PopClient.kind:
            transport = connect.inbound(self._snapshot, given=given)
        else:
            transport = connect.outbound(self._snapshot, given=given)
        transport.progress = self._progress
        try:
            transport.open()
            if isinstance(transport, InboundTransport):
                self._mailbox(transport)
            elif self._run.send_to:
                self._send(transport)
        except MailError as error:
            connect.explain(error, transport)
            if error.code in tokens.OUTDATED:
                tokens.forget(self._snapshot)
            if error.code == Code.TOKEN_NOT_ACCEPTED:
                self._ask_google(error, credential)
            raise self._failure(error) from error
        except Held:
            rows.close(Q(pk=self._run.pk), TestState.CANCELLED, timezone.now())
            raise Ended from None
        finally:
            transport.progress = None
            transport.close()

    def _ask_google(self, error: MailError, credential: Credential) -> None:
        """Of Google's tokens only Google can tell what they are for."""
        if module_of(self._snapshot) is not google:
            return
        told = google.about(credential.token, self._limited())
        if told:
            error.evidence["tokeninfo"] = storable(told)
        if self._snapshot.grant is not Grant.SERVICE_ACCOUNT:
            error.evidence["client_id"] = str(self._snapshot["client-id"])

    def _mailbox(self, transport: InboundTransport) -> None:
        """Opened for reading only: nothing on the server changes."""
        began = time.monotonic()
        folder = transport.select(self._snapshot["folder-path"])
        facts: dict[str, object] = {"folder": folder.name, "next_id": folder.next_id}
        if folder.messages is not None:
            facts["messages"] = folder.messages
        self._pass((time.monotonic() - began) * 1000, facts)

    def _send(self, transport: OutboundTransport) -> None:
        instance.require_free()
        began = time.monotonic()
        to = self._run.send_to
        sender, message = connection_checks.letter(self._snapshot, to)
        sent = transport.send(sender, [to], message.as_bytes())
        facts = {"from": sender, "answer": sent.answer}
        facts["message_id"] = str(message["Message-ID"])
        self._pass((time.monotonic() - began) * 1000, facts)


# What a check shows of what the line knows by then.
TOLD: dict[Stage, tuple[str, ...]] = {
    Stage.DNS: ("addresses",),
    Stage.TCP: ("address",),
    Stage.PROXY: ("address",),
    Stage.TLS: ("tls", "cipher", "issuer", "certificate_ends"),
    Stage.GREETING: ("answer",),
    Stage.SIGN_IN: ("user",),
}
SHOWN_CLAIMS = ("aud", "upn", "tid", "appid")
