"""An effect in words, for the list of scenarios and for the documentation."""

from __future__ import annotations

from . import effects
from .effects import Effect
from .entra.errors import ERRORS
from .fault_names import ASK_LOGIN
from .tls_faults import KINDS

_PLACES = {
    effects.REQUEST: "every request to the authority",
    effects.TENANT: "the tenant's configuration",
    effects.TOKEN: "the token endpoint",
    effects.GRANT: "the token endpoint",
    effects.PERSON: "the sign-in page",
    effects.PROXY: "CONNECT",
}
_STEPS = {
    effects.GREETING: "in place of the greeting",
    effects.CREDENTIAL: "at sign-in",
    effects.SIGNED_IN: "after a good sign-in",
    effects.COMMAND: "at every command",
    effects.CONTENT: "after the message",
    effects.ACCEPTED: "after the message is taken",
}
_AT_GRAPH = {
    "request": "at every request",
    "part": "in every part of a batch",
    "value": "when a message is asked for",
    "folder": "when a folder is looked for",
    "delta": "when a folder is listed",
    "delta-state": "when a state is gone on from",
    "patch": "when a message is marked",
    "move": "when a message is moved",
    "sendmail": "when a message is sent",
}
_ENDS = {
    effects.DROP: "the line is cut",
    effects.CLOSE: "the line is closed",
    effects.SILENT: "nothing comes",
}
_SIDES = {effects.AUTHORITY: " to the authority", effects.MAIL: " to the mail server"}


def words_of(effect: Effect) -> str:
    """What happens on the wire, in one line."""
    service, _, name = effect.at.partition(".")
    if effect.at == effects.PROXY:
        return f"proxy{_SIDES.get(effect.target, '')}: {_proxy(effect)}"
    if effect.at == effects.SOCKS_LOGIN:
        return f"SOCKS proxy: login status {effect.status}"
    if effect.at == effects.SOCKS:
        said = [f"reply {effect.status}"] if effect.status else _end(effect)
        return f"SOCKS proxy{_SIDES.get(effect.target, '')}: {said[0]}"
    if effect.at == effects.TLS:
        return f"TLS{_SIDES.get(effect.target, '')}: {KINDS[effect.kind]}"
    if effect.at == effects.CLAIMS:
        return "token: " + ", ".join(_claim(*one) for one in effect.change.items())
    if effect.at == effects.ANSWER:
        return "token endpoint: no refresh_token in the answer"
    if effect.at == effects.CLOCK:
        minutes = round(abs(effect.late) / 60)
        side = "ahead of" if effect.late > 0 else "behind"
        return f"authority: Date {minutes} min {side} our clock"
    if effect.at == effects.SWITCHED_ON:
        words = "the mailbox is built anew: another UIDVALIDITY, other UIDLs"
        return effect.text or words
    if service == "graph":
        return f"Graph: {_graph(effect, name)}"
    if service == "entra":
        return f"{_PLACES[effect.at]}: {_http(effect)}"
    if service == "ews":
        return f"EWS: {_soap(effect, name)}"
    return f"{service.upper()}: {_line(effect, name)}"


def _proxy(effect: Effect) -> str:
    if effect.say == ASK_LOGIN:
        return "407 unless logged in"
    if effect.status:
        return str(effect.status)
    if effect.route:
        return f"leads to a plain {effect.route.upper()} port"
    said = [effect.say.splitlines()[0]] if effect.say else []
    return ", then ".join([*said, *_end(effect)])


def _http(effect: Effect) -> str:
    if effect.error:
        code = f" AADSTS{effect.number}" if effect.number else " without a code"
        return f"{effect.status or 400} {effect.error}{code}"
    if effect.number:
        entry = ERRORS[effect.number]
        status = effect.status or entry.status
        suberror = f" ({entry.suberror})" if entry.suberror else ""
        return f"{status} {entry.error}{suberror} AADSTS{effect.number}"
    said = [f"{effect.status} with a page"] if effect.status else []
    return ", then ".join([*said, *_end(effect)])


def _graph(effect: Effect, name: str) -> str:
    where = _STEPS.get(name, _AT_GRAPH.get(name, f"at {name}"))
    if effect.at.endswith(effects.XOAUTH2):
        return "a good token is refused"
    said = [f"{effect.status} {effect.error}"] if effect.status else []
    return ", then ".join([*said, *_end(effect)]) + f" ({where})"


def _line(effect: Effect, name: str) -> str:
    if name == effects.OFFER:
        gone = [f"no {word}" for word in effect.without]
        return ", ".join([*gone, *(f"offers {word}" for word in effect.offer)])
    if name == effects.XOAUTH2:
        return "a good token is refused without a reason"
    said = [effect.say.replace("\r\n", " / ")] if effect.say else []
    where = _STEPS.get(name, f"at {name.upper()}")
    return ", then ".join([*said, *_end(effect)]) + f" ({where})"


def _soap(effect: Effect, name: str) -> str:
    if name == effects.XOAUTH2:
        return "401 for a good token, without a reason"
    said = [f"{effect.status}"] if effect.status else []
    said += [effect.error] if effect.error else []
    said += [f"{key}: {value}" for key, value in effect.headers.items()]
    where = _STEPS.get(name, f"at {name}")
    return " ".join([*said, *_end(effect)]) + f" ({where})"


def _end(effect: Effect) -> list[str]:
    return [_ENDS[effect.end]] if effect.end else []


def _claim(name: str, value: object) -> str:
    if value is None:
        return f"no {name}"
    return f"{name} {value}" + (" s from now" if name in ("exp", "nbf") else "")
