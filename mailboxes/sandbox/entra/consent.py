"""The admin consent page of the fake Entra ID, and what was consented to on it.

`/{tenant}/v2.0/adminconsent` asks an administrator, who is signed in already here, and
sends the browser back as the real one does. What was accepted lasts as long as this
sandbox runs. Token requests that depend on it: entra.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from ..http import Answer, Request
from ..world import (
    GRAPH_PERMISSIONS,
    GRAPH_ROLES,
    MAIL_PERMISSIONS,
    MAIL_ROLES,
    TENANT_ID,
    App,
)
from . import errors as entra_errors
from .checks import Refused, check_tenant, known_app, needed

ACCEPT, CANCEL = "accept", "cancel"
REDIRECT = 50011  # what Entra says of a redirect URI that it does not know
CANCELLED = (
    "AADSTS65004: User declined to consent to access the app. Trace ID:"
    " 00000000-0000-0000-0000-000000000000"
)
KEPT = ("client_id", "scope", "redirect_uri", "state")


@dataclass
class Consents:
    """Applications that an administrator said yes to, since this sandbox was begun."""

    given: set[str] = field(default_factory=set)
    agreed: set[tuple[str, str]] = field(default_factory=set)  # persons, for themselves

    def of(self, app: App, account: str = "") -> App:
        """The application with what it may do now, also for one account."""
        if app.client_id not in self.given:
            if (app.client_id, account) in self.agreed:
                return replace(app, mail=MAIL_PERMISSIONS, graph=GRAPH_PERMISSIONS)
            return app
        return replace(
            app,
            mail=MAIL_PERMISSIONS,
            graph=GRAPH_PERMISSIONS,
            mail_roles=MAIL_ROLES,
            graph_roles=GRAPH_ROLES,
        )

    def answer(self, tenant: str, request: Request) -> Answer:
        """The page, or where its buttons lead."""
        given = request.form if request.method == "POST" else request.query
        try:
            check_tenant(tenant)
            app = known_app(needed(given, "client_id"), tenant)
            needed(given, "scope")
            target = target_of(given)
        except Refused as refused:
            return refusal(refused)
        if request.method != "POST":
            return Answer(200, _page(tenant, app, given))
        state = {"state": given["state"]} if given.get("state") else {}
        if given.get("answer") == ACCEPT:
            self.given.add(app.client_id)
            told = {"admin_consent": "True", "tenant": TENANT_ID, **state}
            told["scope"] = given["scope"]
        else:
            told = {
                "error": "access_denied",
                "error_description": CANCELLED,
                "error_subcode": CANCEL,
                "admin_consent": "True",
                "tenant": TENANT_ID,
                **state,
            }
        joint = "&" if urlsplit(target).query else "?"
        back = f"{target}{joint}{urlencode(told)}"
        return Answer(302, "", {"Location": back})


def target_of(given: dict[str, str]) -> str:
    """The redirect URI; the real one takes only those of the registration."""
    target = needed(given, "redirect_uri")
    parts = urlsplit(target)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(REDIRECT)
    if not target.isascii() or not target.isprintable() or " " in target:
        raise Refused(REDIRECT)
    return target


def refusal(refused: Refused) -> Answer:
    """A page that says it: such mistakes are not sent back to the application."""
    if refused.number == REDIRECT:
        text = f"AADSTS{REDIRECT}: The redirect URI in the request is not one of the"
        text += " redirect URIs of the application."
    else:
        told = entra_errors.body(refused.number, **refused.facts)
        text = str(told["error_description"])
    return Answer(400, html("Sign in", f"<h1>Sorry</h1><p>{escape(text)}</p>"))


def _page(tenant: str, app: App, given: dict[str, str]) -> str:
    kept = "".join(
        f'<input type="hidden" name="{name}" value="{escape(given[name])}">'
        for name in KEPT
        if name in given
    )
    action = f"/{quote(tenant)}/v2.0/adminconsent"
    return html(
        "Permissions requested",
        f"<h1>Permissions requested</h1><p>{escape(app.name)} wants access for your"
        f" organization: {escape(given['scope'])}</p>"
        f'<form method="post" action="{action}">{kept}'
        f'<button name="answer" value="{CANCEL}">Cancel</button> '
        f'<button name="answer" value="{ACCEPT}">Accept</button></form>',
    )


def html(title: str, body: str) -> str:
    """A page of the fake authority."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"</head><body>{body}<p>Sandbox: a fake of login.microsoftonline.com on this"
        " machine.</p></body></html>"
    )
