"""The HTTP session that a token library is given: our proxy, our trust, our timeouts.

Knows nothing of tokens. The environment's proxy and CA variables are never read:
requests would let REQUESTS_CA_BUNDLE win over what the option set says.
"""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from ..transports import tls
from ..transports.base import NetworkPolicy

RETRY = Retry(
    total=2,
    connect=0,  # a fault of the network is shown at once, not after three tries
    other=0,  # so is one of TLS or of a proxy
    status=2,
    status_forcelist=(502, 503, 504),
    allowed_methods=("GET",),
    backoff_factor=0.2,
    respect_retry_after_header=False,  # a long wait belongs into our rows
    raise_on_status=False,
)


class _Adapter(HTTPAdapter):
    """TLS by our context, and a timeout on every request that names none."""

    def __init__(self, context: ssl.SSLContext, timeout: tuple[float, float]) -> None:
        self._context = context
        self._timeout = timeout
        super().__init__(max_retries=RETRY)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)

    def send(self, request: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self._timeout
        return super().send(request, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the pool's trust to our context: requests would add certifi's."""
        conn.cert_reqs = "CERT_REQUIRED"


def make(policy: NetworkPolicy) -> requests.Session:
    """A session for one exchange; the caller closes it. Raises MailError (CA)."""
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 3
    adapter = _Adapter(
        tls.context(policy.ca_pem), (policy.connect_timeout, policy.read_timeout)
    )
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    if policy.proxy is not None:
        proxy = policy.proxy
        login = ""
        if proxy.username:
            login = f"{quote(proxy.username, '')}:{quote(proxy.password, '')}@"
        host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
        url = f"http://{login}{host}:{proxy.port}"
        session.proxies = {"https": url, "http": url}
    return session
