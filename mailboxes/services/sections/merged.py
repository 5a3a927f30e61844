"""Sections and options that a file names more than once, brought together.

Equal values are read as one, with a warning; different ones are an error at the later
line. Names of sections have no case, those of options none either where we know them:
properties of JavaMail are told apart by case.
"""

from __future__ import annotations

from .kinds import known_name
from .parts import Entry, Parsed, Section, Value

SECTION_RULE = "I09-section-repeated"
OPTION_RULE = "I10-option-repeated"


def merge(parsed: Parsed) -> list[Section]:
    """One section for each name, its options each once; entries go to `parsed`."""
    sections: dict[str, Section] = {}
    for part in parsed.sections:
        first = sections.setdefault(_key(part.name), part)
        if first is not part:
            _join(first, part, parsed)
    for section in sections.values():
        section.values = _once(section, parsed)
    return list(sections.values())


def _key(name: str) -> str:
    """Names of sections have no case, but those of secrets and the like have."""
    begins, dash, rest = name.partition("-")
    begins = begins.lower()
    of_ours = begins in ("secret", "proxy", "registration")
    return begins + dash + rest if of_ours else name.lower()


def _join(first: Section, part: Section, parsed: Parsed) -> None:
    if first.kind != part.kind and part.kind:
        message = f"The kind differs from that at line {first.line}."
        parsed.wrong(part.line, part.name, SECTION_RULE, message)
    first.values = [*first.values, *part.values]
    message = f"This section stands at line {first.line} too; both are read as one."
    parsed.warnings.append(Entry(part.line, part.name, "", SECTION_RULE, message))


def _once(section: Section, parsed: Parsed) -> list[Value]:
    found: dict[str, Value] = {}
    for value in section.values:
        first = found.setdefault(known_name(value.name), value)
        if first is value:
            continue
        at = (value.line, section.name, value.name, OPTION_RULE)
        if first.text == value.text:
            message = f"This stands at line {first.line} too, with the same value."
            parsed.warnings.append(Entry(*at, message))
        else:
            message = f"Another value stands at line {first.line}. Remove one of both."
            parsed.errors.append(Entry(*at, message))
    return list(found.values())
