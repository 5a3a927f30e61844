"""Every mode of the wizard, from an address to a message in and a message out.

The parameters are the modes that there are (services/wizard/modes), so a mode that is
added is walked by itself; a step that is new has to be written once (wizard_walk).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from mailboxes.services.wizard.modes import MODES, Mode
from tests.browser import wizard_walk
from tests.browser.conftest import Visitor, visit
from tests.fixtures.product import Product

pytestmark = pytest.mark.browser

QUICK = {"imap-smtp"}  # the others: scripts/test --all
WITHOUT_JAVASCRIPT = {"imap-smtp", "microsoft-sign-in"}
PROVING = [mode for mode in MODES if mode.proves_application]


@pytest.fixture
def person(
    request: pytest.FixtureRequest, browser: Browser, product: Product
) -> Iterator[Visitor]:
    """Anna at a browser, whose JavaScript is off for some modes."""
    scripts = request.param
    someone = visit(browser, product, java_script_enabled=scripts)
    someone.sign_in()
    yield someone
    someone.context.close()
    assert someone.trouble == []


@pytest.mark.parametrize(
    ("mode", "person"),
    [
        pytest.param(
            mode,
            mode.name not in WITHOUT_JAVASCRIPT,
            id=mode.name,
            marks=() if mode.name in QUICK else pytest.mark.slow,
        )
        for mode in MODES
    ],
    indirect=["person"],
)
def test_mode_is_set_up(
    mode: Mode, person: Visitor, browser: Browser, product: Product
) -> None:
    scripts = mode.name not in WITHOUT_JAVASCRIPT
    walk = wizard_walk.begin(
        person, browser, product, mode, f"walk-{mode.name}", scripts=scripts
    )
    wizard_walk.go(walk)
    if walk.receives:
        wizard_walk.first_message(walk)
    if walk.sends:
        wizard_walk.send(walk)


@pytest.mark.slow
@pytest.mark.parametrize("person", [True], indirect=True)
@pytest.mark.parametrize("mode", PROVING, ids=lambda mode: mode.name)
def test_mode_is_set_up_with_a_certificate(
    mode: Mode, person: Visitor, browser: Browser, product: Product
) -> None:
    name = f"cert-{mode.name}"
    walk = wizard_walk.begin(person, browser, product, mode, name, certificate=True)
    wizard_walk.go(walk)
    assert "certificate" in walk.passed
    if walk.receives:
        wizard_walk.first_message(walk)
    if walk.sends:
        wizard_walk.send(walk)
