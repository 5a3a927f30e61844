"""What differs in a finding where an owner has signed in once, and nobody is there now.

The catalogue's words about second factors and about passwords that were changed, have
expired or were tried too often are about the password grant (diagnosis.md rows 3 to 9),
which sends a password. A refresh token that meets the same refusal is mended by the
person who signs in again, at a page that can ask for the second factor
(learn.microsoft.com, "Microsoft identity platform refresh tokens").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from ...core.choices import Retry, Step
from ..finding import Finding, Who

OWNER = "owner"  # evidence: the grant is one in which an owner signs in

_AGAIN: dict[str, Any] = {
    "step": Step.REFRESH_TOKEN,
    "option": "password",
    "who_id": Who.OWNER,
    "retry": Retry.OWNER,
    "portal": "",
}
_FACTOR = _AGAIN | {
    "cause": _(
        "A policy asks for a second factor that the stored sign-in has not, or no more."
    ),
    "fix": _("Let the owner sign in again, with the second factor."),
}
_CHANGES: dict[str, dict[str, Any]] = {
    "entra-mfa-required": _FACTOR,
    "entra-mfa-registration": _FACTOR
    | {"fix": _("Let the owner sign in again, and enrol when Microsoft asks for it.")},
    "entra-password-changed": _AGAIN
    | {
        "cause": _("The password was changed after the owner had signed in."),
        "fix": _("Let the owner sign in again."),
    },
    "entra-password-expired": _AGAIN
    | {
        "fix": _(
            "Let the owner set a new password that does not expire, and sign in again."
        ),
    },
    "entra-account-locked": {
        "step": Step.REFRESH_TOKEN,
        "fix": _(
            "See in the Entra sign-in logs which of the two it was, and clear the lock"
            " or the risk; then let the owner sign in again."
        ),
    },
    "token-interaction-required": _AGAIN
    | {
        "cause": _("A policy demands more than the stored sign-in has."),
        "fix": _("Let the owner sign in again."),
    },
    "token-invalid-grant": _AGAIN | {"fix": _("Let the owner sign in again.")},
    "entra-sign-in-frequency": {
        "option": "password",
        "fix": _(
            "Let the owner sign in again, and exclude the application from the sign-in"
            " frequency, else it ends again."
        ),
    },
}


def at_owner(row: Finding, facts: Mapping[str, Any]) -> Finding:
    """`row` as it is for the stored sign-in of an owner.

    What proves the application has another field: `password` holds the refresh token,
    which a client secret must not overwrite.
    """
    if not facts.get(OWNER):
        return row
    if row.step is Step.SECRET and row.option == "password":
        return replace(row, option="registration")
    return replace(row, **_CHANGES.get(row.id, {}))
