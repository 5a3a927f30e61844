"""The certificate in the wizard: made here, used or discarded where it waits, or the
client secret is gone back to.

Each is a POST that changes the app registration and goes to the step that the draft has
then. Uploading it at Entra is done by hand; the step's own form says that it was.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..core.errors import OptionError, StaleEdit
from ..models import SetupDraft
from ..services.registrations import certificates as registration_certificates
from ..services.wizard import saving
from ..services.wizard.setup import Setup
from ..services.wizard.steps import BY_ID
from .wizard_access import find, require

RIGHTS = BY_ID["secret"].rights


@require_POST
@login_required
def connect_certificate_make(request: HttpRequest, pk: int) -> HttpResponse:
    """A new key and certificate; it waits where something signs in already."""
    return _change(request, pk, registration_certificates.make)


@require_POST
@login_required
def connect_certificate_use(request: HttpRequest, pk: int) -> HttpResponse:
    """The one that waits is uploaded: sign in by it."""
    use = partial(registration_certificates.use_next, today=timezone.now().date())
    return _change(request, pk, use, _uploaded)


@require_POST
@login_required
def connect_certificate_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Discard the one that waits."""
    return _change(request, pk, registration_certificates.drop_next)


@require_POST
@login_required
def connect_certificate_take_away(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign in by the client secret."""
    return _change(request, pk, registration_certificates.take_away)


def _uploaded(request: HttpRequest, setup: Setup) -> None:
    """What was said with the button is what the step would ask next."""
    row = setup.registration
    assert row is not None  # asked before
    words = _(
        "%s signs in by the new certificate: pop-clients from their next cycle,"
        " smtp-clients after Restart sending."
    )
    messages.success(request, words % row.name)
    step = BY_ID["certificate"]
    try:
        saving.save(setup.draft.pk, step, {}, request.user)  # type: ignore[arg-type]
    except (OptionError, StaleEdit):
        return  # somebody else is at this draft: the step asks for it


def _change(
    request: HttpRequest,
    pk: int,
    change: Callable[..., object],
    after: Callable[[HttpRequest, Setup], None] = lambda request, setup: None,
) -> HttpResponse:
    setup = find(request, pk)
    require(request, *RIGHTS)
    row = setup.registration
    is_open = setup.draft.state == SetupDraft.State.OPEN
    if row is None or not is_open or _step(setup) is None:
        return redirect("connect-draft", pk)
    try:
        change(row, request.user, seen=request.POST.get("registration_seen", ""))
    except OptionError as error:
        for problem in error.problems:
            messages.error(request, problem.message)
    else:
        after(request, setup)
    return redirect("connect-step", pk, _step(Setup.load(pk)) or "ids")


def _step(setup: Setup) -> str | None:
    """The step in which the application proves itself; None for a mode without."""
    found = (BY_ID[name] for name in ("secret", "certificate"))
    return next((step.id for step in found if step.applies(setup)), None)
