"""Rules on what proves a sign-in: password, client secret, refresh token.

The option `password` holds one of them by mode (email-server-options.md section 1.4);
the client secret of a Google application has the option `secret`.
"""

from __future__ import annotations

from ...core.choices import OWNER_GRANTS, Grant
from ...core.options import Target
from .rule import GUID, Facts, Level, Messages, Rules

RULES = Rules()
GOOGLE_SECRET = "GOCSPX-"  # how client secrets of Google begin


@RULES.rule("P01-password-required", Level.REQUIRED)
def password_required(facts: Facts) -> Messages:
    """What the grant needs in `password` is there."""
    signs_in = facts.oauth or facts.inbound or bool(facts.text("mailbox"))
    if not signs_in or facts.has_password:
        return
    registration = facts.pinned.get(Target.REGISTRATION)
    if facts.app_secret and registration:
        yield (
            "password",
            "Enter the client secret in the app registration"
            f" {registration['name']}, or make a certificate there.",
        )
    elif facts.app_secret:
        yield "password", "Enter the client secret of the Azure application."
    elif _refresh_token(facts):
        yield "password", "Enter the refresh token that Google gave for this mailbox."
    elif _owner_signs_in(facts):
        yield (
            "password",
            "Nobody has signed in yet. Save this switched off, let the owner sign in,"
            " then switch it on; or paste a refresh token.",
        )
    elif not facts.oauth or facts.grant is Grant.PASSWORD:
        yield "password", "Enter the password of the log-in name."


@RULES.rule("P02-password-blanks")
def password_blanks(facts: Facts) -> Messages:
    """What goes to an authority has no blank at its start or end."""
    text = facts.typed_password
    if not facts.oauth or text == text.strip():
        return
    if facts.grant is Grant.PASSWORD:
        yield (
            "password",
            "Enter the password without the blank at its start or end: Microsoft Entra"
            " does not take such passwords.",
        )
    elif facts.app_secret or _refresh_token(facts) or _owner_signs_in(facts):
        what = "client secret" if facts.app_secret else "refresh token"
        yield "password", f"Enter the {what} without the blank at its start or end."


@RULES.rule("P03-password-looks-like-an-id", Level.WARNING)
def password_looks_like_an_id(facts: Facts) -> Messages:
    """A password of the form of a GUID is most likely the wrong thing."""
    if not GUID.fullmatch(facts.typed_password.strip()):
        return
    if facts.app_secret:
        yield "password", "This looks like the Secret ID. Paste the Value."
    else:
        token = facts.google or _owner_signs_in(facts)
        what = "refresh token" if token else "password of the mailbox"
        yield "password", f"This looks like a Secret ID. Enter the {what}."


@RULES.rule("P04-password-without-login", Level.WARNING)
def password_without_login(facts: Facts) -> Messages:
    """Without a log-in name an smtp-client does not sign in."""
    if facts.inbound or facts.oauth or facts.text("mailbox"):
        return
    if facts.has_password:
        yield "password", "Kept, without effect now: there is no log-in name."


@RULES.rule("P06-password-not-asked", Level.WARNING)
def password_not_asked(facts: Facts) -> Messages:
    """A service account signs in by its key, which has an option of its own."""
    key = facts.google and facts.grant is Grant.SERVICE_ACCOUNT
    if facts.has_password and key:
        yield "password", f"Kept, without effect now: {facts.grant} needs none."


@RULES.rule("P05-password-looks-like-client-secret", Level.WARNING)
def password_looks_like_client_secret(facts: Facts) -> Messages:
    """At Google the client secret belongs to `secret`, the refresh token here."""
    if facts.google and facts.typed_password.startswith(GOOGLE_SECRET):
        yield (
            "password",
            "This looks like the client secret of the Google application. Enter the"
            " refresh token.",
        )


@RULES.rule("G03-secret-required", Level.REQUIRED)
def secret_required(facts: Facts) -> Messages:
    """Google needs the client secret of the application as well."""
    if not facts.google or facts.values["secret"]:
        return
    registration = facts.pinned.get(Target.REGISTRATION)
    if facts.grant is Grant.SERVICE_ACCOUNT and not (
        registration and registration["secret_id"]
    ):
        yield (
            "secret",
            "Choose the secret that holds the key file (JSON) of the service account.",
        )
    elif not registration:
        yield (
            "secret",
            "Choose the secret that holds the client secret of the Google application.",
        )
    elif not registration["secret_id"]:
        yield (
            "secret",
            "Choose the secret of the Google application, or enter it in the app"
            f" registration {registration['name']}.",
        )


@RULES.rule("G04-secret-without-value", Level.REQUIRED)
def secret_without_value(facts: Facts) -> Messages:
    """The named secret has a value."""
    named = facts.pinned.get(Target.SECRET)
    if facts.google and named and not named["value_id"]:
        yield "secret", f"The secret {named['name']} is empty: enter its value first."


def _owner_signs_in(facts: Facts) -> bool:
    """The password is the refresh token of an owner who signed in at Microsoft."""
    return facts.microsoft and facts.grant in OWNER_GRANTS


def _refresh_token(facts: Facts) -> bool:
    """The password is a refresh token of Google."""
    return facts.google and facts.grant is not Grant.SERVICE_ACCOUNT
