"""Every rule by example; what is cleaned; the options as the seed document has them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailboxes.core.options import Effect, Origin, format_value
from mailboxes.models import PopClient, SmtpClient
from mailboxes.models.clients import MECHANISMS
from mailboxes.services.option_rule import RULES
from mailboxes.services.option_rules import MODELS, clean, defaults
from mailboxes.services.proxies import save_proxy
from tests.services.option_sets import (
    CANARY,
    CLIENT,
    DIRECTORY,
    pop_basic,
    pop_oauth,
    smtp_oauth,
)
from tests.services.rule_cases import CASES, Case

pytestmark = pytest.mark.django_db

BY_RULE = pytest.mark.parametrize(
    "case", CASES, ids=lambda c: f"{c.rule}-{c.option}".replace(" ", "")
)


@BY_RULE
def test_rule_refuses_or_warns_in_these_words(case: Case):
    cleaned = clean(case.kind, case.raw())
    found = cleaned.warnings if case.warning else cleaned.problems
    assert [(p.rule, p.message) for p in found if p.option == case.option] == [
        (case.rule, case.message)
    ]
    if not case.warning:
        assert [p.option for p in cleaned.problems] == [case.option]


@BY_RULE
def test_rule_accepts_the_right_value(case: Case):
    cleaned = clean(case.kind, case.raw(right=True))
    assert cleaned.problems == []
    assert case.rule not in {
        p.rule for p in cleaned.warnings if p.option == case.option
    }


def test_every_rule_has_an_example():
    examples = {case.rule for case in CASES}
    assert {rule.id for rule in RULES} - examples == set()


def test_draft_turns_what_is_required_into_warnings():
    raw = {"enable-client": "no", MECHANISMS: "XOAUTH2", "after-fetch": "move"}
    cleaned = clean("pop-client", raw)
    assert cleaned.problems == []
    assert [w.option for w in cleaned.warnings] == [
        "server",
        MECHANISMS,
        "directory-id",
        "client-id",
        "password",
        "after-fetch-folder",
    ]


def test_draft_is_still_refused_a_wrong_value():
    cleaned = clean("pop-client", {"enable-client": False, "server": "a b"})
    assert [p.rule for p in cleaned.problems] == ["T07-host"]


def test_boolean_is_read_in_many_words():
    for word, value in [("TRUE", True), ("yes", True), ("0", False), ("Off", False)]:
        assert clean("pop-client", {"enable-client": word}).values["enable-client"] is (
            value
        )
    problem = clean("pop-client", pop_oauth(enable_client="perhaps")).problems[0]
    assert (problem.rule, problem.message) == ("T05-boolean", "Enter true or false.")


def test_unknown_option_is_named():
    (problem,) = clean("pop-client", pop_oauth(nonsense="1")).problems
    assert (problem.option, problem.rule, problem.message) == (
        "nonsense",
        "T00-unknown",
        "pop-client has no option nonsense.",
    )


def test_mechanisms_may_be_written_with_the_type():
    raw = pop_oauth() | {"mail.imap.auth.mechanisms": "XOAUTH2"}
    raw.pop(MECHANISMS)
    assert clean("pop-client", raw).values[MECHANISMS] == "XOAUTH2"
    (problem,) = clean("pop-client", raw | {"mail.ews.auth.mechanisms": "x"}).problems
    assert problem.option == "mail.ews.auth.mechanisms"


@pytest.mark.parametrize(
    ("option", "typed", "stored", "notice"),
    [
        (
            "server",
            " outlook.office365.com ",
            "outlook.office365.com",
            "Server: blanks or quotes around the value were removed.",
        ),
        (
            "client-id",
            f"“{CLIENT}”",
            CLIENT,
            "Application (client) ID: blanks or quotes around the value were removed.",
        ),
        (
            "directory-id",
            "{" + DIRECTORY + "}",
            DIRECTORY,
            f"Directory (tenant) ID: {{{DIRECTORY}}} was cleaned to {DIRECTORY}.",
        ),
        (
            "tenant-authority",
            "https://login.microsoftonline.com/",
            "https://login.microsoftonline.com",
            "Authority: https://login.microsoftonline.com/ was cleaned to"
            " https://login.microsoftonline.com.",
        ),
        (
            "tenant-authority",
            "",
            "https://login.microsoftonline.com",
            "Authority: empty, so its default https://login.microsoftonline.com.",
        ),
        (
            "server",
            "bücher.example",
            "xn--bcher-kva.example",
            "Server: bücher.example is written as xn--bcher-kva.example.",
        ),
        (
            "scope",
            "https://outlook.office365.com/.default",
            "https://outlook.office.com/.default",
            "Scope: written as https://outlook.office.com/.default, the same resource.",
        ),
    ],
)
def test_value_is_cleaned_with_a_notice(option, typed, stored, notice):
    cleaned = clean("pop-client", pop_oauth() | {option: typed})
    assert (cleaned.values[option], cleaned.notices) == (stored, [notice])


def test_secret_stays_apart_from_the_values_and_out_of_repr():
    cleaned = clean("pop-client", pop_oauth())
    assert cleaned.secrets == {"password": CANARY}
    assert cleaned.values["password"] is None
    assert CANARY not in repr(cleaned)
    assert CANARY not in str(cleaned.problems + cleaned.warnings)


def test_absent_or_empty_secret_stays_and_none_removes_it():
    base = defaults("pop-client") | {"password": 7, "server": "a.example"}
    assert clean("pop-client", {}, base=base).values["password"] == 7
    assert clean("pop-client", {"password": ""}, base=base).values["password"] == 7
    gone = clean("pop-client", {"password": None}, base=base)
    assert (gone.values["password"], [p.rule for p in gone.problems]) == (
        None,
        ["P01-password-required"],
    )


def test_proxy_is_found_by_id_and_by_name():
    proxy = save_proxy(name="squid", host="proxy.example", port=3128)
    for typed in ("squid", str(proxy.pk), proxy.pk):
        assert clean("pop-client", pop_oauth(proxy=typed)).values["proxy"] == proxy.pk


def test_first_message_at_an_option_is_the_only_one():
    raw = pop_basic(server="https://x/", pop_connection_security="none", port="x")
    cleaned = clean("pop-client", raw)
    assert [p.option for p in cleaned.problems] == ["server", "port"]


# What the seed document says of its nine options, typed from it.
SEED_POP = {
    "scope": (
        "https://outlook.office.com/.default",
        Effect.NEXT_CYCLE,
        "8.5.107.06",
        ("8.5.202.02", "8.5.205.03"),
    ),
    "client-id": (
        "",
        Effect.NEXT_CYCLE,
        "8.5.107.06",
        ("8.5.201.05", "8.5.202.02", "8.5.205.03"),
    ),
    "tenant-authority": (
        "https://login.microsoftonline.com",
        Effect.NEXT_CYCLE,
        "8.5.107.06",
        ("8.5.201.05", "8.5.202.02", "8.5.205.03"),
    ),
    "directory-id": (
        "",
        Effect.NEXT_CYCLE,
        "8.5.107.06",
        ("8.5.202.02", "8.5.205.03"),
    ),
}
SEED_SMTP = {
    "token-expiry-margin-time": (
        "00:00:10",
        Effect.NEXT_CHECK,
        "8.5.107.06",
        ("8.5.202.02",),
    ),
    "scope": (
        "https://outlook.office.com/.default",
        Effect.RESTART,
        "8.5.107.06",
        ("8.5.205.03",),
    ),
    "client-id": (
        "",
        Effect.RESTART,
        "8.5.107.06",
        ("8.5.201.05", "8.5.202.02", "8.5.205.03"),
    ),
    "tenant-authority": (
        "https://login.microsoftonline.com",
        Effect.RESTART,
        "8.5.107.06",
        ("8.5.201.05", "8.5.202.02", "8.5.205.03"),
    ),
    "directory-id": (
        "",
        Effect.RESTART,
        "8.5.107.06",
        ("8.5.202.02", "8.5.205.03"),
    ),
}


@pytest.mark.parametrize(
    ("model", "seed"), [(PopClient, SEED_POP), (SmtpClient, SEED_SMTP)]
)
def test_options_of_the_seed_are_declared_as_it_says(model, seed):
    options = {o.name: o for o in model.options().values()}
    declared = {
        name: (
            format_value(options[name], options[name].default),
            options[name].effect,
            options[name].introduced,
            options[name].modified,
        )
        for name in seed
    }
    assert declared == seed
    assert {options[name].origin for name in seed} == {Origin.VENDOR}
    assert {options[name].default_from for name, row in seed.items() if row[0]} == {
        Origin.VENDOR
    }


@pytest.mark.parametrize("kind", MODELS)
def test_condition_of_the_seed_is_xoauth2(kind):
    names = set(SEED_POP) | (set(SEED_SMTP) if kind == "smtp-client" else set())
    options = {o.name: o for o in MODELS[kind].options().values()}
    basic = defaults(kind)
    oauth = basic | {MECHANISMS: "XOAUTH2"}
    assert {options[name].applies(basic) for name in names} == {False}
    assert {options[name].applies(oauth) for name in names} == {True}


def test_margin_is_not_for_graph_but_the_others_are():
    options = {o.name: o for o in SmtpClient.options().values()}
    graph = defaults("smtp-client") | {"server-type": "GRAPH"}
    assert options["scope"].applies(graph) is True
    assert options["token-expiry-margin-time"].applies(graph) is False


# --- Whatever is typed -------------------------------------------------------------

TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "XOAUTH2",
            "common",
            "{" + DIRECTORY + "}",
            '"' + CLIENT.upper() + '"',
            " a ",
            "“'x'”",
            "\u200bx\ufeff",
            "https://login.microsoftonline.com/common/v2.0",
            "login.microsoftonline.com//",
            "https://login.microsoftonline.us/contoso.com/oauth2/v2.0/token",
            "Google",
            "BÜCHER.example.",
            "[::1]",
            "xn--",
            "00:00:10",
            "993",
            "none",
            "move",
            "no",
            "İ.example",
            "\ud800",
        ]
    ),
    st.none(),
    st.integers(-5, 10**12),
    st.booleans(),
)


def raws(kind: str):
    names = [o.name for o in MODELS[kind].options().values()]
    return st.dictionaries(st.sampled_from(names), TEXTS, max_size=12)


CHECKED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("kind", MODELS)
def test_clean_never_raises_and_is_stable(kind):
    start = {"pop-client": pop_oauth, "smtp-client": smtp_oauth}[kind]()

    @CHECKED
    @given(raws(kind))
    def check(raw):
        for typed in (raw, start | raw):
            once = clean(kind, typed)
            again = clean(kind, once.values | once.secrets)
            assert again.values == once.values
            assert again.problems == once.problems
            assert again.warnings == once.warnings
            options = [p.option for p in once.problems]
            assert len(options) == len(set(options))

    check()
