"""Who may use the wizard, and the draft that an address names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from ..models import SetupDraft
from ..services.wizard.modes import POP
from ..services.wizard.setup import Setup
from ..services.wizard.steps import BY_ID, Step

CONNECT = "mailboxes.add_setupdraft"
UNTESTED = "mailboxes.turn_on_untested"


def may(request: HttpRequest, rights: Iterable[str]) -> bool:
    """Whether the person has all of these rights."""
    user: Any = request.user
    return all(user.has_perm(right) for right in rights)


def require(request: HttpRequest, *rights: str) -> None:
    """Raises PermissionDenied unless the person may connect mailboxes, and these."""
    if not may(request, (CONNECT, *rights)):
        raise PermissionDenied


def find(request: HttpRequest, pk: int) -> Setup:
    """The draft for a person who may connect mailboxes; Http404 when there is none."""
    require(request)
    try:
        return Setup.load(pk)
    except SetupDraft.DoesNotExist:
        raise Http404 from None


def find_step(step_id: str) -> Step:
    """The step; Http404 when there is none of that id."""
    step = BY_ID.get(step_id)
    if step is None:
        raise Http404
    return step


def rights_to_make(setup: Setup) -> list[str]:
    """What one needs to make, test and run the sections of a draft."""
    found: list[str] = []
    for kind in setup.kinds:
        model, runner = ("popclient", "fetcher")
        if kind != POP:
            model, runner = ("smtpclient", "sender")
        found += [
            f"mailboxes.add_{model}",
            f"mailboxes.change_{model}",
            f"mailboxes.change_{runner}",
        ]
    return found
