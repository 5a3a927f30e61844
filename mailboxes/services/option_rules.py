"""Cleans the values of a section and says what is wrong with them.

Types and bounds of single values: option_values. Rules over several options:
option_rules_server, option_rules_sign_in, option_rules_fetching. Forms, the admin,
import and API all come through `clean`, so a mistake has the same words everywhere.
Saving is services/revisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ..core.errors import Problem
from ..core.options import Group, Option
from ..models import OptionSet, PopClient, SmtpClient
from ..models.clients import MECHANISMS
from . import (  # noqa: F401  (they register their rules)
    option_rules_fetching,
    option_rules_server,
    option_rules_sign_in,
    pins,
)
from .option_rule import RULES, Facts, Level
from .option_values import read, read_secret
from .pins import Lookup

MODELS: dict[str, type[OptionSet]] = {
    model.kind: model for model in (PopClient, SmtpClient)
}
GROUPS = list(Group)


@dataclass
class Cleaned:
    """Complete values by option name, and what there is to say about them.

    values: the section's own, typed; a wrong one as it was typed; a secret as id of its
        SecretValue. effective: with what is inherited from the registration.
    extra: options that this console does not know, name to text.
    pinned: what proxy, registration and named secret stand for now.
    secrets: new secrets in plain text, to be sealed by the caller.
    problems keep the set from being saved, warnings and notices do not. There is at
    most one problem or warning for each option, in the order of the form.
    """

    values: dict[str, object]
    extra: dict[str, str] = field(default_factory=dict)
    pinned: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def effective(self) -> dict[str, object]:
        return pins.overlaid(self.values, self.pinned)


def clean(
    kind: str,
    raw: Mapping[str, object],
    *,
    base: Mapping[str, object] | None = None,
    extra: Mapping[str, str] | None = None,
    lookup: Lookup | None = None,
) -> Cleaned:
    """Clean `raw`, values by option name, over `base` or the defaults.

    raw: texts as typed, or values in Python's terms. A secret as text is a new one, as
        an id it is that one, as None there is none; absent or "" it stays. The name of
        the mechanisms may be written out (`mail.imap.auth.mechanisms`).
    base: complete own values as they are now; None for a new section.
    extra: options that are not ours, name to text, all there are.
    lookup: finds proxies and the like, where many sections are cleaned in a row.
    Never raises for wrong values.
    """
    model = MODELS[kind]
    lookup = lookup or Lookup()
    options = options_by_name(kind)
    cleaned = Cleaned(_defaults(options) | dict(base or {}), dict(extra or {}))
    cleaned.values = {name: cleaned.values[name] for name in options}
    problems = _read_all(model, options, raw, cleaned, lookup)
    cleaned.notices += _rewrite(_facts(model, cleaned), cleaned.values, problems)
    cleaned.pinned = pins.pin(options, cleaned.values, lookup)
    _apply_rules(_facts(model, cleaned), problems, cleaned)
    order = {option.name: place for place, option in enumerate(in_form_order(options))}
    cleaned.problems.sort(key=lambda problem: order.get(problem.option, -1))
    cleaned.warnings.sort(key=lambda problem: order.get(problem.option, -1))
    return cleaned


@cache
def options_by_name(kind: str) -> dict[str, Option]:
    """The options of a kind of section by their names, as declared."""
    return {option.name: option for option in MODELS[kind].options().values()}


def _facts(model: type[OptionSet], cleaned: Cleaned) -> Facts:
    inherited = pins.inherited(cleaned.values, cleaned.pinned)
    return Facts(
        model,
        {**cleaned.values, **inherited},
        cleaned.secrets,
        cleaned.extra,
        cleaned.pinned,
        frozenset(inherited),
    )


def defaults(kind: str) -> dict[str, object]:
    """The values of a new section that names no option at all."""
    return _defaults(options_by_name(kind))


def in_form_order(options: Mapping[str, Option]) -> list[Option]:
    """Options by the questions of the form, then as declared."""
    return sorted(options.values(), key=lambda option: GROUPS.index(option.group))


def _defaults(options: Mapping[str, Option]) -> dict[str, object]:
    return {name: option.unset for name, option in options.items()}


def _read_all(
    model: type[OptionSet],
    options: Mapping[str, Option],
    raw: Mapping[str, object],
    cleaned: Cleaned,
    lookup: Lookup,
) -> dict[str, Problem]:
    """Read every value into `cleaned`; problems by option name."""
    problems: dict[str, Problem] = {}
    kinds = [value.lower() for value, _ in options[model.type_option].choices]
    written = {MECHANISMS.replace("<type>", kind): MECHANISMS for kind in kinds}
    for name, given in raw.items():
        option = options.get(written.get(name, name))
        if option is None:
            problems[name] = Problem(
                name, "T00-unknown", f"{model.kind} has no option {name}."
            )
        elif option.secret:
            _take_secret(option, given, cleaned, problems)
        else:
            reading = read(option, given, lookup)
            cleaned.values[option.name] = reading.value
            if reading.problem:
                problems[option.name] = Problem(
                    option.name, reading.rule, reading.problem
                )
            elif reading.notice:
                cleaned.notices.append(reading.notice)
    return problems


def _take_secret(
    option: Option, given: object, cleaned: Cleaned, problems: dict[str, Problem]
) -> None:
    if given is None or (isinstance(given, int) and not isinstance(given, bool)):
        cleaned.values[option.name] = given
    elif isinstance(given, str) and given:
        reading = read_secret(given)
        if reading.problem:
            problems[option.name] = Problem(option.name, reading.rule, reading.problem)
        if reading.value:
            cleaned.secrets[option.name] = str(reading.value)


def _rewrite(
    facts: Facts, values: dict[str, object], problems: Mapping[str, Problem]
) -> list[str]:
    """Bring ids and the authority to their one form; notices of what was changed."""
    notices = []
    for name, rewritten in option_rules_sign_in.canonical(facts).items():
        if name in problems or values[name] == rewritten:
            continue
        if str(values[name]).lower() != rewritten:
            label = facts.options[name].label
            notices.append(f"{label}: {values[name]} was cleaned to {rewritten}.")
        values[name] = rewritten
    return notices


def _apply_rules(facts: Facts, problems: dict[str, Problem], cleaned: Cleaned) -> None:
    """The rules in their order; the first message at an option is the one it gets.

    What is wrong with an inherited value is said at the registration.
    """
    wrong = set(problems)
    warnings: dict[str, Problem] = {}
    for rule in RULES:
        soft = rule.level is Level.WARNING
        soft = soft or (rule.level is Level.REQUIRED and facts.draft)
        for option, message in rule.check(facts):
            if option in facts.inherited:
                option = "registration"
            elif option not in facts.options and option not in facts.extra:
                continue
            target = warnings if soft else problems
            target.setdefault(option, Problem(option, rule.id, message))
    cleaned.problems = list(problems.values())
    cleaned.warnings = [
        warning
        for option, warning in warnings.items()
        if option not in problems and option not in wrong
    ]
