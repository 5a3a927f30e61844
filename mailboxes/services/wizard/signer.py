"""Who signs in for a draft, and where: what the credential that it holds belongs to.

A password is of a person at a provider, a refresh token of a person at an application.
Once that is another one, saving drops what the draft holds; what was saved before
this was looked at is told by the sign-in that it came of.
"""

from __future__ import annotations

from django.db.models import Q

from ...models import SignIn
from .modes import POP
from .setup import Setup

APPLICATION = ("tenant-authority", "directory-id", "client-id")


def of(setup: Setup) -> tuple[str, ...] | None:
    """What a credential of this draft is good for; None where it holds none."""
    mode = setup.mode
    if mode is None or not mode.has_credential:
        return None
    if mode.by_password:
        return ("password", str(mode.provider), _person(setup))
    return ("refresh-token", str(mode.grant), *_application(setup), _person(setup))


def signed_in(setup: Setup) -> bool:
    """The person who signs in now has done so, at the application of now."""
    if setup.draft.password_id is None:
        return False
    mine = Q(draft=setup.draft)
    for kind in setup.kinds:
        client = setup.client(kind)
        if client is not None:
            mine |= Q(pop_client=client) if kind == POP else Q(smtp_client=client)
    done = SignIn.objects.filter(mine, state=SignIn.State.DONE).order_by("-pk").first()
    if done is None:  # it was done for another section of the same account
        return True
    then = (done.authority, done.directory_id, done.client_id, done.login.lower())
    return then == (*_application(setup), _person(setup))


def _person(setup: Setup) -> str:
    return (setup.account or setup.login).lower()


def _application(setup: Setup) -> tuple[str, ...]:
    values = setup.cleaned(setup.kinds[0]).effective
    return tuple(str(values[name] or "") for name in APPLICATION)
