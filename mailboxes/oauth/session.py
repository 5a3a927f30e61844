"""The HTTP session that a token library is given: our way, our trust, our timeouts.

Knows nothing of tokens. Every connection is opened by transports/net, as those of mail
are, so that names, proxies of each kind and addresses fail and recover alike. The
environment's proxy and CA variables are never read: requests would let
REQUESTS_CA_BUNDLE win over what the option set says. Nothing is said without TLS, and
no secret is repeated to where an answer leads. Nothing begins or goes on past the
policy's `until`, however often bytes arrive.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import (
    HTTPConnectionPool,
    HTTPSConnectionPool,
    PoolManager,
    Retry,
)
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import NewConnectionError

from ..core.choices import Security
from ..core.errors import MailError
from ..transports import net, tls
from ..transports.base import Endpoint, NetworkPolicy
from ..transports.timed import Timed

RETRY = Retry(
    total=2,
    connect=0,  # a fault of the network is shown at once, not after three tries
    read=False,  # so is an authority that does not answer, as what it is
    other=0,  # so is one of TLS or of a proxy
    status=2,
    status_forcelist=(502, 503, 504),
    allowed_methods=("GET",),
    backoff_factor=0.2,
    respect_retry_after_header=False,  # a long wait belongs into our rows
    raise_on_status=False,
)
# Seconds that must be left for a request to begin. One that is cut off may have been
# heard: the authority then takes the refresh token, and what replaces it is lost.
ENOUGH = 5.0


def _pools(policy: NetworkPolicy) -> Mapping[str, type[HTTPConnectionPool]]:
    """urllib3's pools, with connections that take the way of `policy`."""

    def opened(connection: HTTPSConnection) -> socket.socket:
        host, port = connection.host, connection.port
        endpoint = Endpoint(host, port or 0, Security.NONE)
        try:
            sock = net.Line(endpoint, policy, {}).open()
        except MailError as error:
            # What urllib3 knows; refusals.of_exception finds ours behind it.
            raise NewConnectionError(connection, error.code) from error
        sock.settimeout(policy.hurried().connect_timeout)  # for the handshake
        return sock

    class Bounded(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            raw = Timed(
                self.fp.detach(), sock, policy.read_timeout, lambda: policy.until
            )
            self.fp = io.BufferedReader(raw)

    class Secure(HTTPSConnection):
        response_class = Bounded

        def _new_conn(self) -> socket.socket:
            return opened(self)

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"https": SecurePool}


class _Adapter(HTTPAdapter):
    """Our way, TLS by our context, and a timeout on every request that names none."""

    def __init__(self, policy: NetworkPolicy, context: ssl.SSLContext) -> None:
        self._policy = policy
        self._context = context
        super().__init__(max_retries=RETRY)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = dict(_pools(self._policy))

    def send(self, request: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        if not str(request.url).startswith("https://"):
            # An authority may name such an address itself, where a proxy before it has
            # not told it that the world speaks TLS with it.
            raise requests.exceptions.InvalidSchema("not https", request=request)
        left, now = self._policy.left, self._policy.hurried()
        if left is not None and left < ENOUGH:
            raise requests.exceptions.ReadTimeout("no time is left", request=request)
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = now.connect_timeout, now.read_timeout
        return super().send(request, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the pool's trust to our context: requests would add certifi's."""
        conn.cert_reqs = "CERT_REQUIRED"


class _Session(requests.Session):
    """Says to nobody else what it was to say to the authority."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None where the request would be repeated with its body: a secret is in it.

        None as well where it would go on without TLS. A filter on the way may answer
        so, to have somebody sign in to it: its answer then tells that it is none of
        the authority.
        """
        if resp.request.body and resp.status_code in (307, 308):
            return None
        target = super().get_redirect_target(resp)
        if target and target.strip().lower().startswith("http://"):
            return None
        return target


def make(policy: NetworkPolicy) -> requests.Session:
    """A session for one exchange; the caller closes it. Raises MailError (CA)."""
    session = _Session()
    session.trust_env = False
    session.max_redirects = 3
    adapter = _Adapter(policy, tls.context(policy.ca_pem, "http"))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
