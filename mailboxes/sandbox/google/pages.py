"""Pages of the fake Google, and where they send a browser. Who answers them: google."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode, urlsplit

from ..entra.consent import ACCEPT, html
from ..http import Answer

# What a page carries on from its link.
KEPT = (
    "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "access_type",
)  # fmt: skip


def mistake(title: str, text: str) -> Answer:
    """What Google shows in place of its page, and nobody else is told."""
    words = f"<h1>Access blocked</h1><p>{escape(text)}</p><p>{escape(title)}</p>"
    return Answer(400, html("Access blocked", words))


def back(target: str, told: dict[str, str]) -> Answer:
    """The browser is sent to the application with what it is told."""
    joint = "&" if urlsplit(target).query else "?"
    return Answer(302, "", {"Location": f"{target}{joint}{urlencode(told)}"})


def form(given: dict[str, str], name: str, why: str = "") -> str:
    """The page on which an owner signs in and agrees.

    given: what the link holds. name: typed so far. why: that it was refused.
    """
    kept = "".join(
        f'<input type="hidden" name="{one}" value="{escape(given[one])}">'
        for one in KEPT
        if one in given
    )
    said = f'<p role="alert">{escape(why)}</p>' if why else ""
    return html(
        "Sign in - Google Accounts",
        f"<h1>Sign in</h1><p>The application wants: {escape(given.get('scope', ''))}"
        f'</p><form method="post" action="/o/oauth2/v2/auth">{kept}{said}<p><label>'
        f'Email <input name="username" value="{escape(name)}"></label></p><p><label>'
        'Password <input name="password" type="password"></label></p><p><button'
        f' name="answer" value="{ACCEPT}">Allow</button> <button name="answer"'
        ' value="cancel">Cancel</button></p></form>',
    )
