"""Takes a file in, all or nothing, and says what there is to say about it.

The command `import_options` and the page call `run`; plan and writing do the work.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.base_user import AbstractBaseUser

from . import plan as plans
from .parts import Entry
from .plan import Bases, May, Plan
from .report import Report
from .writing import STALE, write


def run(
    content: bytes | str,
    *,
    file_name: str = "",
    user: AbstractBaseUser | None = None,
    dry_run: bool = False,
    as_drafts: bool = False,
    make_registrations: bool = False,
    may: May | None = None,
    bases: Mapping[str, int | str] | None = None,
) -> Report:
    """Import `content`, or only say what would happen (dry_run).

    as_drafts: new sections come in switched off, and what they miss is no mistake.
    make_registrations: make what the report proposes. may: asks for a right by its
    codename. bases: what a person has seen the file compared with (`check`).
    Never raises for what the file says.
    """
    plan = plans.make(
        content,
        file_name=file_name,
        drafts=as_drafts,
        make_registrations=make_registrations,
        may=may,
    )
    report = plan.report
    if bases is not None:
        report.errors += _moved(plan, bases)
    if dry_run or report.errors:
        return report
    report.errors += write(plan, user, file=file_name[:200], drafts=as_drafts)
    report.imported = 0 if report.errors else report.sections
    return report


def check(
    content: bytes | str,
    *,
    file_name: str = "",
    as_drafts: bool = False,
    make_registrations: bool = False,
    may: May | None = None,
) -> tuple[Report, Bases]:
    """What would happen, and what this was said of (`bases` of `run`)."""
    plan = plans.make(
        content,
        file_name=file_name,
        drafts=as_drafts,
        make_registrations=make_registrations,
        may=may,
    )
    return plan.report, plan.bases()


def _moved(plan: Plan, bases: Mapping[str, int | str]) -> list[Entry]:
    message = "Saved by somebody else since the check. Check the file again."
    now = plan.bases()
    return [
        Entry(section.line, section.name, "", STALE, message)
        for key, section in plan.sections().items()
        if now[key] != bases.get(key)
    ]
