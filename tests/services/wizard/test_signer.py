"""What signs in for a draft belongs to one person at one application."""

from __future__ import annotations

import pytest
from django.utils import timezone

from mailboxes.models import PopClient, SecretValue, SetupDraft, SignIn
from mailboxes.oauth.base import Token, TokenOutcome
from mailboxes.sandbox import world
from mailboxes.services import secrets, sign_ins
from mailboxes.services.secrets import named as named_secrets
from mailboxes.services.sign_ins import of_now, result as sign_in_result
from mailboxes.services.wizard import drafts, making, standing
from mailboxes.services.wizard.setup import Setup
from mailboxes.services.wizard.steps import BY_ID
from tests.fixtures import setups

pytestmark = pytest.mark.django_db
ANNA, BOSS = "anna@contoso.example", "boss@contoso.example"
BACK = "http://testserver/owner-sign-in/answer/"
BOTH_WAYS = {"direction": "both"}


def states(draft: SetupDraft) -> dict[str, str]:
    rows = standing.rows(Setup.load(draft.pk))
    return {row.step.id: str(row.state) for row in rows}


def begun(mode: str = "microsoft-sign-in", address: str = ANNA) -> SetupDraft:
    """Up to the sign-in of the owner."""
    draft = setups.begin(address)
    setups.save(draft, "mode", mode=mode)
    if mode == "google":
        named_secrets.save(name="gmail", password="x~1")
        setups.save(
            draft, "google-client", google_client="1-a.apps", google_secret="gmail"
        )
    else:
        setups.save(draft, "ids", **setups.IDS)
    if BY_ID["secret"].applies(Setup.load(draft.pk)):
        setups.save(draft, "secret", **setups.SECRET)
    setups.save(draft, "network", **setups.NETWORK)
    setups.save(draft, "fetching", **setups.FETCHING)
    return setups.reloaded(draft)


def asked(draft: SetupDraft) -> SignIn:
    return making.ask_for_sign_in(draft.pk, None, BACK)


def signed_in(draft: SetupDraft) -> SetupDraft:
    """The owner has signed in, as far as the authority is concerned."""
    row = asked(draft)
    snapshot = of_now(row)
    assert snapshot is not None
    sign_in_result.keep(row, snapshot, outcome(row.login))
    return setups.reloaded(draft)


def outcome(account: str) -> TokenOutcome:
    token = Token("access", timezone.now().timestamp() + 3600, False)
    return TokenOutcome(token, refresh_token="refresh~1", account=account)


def tokens() -> int:
    return SecretValue.objects.filter(purpose=SecretValue.Purpose.REFRESH_TOKEN).count()


@pytest.mark.parametrize(
    "changed", [{"address": BOSS}, {"address": ANNA, "account": BOSS}]
)
def test_sign_in_of_another_person_is_to_do_again(changed: dict[str, str]) -> None:
    draft = signed_in(begun())
    assert states(draft)["sign-in"] == "done"
    setups.save(draft, "mailbox", **BOTH_WAYS, **changed)
    assert setups.reloaded(draft).password_id is None
    now = states(draft)
    assert (now["sign-in"], now["test"]) == ("to-do", "blocked")
    pop = making.save_off(draft.pk, None).draft.pop_client
    assert pop is not None and pop.password_id is None


def test_sign_in_stays_where_only_letters_or_direction_change() -> None:
    draft = signed_in(begun())
    setups.save(draft, "mailbox", address=ANNA.upper(), direction="receive")
    assert states(draft)["sign-in"] == "done"


def test_draft_that_kept_a_sign_in_of_another_person_is_found_out() -> None:
    draft = signed_in(begun())
    SetupDraft.objects.filter(pk=draft.pk).update(address=BOSS)  # saved yesterday
    assert setups.reloaded(draft).password_id is not None
    now = states(draft)
    assert (now["sign-in"], now["test"]) == ("to-do", "blocked")


def test_open_link_ends_when_another_person_is_to_sign_in() -> None:
    draft = begun()
    row = asked(draft)
    setups.save(draft, "mailbox", address=BOSS, **BOTH_WAYS)
    row.refresh_from_db()
    assert (row.state, row.kept_id, sign_ins.address(row)) == ("replaced", None, "")


@pytest.mark.parametrize("switched_on", [False, True])
def test_open_link_ends_with_its_draft(switched_on: bool) -> None:
    draft = begun()
    row = asked(draft)
    if switched_on:  # so that it does not go into the archive
        PopClient.objects.update(enable_client=True)
    assert drafts.discard(Setup.load(draft.pk).draft, None)
    row.refresh_from_db()
    assert (row.state, row.kept_id, sign_ins.address(row)) == ("replaced", None, "")
    assert not SecretValue.objects.filter(purpose="sign-in").exists()


def test_password_of_another_mailbox_is_not_kept() -> None:
    draft = setups.begin(ANNA)
    setups.save(draft, "mode", mode="imap-smtp")
    setups.save(draft, "password", login="", password="right")
    setups.save(draft, "mailbox", address=BOSS, **BOTH_WAYS)
    draft = setups.reloaded(draft)
    assert (draft.password_id, "password" in draft.steps) == (None, False)
    assert not SecretValue.objects.exists()


def test_password_of_a_log_in_name_stays_with_it() -> None:
    draft = setups.begin(ANNA)
    setups.save(draft, "mode", mode="imap-smtp")
    setups.save(draft, "password", login="robot@contoso.example", password="right")
    setups.save(draft, "mailbox", address=BOSS, **BOTH_WAYS)
    password = setups.reloaded(draft).password_id
    assert password is not None and secrets.reveal(password) == "right"


def test_password_that_comes_with_another_log_in_name_is_kept() -> None:
    draft = setups.begin(ANNA)
    setups.save(draft, "mode", mode="imap-smtp")
    setups.save(draft, "password", login="", password="first")
    setups.save(draft, "password", login="robot@contoso.example", password="second")
    password = setups.reloaded(draft).password_id
    assert password is not None and secrets.reveal(password) == "second"


@pytest.mark.parametrize("mode", ["google", "microsoft-device"])
def test_token_of_another_way_is_no_sign_in(mode: str) -> None:
    draft = signed_in(begun())
    setups.save(draft, "mode", mode=mode)
    assert setups.reloaded(draft).password_id is None


def test_token_of_another_application_is_no_sign_in() -> None:
    draft = signed_in(begun())
    other = setups.IDS | {"client_id": world.UNCONSENTED_APP_ID}
    setups.save(draft, "ids", **other)
    assert setups.reloaded(draft).password_id is None


def test_token_serves_another_protocol_of_the_same_application() -> None:
    draft = signed_in(begun())
    setups.save(draft, "mode", mode="microsoft-graph-sign-in")
    assert setups.reloaded(draft).password_id is not None
    assert tokens() == 1


def test_sign_in_is_for_the_draft_of_now() -> None:
    draft = signed_in(begun())
    SignIn.objects.update(ended_at=timezone.now(), client_id=world.PUBLIC_APP_ID)
    assert states(draft)["sign-in"] == "to-do"


def test_sign_in_that_the_section_asked_for_reaches_a_draft_that_only_sends() -> None:
    draft = setups.begin(ANNA, "send")
    setups.save(draft, "mode", mode="microsoft-sign-in")
    setups.save(draft, "ids", **setups.IDS)
    setups.save(draft, "secret", **setups.SECRET)
    setups.save(draft, "network", **setups.NETWORK)
    sends = making.save_off(draft.pk, None).draft.smtp_client
    assert sends is not None
    row = sign_ins.begin(sends, None, BACK)  # on its own page
    snapshot = of_now(row)
    assert snapshot is not None
    sign_in_result.keep(row, snapshot, outcome(ANNA))
    assert states(draft)["sign-in"] == "done"
    assert making.save_off(draft.pk, None).draft.password_id is not None


def test_sign_in_of_another_section_is_not_taken_for_another_person() -> None:
    draft = begun()
    pop = making.save_off(draft.pk, None).draft.pop_client
    assert pop is not None
    setups.save(draft, "mailbox", address=BOSS, **BOTH_WAYS)
    row = sign_ins.begin(pop, None, BACK)  # it is still Anna's, until the next test
    snapshot = of_now(row)
    assert snapshot is not None
    sign_in_result.keep(row, snapshot, outcome(ANNA))
    assert setups.reloaded(draft).password_id is None
    assert states(draft)["sign-in"] == "to-do"


def test_refresh_token_is_no_password_of_a_draft_that_changed_to_one() -> None:
    """The mail server would be told it, and the password be gone that was typed."""
    draft = begun("microsoft-device")
    pop = making.save_off(draft.pk, None).draft.pop_client
    assert pop is not None
    setups.save(draft, "mode", mode="microsoft-password")
    setups.save(draft, "password", password="typed~1")
    typed = setups.reloaded(draft).password_id
    row = sign_ins.begin(pop, None, BACK)  # on the section's own page
    snapshot = of_now(row)
    assert snapshot is not None
    sign_in_result.keep(row, snapshot, outcome(ANNA))
    assert (setups.reloaded(draft).password_id, typed is None) == (typed, False)
