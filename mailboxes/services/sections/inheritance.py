"""Whether a section of a file takes its values from an app registration.

An export writes what is inherited, too (the old server knows no registrations). Equal
values stay inherited; where one differs the section leaves the registration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.errors import Problem
from ...core.options import Target
from ...models import AppRegistration, PopClient, SmtpClient
from ..option_rules import clean
from ..options import pins
from ..options.pins import INHERITED
from ..options.values import tidy
from .known import Existing, Known
from .parts import Section
from .report import Report

REGISTRATION, PASSWORD = "registration", "password"
LEAVES = "I15-leaves-registration"


def settle(
    section: Section,
    model: type[PopClient] | type[SmtpClient],
    raw: dict[str, object],
    extra: Mapping[str, str],
    existing: Existing | None,
    known: Known,
    report: Report,
) -> bool:
    """Decide it, in `raw`. True when the password is that of the registration."""
    own = existing.snapshot.own if existing else {}
    explicit = tidy(str(raw.get(REGISTRATION, "")))
    row: AppRegistration | None = known.lookup.find(
        Target.REGISTRATION,
        explicit if REGISTRATION in raw else own.get(REGISTRATION) or "",
    )
    if row is None:
        return False
    probe = clean(
        model.kind,
        raw | {REGISTRATION: "", PASSWORD: None},
        extra=extra,
        lookup=known.lookup,
    ).values
    given = {name: getattr(row, column) for name, column in INHERITED.items()}
    app_secret = pins.password_is_app_secret({**probe, **given})
    differing = [
        name
        for name, value in given.items()
        if (tidy(str(raw.get(name, ""))) or not explicit) and probe[name] != value
    ]
    if app_secret and _differs(section, row, known):
        differing.append(PASSWORD)
    if differing:
        _leave(section, raw, row, differing, report)
        return False
    raw[REGISTRATION] = row.name
    _stay(raw, own)
    return app_secret


def _differs(section: Section, row: AppRegistration, known: Known) -> bool:
    value = section.get(PASSWORD)
    if value is None or not value.text or value.masked:
        return False
    return value.text != known.plain(row.secret_id)


def _stay(raw: dict[str, object], own: Mapping[str, Any]) -> None:
    """What lies below the inherited values is not the file's concern."""
    for name in INHERITED:
        raw.pop(name, None)
        if own.get(name):
            raw[name] = own[name]


def _leave(
    section: Section,
    raw: dict[str, object],
    row: AppRegistration,
    differing: list[str],
    report: Report,
) -> None:
    raw[REGISTRATION] = ""
    verb = "differs" if len(differing) == 1 else "differ"
    message = (
        f"{', '.join(differing)} {verb} from the app registration {row.name}: the"
        " section leaves it and has values of its own."
    )
    report.warning(section, Problem(differing[0], LEAVES, message))
