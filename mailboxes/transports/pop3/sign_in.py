"""Signs in on a POP3 connection: by token or by password, as the server offers it.

APOP and CRAM-MD5 are not tried: they need the password in clear text at the server and
protect it by MD5 only. What an answer means is answers.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...core.choices import Stage
from ...core.errors import Code, MailError
from ..base import Credential, Endpoint
from .client import Answer, Client

# A line of ours cannot carry them: they would end the command, or the field of PLAIN.
_UNSENDABLE = ("\0", "\r", "\n")


def sign_in(
    client: Client,
    who: Credential,
    end: Endpoint,
    offered: Mapping[str, str] | None,
    facts: dict[str, object],
) -> Answer:
    """Sign in; returns the server's answer, good or bad.

    offered: what CAPA listed, None where the server does not know CAPA.
    facts: evidence of the connection; the reason that a server gives for refusing a
    token is put there as "challenge". Raises MailError where nothing can be tried.
    """
    facts["user"] = who.login
    if who.is_token:
        return _by_token(client, who, end, offered, facts)
    if any(sign in who.login + who.password for sign in _UNSENDABLE):
        words = "the log-in name or the password holds a line break or NUL"
        raise _cannot(Code.PASSWORD_REFUSED, facts, words)
    user, password = _bytes(who.login), _bytes(who.password)
    if "PLAIN" in _mechanisms(offered):
        return client.authenticate("PLAIN", b"\0" + user + b"\0" + password)[0]
    if offered is not None and "USER" not in offered:
        raise _cannot(Code.LOGIN_DISABLED, facts, _shown(offered))
    answer = client.ask(b"USER " + user)
    return client.ask(b"PASS " + password) if answer.ok else answer


def _by_token(
    client: Client,
    who: Credential,
    end: Endpoint,
    offered: Mapping[str, str] | None,
    facts: dict[str, object],
) -> Answer:
    """XOAUTH2, which Microsoft and Google have; OAUTHBEARER where it alone is offered.

    learn.microsoft.com "Authenticate an IMAP, POP or SMTP connection using OAuth",
    developers.google.com "OAuth 2.0 Mechanism", RFC 7628 section 3.
    """
    mechanisms = _mechanisms(offered)
    if "XOAUTH2" in mechanisms or offered is None:
        token = f"user={who.login}\x01auth=Bearer {who.token}\x01\x01"
        answer, reason = client.authenticate("XOAUTH2", _bytes(token))
    elif "OAUTHBEARER" in mechanisms:
        name = who.login.replace("=", "=3D").replace(",", "=2C")
        token = (
            f"n,a={name},\x01host={end.host}\x01port={end.port}"
            f"\x01auth=Bearer {who.token}\x01\x01"
        )
        answer, reason = client.authenticate("OAUTHBEARER", _bytes(token), b"AQ==")
    else:
        raise _cannot(Code.XOAUTH2_MISSING, facts, _shown(offered))
    if reason:
        facts["challenge"] = reason
    return answer


def _mechanisms(offered: Mapping[str, str] | None) -> list[str]:
    return (offered or {}).get("SASL", "").upper().split()


def _shown(offered: Mapping[str, str] | None) -> str:
    listed = ", ".join(
        f"{name} {rest}".strip() for name, rest in (offered or {}).items()
    )
    return f"CAPA {listed}"


def _cannot(code: Code, facts: Mapping[str, object], words: str) -> MailError:
    return MailError(
        code, Stage.SIGN_IN, permanent=True, evidence={**facts, "answer": words}
    )


def _bytes(text: str) -> bytes:
    """UTF-8; never raises, for its error would quote what may be a password."""
    return text.encode("utf-8", "surrogatepass")
