"""Cleans the values of a section and says what is wrong with them.

Types and bounds of single values: options/values. Rules over several options stand in
the modules beside, a rule is described in `rule`. Forms, the admin, import and API all
come through `clean`, so a mistake has the same words everywhere. Saving is
services/revisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ...core.errors import Problem
from ...core.options import Group, Option
from ...models import OptionSet, PopClient, SmtpClient
from ...models.clients import MECHANISMS
from ..options import pins
from ..options.pins import Lookup
from ..options.values import read, read_secret, tidy
from . import (
    authority as option_rules_authority,
    available as option_rules_available,
    fetching as option_rules_fetching,
    scope as option_rules_scope,
    secret as option_rules_secret,
    server as option_rules_server,
    sign_in as option_rules_sign_in,
    unused as option_rules_unused,
)
from .canonical_value import canonical, understood
from .rule import MECHANISMS_KEY, Facts, Level, Rule, declared

MODELS: dict[str, type[OptionSet]] = {
    model.kind: model for model in (PopClient, SmtpClient)
}
GROUPS = list(Group)
# In the order in which they are asked: the first message at an option is the one it
# gets, so what can never be comes before what is not available yet.
RULES: tuple[Rule, ...] = (
    *option_rules_server.RULES,
    *option_rules_authority.RULES,
    *option_rules_scope.RULES,
    *option_rules_sign_in.RULES,
    *option_rules_secret.RULES,
    *option_rules_fetching.RULES,
    *option_rules_available.RULES,
    *option_rules_unused.RULES,
)


@dataclass
class Cleaned:
    """Complete values by option name, and what there is to say about them.

    values: the section's own, typed; a wrong one as it was typed; a secret as id of its
        SecretValue. effective: with what is inherited from the registration.
    extra: options that this console does not know, name to text.
    pinned: what proxy, registration and named secret stand for now.
    secrets: new secrets in plain text, to be sealed by the caller.
    problems keep the set from being saved, warnings and notices do not. There is at
    most one problem or warning for each option, in the order of the form; those of
    other options (`extra`) come last, the set as a whole is the option "".
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
    address: str = "",
) -> Cleaned:
    """Clean `raw`, values by option name, over `base` or the defaults.

    raw: texts as typed, or values in Python's terms. A secret as text is a new one, as
        an id it is that one, as None there is none; absent or "" it stays. The name of
        the mechanisms may be written out for the section's own type
        (`mail.imap.auth.mechanisms`); for another type it is an option of `extra`.
    base: complete own values as they are now; None for a new section.
    extra: options that are not ours, name to text, all there are.
    lookup: finds proxies and the like, where many sections are cleaned in a row.
    address: of the mailbox, which is the log-in name where that is empty.
    Never raises for wrong values.
    """
    model = MODELS[kind]
    options = declared(model)
    start = defaults(kind)
    if base:
        start |= {name: base[name] for name in options if name in base}
    cleaned = Cleaned(dict(start), {k: str(v) for k, v in (extra or {}).items()})
    lookup = lookup or Lookup()
    problems: dict[str, Problem] = {}
    given = _own(model, raw, cleaned, problems)
    _read_all(options, given, cleaned, problems, lookup)
    _rewrite(_facts(model, cleaned, address), cleaned, problems)
    right = {name: cleaned.values[name] for name in options if name not in problems}
    cleaned.pinned = pins.pin(options, right, lookup)
    facts = _facts(model, cleaned, address)
    _apply_rules(facts, problems, cleaned)
    changed = [n for n in given if n not in problems and facts.values[n] != start[n]]
    cleaned.notices += filter(None, (understood(facts, name) for name in changed))
    order = _places(kind)
    cleaned.problems.sort(key=lambda p: order.get(p.option, len(order)))
    cleaned.warnings.sort(key=lambda p: order.get(p.option, len(order)))
    return cleaned


def options_by_name(kind: str) -> dict[str, Option]:
    """The options of a kind of section by their names, as declared."""
    return declared(MODELS[kind])


def defaults(kind: str) -> dict[str, object]:
    """The values of a new section that names no option at all."""
    return dict(_unset(kind))


def in_form_order(options: Mapping[str, Option]) -> list[Option]:
    """Options by the questions of the form, then as declared."""
    return sorted(options.values(), key=lambda option: GROUPS.index(option.group))


@cache
def _unset(kind: str) -> dict[str, object]:
    return {name: option.unset for name, option in options_by_name(kind).items()}


@cache
def _places(kind: str) -> dict[str, int]:
    ordered = in_form_order(options_by_name(kind))
    return {"": -1} | {option.name: place for place, option in enumerate(ordered)}


def _facts(model: type[OptionSet], cleaned: Cleaned, address: str) -> Facts:
    inherited = pins.inherited(cleaned.values, cleaned.pinned)
    return Facts(
        model,
        {**cleaned.values, **inherited},
        cleaned.secrets,
        cleaned.extra,
        cleaned.pinned,
        frozenset(inherited),
        address,
    )


def _own(
    model: type[OptionSet],
    raw: Mapping[str, object],
    cleaned: Cleaned,
    problems: dict[str, Problem],
) -> dict[str, object]:
    """What was given for our options; the sign-in mode of another type is kept."""
    options = declared(model)
    typed = raw.get(model.type_option, cleaned.values[model.type_option])
    type_ = tidy(str(typed or "")) or str(options[model.type_option].default)
    own = MECHANISMS.replace("<type>", type_.lower())
    given: dict[str, object] = {}
    for name in [name for name in cleaned.extra if name.lower() == own]:
        # It was one of another type until the type was changed.
        given[MECHANISMS] = cleaned.extra.pop(name)
        cleaned.notices.append(f"{name}: it is the sign-in mode of this type now.")
    for name, value in raw.items():
        if name in options:
            given[name] = value
        elif name.lower() == own:
            given[MECHANISMS] = value
        elif MECHANISMS_KEY.fullmatch(name):
            cleaned.extra[name] = "" if value is None else str(value)
        else:
            problems[name] = Problem(
                name, "T00-unknown", f"{model.kind} has no option {name}."
            )
    return given


def _read_all(
    options: Mapping[str, Option],
    given: Mapping[str, object],
    cleaned: Cleaned,
    problems: dict[str, Problem],
    lookup: Lookup,
) -> None:
    """Read every value into `cleaned`, problems by option name."""
    for name, value in given.items():
        option = options[name]
        if option.secret:
            _take_secret(option, value, cleaned, problems)
            continue
        reading = read(option, value, lookup)
        cleaned.values[name] = reading.value
        if reading.problem:
            problems[name] = Problem(name, reading.rule, reading.problem)
        elif reading.notice:
            cleaned.notices.append(reading.notice)


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


def _rewrite(facts: Facts, cleaned: Cleaned, problems: Mapping[str, Problem]) -> None:
    """Bring ids, authority and scope to their one form, with notices of that."""
    for name, rewritten in canonical(facts).items():
        typed = cleaned.values[name]
        if name in problems or typed == rewritten:
            continue
        if str(typed).lower() != rewritten.lower():
            label = facts.options[name].label
            cleaned.notices.append(
                f"{label}: {typed} was cleaned to {rewritten}."
                if typed
                else f"{label}: {rewritten} was taken from the authority."
            )
        cleaned.values[name] = rewritten


def _apply_rules(facts: Facts, problems: dict[str, Problem], cleaned: Cleaned) -> None:
    """The rules in their order; the first message at an option is the one it gets.

    What is wrong with an inherited value is said at the registration.
    """
    warnings: dict[str, Problem] = {}
    for rule in RULES:
        soft = rule.level is Level.WARNING
        soft = soft or (rule.level is Level.REQUIRED and facts.draft)
        target = warnings if soft else problems
        for option, message in rule.check(facts):
            if option in facts.inherited:
                message = f"{facts.options[option].label_for(facts.values)}: {message}"
                option = "registration"
            target.setdefault(option, Problem(option, rule.id, message))
    cleaned.problems = list(problems.values())
    cleaned.warnings = [w for option, w in warnings.items() if option not in problems]
