"""The form of an option set: fields from the declarations, messages from the rules."""

from __future__ import annotations

import pytest

from mailboxes.admin.option_sets import AdminPopClientForm, AdminSmtpClientForm
from mailboxes.core.options import Kind
from mailboxes.forms import templates
from mailboxes.forms.option_sets import PopClientForm, SmtpClientForm
from mailboxes.models import Fetcher, PopClient, SmtpClient
from mailboxes.services import revisions
from mailboxes.services.options import snapshots
from tests.services.option_rules.rule_cases import CASES, Case
from tests.services.option_sets import (
    CANARY,
    named,
    pop_oauth,
    saved_pop,
    saved_smtp,
)

pytestmark = pytest.mark.django_db

FORMS = {
    "console": {"pop-client": PopClientForm, "smtp-client": SmtpClientForm},
    "admin": {"pop-client": AdminPopClientForm, "smtp-client": AdminSmtpClientForm},
}


def data_of(kind: str, raw: dict[str, object]) -> dict[str, str]:
    """Values by option name as a browser posts them, by field name.

    Options that are not ours become lines of the field `extra`.
    """
    model = PopClient if kind == "pop-client" else SmtpClient
    names = model.fields_by_option()
    data = {"section": "a-section", "base_revision": "0", "enable_client": "on"}
    if kind == "pop-client":
        data["address"] = "support@contoso.com"
    lines = []
    for option, value in raw.items():
        if option not in names:
            lines.append(f"{option} = {value}")
        elif option != "enable-client":
            data[names[option]] = str(value)
        elif str(value).lower() in ("false", "no", "off", "0"):
            del data["enable_client"]
    return data | ({"extra": "\n".join(lines)} if lines else {})


@pytest.mark.parametrize("where", FORMS)
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if not case.warning],
    ids=lambda c: f"{c.rule}-{c.option}".replace(" ", ""),
)
def test_form_says_what_the_rule_says(where: str, case: Case):
    form_class = FORMS[where][case.kind]
    model = form_class.model
    field = model.fields_by_option().get(case.option, "extra")
    wrong = form_class(data_of(case.kind, case.raw()))
    message = wrong.extras.at(case.option, case.message)
    assert {k: list(v) for k, v in wrong.errors.items()} == {field: [message]}
    right = form_class(data_of(case.kind, case.raw(right=True)))
    assert right.errors == {}


@pytest.mark.parametrize("form_class", [PopClientForm, SmtpClientForm])
def test_every_option_has_a_field_and_stands_in_one_group(form_class):
    form = form_class()
    options = form_class.model.options()
    assert {n for n in form.fields if n in options} == set(options)
    shown = [
        bound.name
        for _, blocks in form.groups()
        for block in blocks
        for bound in block.fields
    ]
    assert sorted(shown) == sorted(options)
    for name, option in options.items():
        field = form.fields[name]
        assert (field.option, field.label, field.help_text) == (
            option,
            option.label_for(form.values_shown),
            option.help_for(form.values_shown),
        )


def test_name_of_the_mechanisms_is_written_with_the_type():
    assert (
        PopClientForm().fields["mechanisms"].option_name == "mail.imap.auth.mechanisms"
    )


def test_order_of_the_errors_is_that_of_the_page():
    form = PopClientForm()
    shown = [
        bound.name
        for _, blocks in form.groups()
        for block in blocks
        for bound in block.fields
    ]
    assert [name for name in form.fields if name in PopClient.options()] == shown
    order = list(form.fields)
    assert order.index("server") < order.index("client_id") < order.index("password")
    assert order[-1] == "extra"


def test_secret_is_never_filled_in():
    client = saved_pop()
    form = PopClientForm(client=client)
    assert (form["password"].value(), "set " in form.fields["password"].stored) == (
        "",
        True,
    )
    typed = PopClientForm(data_of("pop-client", pop_oauth()), client=client)
    assert CANARY not in typed.as_p()


def test_values_are_shown_as_people_write_them():
    client = saved_pop(cycle_time="01:02:03", maximum_msg_size="2048")
    form = PopClientForm(client=client)
    assert [form[n].value() for n in ("cycle_time", "maximum_msg_size", "port")] == [
        "01:02:03",
        "2048",
        "0",
    ]


def marks(form, name: str) -> list[str]:
    return [str(mark["word"]) for mark in form.fields[name].marks]


def test_option_without_effect_is_marked_not_disabled():
    client = saved_pop()
    form = PopClientForm(client=client)
    assert marks(form, "first_fetch_days") == ["No effect now"]
    assert marks(form, "directory_id") == []
    assert "disabled" not in form.as_p()


def test_pending_option_is_marked():
    client = saved_smtp()
    revisions.save_smtp_client(
        client=client, section="", raw={"port": "587"}, base_revision=1
    )
    client.refresh_from_db()
    assert marks(SmtpClientForm(client=client), "port") == ["Pending: after restart"]
    pop = saved_pop()
    Fetcher.objects.update(revision=snapshots.newest(pop))
    revisions.save_pop_client(
        client=pop,
        address="support@contoso.com",
        raw={"folder-path": "Sales"},
        base_revision=1,
    )
    pop.refresh_from_db()
    assert marks(PopClientForm(client=pop), "folder_path") == ["Pending: next cycle"]


def test_marks_of_one_form_do_not_show_in_the_next():
    saved = saved_pop(cycle_time="00:05:00")
    assert PopClientForm(client=saved).fields["cycle_time"].reset_name == "reset"
    assert PopClientForm().fields["cycle_time"].reset_name == ""
    assert PopClientForm().fields["password"].stored == ""


def test_checkbox_that_is_not_sent_is_off_and_other_fields_stay():
    client = saved_pop(folder_path="Sales")
    form = PopClientForm({"base_revision": "1"}, client=client)
    assert form.is_valid()
    form.save_with(None)
    client.refresh_from_db()
    assert (client.enable_client, client.folder_path, client.server) == (
        False,
        "Sales",
        "outlook.office365.com",
    )


def test_unknown_smtp_client_is_refused():
    data = data_of("pop-client", pop_oauth()) | {"smtp_client": "99"}
    assert PopClientForm(data).errors == {
        "smtp_client": ["Choose an smtp-client that is set up here, or none."]
    }


@pytest.mark.parametrize(
    ("form_class", "choices"),
    [(PopClientForm, templates.POP), (SmtpClientForm, templates.SMTP)],
)
def test_templates_name_options_that_exist(form_class, choices):
    options = {o.name: o for o in form_class.model.options().values()}
    for template in choices:
        form = form_class(template=template)
        for name, value in template.values.items():
            assert form[form_class.model.fields_by_option()[name]].value() == value
            if options[name].kind is Kind.CHOICE:
                assert value in {choice for choice, _ in options[name].choices}
    assert named({"a_b": 1}) == {"a-b": 1}
