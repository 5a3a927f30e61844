"""NTLM over one channel (MS-NLMP, MS-NTHT): for Exchange that takes no Basic password.

NTLM signs in a line, not a request, so each new line begins with its three messages;
the exchange is bound to the TLS certificate (RFC 5929, tls-server-end-point), which
servers with Extended Protection ask for. The cryptography is pyspnego's.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping

import spnego
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from ...core.certificates import end_point_digest
from ...core.choices import Stage
from ...core.errors import Code, MailError
from ..base import Credential
from ..channel import Answer, Channel, Upload

SCHEME = "NTLM"


class Ntlm(Channel):
    """A channel whose lines are signed in before the first request on each."""

    def __init__(self, plain: Channel, path: str, who: Credential) -> None:
        super().__init__(plain.endpoint, plain.policy, plain._until)
        plain.drop()
        self.facts = plain.facts
        self._path = path
        self._who = who
        self._signed: object = None  # the socket that is signed in

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Upload | None,
        stage: Stage,
    ) -> Answer:
        self.handed_over = False
        if self.peer is None or self.peer is not self._signed or self.stale():
            try:
                self._sign_in(headers, stage)
            finally:
                self.handed_over = False  # its own requests were, this one was not
        return super().request(method, path, headers, body, stage)

    def _sign_in(self, headers: Mapping[str, str], stage: Stage) -> None:
        self.open()
        try:
            context = spnego.client(
                self._who.login,
                self._who.password,
                hostname=self.endpoint.host,
                service="HTTP",
                protocol="ntlm",
                channel_bindings=self._bindings(),
            )
            answer = self._step(headers, context.step(), stage)
            for _round in range(2):
                challenge = _challenge(answer)
                if answer.status != 401 or challenge is None:
                    break
                answer = self._step(headers, context.step(challenge), stage)
        except SpnegoError as error:
            raise self._refused(type(error).__name__) from error
        if answer.status == 401:
            raise self._refused(f"HTTP 401 {answer.headers.get('www-authenticate')}")
        self._signed = self.peer

    def _step(
        self, headers: Mapping[str, str], token: bytes | None, stage: Stage
    ) -> Answer:
        told = {
            **headers,
            "Authorization": f"{SCHEME} {base64.b64encode(token or b'').decode()}",
        }
        answer = super().request("GET", self._path, told, None, stage)
        answer.whole(stage)
        return answer

    def _bindings(self) -> GssChannelBindings | None:
        sock = self.peer
        if not isinstance(sock, ssl.SSLSocket):
            return None
        certificate = sock.getpeercert(binary_form=True) or b""
        digest = end_point_digest(certificate)
        return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)

    def _refused(self, answer: str) -> MailError:
        self.drop()
        return MailError(
            Code.PASSWORD_REFUSED,
            Stage.SIGN_IN,
            permanent=True,
            evidence={**self.facts, "user": self._who.login, "answer": answer},
        )


def _challenge(answer: Answer) -> bytes | None:
    for part in answer.headers.get("www-authenticate", "").split(","):
        scheme, _, value = part.strip().partition(" ")
        if scheme.upper() == SCHEME and value:
            return base64.b64decode(value)
    return None
