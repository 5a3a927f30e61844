"""Sign-ins of owners and certificates in every state, with long names and failures:
axe finds nothing, nothing scrolls sideways, one h1, targets of 24 px.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from mailboxes.core import certificates
from mailboxes.models import PopClient, SetupDraft, SignIn
from mailboxes.services import sign_ins
from mailboxes.services.registrations import certificates as registration_certificates
from mailboxes.services.secrets import named as named_secrets
from mailboxes.services.wizard import making
from tests import factories
from tests.browser.test_setup_pages import LOOKS, _faults
from tests.fixtures import setups
from tests.services.option_sets import saved_pop, saved_smtp

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOCAL = "customer-support-escalations-europe-middle-east"
LONG = f"{LOCAL}@contoso.example"
BACK = "https://mailadmin.contoso.example/owner-sign-in/answer/"
TOLD = "AADSTS50105: Your administrator has configured the application. " * 5
DEVICE = {
    "user_code": "ABCD-EFGH-JKLM-NPQR",
    "verification_uri": "https://microsoft.com/devicelogin/" + "long-" * 8,
}
STATES: dict[str, dict[str, Any]] = {
    "asked": {"kind": "device", "state": "asked"},
    "device": {"kind": "device", "due_at": None, **DEVICE},
    "link": {"due_at": None},
    "answered": {"state": "answered"},
    "done": {"state": "done", "account": LONG},
    "failed": {
        "state": "failed",
        "code": "AADSTS50105",
        "stage": "token",
        "evidence": {"answer": TOLD, "user": LONG},
    },
    "replaced": {"state": "replaced"},
    "late": {"expires_at": datetime(2026, 11, 1, tzinfo=UTC)},
}


def _sign_ins() -> dict[str, str]:
    """The page of each state for people here, and the one for the owner."""
    found = {}
    for name, columns in STATES.items():
        client = _owned(f"{name}-{LONG}")
        row = sign_ins.begin(client, None, BACK)
        if name not in ("link", "answered"):
            row.kept = None
        for column, value in columns.items():
            setattr(row, column, value)
        if columns.get("state") in ("done", "failed", "replaced"):
            row.ended_at = timezone.now()
        row.save()
        found[f"sign-in {name}"] = f"/sign-ins/{row.pk}/"
        if name != "replaced":
            found[f"owner {name}"] = f"/owner-sign-in/{sign_ins.token_of(row)}/"
        if name in ("link", "failed", "device"):
            found[f"panel {name}"] = f"/option-sets/pop/{client.pk}/"
    never = _owned(f"never-{LONG}")
    found["panel never"] = f"/option-sets/pop/{never.pk}/"
    changed = SignIn.objects.get(login=f"link-{LONG}")
    changed.pk, changed.nonce, changed.login = None, "0" * 32, f"x{LONG}"
    changed.save()
    found["owner changed"] = f"/owner-sign-in/{sign_ins.token_of(changed)}/"
    return found | {"owner nobody's": "/owner-sign-in/nonsense/"}


def _owned(address: str) -> PopClient:
    """A section whose owner has not signed in: it cannot be on yet."""
    off = {"password": "", "enable-client": False}
    return saved_pop(address, **{"grant-type": "authorization_code", **off})


def _certificates() -> dict[str, str]:
    """An app registration by its certificate: none, good, near its end, over; and what
    waits: a new one beside one in use, beside a client secret, one that has ended."""
    found = {}
    now = timezone.now()
    ages = {"none": None, "good": 0, "near": 350, "over": 370}
    for name, age in ages.items():
        row = factories.registration(f"Contoso-production-EMEA-{name}")
        if age is not None:
            pair = certificates.make(row.name, now - timedelta(days=age))
            day = (now - timedelta(days=age)).date()
            registration_certificates.enter(row, pair.pem, None, today=day)
        found[f"certificate {name}"] = f"/registrations/{row.pk}/"
        if name != "near":
            continue
        named = {"registration": str(row.pk), "grant-type": "client_credentials"}
        client = saved_pop(f"near-{LONG}", password="", **named)
        saved_smtp(password="", **named)
        found["mailbox near its end"] = f"/mailboxes/{client.mailbox_row_id}/"
    found |= _waiting()
    return found | {"dashboard": "/", "registrations": "/registrations/"}


def _waiting() -> dict[str, str]:
    """An app registration with a certificate that waits."""
    found = {}
    now = timezone.now()
    for name in ("beside a certificate", "beside a secret", "over"):
        row = factories.registration(f"Contoso-waits-{name.replace(' ', '-')}")
        if name == "beside a certificate":
            pair = certificates.make(row.name, now - timedelta(days=350))
            registration_certificates.enter(row, pair.pem, None, today=now.date())
        client = saved_pop(
            f"waits-{name.replace(' ', '-')}-{LONG}",
            password="",
            **{"registration": str(row.pk), "grant-type": "client_credentials"},
        )
        assert client.registration == row
        registration_certificates.make(row, None)
        if name == "over":
            row.next_certificate_ends_on = now.date() - timedelta(days=1)
            row.save()
        found[f"waiting {name}"] = f"/registrations/{row.pk}/"
    return found


def _drafts() -> dict[str, str]:
    """The steps of the wizard that only these ways have."""
    app = setups.app_only(LONG)
    registration_certificates.make(app.registration, None)
    over = setups.app_only("over@contoso.example", name="Over")
    pair = certificates.make("Over", timezone.now() - timedelta(days=400))
    registration_certificates.enter(
        over.registration, pair.pem, None, today=datetime(2026, 1, 1).date()
    )
    beside = setups.app_only("beside@contoso.example", name="Beside")
    for _ in range(2):
        registration_certificates.make(beside.registration, None)
    first = setups.app_only("first@contoso.example", name="First")
    making.save_off(first.pk, None)
    registration_certificates.make(first.registration, None)
    refused = setups.app_only("refused@contoso.example", name="Refused")
    registration_certificates.make(refused.registration, None)
    setups.save(refused, "certificate")
    setups.failed(refused, "token", "AADSTS700027", answer=TOLD)
    google = _google("google")
    making.ask_for_sign_in(google.pk, None, BACK)
    service = _google("google-service")
    return {
        "step certificate": f"/connect/{app.pk}/certificate/",
        "step certificate waiting": f"/connect/{beside.pk}/certificate/",
        "step secret waiting": f"/connect/{first.pk}/secret/",
        "step certificate over": f"/connect/{over.pk}/certificate/",
        "step certificate refused": f"/connect/{refused.pk}/certificate/",
        "step google": f"/connect/{google.pk}/google-client/",
        "step service account": f"/connect/{service.pk}/google-client/",
        "step sign-in": f"/connect/{google.pk}/sign-in/",
    }


def _picture(page: Page, look: str, name: str) -> None:
    """For a person who wants to look at the pages: into the folder PICTURES."""
    folder = os.environ.get("PICTURES")
    if folder:
        file = f"{folder}/{look}/{name.replace(' ', '-')}.png"
        page.screenshot(path=file, full_page=True)


def _google(mode: str) -> SetupDraft:
    """Ready for the sign-in of its owner."""
    name = f"secret-of-{mode}"
    named_secrets.save(name=name, password="GOCSPX-1")
    draft = setups.begin(f"{mode}-{LONG}")
    setups.save(draft, "mode", mode=mode)
    client = "1234-abcd.apps.googleusercontent.com"
    if mode == "google-service":
        client = "100000000000000000001"
    setups.save(draft, "google-client", google_client=client, google_secret=name)
    servers = {"server_in": "imap.gmail.com", "server_out": "smtp.gmail.com"}
    setups.save(draft, "network", **(setups.NETWORK | servers))
    setups.save(draft, "fetching", **setups.FETCHING)
    return setups.reloaded(draft)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_are_accessible_and_fit(
    console: Callable[..., Page], scheme: str, width: int
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    factories.live_worker()
    faults: list[str] = []
    for name, path in (_sign_ins() | _certificates() | _drafts()).items():
        page = console(path, **look)
        for fold in page.locator("#certificate details:not([open]) summary").all():
            fold.click()
        faults += _faults(page, name)
        _picture(page, f"{scheme}-{width}", name)
        # A link that is over is answered with such a status.
        ours = [t for t in page.trouble if "404 (Not Found)" not in t]  # type: ignore
        page.trouble[:] = [t for t in ours if "410 (Gone)" not in t]  # type: ignore
    assert faults == []
