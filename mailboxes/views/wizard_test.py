"""The last steps of a draft: test its sections, settle a conflict, turn it on.

Each is a POST that writes rows and goes back to the page of its step.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _, gettext_lazy as lazy
from django.views.decorators.http import require_POST

from ..core.choices import TEST_OPEN
from ..core.errors import OptionError, StaleEdit
from ..models import SetupDraft
from ..services import connection_test
from ..services.connection_test import NotTested
from ..services.sign_ins import CannotSignIn
from ..services.wizard import faults, making, standing
from ..services.wizard.making import ChangedOutside, NotProven
from ..services.wizard.modes import POP, SMTP
from ..services.wizard.setup import Setup
from . import inputs
from .option_set_lookup import short_kind
from .return_address import ANSWER, return_url
from .wizard import NAV
from .wizard_access import UNTESTED, find, require, rights_to_make

KINDS = {"pop": POP, "smtp": SMTP}
# Of a section that somebody switched on while the wizard had a draft of it.
STAYS_ON = lazy(
    "%(section)s is switched on already and stays on: each test here saves what it"
    " works with from then on."
)
GOES_OFF = lazy(
    "%(section)s is switched on. The next test here switches it off, until you turn the"
    " mailbox on at the end."
)


@require_POST
@login_required
def connect_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the option sets, switched off, and test them."""
    setup = find(request, pk)
    require(request, *rights_to_make(setup))
    if not _can_start(setup, "test"):
        return redirect("connect-step", pk, "test")  # it says what is first
    user = request.user
    to, go_on = inputs.text(request.POST, "send_to"), "from" in request.POST
    try:
        making.test(pk, user, to, go_on=go_on)  # type: ignore[arg-type]
    except NotTested as refused:
        messages.error(request, str(refused))
    except ChangedOutside as conflict:
        return _conflict(request, pk, conflict)
    except OptionError as error:
        _say(request, pk, error)
    except StaleEdit:
        _say_stale(request)
    return redirect("connect-step", pk, "test")


@require_POST
@login_required
def connect_sign_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the option sets, switched off, and ask the owner to sign in."""
    setup = find(request, pk)
    require(request, *rights_to_make(setup))
    if not _can_start(setup, "sign-in"):
        return redirect("connect-step", pk, "sign-in")
    back = return_url(request, ANSWER)
    try:
        making.ask_for_sign_in(pk, request.user, back)  # type: ignore[arg-type]
    except CannotSignIn as refused:
        messages.error(request, str(refused))
    except ChangedOutside as conflict:
        return _conflict(request, pk, conflict)
    except OptionError as error:
        _say(request, pk, error)
    except StaleEdit:
        _say_stale(request)
    return redirect("connect-step", pk, "sign-in")


@require_POST
@login_required
def connect_test_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """End the open tests of a draft."""
    setup = find(request, pk)
    require(request, *rights_to_make(setup))
    for run in setup.runs.values():
        if run.state in TEST_OPEN:
            connection_test.cancel(run, request.user)  # type: ignore[arg-type]
    return redirect("connect-step", pk, "test")


@require_POST
@login_required
def connect_turn_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Turn the mailbox on; without a green test only by the other button."""
    setup = find(request, pk)
    require(request, *rights_to_make(setup))
    if not _can_start(setup, "turn-on"):
        return redirect("connect-step", pk, "turn-on")
    untested = "untested" in request.POST
    if untested:
        require(request, UNTESTED)
    try:
        making.turn_on(pk, request.user, untested=untested)  # type: ignore[arg-type]
    except NotProven:
        messages.error(
            request, _("Not turned on: these settings have no green test yet.")
        )
    except ChangedOutside as conflict:
        return _conflict(request, pk, conflict)
    except OptionError as error:
        _say(request, pk, error)
    except StaleEdit:
        _say_stale(request)
    return redirect("connect-step", pk, "turn-on")


@require_POST
@login_required
def connect_take_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Whose values count where a section was changed outside of the wizard."""
    setup = find(request, pk)
    require(request, *rights_to_make(setup))
    kind = KINDS.get(request.POST.get("kind", ""))
    if kind is None or kind not in setup.kinds:
        raise Http404
    theirs = request.POST.get("whose") == "theirs"
    try:
        making.take_over(pk, kind, request.user, theirs=theirs)  # type: ignore
    except StaleEdit:
        _say_stale(request)
        return redirect("connect-step", pk, "test")
    client = setup.client(kind)
    if client is not None and client.enable_client:
        told = STAYS_ON if theirs else GOES_OFF
        messages.info(request, told % {"section": client.section})
    return redirect("connect-step", pk, "test")


def _conflict(request: HttpRequest, pk: int, conflict: ChangedOutside) -> HttpResponse:
    return render(
        request,
        "wizard/conflict.html",
        {
            "setup": find(request, pk),
            "conflict": conflict,
            "kind": short_kind(conflict.client),
            "nav": NAV,
        },
        status=409,
    )


def _can_start(setup: Setup, step_id: str) -> bool:
    """The draft is open, and what the step needs is done."""
    if setup.draft.state != SetupDraft.State.OPEN:
        return False
    return any(row.step.id == step_id and row.open for row in standing.rows(setup))


def _say(request: HttpRequest, pk: int, error: OptionError) -> None:
    """Each problem, with a link to the field that mends it."""
    setup = find(request, pk)
    for problem in error.problems:
        place = faults.place_of_option(setup, problem.option)
        if place is None:
            messages.error(request, problem.message)
            continue
        step, field = place
        messages.error(
            request,
            format_html(
                '{} <a href="{}#{}">{}</a>',
                problem.message,
                reverse("connect-step", args=[pk, step.id]),
                f"id_{field}" if field else "step",
                _("Go to %s") % step.title,
            ),
        )


def _say_stale(request: HttpRequest) -> None:
    messages.error(
        request, _("Somebody else has saved this draft at this moment. Try again.")
    )
