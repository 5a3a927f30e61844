"""The task list of the wizard, as data: what each step asks, for whom, and when it is
done.

A protocol or a way of sign-in adds its steps here and its fields in fields; pages and
saving follow. What a step is in at the moment: standing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ...core.choices import Protocol
from ...models import ConsentLink, SetupDraft
from . import grounds, powershell, signer
from .fields import FIELDS, Field
from .modes import POP, Provider
from .setup import Setup

Text = str | Promise


class Saver(StrEnum):
    """How what is typed is written (saving has one function for each)."""

    VALUES = "values"  # own options of the sections
    DRAFT = "draft"  # columns of the draft
    MODE = "mode"
    REGISTER = "register"  # choose an app registration
    IDS = "ids"  # make or change one
    SECRET = "secret"  # its client secret
    PASSWORD = "password"  # options, and a password that is sealed
    NOTHING = "nothing"  # test, turn on: actions of their own


def always(setup: Setup) -> bool:
    return True


def was_saved(setup: Setup, step: Step) -> bool:
    """A person has saved it, and no rule speaks against what stands there."""
    return step.id in setup.draft.steps and not wrong(setup, step)


def wrong(setup: Setup, step: Step) -> bool:
    """A rule speaks against the options that the step asks."""
    for kind in setup.kinds:
        own = {FIELDS[name].options.get(kind) for name in step.fields}
        if any(problem.option in own for problem in setup.cleaned(kind).problems):
            return True
    return False


@dataclass(frozen=True)
class Step:
    """One step.

    id: in addresses. about: one sentence under the title. fields: names in fields.
    applies: to this draft. needs: steps that must be done before.
    template: its body. by_hand: something that is done elsewhere, and ticked here.
    button: of the one that saves and goes on. focus: what a link to the step, not to a
    field of it, leads to. rights: what else a person must be allowed to.
    """

    id: str
    title: Text
    about: Text
    template: str
    fields: tuple[str, ...] = ()
    applies: Callable[[Setup], bool] = always
    needs: tuple[str, ...] = ("mailbox", "mode")
    done: Callable[[Setup, Step], bool] = was_saved
    saver: Saver = Saver.VALUES
    by_hand: bool = False
    button: Text = _("Save and continue")
    rights: tuple[str, ...] = ()

    def asked(self, setup: Setup) -> list[Field]:
        """Its fields, but for those that mean nothing for this draft."""
        names = (*self.fields, *powershell.asked_beside(setup, self.id))
        return [FIELDS[name] for name in names if setup.asks(FIELDS[name])]


def _mode_chosen(setup: Setup, step: Step) -> bool:
    return setup.mode is not None


def _registers(setup: Setup) -> bool:
    return setup.mode is not None and setup.mode.registers


def _as_application(setup: Setup) -> bool:
    return _registers(setup) and setup.mode is not None and setup.mode.app_only


def _public_client(setup: Setup) -> bool:
    return setup.mode is not None and setup.mode.public_client


def _proves(setup: Setup) -> bool:
    return setup.mode is not None and setup.mode.proves_application


def _by_certificate(setup: Setup) -> bool:
    row = setup.registration
    return _proves(setup) and row is not None and row.certificate_id is not None


def _by_secret(setup: Setup) -> bool:
    return _proves(setup) and not _by_certificate(setup)


def _at_google(setup: Setup) -> bool:
    return setup.mode is not None and setup.mode.provider is Provider.GOOGLE


def _signs_in(setup: Setup) -> bool:
    return setup.mode is not None and setup.mode.signs_in


def _signed_in(setup: Setup, step: Step) -> bool:
    return signer.signed_in(setup)


def _password(setup: Setup) -> bool:
    return setup.mode is not None and setup.mode.by_password


def _registered(setup: Setup, step: Step) -> bool:
    return step.id in setup.draft.steps or setup.registration is not None


def _has_ids(setup: Setup, step: Step) -> bool:
    return setup.registration is not None


def _has_secret(setup: Setup, step: Step) -> bool:
    row = setup.registration
    if row is None or row.secret_id is None or not grounds.hold(setup, step.id):
        return False
    return row.secret_ends_on is None or row.secret_ends_on >= _today()


def _has_certificate(setup: Setup, step: Step) -> bool:
    """It lasts, and was uploaded: somebody said so of this one, or others use it."""
    row = setup.registration
    if row is None or row.certificate is None or row.certificate_ends_on is None:
        return False
    lasts: bool = row.certificate_ends_on >= _today()
    if not setup.draft.registration_made and step.id not in setup.draft.steps:
        return lasts
    return lasts and setup.saved_since(step.id, row.certificate.created_at)


def _today() -> date:
    now: datetime = timezone.now()
    return now.date()


def _ticked(setup: Setup, step: Step) -> bool:
    return step.id in setup.draft.steps and grounds.hold(setup, step.id)


def _consented(setup: Setup, step: Step) -> bool:
    link = setup.consent
    granted = link is not None and link.outcome == ConsentLink.Outcome.GRANTED
    granted = granted and grounds.asked_all(setup, link)
    return (granted or _ticked(setup, step)) and not wrong(setup, step)


def _hosted(setup: Setup) -> bool:
    hosts = (Provider.MICROSOFT, Provider.GOOGLE)
    return setup.mode is not None and setup.mode.provider in hosts


def _needs_rights(setup: Setup) -> bool:
    """Exchange opens a mailbox to an application for these protocols only."""
    by_exchange = {Protocol.IMAP, Protocol.POP3, Protocol.SMTP}
    return _as_application(setup) and bool(
        by_exchange & set(setup.protocols().values())
    )


def _receives(setup: Setup) -> bool:
    return POP in setup.kinds


def _tested(setup: Setup, step: Step) -> bool:
    return setup.proven


def _on(setup: Setup, step: Step) -> bool:
    return setup.draft.state == SetupDraft.State.DONE


VALUES = (
    *("mailbox", "mode", "ids", "google-client", "secret", "certificate"),
    *("password", "network", "fetching", "sign-in"),
)
STEPS = (
    Step(
        "mailbox",
        _("Mailbox and direction"),
        _("Which mailbox is connected, and what for."),
        "wizard/steps/mailbox.html",
        ("address", "direction", "account"),
        needs=(),
        saver=Saver.DRAFT,
        done=_ticked,
    ),
    Step(
        "mode",
        _("Protocol and sign-in"),
        _("How the console gets to the mail, and whose help that takes."),
        "wizard/steps/mode.html",
        ("mode",),
        needs=("mailbox",),
        saver=Saver.MODE,
        done=_mode_chosen,
    ),
    Step(
        "register",
        _("Register the application"),
        _("One application at Microsoft Entra serves every mailbox of the tenant."),
        "wizard/steps/register.html",
        ("registration",),
        applies=_registers,
        saver=Saver.REGISTER,
        done=_registered,
        by_hand=True,
        button=_("It is registered, continue"),
    ),
    Step(
        "ids",
        _("Application and directory ID"),
        _("Two ids from the application's Overview page."),
        "wizard/steps/ids.html",
        ("client_id", "directory_id", "tenant_authority", "name"),
        applies=_registers,
        saver=Saver.IDS,
        done=_has_ids,
        rights=("mailboxes.add_appregistration", "mailboxes.change_appregistration"),
    ),
    Step(
        "google-client",
        _("Application at Google"),
        _("What the console signs in with, from the Google Cloud console."),
        "wizard/steps/google_client.html",
        ("google_client", "google_secret"),
        applies=_at_google,
    ),
    Step(
        "public-client",
        _("Allow public client flows"),
        _("Without this switch Entra asks for a client secret, and this way has none."),
        "wizard/steps/public_client.html",
        applies=_public_client,
        done=_ticked,
        by_hand=True,
        button=_("It is switched on, continue"),
    ),
    Step(
        "secret",
        _("Client secret"),
        _("What proves to Microsoft that the console is the application."),
        "wizard/steps/secret.html",
        ("secret", "secret_ends_on"),
        applies=_by_secret,
        needs=("mailbox", "mode", "ids"),
        saver=Saver.SECRET,
        done=_has_secret,
        rights=("mailboxes.change_appregistration",),
    ),
    Step(
        "certificate",
        _("Certificate"),
        _("What proves to Microsoft that the console is the application."),
        "wizard/steps/certificate.html",
        applies=_by_certificate,
        needs=("mailbox", "mode", "ids"),
        done=_has_certificate,
        by_hand=True,
        button=_("It is uploaded, continue"),
    ),
    Step(
        "password",
        _("Log-in name and password"),
        _("Who signs in."),
        "wizard/steps/password.html",
        ("login", "password"),
        applies=_password,
        saver=Saver.PASSWORD,
    ),
    Step(
        "permissions",
        _("Permissions and consent"),
        _("What the application may do, and an administrator who says yes to it."),
        "wizard/steps/permissions.html",
        ("scope",),
        applies=_registers,
        needs=("mailbox", "mode", "ids"),
        done=_consented,
        by_hand=True,
        button=_("It is granted, continue"),
    ),
    Step(
        "prerequisites",
        _("What the mailbox must allow"),
        _("Settings of the mailbox at its provider."),
        "wizard/steps/prerequisites.html",
        applies=_hosted,
        saver=Saver.DRAFT,
        done=_ticked,
        by_hand=True,
        button=_("The mailbox allows it, continue"),
    ),
    Step(
        "exchange",
        _("Rights in Exchange"),
        _("Exchange has to know the application and open the mailbox to it."),
        "wizard/steps/exchange.html",
        ("principal_id",),
        applies=_needs_rights,
        needs=("mailbox", "mode", "ids"),
        saver=Saver.DRAFT,
        done=_ticked,
        by_hand=True,
        button=_("The lines were run, continue"),
    ),
    Step(
        "network",
        _("Servers and proxy"),
        _("Where the mail servers are, and the way to them."),
        "wizard/steps/network.html",
        (
            *("server_in", "port_in", "security_in"),
            *("server_out", "port_out", "security_out"),
            "proxy",
        ),
    ),
    Step(
        "fetching",
        _("What is fetched"),
        _("Which folder, and what becomes of mail that is there already."),
        "wizard/steps/fetching.html",
        (
            *("folder_path", "first_fetch", "first_fetch_days"),
            *("after_fetch", "after_fetch_folder"),
        ),
        applies=_receives,
    ),
    Step(
        "sign-in",
        _("Sign-in of the owner"),
        _("The owner of the mailbox signs in once, at the provider."),
        "wizard/steps/sign_in.html",
        applies=_signs_in,
        needs=tuple(name for name in VALUES if name != "sign-in"),
        saver=Saver.NOTHING,
        done=_signed_in,
    ),
    Step(
        "test",
        _("Connection test"),
        _("Signs in as the console will. It fetches nothing and changes nothing."),
        "wizard/steps/test.html",
        needs=VALUES,
        saver=Saver.NOTHING,
        done=_tested,
    ),
    Step(
        "turn-on",
        _("Turn on"),
        _("From here on mail is fetched and sent."),
        "wizard/steps/turn_on.html",
        needs=VALUES,
        saver=Saver.NOTHING,
        done=_on,
    ),
)
BY_ID = {step.id: step for step in STEPS}


def of(setup: Setup) -> list[Step]:
    """The steps that a draft has, in their order."""
    return [step for step in STEPS if step.applies(setup)]


def step_of_field(setup: Setup, name: str) -> Step | None:
    """The step that asks this field of the draft; None where none does."""
    for step in of(setup):
        if name in step.fields and setup.asks(FIELDS[name]):
            return step
    return None
