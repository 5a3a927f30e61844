"""From a finding to the step of the wizard that mends it, and to the field in it.

The option that a finding names leads to its field; where it names none, the setup step
at fault (core/choices.Step, diagnosis.md) leads to a step. Which finding it is stands
in services/findings.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...core.choices import Step as Fault
from ...core.codes import Code
from ...models import Check
from ...models.clients import MECHANISMS
from ..connection_test import OF_SMTP
from ..finding import Finding
from ..findings import find
from .fields import FIELD_OF, OF_REGISTRATION
from .modes import POP
from .setup import Setup
from .steps import BY_ID, Step, step_of_field

# What a section has from its app registration is entered there.
OF_APPLICATION = {
    "client-id": "client_id",
    "directory-id": "directory_id",
    "tenant-authority": "tenant_authority",
    "registration": "client_id",
    "password": "secret",
}
assert set(OF_APPLICATION.values()) <= set(OF_REGISTRATION)
# What a mode decides.
OF_MODE = ("type", "server-type", "grant-type", MECHANISMS)
# Fields and steps to go to by setup step, the first that the draft has.
PLACES: Mapping[Fault, tuple[str, ...]] = {
    Fault.SERVER: ("server_in", "server_out"),
    Fault.NETWORK: ("proxy",),
    Fault.PROXY: ("proxy",),
    Fault.CLOCK: ("proxy",),
    Fault.AUTHORITY: ("tenant_authority",),
    Fault.DIRECTORY_ID: ("directory_id",),
    Fault.CLIENT_ID: ("client_id", "google_client"),
    Fault.SCOPE: ("scope", "step:sign-in", "step:google-client"),
    Fault.SECRET: ("secret", "step:certificate", "google_secret", "client_id"),
    Fault.PASSWORD: ("password", "secret", "step:certificate"),
    Fault.REFRESH_TOKEN: ("step:sign-in", "password"),
    Fault.USER_NAME: ("login", "address"),
    Fault.REGISTRATION: ("step:register", "step:google-client"),
    Fault.PUBLIC_CLIENT: ("step:public-client", "step:secret", "step:certificate"),
    Fault.ACCOUNT_TYPE: ("step:register", "step:google-client"),
    Fault.PERMISSIONS: ("step:permissions", "step:google-client"),
    Fault.CONDITIONAL_ACCESS: ("step:prerequisites",),
    Fault.ACCOUNT: ("step:prerequisites", "login"),
    Fault.MFA: ("step:prerequisites",),
    Fault.PROTOCOL: ("step:prerequisites", "security_in", "security_out"),
    Fault.RIGHTS: ("principal_id", "step:prerequisites", "login"),
    Fault.FOLDER: ("folder_path",),
    Fault.LICENCE: ("step:prerequisites",),
    Fault.QUOTA: ("step:prerequisites",),
}
OUT = {"server_in": "server_out", "security_in": "security_out"}


def finding_of(check: Check) -> Finding:
    """The finding of a failed check, with the option that it names itself.

    connection_test.finding names the app registration for what comes from there.
    """
    return find(check.code, check.evidence, stage=check.stage)


def place(setup: Setup, kind: str, finding: Finding) -> tuple[Step, str] | None:
    """The step and the field ("" for the step as a whole); None where it is not here.

    kind: of the section that failed.
    """
    names = [*_of_option(setup, kind, finding.option), *_of_step(kind, finding)]
    if finding.step is Fault.SECRET and finding.option == "registration":
        names = _of_step(kind, finding)  # the secret in it, not its name
    if finding.portal_first:
        names = [*_of_step(kind, finding), *names]
    if finding.code == Code.TOKEN_NOT_ACCEPTED and setup.mode and setup.mode.app_only:
        # A token with the right claims: Exchange does not know the application, most
        # likely (diagnosis.md section 3.1).
        names[:0] = PLACES[Fault.RIGHTS] if finding.step is Fault.PROTOCOL else ()
    for name in names:
        found = _at(setup, name)
        if found is not None:
            return found
    return None


def place_of_option(setup: Setup, option: str) -> tuple[Step, str] | None:
    """Where an option is mended that the rules refuse; None where it is not here."""
    for kind in setup.kinds:
        for name in (*_of_option(setup, kind, option), option):
            found = _at(setup, name)
            if found is not None:
                return found
    return None


def _of_option(setup: Setup, kind: str, option: str) -> list[str]:
    if not option:
        return []
    signs_in = setup.mode is not None and setup.mode.signs_in
    if option == "password" and signs_in:
        return ["step:sign-in"]
    if option in OF_APPLICATION and setup.registration is not None:
        by_password = setup.mode is not None and setup.mode.by_password
        if option != "password" or not by_password:
            return [OF_APPLICATION[option]]
    if option in OF_MODE:
        return ["mode"]
    names = (option, OF_SMTP.get(option, ""))
    return [FIELD_OF[kind, name] for name in names if (kind, name) in FIELD_OF]


def _of_step(kind: str, finding: Finding) -> list[str]:
    names = PLACES.get(finding.step, ())
    if kind == POP:
        return list(names)
    return [OUT.get(name, name) for name in names]


def _at(setup: Setup, name: str) -> tuple[Step, str] | None:
    if name.startswith("step:"):
        step = BY_ID[name.removeprefix("step:")]
        return (step, "") if step.applies(setup) else None
    found = step_of_field(setup, name)
    return (found, name) if found else None
