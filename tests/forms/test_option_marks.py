"""What the form says at each field: words by mode, inherited values, marks, buttons."""

from __future__ import annotations

import json

import pytest

from mailboxes.core.conditions import Test as Needed
from mailboxes.forms import option_marks, templates
from mailboxes.forms.option_sets import PopClientForm, SmtpClientForm
from mailboxes.models.clients import GRAPH_SCOPE, MECHANISMS, OUTLOOK_SCOPE
from tests import factories
from tests.services.option_sets import saved_pop, saved_smtp

pytestmark = pytest.mark.django_db

BASE = {"base_revision": "1", "enable_client": "on"}


def label(**values: str) -> str:
    form = PopClientForm(BASE | values | {"base_revision": "0"})
    return str(form.fields["password"].label)


def test_password_has_a_label_for_each_mode():
    oauth = {"mechanisms": "XOAUTH2"}
    assert label() == "Mailbox password"
    assert label(**oauth) == "Mailbox password"
    assert label(**oauth, grant_type="client_credentials") == "Client secret"
    assert label(type="GRAPH") == "Client secret"
    assert label(type="GRAPH", grant_type="user_password") == "Mailbox password"
    assert label(type="GRAPH", grant_type="device_code") == "Refresh token"
    assert label(**oauth, account="a@contoso.com") == "Password of the account"
    assert label(**oauth, tenant_authority="google") == "Refresh token"
    form = PopClientForm(BASE | oauth)
    assert str(form.fields["password"].help_text) == (
        "It goes to the authority only, never to the mail server."
    )


def inherited(form) -> dict[str, tuple[str, str]]:
    return {
        name: (field.inherited.name, field.inherited.text)
        for name, field in form.option_fields()
        if field.inherited
    }


def test_values_of_the_registration_are_shown_and_own_ones_kept():
    row = factories.registration()
    client = saved_pop(registration=str(row.pk), grant_type="client_credentials")
    form = PopClientForm(client=client)
    assert inherited(form) == {
        "tenant_authority": (row.name, row.tenant_authority),
        "client_id": (row.name, row.client_id),
        "directory_id": (row.name, row.directory_id),
        "password": (row.name, "set"),
    }
    assert form["client_id"].value() == "66666666-7777-8888-9999-aaaaaaaaaaaa"
    assert form.fields["password"].stored == ""
    none = PopClientForm(BASE | {"registration": ""}, client=client)
    assert inherited(none) == {}
    assert "set " in none.fields["password"].stored


def test_mailbox_password_is_never_inherited():
    row = factories.registration()
    form = PopClientForm(client=saved_pop(registration=str(row.pk)))
    assert "password" not in inherited(form)


def test_own_values_come_back_when_no_registration_is_chosen():
    row = factories.registration(client_id="aaaaaaaa-7777-8888-9999-aaaaaaaaaaaa")
    client = saved_pop(registration=str(row.pk))
    form = PopClientForm(BASE | {"registration": ""}, client=client)
    assert form.is_valid() and form.save_with(None)
    client.refresh_from_db()
    assert (client.registration, client.client_id) == (
        None,
        "66666666-7777-8888-9999-aaaaaaaaaaaa",
    )


def test_wrong_scope_offers_the_right_one_in_both_directions():
    smtp = saved_smtp()
    form = SmtpClientForm(BASE | {"server_type": "GRAPH"}, client=smtp)
    assert form.fields["scope"].correction == GRAPH_SCOPE
    form = SmtpClientForm(BASE | {"scope": GRAPH_SCOPE}, client=smtp)
    assert form.fields["scope"].correction == OUTLOOK_SCOPE
    assert SmtpClientForm(client=smtp).fields["scope"].correction == ""


@pytest.mark.parametrize(
    ("values", "needed"),
    [
        ({"type": "IMAP", MECHANISMS: "XOAUTH2"}, OUTLOOK_SCOPE),
        ({"server-type": "GRAPH", MECHANISMS: ""}, GRAPH_SCOPE),
        ({"type": "IMAP", MECHANISMS: ""}, ""),
    ],
)
def test_needed_scope_goes_with_the_type(values, needed):
    microsoft = {"tenant-authority": "https://login.microsoftonline.com"}
    assert option_marks.needed_scope(values | microsoft) == needed
    assert option_marks.needed_scope(values | {"tenant-authority": "google"}) == ""


def test_page_script_gets_conditions_and_labels_as_data():
    form = PopClientForm()
    fields = form.fields
    assert fields["enable_client"].needs == ""
    not_graph = Needed("type", ("GRAPH",), negated=True).as_data()
    assert json.loads(fields["server"].needs) == [[not_graph]]
    assert json.loads(fields["first_fetch_days"].needs) == [
        [Needed("first-fetch", ("last-days",)).as_data()]
    ]
    own = [Needed("registration", ("",)).as_data()]
    assert json.loads(fields["client_id"].needs)[-1] == own
    assert json.loads(fields["scope"].needs)[-1] != own
    assert fields["enable_debug"].needs == ""
    words = json.loads(fields["password"].labels)
    assert [name for _, name, _ in words] == [
        "Client secret",
        "Refresh token",
        "Refresh token",
        "Password of the account",
        "Mailbox password",
        "Mailbox password",
    ]
    assert words[-1][0] == []


def test_inherited_field_needs_no_choice_of_a_registration():
    row = factories.registration()
    form = PopClientForm(client=saved_pop(registration=str(row.pk)))
    assert "registration" not in form.fields["client_id"].needs


def choices(form, name: str) -> dict[str, str]:
    return {value: str(word) for value, word in form.fields[name].widget.choices}


def test_deprecated_modes_carry_their_date():
    types = choices(PopClientForm(), "type")
    assert types["IMAP"] == "IMAP"
    assert "at Exchange Online only until 1 April 2027" in types["EWS"]
    assert (
        "at Exchange Online only until 1 April 2027"
        in (choices(SmtpClientForm(), "server_type")["EWS"])
    )
    grants = choices(PopClientForm(), "grant_type")
    assert "names no last day yet" in grants["password"]
    assert "draft" not in " ".join([*types.values(), *grants.values()])
    assert "December 2026" in SmtpClientForm().fields["mechanisms"].help_text


def test_what_a_version_does_not_have_is_said_at_its_choice(first_version):
    types = choices(PopClientForm(), "type")
    assert types["GRAPH"].endswith("; a draft only in this version")
    grants = choices(PopClientForm(), "grant_type")
    assert grants["device_code"].endswith("; a draft only in this version")
    assert "draft" not in grants["client_credentials"]


def test_option_that_is_only_kept_has_no_mark():
    form = PopClientForm(client=saved_pop())
    assert form.fields["enable_debug"].marks == []
    assert (len(form.kept), form.kept_set, form.kept_open) == (13, 0, False)
    changed = PopClientForm(client=saved_pop("b@contoso.com", exchange_version="2013"))
    assert changed.kept_set == 1


def test_neighbours_with_one_condition_stand_together():
    form = PopClientForm()
    blocks = [
        (block.condition, [bound.name for bound in block.fields])
        for _, found in form.groups()
        for block in found
    ]
    names = [names for _, names in blocks]
    assert ["port", "pop_connection_security"] in names
    assert ["password"] in names
    assert names.index(["mechanisms"]) < names.index(["password"])


@pytest.mark.parametrize("choices", [templates.POP, templates.SMTP])
def test_templates_for_what_is_missing_begin_as_drafts(choices, first_version):
    names = {one.name for one in choices}
    drafts = {one.name for one in choices if one.missing}
    assert {n for n in names if "ews" in n or "graph" in n or "pop3" in n} <= drafts
    assert drafts.isdisjoint({n for n in names if "imap-app" in n or "smtp-app" in n})
    assert drafts.isdisjoint({"generic-imap", "generic-smtp", "microsoft365-imap"})
    for one in choices:
        off = one.values.get("enable-client") is False
        assert off is bool(one.missing), one.name


@pytest.mark.parametrize("choices", [templates.POP, templates.SMTP])
def test_no_template_of_this_version_is_a_draft(choices):
    assert [one.name for one in choices if one.missing] == []
