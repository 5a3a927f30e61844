"""One refused and one accepted example of every rule, with its exact message.

Used for the service, the form and the admin, so that all three say the same. What
forms cannot type, options that are not ours, stands apart in EXTRA_CASES.
"""

from __future__ import annotations

from tests.services.option_rules import (
    rule_cases_application,
    rule_cases_kept,
    rule_cases_scope,
    rule_cases_server,
    rule_cases_sign_in,
    rule_cases_values,
)
from tests.services.option_rules.rule_case import Case

__all__ = ["CASES", "EXTRA_CASES", "Case"]

CASES: list[Case] = [
    *rule_cases_values.CASES,
    *rule_cases_server.CASES,
    *rule_cases_application.CASES,
    *rule_cases_scope.CASES,
    *rule_cases_sign_in.CASES,
    *rule_cases_kept.CASES,
]
EXTRA_CASES: list[Case] = rule_cases_kept.EXTRA_CASES
