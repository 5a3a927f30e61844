"""TLS on an open socket: one context for each CA setting, failures mapped by table.

Certificates and names are always checked and TLS 1.2 is the least (RFC 8314); there
is no switch against that anywhere.
"""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from functools import lru_cache

from ..core.choices import Stage
from ..core.errors import Code, MailError
from .base import NetworkPolicy

# X509_V_ERR_* of OpenSSL; every other one is a chain that we do not trust.
VERIFY = {
    9: Code.TLS_EXPIRED,  # not yet valid
    10: Code.TLS_EXPIRED,
    62: Code.TLS_NAME,
    64: Code.TLS_NAME,  # IP address mismatch
}
REASONS = {
    "WRONG_VERSION_NUMBER": Code.TLS_NOT_TLS,
    "RECORD_LAYER_FAILURE": Code.TLS_NOT_TLS,
    "PACKET_LENGTH_TOO_LONG": Code.TLS_NOT_TLS,
    "HTTP_REQUEST": Code.TLS_NOT_TLS,
    "UNKNOWN_PROTOCOL": Code.TLS_NOT_TLS,
    "UNSUPPORTED_PROTOCOL": Code.TLS_VERSION,
    "TLSV1_ALERT_PROTOCOL_VERSION": Code.TLS_VERSION,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": Code.TLS_VERSION,
    "VERSION_TOO_LOW": Code.TLS_VERSION,
    "NO_PROTOCOLS_AVAILABLE": Code.TLS_VERSION,
    "NO_SHARED_CIPHER": Code.TLS_VERSION,
    # What a server says that shares no version or cipher with us (RFC 8446 6.2).
    "SSLV3_ALERT_HANDSHAKE_FAILURE": Code.TLS_VERSION,
}
PERMANENT = {Code.TLS_NAME, Code.TLS_NOT_TLS}


@lru_cache(maxsize=64)
def context(ca_pem: str, use: str = "mail") -> ssl.SSLContext:
    """The client context that trusts the system's authorities and those of `ca_pem`.

    use: whoever sets something on it has one of its own. urllib3 offers http/1.1 (ALPN)
    on what it is given, and a mail server ends the handshake at that.
    Raises MailError CONFIG_INCOMPLETE when `ca_pem` holds no readable certificate.
    """
    made = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_pem:
        # Whoever names an authority trusts it, also where its own issuer is not known:
        # of a private chain people have the intermediate, or the server's own.
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        try:
            made.load_verify_locations(cadata=ca_pem)
        except (ssl.SSLError, TypeError, ValueError) as error:
            # TypeError: there is a letter beyond ASCII in it.
            raise MailError(
                Code.CONFIG_INCOMPLETE,
                Stage.FIELDS,
                permanent=True,
                evidence={"option": "ca_pem", "answer": str(error)},
            ) from error
    return made


def wrap(
    sock: socket.socket,
    host: str,
    policy: NetworkPolicy,
    evidence: dict[str, object],
) -> ssl.SSLSocket:
    """TLS on `sock` for `host`; adds issuer and version to `evidence`.

    Raises MailError at TLS, and closes `sock` then.
    """
    try:
        sock.settimeout(policy.connect_timeout)
        secure = context(policy.ca_pem).wrap_socket(
            sock, server_hostname=host.strip("[]")
        )
    except MailError:
        sock.close()
        raise
    except (OSError, ValueError) as error:
        sock.close()
        raise failed(error, evidence) from error
    secure.settimeout(policy.read_timeout)
    evidence["tls"] = secure.version() or ""
    evidence["issuer"] = _issuer(secure)
    return secure


def described(secure: ssl.SSLSocket) -> dict[str, object]:
    """cipher, and certificate_ends as an ISO date, where OpenSSL tells them."""
    facts: dict[str, object] = {}
    cipher = secure.cipher()
    if cipher:
        facts["cipher"] = cipher[0]
    ends = (secure.getpeercert() or {}).get("notAfter")
    if isinstance(ends, str):
        moment = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
        facts["certificate_ends"] = moment.date().isoformat()
    return facts


def failed(error: Exception, evidence: dict[str, object]) -> MailError:
    """The MailError of a handshake that ended with `error`.

    Errors that Python itself raises lack the attributes that OpenSSL's have.
    """
    answer = str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        code = VERIFY.get(getattr(error, "verify_code", 0), Code.TLS_UNTRUSTED)
        answer = getattr(error, "verify_message", "") or answer
    elif isinstance(error, ssl.SSLError):
        code = REASONS.get(getattr(error, "reason", None) or "", Code.TLS_HANDSHAKE)
    elif isinstance(error, TimeoutError):
        code = Code.READ_TIMEOUT
    else:
        code = Code.TLS_HANDSHAKE
    return MailError(
        code,
        Stage.TLS,
        permanent=code in PERMANENT,
        evidence={**evidence, "answer": answer},
    )


def _issuer(secure: ssl.SSLSocket) -> str:
    """Who signed the server's certificate, as `CN (O)`."""
    certificate = secure.getpeercert() or {}
    parts: dict[str, str] = {}
    for group in certificate.get("issuer", ()):
        for item in group:
            parts[str(item[0])] = str(item[1])
    name = parts.get("commonName", "")
    owner = parts.get("organizationName", "")
    return f"{name} ({owner})" if name and owner else name or owner
