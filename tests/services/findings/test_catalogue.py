"""The catalogue is whole: every row of diagnosis.md, words for each, stable names."""

from __future__ import annotations

import re

import pytest

from mailboxes.core.choices import Step
from mailboxes.core.codes import Code
from mailboxes.models import PopClient, SmtpClient
from mailboxes.services.finding import Finding, Who
from mailboxes.services.findings import by_id, every, find
from mailboxes.services.findings.catalogue import (
    BY_CODE,
    BY_NUMBER,
    ENTRIES,
    MORE_NUMBERS,
    of_number,
)
from mailboxes.services.findings.numbers import FAMILIES
from mailboxes.services.findings.rank import SIGNS

ROWS = 186  # of diagnosis.md
# Microsoft's numbers of rows 1 to 61 there.
NUMBERS: dict[int, tuple[int, ...]] = {
    1: (50126,), 2: (50034,), 3: (50053,), 4: (50055, 50144), 5: (50056,), 6: (50057,),
    7: (50064, 50132, 50133, 50135), 8: (50072, 50079, 53004), 9: (50074, 50076, 50078),
    10: (50158, 50161), 11: (50097, 50129, 50155, 50187), 12: (53000, 53001),
    13: (53002,), 14: (53003, 530032, 50131), 15: (530035,), 16: (53011, 530034),
    17: (50105,), 18: (65001,), 19: (65004,), 20: (90094, 90095),
    21: (65005, 650056, 650057), 22: (65002,), 23: (500011,),
    24: (50001, 650052, 650054), 25: (70011, 28002, 28003, 700023, 500013),
    26: (700022, 28000), 27: (1002012,), 28: (700016,), 29: (70001, 700011, 7000112),
    30: (7000218,), 31: (700025,), 32: (7000215, 70002), 33: (7000222,),
    34: (700027, 50012, 700030, 50013), 35: (700024, 500133), 36: (90002,),
    37: (900023,), 38: (50059, 50128, 90019), 39: (9001023, 90124, 90130), 40: (50194,),
    41: (9002332,), 42: (50020, 500208, 50014, 51004, 16000),
    43: (90038, 900382, 900432, 90051, 1000104), 44: (50049,),
    45: (90014, 900144, 9002313, 90100), 46: (70003,), 47: (50011, 70004, 900971),
    48: (54005, 700005, 501481), 49: (70000, 70008, 700082, 50089), 50: (50173,),
    51: (70043,), 52: (700084,), 53: (70016, 70018, 70019), 54: (50196,), 55: (90055,),
    56: (90033, 90006, 90012, 90024, 90090, 50033),
    57: (80001, 80002, 80005, 80007, 80014), 58: (80012, 80013),
    59: (500021, 500022, 50002), 60: (500212, 500213), 61: (1002016,),
}  # fmt: skip
GUESS = re.compile(
    r"likely|probably|usually|often|mostly|seldom|sometimes|from time to time|may "
    r"|might|perhaps",
    re.IGNORECASE,
)
ALL = every()
# Options of registrations, secrets and proxies, which are no option sets.
SHARED = {
    "client-id",
    "directory-id",
    "tenant-authority",
    "scope",
    "grant-type",
    "password",
    "proxy",
    "secret",
}


def names(finding: Finding) -> str:
    return finding.id


def test_every_row_of_the_list_has_a_finding() -> None:
    assert {f.row for f in ALL} - {0} == set(range(1, ROWS + 1))


def test_ids_are_words_and_unique() -> None:
    ids = [entry.finding.id for entry in ENTRIES]
    assert len(ids) == len(set(ids))
    assert [id for id in ids if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id)] == []


@pytest.mark.parametrize("finding", ALL, ids=names)
def test_a_finding_says_what_why_and_what_to_do(finding: Finding) -> None:
    title, cause, fix = (str(w) for w in (finding.title, finding.cause, finding.fix))
    assert title and not title.endswith(".")
    assert cause.endswith((".", "?")) and fix.endswith(".")
    assert fix[0].isupper() or fix.startswith("…")
    assert finding.step in set(Step)
    assert str(finding.who) and str(finding.again)


@pytest.mark.parametrize("finding", [f for f in ALL if not f.certain], ids=names)
def test_a_likely_cause_is_worded_as_likely(finding: Finding) -> None:
    words = f"{finding.title} {finding.cause} {finding.fix}"
    assert finding.generic or GUESS.search(words)


@pytest.mark.parametrize("finding", [f for f in ALL if f.option], ids=names)
def test_the_option_at_fault_exists(finding: Finding) -> None:
    known = {
        *PopClient.fields_by_option(),
        *SmtpClient.fields_by_option(),
        *SHARED,
    }
    assert finding.option in known


@pytest.mark.parametrize("finding", [f for f in ALL if f.portal], ids=names)
def test_a_path_in_a_portal_is_that_of_today(finding: Finding) -> None:
    """Microsoft and Google have moved these pages; the wizard names the new ones."""
    area = finding.portal.split(" > ")[1:2]
    if finding.portal.startswith("Entra admin center"):
        assert area in (["Entra ID"], ["ID Protection"])
    elif finding.portal.startswith("Google Cloud console"):
        assert "consent screen" not in finding.portal


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("entra-wrong-password", "that one needs another grant"),
        ("entra-account-locked", "clear the lock or the risk"),
        ("entra-resource-unknown", "check that the tenant has Exchange Online"),
        ("entra-app-unknown", "needs consent in this tenant"),
        ("entra-public-flow-off", "or choose a grant with a client secret"),
        ("entra-tenant-unknown", "in a national cloud enter its tenant-authority"),
        ("token-interaction-required", "Choose a grant where the owner"),
        ("google-refresh-token-ended", "if the application is in Testing, publish"),
        ("starttls-missing", "pass without inspection"),
    ],
)
def test_a_finding_advises_all_that_the_list_does(id: str, words: str) -> None:
    """Column Fix of diagnosis.md; with two causes there, what to do about each."""
    found = by_id(id)
    assert words in f"{found.cause} {found.fix}"


def test_who_grants_a_permission_is_an_entra_administrator() -> None:
    granting = [
        f for f in ALL if "grant admin consent" in f"{f.fix} {f.portal}".lower()
    ]
    assert {f.id for f in granting if f.who_id is not Who.ENTRA} == set()


def test_every_code_of_ours_has_a_finding() -> None:
    assert [code for code in Code if code not in BY_CODE] == []


def test_a_stored_finding_id_is_a_code() -> None:
    """A transport may store the id itself; its finding is then found by it."""
    for finding in ALL:
        if finding.id not in BY_CODE:
            assert find(finding.id).id == finding.id


def test_every_number_means_one_finding() -> None:
    assert not set(BY_NUMBER) & set(MORE_NUMBERS)
    assert [n for n in (*BY_NUMBER, *MORE_NUMBERS) if of_number(n) is None] == []
    assert {id for _, id in FAMILIES} <= {f.id for f in ALL}


@pytest.mark.parametrize("row", NUMBERS)
def test_every_number_of_a_row_is_explained_by_it(row: int) -> None:
    found = [find(f"AADSTS{number}").row for number in NUMBERS[row]]
    assert found == [row] * len(found)


def test_every_sign_leads_to_a_finding() -> None:
    assert {sign.id for sign in SIGNS} <= {f.id for f in ALL}


def test_every_sign_can_be_read() -> None:
    words = [sign.words for sign in SIGNS]
    assert [sign.pattern.pattern for sign in SIGNS] == words
    spoilers = [sign.spoiler.pattern if sign.spoiler else "" for sign in SIGNS]
    assert ("" in words, spoilers) == (False, [sign.without for sign in SIGNS])


def test_every_step_is_at_fault_somewhere() -> None:
    assert set(Step) - {f.step for f in ALL} == set()


def test_by_id_raises_for_an_unknown_name() -> None:
    with pytest.raises(KeyError):
        by_id("no-such-finding")


def test_lines_to_copy_are_commands_with_named_gaps() -> None:
    lines = [line for f in ALL for line in f.copy]
    assert lines
    assert [
        line for line in lines if not re.match(r"[A-Z][a-z]+-[A-Z]\w+ ", line)
    ] == []
    assert [line for line in lines if "{" in line or "\n" in line] == []


def test_line_that_admits_to_ews_keeps_those_admitted() -> None:
    found = by_id("ews-switched-off")
    assert found.copy[-1] == (
        "Set-OrganizationConfig -EwsEnabled $true -EwsAllowedAppIDs"
        ' ((@("$((Get-OrganizationConfig -RetrieveEwsOperationAccessPolicy'
        " -ErrorAction Stop).EwsAllowedAppIDs)\" -split '[,;\\s]+')"
        " + <client-id> -ne '' | Sort-Object -Unique) -join ',')"
    )
    assert found.copy[:-1] == by_id("ews-mailbox-refused").copy[1:]
