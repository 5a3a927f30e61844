"""Refusals by Entra ID about consent and scope: diagnosis.md rows 17 to 27."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ...core.choices import Step
from .entry import ENTERPRISE, ENTRA, ENTRA_ID, OWNER, PERMISSIONS, SIGN_IN, Entry, row

ROWS: tuple[Entry, ...] = (
    row(
        "entra-not-assigned",
        17,
        _("The user is not assigned to the application"),
        _("The enterprise application admits assigned users only."),
        Step.REGISTRATION,
        "",
        _("Assign the user under Enterprise applications, or switch assignment off."),
        who=ENTRA,
        numbers=(50105,),
        portal=f"{ENTERPRISE} > Users and groups",
    ),
    row(
        "entra-consent-missing",
        18,
        _("Nobody consented to this permission"),
        _("The application lacks consent for the scope that is asked for."),
        Step.PERMISSIONS,
        "",
        _("Add the delegated permission and press Grant admin consent."),
        who=ENTRA,
        numbers=(65001,),
        portal=f"{PERMISSIONS} > Grant admin consent",
    ),
    row(
        "entra-consent-declined",
        19,
        _("The user declined the consent"),
        _("Somebody pressed No when the application asked for its permission."),
        Step.PERMISSIONS,
        "",
        _("Sign in again and accept. A consent link is used up: make a new one."),
        who=OWNER,
        retry=SIGN_IN,
        numbers=(65004,),
    ),
    row(
        "entra-admin-consent",
        20,
        _("An administrator must consent"),
        _("The permission is one that users may not grant themselves."),
        Step.PERMISSIONS,
        "",
        _("Let an administrator grant consent for the application."),
        who=ENTRA,
        numbers=(90094, 90095),
        portal=f"{PERMISSIONS} > Grant admin consent",
    ),
    row(
        "entra-resource-not-listed",
        21,
        _("The application does not list this resource"),
        _("The registration has no permission for Exchange Online or Graph."),
        Step.PERMISSIONS,
        "",
        _("Add the Exchange Online or Graph permission to the registration."),
        who=ENTRA,
        numbers=(65005, 650056, 650057),
        portal=f"{PERMISSIONS} > Add a permission",
    ),
    row(
        "entra-foreign-client-id",
        22,
        _("The client ID belongs to somebody else's application"),
        _("It is one of Microsoft's own applications, which cannot be used here."),
        Step.CLIENT_ID,
        "client-id",
        _("Register an application of your own and enter its client ID."),
        numbers=(65002,),
        portal=f"{ENTRA_ID} > App registrations > New registration",
    ),
    row(
        "entra-resource-unknown",
        23,
        _("The resource of the scope is unknown in this tenant"),
        _(
            "The scope is misspelt, belongs to another cloud, or Exchange is not"
            " licensed."
        ),
        Step.SCOPE,
        "scope",
        _(
            "Choose the scope that belongs to the type, and check that the tenant has"
            " Exchange Online."
        ),
        numbers=(500011,),
    ),
    row(
        "entra-resource-off",
        24,
        _("The resource is switched off or not subscribed"),
        _(
            "The tenant has no usable subscription for the service that the scope"
            " names."
        ),
        Step.SCOPE,
        "scope",
        _("Check the subscription, and choose the scope that belongs to the type."),
        who=ENTRA,
        numbers=(50001, 650052, 650054),
    ),
    row(
        "entra-scope-invalid",
        25,
        _("The scope is not valid"),
        _("The scope is malformed, unknown or empty."),
        Step.SCOPE,
        "scope",
        _(
            "Choose the scope that belongs to the type; blanks separate several,"
            " not commas."
        ),
        numbers=(70011, 28002, 28003, 700023, 500013),
    ),
    row(
        "entra-two-resources",
        26,
        _("The scope names two resources"),
        _("One token is good for one resource only."),
        Step.SCOPE,
        "scope",
        _("Keep one resource in the scope."),
        numbers=(700022, 28000),
    ),
    row(
        "entra-scope-not-default",
        27,
        _("The scope must end in /.default"),
        _("Client credentials are likely asked for with another kind of scope."),
        Step.SCOPE,
        "scope",
        _("Choose a scope that ends in /.default."),
        likely=True,
        numbers=(1002012,),
    ),
    row(
        "entra-consent-other",
        0,
        _("Entra misses a consent or a permission"),
        _("Likely the application lacks a permission; Microsoft's words say which."),
        Step.PERMISSIONS,
        "",
        _("Add the permission to the registration and press Grant admin consent."),
        who=ENTRA,
        likely=True,
        portal=f"{PERMISSIONS} > Grant admin consent",
    ),
)
