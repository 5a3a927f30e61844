"""Every rule by example; what is cleaned; the options as the seed document has them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies as st

from mailboxes.core.options import Effect, Origin, format_value
from mailboxes.models import PopClient, SmtpClient
from mailboxes.models.clients import MECHANISMS
from mailboxes.services.option_rules import MODELS, RULES, clean, defaults
from mailboxes.services.options.pins import Lookup
from mailboxes.services.options.reading import READING_RULES
from mailboxes.services.proxies import save_proxy
from tests.services.option_rules.rule_case import (
    EWS_URL,
    GRAPH_SCOPE,
    OUTLOOK_365,
    ROWS,
    pop_google,
)
from tests.services.option_rules.rule_cases import CASES, EXTRA_CASES, Case
from tests.services.option_sets import (
    CANARY,
    CLIENT,
    DIRECTORY,
    pop_basic,
    pop_oauth,
    smtp_basic,
    smtp_oauth,
)

pytestmark = pytest.mark.django_db

ALL = CASES + EXTRA_CASES
BY_RULE = pytest.mark.parametrize(
    "case", ALL, ids=lambda c: f"{c.rule}-{c.option[:40]!r}".replace(" ", "")
)


@BY_RULE
def test_rule_refuses_or_warns_in_these_words(case: Case):
    cleaned = clean(case.kind, case.raw(), extra=case.extra)
    found = cleaned.warnings if case.warning else cleaned.problems
    assert [(p.rule, p.message) for p in found if p.option == case.option] == [
        (case.rule, case.message)
    ]
    wrong = [p.option for p in cleaned.problems]
    assert wrong == ([] if case.warning else [case.option])


@BY_RULE
def test_rule_accepts_the_right_value(case: Case):
    cleaned = clean(case.kind, case.raw(right=True), extra=case.right_extra)
    assert cleaned.problems == []
    assert case.rule not in {
        p.rule for p in cleaned.warnings if p.option == case.option
    }


def test_every_rule_has_an_example():
    examples = {case.rule for case in ALL}
    # Those have tests of their own: a form, or this version, cannot say them.
    known = {*(rule.id for rule in RULES), *READING_RULES}
    assert known - examples == {"T00-unknown", "T05-boolean", "V01-type-available"}


def test_every_rule_has_its_own_id_and_a_line_about_it():
    ids = [rule.id for rule in RULES]
    assert (len(set(ids)), set(ids) & set(READING_RULES)) == (len(ids), set())
    assert [rule.id for rule in RULES if not rule.about or "\n" in rule.about] == []


def test_every_message_is_of_a_rule_that_is_listed():
    known = {*(rule.id for rule in RULES), *READING_RULES}
    assert {case.rule for case in ALL} - known == set()


def test_draft_turns_what_is_required_into_warnings():
    raw = {"enable-client": "no", MECHANISMS: "XOAUTH2", "after-fetch": "move"}
    cleaned = clean("pop-client", raw)
    assert cleaned.problems == []
    assert [w.option for w in cleaned.warnings] == [
        "server",
        "grant-type",
        "client-id",
        "directory-id",
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


@pytest.mark.parametrize(
    ("kind", "raw", "option", "switch"),
    [
        ("pop-client", pop_oauth(type="GRAPH"), "type", "Fetch mail"),
        ("smtp-client", smtp_oauth(server_type="GRAPH"), "server-type", "Send mail"),
    ],
    ids=["type", "server-type"],
)
@pytest.mark.parametrize("on", [True, False], ids=["on", "draft"])
def test_what_a_version_does_not_speak_is_kept_as_a_draft(
    kind, raw, option, switch, on, first_version
):
    cleaned = clean(kind, raw | {"scope": GRAPH_SCOPE, "enable-client": on})
    words = (
        f"switch {switch} off to save it as a draft." if on else "this stays a draft."
    )
    told = cleaned.problems if on else cleaned.warnings
    assert [(one.option, one.message) for one in told if one.rule[:3] == "V01"] == [
        (option, f"GRAPH is not available in this version yet: {words}")
    ]


# --- Names of options --------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["mail.imap.auth.mechanisms", "MAIL.Imap.Auth.Mechanisms"]
)
def test_mechanisms_may_be_written_with_the_type(name):
    raw = pop_oauth() | {name: "xoauth2", "type": "Imap"}
    raw.pop(MECHANISMS)
    cleaned = clean("pop-client", raw)
    assert (cleaned.values[MECHANISMS], cleaned.extra) == ("XOAUTH2", {})


def test_mechanisms_of_the_default_type_count_where_no_type_is_given():
    for raw in ({}, {"type": ""}, {"type": None}):
        cleaned = clean("pop-client", raw | {"mail.imap.auth.mechanisms": "XOAUTH2"})
        assert (cleaned.values[MECHANISMS], cleaned.extra) == ("XOAUTH2", {})


def test_mechanisms_of_the_type_of_the_base_count():
    base = clean("smtp-client", smtp_basic(server_type="EWS", server=EWS_URL)).values
    raw = {"mail.ews.auth.mechanisms": "XOAUTH2", "mail.smtp.auth.mechanisms": "PLAIN"}
    cleaned = clean("smtp-client", raw, base=base)
    assert (cleaned.values[MECHANISMS], cleaned.extra) == (
        "XOAUTH2",
        {"mail.smtp.auth.mechanisms": "PLAIN"},
    )


def test_mechanisms_of_another_type_are_kept_without_effect():
    raw = pop_basic() | {"mail.ews.auth.mechanisms": "XOAUTH2"}
    cleaned = clean("pop-client", raw, extra={"mail.pop3.disabletop": "true"})
    assert (cleaned.problems, cleaned.values[MECHANISMS]) == ([], "")
    assert cleaned.extra == {
        "mail.pop3.disabletop": "true",
        "mail.ews.auth.mechanisms": "XOAUTH2",
    }
    assert [(w.option, w.rule) for w in cleaned.warnings] == [
        ("mail.ews.auth.mechanisms", "E03-other-mechanisms"),
        ("mail.pop3.disabletop", "E04-extra-without-effect"),
    ]


def test_kept_mechanisms_count_once_the_type_is_theirs():
    kept = {"mail.ews.auth.mechanisms": "XOAUTH2"}
    raw = pop_basic(type="EWS", server=EWS_URL, enable_client=False)
    cleaned = clean("pop-client", raw, extra=kept)
    assert (cleaned.values[MECHANISMS], cleaned.extra) == ("XOAUTH2", {})
    assert cleaned.notices == [
        "mail.ews.auth.mechanisms: it is the sign-in mode of this type now."
    ]
    chosen = clean("pop-client", raw | {MECHANISMS: ""}, extra=kept)
    assert (chosen.values[MECHANISMS], chosen.extra) == ("", {})


def test_other_options_are_kept_as_they_are():
    extra = {"mail.imap.partialfetch": "false", "x": ""}
    assert clean("pop-client", pop_basic(), extra=extra).extra == extra


# --- What is cleaned ---------------------------------------------------------------


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
            "tenant-authority",
            "https://IDP.contoso.example/adfs/oauth2/token",
            "https://idp.contoso.example/adfs",
            "Authority: https://IDP.contoso.example/adfs/oauth2/token was cleaned to"
            " https://idp.contoso.example/adfs.",
        ),
        (
            "tenant-authority",
            f"https://login.microsoftonline.com/{DIRECTORY}/v2.0",
            "https://login.microsoftonline.com",
            f"Authority: https://login.microsoftonline.com/{DIRECTORY}/v2.0 was cleaned"
            " to https://login.microsoftonline.com.",
        ),
        (
            "scope",
            "https://outlook.office.com/.default/",
            "https://outlook.office.com/.default",
            "Scope: https://outlook.office.com/.default/ was cleaned to"
            " https://outlook.office.com/.default.",
        ),
        (
            "scope",
            "https://outlook.office365.com/.default",
            "https://outlook.office365.com/.default",
            "Scope: outlook.office365.com is Exchange Online in the global cloud; kept"
            " as typed.",
        ),
    ],
)
def test_value_is_cleaned_with_a_notice(option, typed, stored, notice):
    cleaned = clean("pop-client", pop_oauth() | {option: typed})
    assert (cleaned.values[option], cleaned.notices) == (stored, [notice])


def test_scope_of_another_host_is_noticed_only_when_it_is_changed():
    saved = clean("pop-client", pop_oauth(scope=OUTLOOK_365))
    again = clean("pop-client", saved.values, base=saved.values)
    assert (again.values["scope"], again.notices) == (OUTLOOK_365, [])


def test_tenant_in_the_authority_becomes_the_directory():
    raw = pop_oauth(tenant_authority="https://login.microsoftonline.com/contoso.com")
    cleaned = clean("pop-client", raw | {"directory-id": ""})
    assert (
        cleaned.values["tenant-authority"],
        cleaned.values["directory-id"],
        cleaned.problems,
    ) == ("https://login.microsoftonline.com", "contoso.com", [])
    assert cleaned.notices == [
        "Authority: https://login.microsoftonline.com/contoso.com was cleaned to"
        " https://login.microsoftonline.com.",
        "Directory (tenant) ID: contoso.com was taken from the authority.",
    ]


@pytest.mark.parametrize(
    ("typed", "stored", "notices"),
    [
        (
            " HTTPS://Mail.Contoso.com/EWS/Exchange.asmx",
            "https://mail.contoso.com/EWS/Exchange.asmx",
            ["Server: blanks or quotes around the value were removed."],
        ),
        (
            "https://bücher.example:8443/EWS/",
            "https://xn--bcher-kva.example:8443/EWS",
            [
                "Server: https://bücher.example:8443/EWS/ is written as"
                " https://xn--bcher-kva.example:8443/EWS."
            ],
        ),
        ("https://[::1]:443/EWS", "https://[::1]:443/EWS", []),
    ],
)
def test_address_of_ews_is_cleaned(typed, stored, notices):
    raw = pop_basic(type="EWS", server=typed, enable_client=False)
    cleaned = clean("pop-client", raw)
    assert (cleaned.values["server"], cleaned.problems) == (stored, [])
    assert cleaned.notices == notices


def test_grant_is_ignored_at_google_with_a_notice():
    ROWS["gmail"]()
    raw = pop_google() | {"grant-type": "device_code"}
    cleaned = clean("pop-client", raw)
    assert (cleaned.problems, cleaned.notices) == (
        [],
        [
            "How the token is got: device_code is ignored at Google, the refresh token"
            " signs in."
        ],
    )


def test_google_is_an_authority_by_the_word_in_any_case():
    ROWS["gmail"]()
    raw = pop_google() | {"tenant-authority": "any GooGle text"}
    cleaned = clean("pop-client", raw)
    assert (cleaned.values["tenant-authority"], cleaned.problems) == (
        "any GooGle text",
        [],
    )


# --- Secrets, and what is named ----------------------------------------------------


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


def test_registration_gives_ids_and_secret():
    ROWS["contoso"]()
    own = {MECHANISMS: "XOAUTH2", "server": "outlook.office365.com"}
    raw = own | {"grant-type": "client_credentials", "registration": "contoso"}
    cleaned = clean("pop-client", raw)
    assert (cleaned.problems, cleaned.warnings) == ([], [])
    assert (cleaned.values["client-id"], cleaned.effective["client-id"]) == (
        "",
        CLIENT,
    )


def test_own_password_does_not_count_where_the_registration_gives_one():
    ROWS["contoso-no-secret"]()
    raw = pop_oauth(grant_type="client_credentials", registration="contoso-no-secret")
    cleaned = clean("pop-client", raw | {"password": " x "})
    assert [(p.option, p.rule) for p in cleaned.problems] == [
        ("registration", "P01-password-required")
    ]


def test_address_is_the_log_in_name_where_that_is_empty():
    (problem,) = clean("pop-client", pop_oauth(), address="anna@live.com").problems
    assert (problem.option, problem.rule) == ("mailbox", "L03-personal-account")
    named = pop_oauth(mailbox="anna@contoso.com")
    assert clean("pop-client", named, address="anna@live.com").problems == []


def test_nothing_is_asked_of_the_database_where_nothing_is_named(
    django_assert_num_queries,
):
    with django_assert_num_queries(0):
        for raw in (pop_oauth(), pop_basic(scope="x"), pop_oauth(proxy="a\nb")):
            clean("pop-client", raw)


def test_what_is_named_in_many_sections_is_looked_up_once(django_assert_num_queries):
    ROWS["squid"]()
    lookup = Lookup()
    with django_assert_num_queries(2):  # by name, and then by the id that was found
        for _ in range(3):
            clean("pop-client", pop_oauth(proxy="squid"), lookup=lookup)


def test_first_message_at_an_option_is_the_only_one():
    raw = pop_basic(server="https://x y/", pop_connection_security="none", port="x")
    cleaned = clean("pop-client", raw)
    assert [p.option for p in cleaned.problems] == ["server", "port"]


def test_warning_gives_way_to_a_problem_at_the_same_option():
    cleaned = clean("pop-client", pop_oauth(grant_type="service_account"))
    assert [p.rule for p in cleaned.problems] == ["G02-grant-of-provider"]
    assert "grant-type" not in {w.option for w in cleaned.warnings}


def test_section_is_cleaned_within_a_millisecond():
    sections = [
        (case.kind, case.raw(right=right))
        for case in CASES
        for right in (False, True)
        if not {"proxy", "registration", "secret"} & case.raw().keys()
    ]
    took = []
    for _ in range(3):
        began = time.process_time()
        for kind, raw in sections:
            clean(kind, raw)
        took.append((time.process_time() - began) / len(sections))
    # The importer's budget, several times what it takes.
    assert min(took) < 0.001


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
            "https://Mail.contoso.com:443/EWS/Exchange.asmx/",
            "http://[::1]:80",
            "https://a@b/",
            "EWS",
            "GRAPH",
            "pop3",
            "service_account",
            "client_credentials",
            "https://outlook.office365.us/.default  offline_access",
            "https://graph.microsoft.com/.default/ https://a.example/x",
            "1234-abcd.apps.googleusercontent.com",
            "https://login.windows.net/contoso.com/oauth2/token",
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


@pytest.mark.parametrize("kind", MODELS)
def test_clean_never_raises_and_is_stable(kind):
    start = {"pop-client": pop_oauth, "smtp-client": smtp_oauth}[kind]()

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


NAMES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "mail.imap.auth.mechanisms",
            "mail.EWS.auth.mechanisms",
            "mail.imap.host",
            "mail.smtp.class",
            "mail.x.socketFactory.",
            "mail..",
            "server",
            "MAIL.DEBUG",
            "\x00",
        ]
    ),
)


@pytest.mark.parametrize("kind", MODELS)
def test_whatever_else_is_in_a_section_is_kept_or_refused(kind):
    @given(raws(kind), st.dictionaries(NAMES, st.text(max_size=8), max_size=6))
    def check(raw, extra):
        once = clean(kind, raw, extra=extra)
        again = clean(kind, once.values | once.secrets, extra=once.extra)
        assert (again.values, again.extra) == (once.values, once.extra)
        assert (again.problems, again.warnings) == (once.problems, once.warnings)
        said = {p.option for p in once.problems + once.warnings}
        assert once.extra.keys() <= said

    check()
