"""Writes the option reference (docs/options.md) from the declarations and the rules.

Nothing here knows an option of pop-client or smtp-client by name; what they say stands
on the model fields. `secret-<name>` and `[proxy]` are no option sets here and are
written out (email-server-options.md section 1.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...core.options import Certainty, Effect, Option, Origin, format_value
from ..option_rules import MODELS, RULES, in_form_order, options_by_name
from ..option_rules.rule import Level
from ..option_rules.unused import MAPPED, MOST_EXTRA
from .reading import READING_RULES

HEAD = (
    "Option",
    "What it is",
    "Default",
    "Valid values",
    "Changes take effect",
    "Has an effect",
    "Introduced; modified",
    "How certain",
)
EFFECTS = {
    Effect.NEXT_CYCLE: "at the next POP cycle",
    Effect.RESTART: "at start or restart (Restart sending)",
    Effect.NEXT_CHECK: "at the next connection check (ours; the vendor leaves it open)",
}
WHOSE = {Origin.VENDOR: "the vendor's", Origin.OURS: "ours"}
LEVELS = {
    Level.ERROR: "refused",
    Level.REQUIRED: "refused; for a draft a warning",
    Level.WARNING: "warning",
}
SECRET_ROW = (
    "`password`",
    "The client secret of a Google application, named by the option `secret`.",
    "none",
    "The client secret of the Google application.",
    "for a pop-client at the next POP cycle, for an smtp-client at start or restart"
    " (Restart sending)",
    "Only for Google, with XOAUTH2.",
    "8.5.201.05",
    Certainty.CERTAIN.value,
)
PROXY_ROWS = (
    (
        "`useProxy`",
        "Whether the proxy is used.",
        "`false` (the vendor's)",
        "true or false, in any case; anything but true means false.",
        "of the section that names the proxy",
        "always",
        "8.5.1",
        Certainty.CERTAIN.value,
    ),
    (
        "`port`",
        "Port of the proxy.",
        "none",
        "1 to 65535.",
        "of the section that names the proxy",
        "Only when useProxy is true.",
        "8.5.1",
        Certainty.CERTAIN.value,
    ),
)
INTRODUCTION = """\
# Options

Every option of the sections `pop-client` and `smtp-client`. This page is made from the
declarations by the command `option_reference`; a test holds it equal to them.

*How certain* says where a line comes from: **certain** was read in the vendor's
documents, **deduced** follows from them, **recalled** means that the name is likely
right and no more, **ours** is an option of this product. A default is the vendor's only
where that is said. Versions are those of the vendor's E-mail Server, - where none is
known. The section on rules says what is refused and what is only warned of."""
OTHERS = f"""\
## Other options

Up to {MOST_EXTRA} options that are not listed here, `mail.*` properties among them, are
kept in a section as they are, for export to the old server. They have no effect in this
console, and it says so at each. Properties that an option sets are refused:"""
RULES_HEAD = """\
## Rules

What is refused cannot be saved. A *draft* is a section with `enable-client` off. The id
of a rule never changes; import and API name it."""
PROXY = """\
A proxy is HTTP or SOCKS. The vendor's names of the options for host, kind, user name
and password are not known. Ours is a kind `direct`: no proxy, only the certificate
authorities that connections of a section trust beside those of the system."""


def page() -> str:
    """The whole page as Markdown."""
    parts = [INTRODUCTION]
    for kind in MODELS:
        rows = (_row(option) for option in in_form_order(options_by_name(kind)))
        parts += [f"## `[{kind}]`", _table(HEAD, rows)]
    parts += [
        "## `[secret-<name>]`",
        _table(HEAD, [SECRET_ROW]),
        "## `[proxy]`",
        PROXY,
        _table(HEAD, PROXY_ROWS),
        OTHERS,
        _table(("Property", "Option to set instead"), _mapped()),
        RULES_HEAD,
        _table(("Id", "Level", "Rule"), _rules()),
    ]
    return "\n\n".join(parts) + "\n"


def _row(option: Option) -> tuple[str, ...]:
    return (
        f"`{option.name}`",
        _what(option),
        _default(option),
        option.valid,
        EFFECTS[option.effect],
        option.condition.sentence or "always",
        _versions(option),
        option.certainty.value,
    )


def _what(option: Option) -> str:
    """Label and help; where they follow other options, all there are."""
    said = [(option.label, option.help)]
    said += [(words.label, words.help) for words in option.labels]
    return " ".join(f"**{label}.** {text}" for label, text in said)


def _default(option: Option) -> str:
    shown = format_value(option, option.default)
    return f"`{shown}` ({WHOSE[option.default_from]})" if shown else "none"


def _versions(option: Option) -> str:
    return (
        "; ".join(filter(None, (option.introduced, ", ".join(option.modified)))) or "-"
    )


def _mapped() -> Iterator[tuple[str, str]]:
    for name, instead in MAPPED.items():
        yield (
            f"`mail.<protocol>.{name}`",
            f"`{instead}`" if instead else "`pop-connection-security` or its like",
        )
    yield "`mail.debug`", "`enable-debug`"
    yield "`mail.*.class`", "none: it cannot be set"


def _rules() -> Iterator[tuple[str, str, str]]:
    for id, about in READING_RULES.items():
        yield f"`{id}`", LEVELS[Level.ERROR], about
    for rule in sorted(RULES, key=lambda rule: rule.id):
        yield f"`{rule.id}`", LEVELS[rule.level], rule.about


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(map(_cell, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Text that means itself in a Markdown table."""
    text = text.replace("|", "\\|")
    if text.startswith("`"):
        return text
    return re.sub(r"[\w.-]*<[a-z-]+>[\w-]*(?:\.[\w-]+)*", r"`\g<0>`", text)
