"""A save is a revision: complete, pinned, audited, refused when stale."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.core.choices import RunState
from mailboxes.core.errors import OptionError, StaleEdit
from mailboxes.core.options import Effect
from mailboxes.models import (
    AuditEvent,
    Fetcher,
    Mailbox,
    PopClient,
    Revision,
    SecretValue,
    Sender,
    SmtpClient,
)
from mailboxes.services import proxies, revisions, secrets
from mailboxes.services.options import snapshots
from mailboxes.services.revisions import Change
from tests.services.option_sets import (
    CANARY,
    pop_oauth,
    saved_pop,
    saved_smtp,
    smtp_oauth,
)

pytestmark = pytest.mark.django_db


def save(client: PopClient, raw: dict | None = None, **more) -> revisions.SaveResult:
    row = client.mailbox_row
    fields = {
        "address": row.address,
        "alias": row.alias,
        "tags": row.tags,
        "smtp_client": row.smtp_client,
        "base_revision": client.revision,
        "raw": raw or {},
    }
    return revisions.save_pop_client(client=client, **(fields | more))


def test_new_pop_client_has_mailbox_revision_and_a_cycle_due_now():
    before = timezone.now()
    client = saved_pop(folder_path="Sales")
    assert client.mailbox_row.address == "support@contoso.com"
    assert (client.section, client.revision, client.folder_path) == (
        "pop-client-support",
        1,
        "Sales",
    )
    revision = client.revisions.get()
    assert set(revision.values) == set(PopClient.fields_by_option())
    assert (revision.number, revision.values["cycle-time"]) == (1, 60)
    fetcher = Fetcher.objects.get(pop_client=client)
    assert before <= fetcher.next_due <= timezone.now()
    assert (fetcher.revision, fetcher.state) == (None, RunState.ACTIVE)


def test_new_smtp_client_is_in_effect_at_once():
    client = saved_smtp()
    sender = Sender.objects.get(smtp_client=client)
    assert (sender.revision.number, sender.generation) == (1, 1)
    assert revisions.pending(client) == []


def test_save_of_smtp_client_leaves_what_is_in_effect():
    client = saved_smtp()
    result = revisions.save_smtp_client(
        client=client,
        section="",
        raw={"server": "smtp.contoso.example"},
        base_revision=1,
    )
    sender = Sender.objects.get(smtp_client=client)
    assert (sender.revision.number, sender.generation, result.revision.number) == (
        1,
        1,
        2,
    )
    assert result.when == "In effect after Restart sending."
    assert revisions.pending(client) == [
        Change(
            "server",
            "Server",
            "smtp.office365.com",
            "smtp.contoso.example",
            Effect.RESTART,
        )
    ]


def test_secret_is_stored_encrypted_and_only_by_its_id():
    client = saved_pop()
    stored = SecretValue.objects.get()
    assert client.password == stored
    assert client.revisions.get().values["password"] == stored.pk
    assert CANARY not in stored.ciphertext
    assert secrets.reveal(stored.pk) == CANARY
    assert CANARY not in str(list(Revision.objects.values()))
    assert CANARY not in str(list(AuditEvent.objects.values()))


def test_new_password_keeps_the_old_row_for_old_revisions():
    client = saved_pop()
    result = save(client, {"password": "another"})
    assert result.changes == [
        Change("password", "Mailbox password", "set", "replaced", Effect.NEXT_CYCLE)
    ]
    first, second = client.revisions.order_by("number")
    assert secrets.reveal(first.values["password"]) == CANARY
    assert secrets.reveal(second.values["password"]) == "another"


@pytest.mark.parametrize("raw", [{}, {"password": ""}, {"folder-path": " "}])
def test_save_without_a_change_makes_no_revision(raw):
    client = saved_pop()
    result = save(client, raw)
    assert (result.new, result.changes, result.when) == (
        False,
        [],
        "Nothing was changed.",
    )
    assert client.revisions.count() == 1
    assert AuditEvent.objects.count() == 1


def test_stale_save_is_refused_and_changes_nothing():
    client = saved_pop()
    save(client, {"folder-path": "Sales"})
    with pytest.raises(StaleEdit) as caught:
        save(client, {"folder-path": "Support"}, base_revision=1, alias="Lost")
    assert (caught.value.base, caught.value.current) == (1, 2)
    client.refresh_from_db()
    assert (client.folder_path, client.revision) == ("Sales", 2)
    assert Mailbox.objects.get().alias == ""


def test_save_between_look_and_write_is_refused(monkeypatch):
    client = saved_pop()
    real = revisions.clean

    def slow_clean(*args, **kwargs):
        PopClient.objects.filter(pk=client.pk).update(revision=2)
        Revision.objects.create(
            pop_client=client, number=2, values=client.revisions.get(number=1).values
        )
        return real(*args, **kwargs)

    monkeypatch.setattr(revisions, "clean", slow_clean)
    with pytest.raises(StaleEdit):
        save(client, {"folder-path": "Support"}, base_revision=1)
    assert client.revisions.count() == 2
    assert AuditEvent.objects.count() == 1


def test_problems_of_options_and_mailbox_come_together():
    with pytest.raises(OptionError) as caught:
        revisions.save_pop_client(
            client=None, address="nobody", raw=pop_oauth(server="a b"), section="a b"
        )
    assert [(p.option, p.message) for p in caught.value.problems] == [
        ("address", "Enter a mail address such as support@contoso.com."),
        ("section", "Use letters, digits, @, _, . and - only."),
        ("server", "A host name has no spaces in it."),
    ]
    assert (PopClient.objects.count(), SecretValue.objects.count()) == (0, 0)


def test_address_and_section_are_used_once():
    saved_smtp("out")
    saved_pop()
    with pytest.raises(OptionError) as caught:
        revisions.save_pop_client(
            client=None, address="Support@contoso.com", raw=pop_oauth(), section="OUT"
        )
    assert [p.message for p in caught.value.problems] == [
        "There is a mailbox Support@contoso.com already.",
        "There is a section OUT already.",
    ]


def test_suggested_section_is_free():
    saved_pop("support@contoso.com")
    assert saved_pop("support@fabrikam.com").section == "pop-client-support-2"


def test_mailbox_that_only_sent_gets_its_pop_client():
    row = Mailbox.objects.create(address="support@contoso.com")
    assert saved_pop().mailbox_row == row


def test_fields_beside_the_options_make_no_revision_but_an_event():
    client = saved_pop()
    out = saved_smtp()
    result = save(client, alias="Support", tags="a, b a", smtp_client=out)
    assert [(c.option, c.new_text) for c in result.changes] == [
        ("alias", "Support"),
        ("tags", "a b"),
        ("smtp_client", "smtp-client"),
    ]
    assert (result.new, client.revisions.count()) == (False, 1)
    event = AuditEvent.objects.filter(action="option-set.saved").get()
    assert event.details["changes"][0] == {
        "option": "alias",
        "old": "",
        "new": "Support",
    }


def test_audit_names_the_changes_and_hides_secrets(django_user_model):
    anna = django_user_model.objects.create_user("anna")
    client = saved_pop()
    save(client, {"password": "another", "folder-path": "Sales"}, user=anna)
    event = AuditEvent.objects.get(action="option-set.saved")
    assert (event.actor, event.object_type, event.object_name) == (
        anna,
        "pop-client",
        "pop-client-support",
    )
    assert event.details == {
        "revision": 2,
        "changes": [
            {"option": "password", "old": "set", "new": "replaced"},
            {"option": "folder-path", "old": "", "new": "Sales"},
        ],
        "note": "",
    }


@pytest.mark.parametrize(
    "state", [RunState.STOPPED, RunState.FAILING, RunState.THROTTLED]
)
def test_changed_sign_in_option_lets_a_client_try_at_once(state):
    client = saved_pop()
    later = timezone.now() + timedelta(hours=1)
    Fetcher.objects.update(
        state=state, failures=3, sign_in_failures=2, not_before=later, next_due=later
    )
    assert save(client, {"password": "right"}).trial is True
    fetcher = Fetcher.objects.get()
    assert (fetcher.state, fetcher.failures, fetcher.sign_in_failures) == (
        RunState.ACTIVE,
        0,
        0,
    )
    assert fetcher.not_before is None
    assert fetcher.next_due <= timezone.now()


def test_other_options_leave_a_stopped_client_stopped():
    client = saved_pop()
    Fetcher.objects.update(state=RunState.STOPPED, failures=1)
    assert save(client, {"folder-path": "Sales"}).trial is False
    assert Fetcher.objects.get().state == RunState.STOPPED


def test_restore_is_a_new_revision_with_the_old_values_and_secret():
    client = saved_pop()
    save(client, {"password": "another", "folder-path": "Sales"})
    client.refresh_from_db()
    result = revisions.restore(client, 1, None)
    assert (result.revision.number, result.revision.note) == (
        3,
        "Restored from revision 1",
    )
    assert result.revision.values == client.revisions.get(number=1).values
    client.refresh_from_db()
    assert (client.folder_path, secrets.reveal(client.password_id)) == ("", CANARY)


def test_restore_over_a_newer_save_is_refused():
    client = saved_pop()
    save(client, {"folder-path": "Sales"})
    save(client, {"folder-path": "Support"}, base_revision=2)
    with pytest.raises(StaleEdit):
        revisions.restore(client, 1, None, base_revision=2)


def test_restore_of_an_unknown_revision_is_refused():
    with pytest.raises(Revision.DoesNotExist):
        revisions.restore(saved_pop(), 9, None)


def test_pending_is_empty_once_a_cycle_has_taken_the_revision():
    client = saved_pop()
    Fetcher.objects.update(revision=snapshots.newest(client))
    assert revisions.pending(client) == []
    save(client, {"folder-path": "Sales"})
    assert [c.option for c in revisions.pending(client)] == ["folder-path"]


def test_margin_is_in_effect_after_the_next_check():
    client = saved_smtp()
    revisions.save_smtp_client(
        client=client,
        section="",
        raw={"token-expiry-margin-time": "00:05:00"},
        base_revision=1,
    )
    assert [c.new_text for c in revisions.pending(client)] == ["00:05:00"]
    Sender.objects.update(last_try_at=timezone.now())
    assert revisions.pending(client) == []


def test_diff_of_two_revisions():
    client = saved_pop()
    save(client, {"cycle-time": "00:02:00", "enable-client": "no"})
    first, second = client.revisions.order_by("number")
    assert [
        (c.option, c.old_text, c.new_text) for c in revisions.diff(first, second)
    ] == [
        ("enable-client", "true", "false"),
        ("cycle-time", "00:01:00", "00:02:00"),
    ]


def test_draft_may_lack_what_is_required():
    result = revisions.save_pop_client(
        client=None, address="a@contoso.com", raw={"enable-client": False}
    )
    assert [(w.option, w.message) for w in result.warnings] == [
        (
            "server",
            "Enter the host name of the mail server, such as outlook.office365.com.",
        ),
        ("password", "Enter the password of the log-in name."),
    ]


def test_smtp_section_must_be_free():
    saved_smtp("out")
    with pytest.raises(OptionError) as caught:
        revisions.save_smtp_client(client=None, section="out", raw=smtp_oauth())
    assert caught.value.problems[0].message == "There is a section out already."
    assert SmtpClient.objects.count() == 1


def test_proxy_is_pinned_in_the_revision():
    proxy = proxies.save_proxy(
        name="squid", host="proxy.example", port=3128, username="u", password=CANARY
    )
    client = saved_pop(proxy="squid")
    assert client.revisions.get().pinned == {
        "proxy": {
            "name": "squid",
            "kind": "http",
            "host": "proxy.example",
            "port": 3128,
            "username": "u",
            "password_id": proxy.password_id,
            "ca_pem": "",
        }
    }


def test_restore_finds_what_was_deleted_by_its_name():
    proxy = proxies.save_proxy(name="squid", host="a.example", port=3128)
    client = saved_pop(proxy=proxy.pk)
    save(client, {"proxy": None})
    proxies.delete_proxy(proxy, None)
    client.refresh_from_db()
    with pytest.raises(OptionError) as refused:
        revisions.restore(client, 1, None)
    assert [p.message for p in refused.value.problems] == [
        "It names squid as Proxy, which was deleted. Make one of that name, or edit the"
        " options instead."
    ]
    again = proxies.save_proxy(name="squid", host="b.example", port=3128)
    revisions.restore(client, 1, None)
    client.refresh_from_db()
    assert (client.proxy, client.revision) == (again, 3)
