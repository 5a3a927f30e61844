"""The style guide: every component in every state, with long names. Staff only.

All data on it is made up here; it reads no rows. Signatures: templates/components/
README.md.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib.admin.views.decorators import staff_member_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from mailboxes.core.choices import Health, OutboxState, Outcome
from mailboxes.core.options import Condition, Effect, Kind, Option, Origin
from mailboxes.templatetags.charts import Column
from mailboxes.templatetags.words import VOCABULARIES

LONG = "customer-support-escalations-europe-middle-east@mail.contoso-holding.example"
PROXY = Option(
    name="proxy",
    label="Proxy",
    help="HTTP proxy that the connection goes through.",
    effect=Effect.NEXT_CYCLE,
)
MARGIN = Option(
    name="token-expiry-margin-time",
    label="Token expiry margin",
    help="A token that ends sooner than this is renewed before it is used.",
    effect=Effect.NEXT_CHECK,
    kind=Kind.DURATION,
    default=300,
    default_from=Origin.VENDOR,
    condition=Condition((), "Takes effect only with XOAUTH2."),
)
SECRET = Option(
    name="password",
    label="Client secret",
    help="Paste the Value, not the Secret ID.",
    effect=Effect.NEXT_CYCLE,
    kind=Kind.SECRET,
)


class DemoForm(forms.Form):
    """Fields of every kind, as the option-set forms will show them."""

    type = forms.ChoiceField(
        label="Type", choices=[("IMAP", "IMAP"), ("GRAPH", "Microsoft Graph")]
    )
    margin = forms.CharField(label=MARGIN.label, help_text=MARGIN.help)
    password = forms.CharField(
        label=SECRET.label,
        help_text=SECRET.help,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    directory_id = forms.UUIDField(
        label="Directory (tenant) ID",
        help_text="A GUID, from the app's Overview page in Entra.",
        error_messages={"required": "Enter the directory (tenant) ID"},
    )
    first_fetch = forms.ChoiceField(
        label="Mail that is there already",
        widget=forms.RadioSelect,
        choices=[
            ("from-now", "Leave it: fetch from now on"),
            ("last-days", "Fetch the last days"),
            ("everything", "Fetch everything"),
        ],
    )
    enabled = forms.BooleanField(
        label="Fetch from this mailbox",
        help_text="Off keeps everything.",
        required=False,
    )
    note = forms.CharField(
        label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["margin"].option = MARGIN
        self.fields["margin"].marks = ({"word": "Pending: next check"},)
        self.fields["password"].option = SECRET
        self.fields["password"].stored = "set 3 Nov 2026 by anna, ends 12 Dec 2026"
        self.fields["type"].option_name = "type"


def _cycles(failures: int) -> list[str]:
    return [Outcome.OK] * (30 - failures) + [Outcome.FAILED] * failures


def _rows(now: datetime) -> list[dict[str, Any]]:
    names = [
        (
            "support@contoso.example",
            "IMAP · AADSTS50126: wrong password",
            Health.STOPPED,
        ),
        ("billing@contoso.example", "IMAP · TLS: certificate name", Health.FAILING),
        (LONG, "IMAP · no finished cycle in 2 intervals", Health.LATE),
        ("orders@contoso.example", "IMAP", Health.THROTTLED),
        ("archive@contoso.example", "IMAP · 18 of 240 messages", Health.FETCHING),
        ("hello@contoso.example", "IMAP", Health.HEALTHY),
        ("legacy@contoso.example", "Paused by admin on 20 Nov", Health.PAUSED),
    ]
    return [
        {
            "name": name,
            "reason": reason,
            "health": health,
            "cycles": _cycles(max(0, 4 - i)) if i < 6 else [],
            "spark": [(i * 7 + n * 5) % 11 for n in range(12)] if i < 6 else [0, 0],
            "fetched": 1204 if i == 5 else i * 3,
            "last": now - timedelta(seconds=20 * 9**i) if i < 6 else None,
            "pending": i == 3,
        }
        for i, (name, reason, health) in enumerate(names)
    ]


def _context(now: datetime) -> dict[str, Any]:
    evidence = (
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled"
        " for the Tenant. Trace ID 4f1c2d00-aaaa-4bbb-8ccc-0123456789ab"
    )
    return {
        "nav": "styleguide",
        "now": now,
        "soon": now + timedelta(seconds=41),
        "earlier": now - timedelta(minutes=6),
        "long_ago": datetime(2026, 11, 20, 1, 41, 7, tzinfo=UTC),
        "long_name": LONG,
        "evidence": evidence,
        "tones": ["ok", "warn", "fail", "running", "idle", "pending"],
        "vocabularies": {
            name: [(str(value), *shown) for value, shown in words.items()]
            for name, words in VOCABULARIES.items()
        },
        "numbers": [
            {"label": "Fetched today", "value": "1,204", "hint": "1,281 last Tuesday"},
            {"label": "Sent today", "value": "318", "hint": "2 waiting"},
            {"label": "Oldest unsent", "value": "6 min", "hint": "limit 15 min"},
            {
                "label": "Quarantined",
                "value": "3",
                "hint": "oldest 2 h",
                "url": "#table",
            },
        ],
        "rows": _rows(now),
        "page": Paginator(range(1204), 50).page(3),
        "tabs": [
            {"label": "Overview", "url": "#tabs", "current": True},
            {"label": "Cycles", "url": "#tabs"},
            {"label": "Messages", "url": "#tabs", "count": "1,204"},
            {"label": "Options", "url": "#tabs"},
        ],
        "filters": [
            {"label": "All", "url": "#filters", "count": 43, "current": True},
            {"label": "Failed", "url": "#filters", "count": 41},
            {"label": OutboxState.UNCONFIRMED.title(), "url": "#filters", "count": 2},
            {"label": "Waiting", "url": "#filters", "count": 0},
        ],
        "facts": [
            {"label": "Address", "value": LONG, "mono": True},
            {"label": "Server", "value": "outlook.office365.com:993", "mono": True},
            {"label": "Sign-in", "value": "XOAUTH2, password grant (ROPC)"},
            {"label": "Option set", "value": "support-imap", "url": "#kv"},
        ],
        "compare": [
            {
                "label": "Folder",
                "name": "folder-path",
                "in_effect": "INBOX",
                "saved": "INBOX/Escalations/Europe, Middle East and Africa",
                "differs": True,
                "effect": Effect.NEXT_CYCLE,
            },
            {
                "label": "Server",
                "name": "server",
                "in_effect": "smtp.office365.com",
                "saved": "smtp-hve.office365.com",
                "differs": True,
                "effect": Effect.RESTART,
            },
            {
                "label": "Proxy",
                "name": "proxy",
                "in_effect": "",
                "saved": "",
                "differs": False,
                "effect": Effect.NEXT_CYCLE,
            },
        ],
        "checks": [
            {
                "state": "passed",
                "label": "Look up the host",
                "evidence": "2 addresses",
                "ms": 12,
            },
            {
                "state": "passed",
                "label": "Encrypt with TLS",
                "evidence": "TLS 1.3",
                "ms": 48,
            },
            {
                "state": "failed",
                "label": "Get a token",
                "evidence": "AADSTS50126: Invalid username or password.",
                "ms": 203,
                "fix_url": "#form",
                "fix_text": "Go to Password: enter the mailbox password",
            },
            {"state": "running", "label": "Sign in", "evidence": "", "ms": None},
            {
                "state": "skipped",
                "label": "Send",
                "evidence": "not asked for",
                "ms": None,
            },
            {
                "state": "not-run",
                "label": "Open the mailbox",
                "evidence": "needs a token",
                "ms": None,
            },
        ],
        "timeline": [
            {"at": now - timedelta(hours=2), "title": "Queued", "symbol": "clock"},
            {
                "at": now - timedelta(minutes=50),
                "title": "Attempt 1 failed",
                "tone": "fail",
                "symbol": "circle-x",
                "text": "smtp.office365.com:587",
                "evidence": evidence,
            },
            {
                "at": now - timedelta(seconds=9),
                "title": "Sent",
                "tone": "ok",
                "symbol": "circle-check",
                "text": "250 2.0.0 OK",
            },
        ],
        "columns": [
            Column(f"{hour:02}:00", (hour * 37) % 61, 2 if hour == 14 else 0)
            for hour in range(24)
        ],
        "mixed": [Outcome.OK] * 11
        + ["late", Outcome.FAILED, Outcome.LOST, "", Outcome.OK],
        "fresh_form": DemoForm(
            initial={"type": "IMAP", "margin": "00:05:00", "first_fetch": "from-now"},
            prefix="fresh",
        ),
        "form": DemoForm({"type": "IMAP", "margin": "00:05:00"}),
        "bars_": [
            SimpleNamespace(
                kind="worker",
                text="No worker is running: nothing is fetched or sent.",
                command="scripts/run",
                url="",
                link="",
            ),
            SimpleNamespace(
                kind="held",
                text="Held since 01:44 UTC by anna: nothing is fetched or sent.",
                command="",
                url="#bars",
                link="Release",
            ),
            SimpleNamespace(
                kind="sandbox",
                text="Sandbox: these mailboxes live on this machine only.",
                command="",
                url="",
                link="",
            ),
        ],
    }


@staff_member_required(login_url="login")
def styleguide(request: HttpRequest) -> HttpResponse:
    """The page itself."""
    return render(request, "styleguide.html", _context(timezone.now()))
