"""The pages of the fake Entra ID on which a person signs in and agrees.

`/{tenant}/oauth2/v2.0/authorize` sends the browser back with a code, `/device` takes
the code of a device. Who presses Accept agrees for himself or herself. Mistakes of the
application are shown here and not sent back, as the real one does. Changing codes into
tokens: entra/server. The other page, of an administrator: entra/consent.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from .. import effects
from ..faults import Faults
from ..grants import Codes, Device, Granted
from ..http import Answer, Request
from ..tally import Tally
from ..world import Account, App
from .checks import Refused, check_tenant, known_app, needed, resource_of
from .consent import ACCEPT, CANCEL, CANCELLED, Consents, html, refusal, target_of

KEPT = (
    "client_id", "response_type", "redirect_uri", "response_mode", "scope", "state",
    "nonce", "code_challenge", "code_challenge_method",
)  # fmt: skip
DEVICE_PAGE = "/device"
WRONG = "Your account or password is incorrect."
NO_CODE = "That code didn't work. Check the code and try again."
DONE = "You have signed in to the application on your device. You may close this page."


@dataclass
class SignInPages:
    """Answers both pages. The sandbox's loop owns it."""

    accounts: dict[str, Account]
    consents: Consents
    codes: Codes
    faults: Faults
    tally: Tally

    def authorize(self, tenant: str, request: Request) -> Answer:
        """Sign in for an application, and go back to it."""
        given = request.form if request.method == "POST" else request.query
        try:
            check_tenant(tenant)
            app = known_app(needed(given, "client_id"), tenant)
            resource_of(needed(given, "scope"))
            target = target_of(given)
        except Refused as refused:
            return refusal(refused)
        if request.method != "POST":
            return Answer(200, _page(tenant, app, given, given.get("login_hint", "")))
        state = {"state": given["state"]} if given.get("state") else {}
        if given.get("answer") != ACCEPT:
            told = {"error": "access_denied", "error_description": CANCELLED}
            return _back(target, told | {"error_subcode": CANCEL} | state)
        account, why = self._signed_in(given)
        if account is None:
            name = given.get("username", "")
            return Answer(200, _page(tenant, app, given, name, why))
        self.consents.agreed.add((app.client_id, account.address))
        code = self.codes.give(
            Granted(
                client_id=app.client_id,
                scope=given["scope"],
                account=account.address,
                redirect_uri=target,
                challenge=given.get("code_challenge", ""),
                nonce=given.get("nonce", ""),
            )
        )
        return _back(target, {"code": code, **state, "session_state": "sandbox"})

    def device(self, request: Request) -> Answer:
        """Sign in for a device that shows a code."""
        given = request.form if request.method == "POST" else request.query
        shown = given.get("otc", "")
        if request.method != "POST":
            return Answer(200, _device_page(shown))
        device = self.codes.device_of(shown)
        if device is None:
            return Answer(200, _device_page(shown, NO_CODE))
        if given.get("answer") != ACCEPT:
            device.declined = True
            return Answer(200, html("Cancelled", "<h1>Cancelled</h1>"))
        return self._device(device, given)

    def _device(self, device: Device, given: dict[str, str]) -> Answer:
        account, why = self._signed_in(given)
        if account is None:
            return Answer(200, _device_page(given.get("otc", ""), why))
        self.consents.agreed.add((device.client_id, account.address))
        device.account = account.address
        return Answer(200, html("Signed in", f"<h1>Signed in</h1><p>{DONE}</p>"))

    def _signed_in(self, given: dict[str, str]) -> tuple[Account | None, str]:
        """Who signs in, or why not, in the page's words."""
        account = self.accounts.get(given.get("username", "").strip().lower())
        if account is None or given.get("password") != account.password:
            return None, WRONG
        if account.shared:
            return None, "AADSTS50057: The user account is disabled."
        fault = self.faults.at(effects.PERSON, account.address)
        if fault is not None:
            self.tally.note("page", account.address, str(fault.number))
            return None, fault.text or f"AADSTS{fault.number}"
        self.tally.note("page", account.address, "ok")
        return account, ""


def _back(target: str, told: dict[str, str]) -> Answer:
    joint = "&" if urlsplit(target).query else "?"
    return Answer(302, "", {"Location": f"{target}{joint}{urlencode(told)}"})


def _page(
    tenant: str, app: App, given: dict[str, str], name: str, why: str = ""
) -> str:
    kept = "".join(
        f'<input type="hidden" name="{one}" value="{escape(given[one])}">'
        for one in KEPT
        if one in given
    )
    action = f"/{quote(tenant)}/oauth2/v2.0/authorize"
    return html(
        "Sign in to your account",
        f"<h1>Sign in</h1><p>{escape(app.name)} wants: {escape(given['scope'])}</p>"
        f'<form method="post" action="{action}">{kept}{_fields(name, why)}</form>',
    )


def _device_page(user_code: str, why: str = "") -> str:
    return html(
        "Sign in to your account",
        "<h1>Enter code</h1>"
        f'<form method="post" action="{DEVICE_PAGE}"><p><label>Code <input name="otc"'
        f' value="{escape(user_code)}" autocomplete="off"></label></p>'
        f"{_fields('', why)}</form>",
    )


def _fields(name: str, why: str) -> str:
    said = f'<p role="alert">{escape(why)}</p>' if why else ""
    return (
        f'{said}<p><label>Account <input name="username" value="{escape(name)}"'
        ' autocomplete="username"></label></p><p><label>Password <input'
        ' name="password" type="password" autocomplete="current-password"></label></p>'
        f'<p><button name="answer" value="{ACCEPT}">Accept</button> '
        f'<button name="answer" value="{CANCEL}">Cancel</button></p>'
    )
