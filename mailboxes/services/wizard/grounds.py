"""What a step that was done elsewhere was done for: the facts that its page showed.

They are noted with the step, or with a consent link. Once the page shows more than was
noted (another mailbox, one permission more), the step is to do again; less is no
matter. Drafts and links of before this was noted are believed, and get what stands
there at their next save.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.choices import Protocol
from ...models import AppRegistration, ConsentLink
from . import permissions
from .setup import Setup

KEY = "grounds"  # in what is noted of a step
CONSENT = "permissions"


def of(setup: Setup, step_id: str) -> list[str] | None:
    """The facts of a step as it is now; None for a step that has none."""
    find = FINDERS.get(step_id)
    return None if find is None else find(setup)


def hold(setup: Setup, step_id: str) -> bool:
    """What was done for the step is enough for what it shows now."""
    noted = setup.draft.steps.get(step_id) or {}
    secret = setup.registration.secret if setup.registration else None
    made = secret.created_at if secret is not None and step_id == "secret" else None
    if made is not None and not setup.saved_since(step_id, made):
        return True  # it came later, on the registration's own page
    return covers(noted.get(KEY), of(setup, step_id))


def asked_all(setup: Setup, link: ConsentLink | None) -> bool:
    """Who answered a link was asked for all that the application needs now."""
    then = None if link is None else link.evidence.get(KEY)
    return covers(then, of(setup, CONSENT))


def come_in(setup: Setup, step_id: str) -> list[str]:
    """Facts that came in since the step was done; [] while it holds, or never was."""
    then: object = None
    if step_id in setup.draft.steps:
        then = None if hold(setup, step_id) else setup.draft.steps[step_id].get(KEY)
    elif step_id == CONSENT:
        given = setup.draft.consent_links.filter(outcome=ConsentLink.Outcome.GRANTED)
        link = given.order_by("-pk").first()
        then = None if link is None else link.evidence.get(KEY)
    now = of(setup, step_id) or []
    return [fact for fact in now if fact not in then] if isinstance(then, list) else []


def covers(then: object, now: list[str] | None) -> bool:
    """Nothing has come in since; `then` is None where nothing was noted."""
    if now is None or not isinstance(then, list):
        return True
    return set(now) <= set(then)


def noted(setup: Setup, steps: Mapping[str, Any]) -> dict[str, Any]:
    """The notes of steps, completed by facts of now where none were noted."""
    found = dict(steps)
    for name, note in steps.items():
        facts = of(setup, name)
        if facts is not None and KEY not in note:
            found[name] = {**note, KEY: facts}
    return found


def _application(setup: Setup) -> list[str]:
    row = setup.registration
    return [] if row is None else _ids(row)


def _ids(row: AppRegistration) -> list[str]:
    return [f"application {row.client_id} at {row.tenant_authority}/{row.directory_id}"]


def _secret(setup: Setup) -> list[str]:
    """Of an application that was chosen the secret is its own page's matter."""
    row = setup.registration
    made = setup.draft.registration_made
    return [f"application {row.client_id}"] if row is not None and made else []


def _permissions(setup: Setup) -> list[str]:
    needed = permissions.needed(setup)
    names = [f"{one.api}: {one.name} ({one.kind})" for one in needed]
    return [*_application(setup), *names]


def _protocols(setup: Setup) -> list[str]:
    return [f"{kind} by {name}" for kind, name in setup.protocols().items()]


def _mailbox(setup: Setup) -> list[str]:
    facts = [f"mailbox {setup.draft.address.lower()}", *_protocols(setup)]
    if setup.account:
        facts.append(f"opened to {setup.account.lower()}")
    if Protocol.EWS in setup.protocols().values():  # it stands on the tenant's list
        facts += _application(setup)
    return facts


def _exchange(setup: Setup) -> list[str]:
    mailbox = f"mailbox {setup.draft.address.lower()}"
    known = setup.draft.principal_id
    return [
        *(mailbox, *_protocols(setup), *_application(setup)),
        *([f"object {known}"] if known else []),
    ]


FINDERS = {
    "public-client": _application,
    "secret": _secret,
    CONSENT: _permissions,
    "prerequisites": _mailbox,
    "exchange": _exchange,
}
