"""Scenarios of Entra ID that refuse an application or a tenant: rows 17 to 47."""

from __future__ import annotations

from ...core.choices import Retry, RunState, Step
from .. import effects
from ..effects import Effect
from ..entra.keys import EXPIRED
from ..scenario import LIKELY, UNKNOWN, UPLOADED, Expected, Scenario, Setup, made
from .entra_account import refused

CONSENT = "Entra ID: consent and scope"
APP = "Entra ID: application and secret"
TENANT = "Entra ID: tenant and cloud"
_BY_APP = Setup(app=True)
_CERTIFIED = Setup(app=True, certificate=UPLOADED)
FAILED = "Client assertion failed signature validation."

SCENARIOS: tuple[Scenario, ...] = (
    # consent and scope
    refused("entra-not-assigned", 17, (50105,), "User not assigned to the application",
            Step.REGISTRATION, area=CONSENT),
    refused("entra-consent-missing", 18, (65001,), "Nobody has consented",
            Step.PERMISSIONS, area=CONSENT),
    refused("entra-consent-declined", 19, (65004,), "The user has declined to consent",
            Step.PERMISSIONS, area=CONSENT, retry=Retry.OWNER),
    refused("entra-admin-consent", 20, (90094, 90095), "Admin consent required",
            Step.PERMISSIONS, area=CONSENT),
    refused("entra-resource-not-listed", 21, (650057, 65005, 650056),
            "Exchange Online is not listed on the application", Step.PERMISSIONS,
            area=CONSENT),
    refused("entra-foreign-client-id", 22, (65002,),
            "Client id of an application of Microsoft's", Step.CLIENT_ID, "client-id",
            area=CONSENT),
    refused("entra-resource-unknown", 23, (500011,),
            "The tenant does not have the resource of the scope", Step.SCOPE, "scope",
            area=CONSENT),
    refused("entra-resource-off", 24, (650052, 50001, 650054),
            "The resource is not subscribed", Step.SCOPE, "scope", area=CONSENT),
    refused("entra-scope-invalid", 25, (70011, 28002, 28003, 700023, 500013),
            "Malformed scope", Step.SCOPE, "scope", area=CONSENT),
    refused("entra-two-resources", 26, (28000, 700022),
            "Two resources in one scope", Step.SCOPE, "scope", area=CONSENT),
    refused("entra-scope-not-default", 27, (1002012,),
            "Client credentials without .default", Step.SCOPE, "scope", area=CONSENT,
            certainty=LIKELY, setup=_BY_APP),
    # application and secret
    refused("entra-app-unknown", 28, (700016,), "No such application in the tenant",
            Step.CLIENT_ID, "client-id", area=APP),
    refused("entra-app-disabled", 29, (7000112, 70001, 700011),
            "Application disabled", Step.REGISTRATION, area=APP),
    refused("entra-public-flow-off", 30, (7000218,),
            "Public client flows are switched off", Step.PUBLIC_CLIENT, area=APP),
    refused("entra-secret-with-public-app", 31, (700025,),
            "A public client sent a secret", Step.PUBLIC_CLIENT, area=APP,
            setup=_BY_APP),
    refused("entra-wrong-secret", 32, (7000215, 70002), "Wrong client secret",
            Step.SECRET, "password", area=APP, setup=_BY_APP),
    refused("entra-secret-expired", 33, (7000222,), "Client secret expired",
            Step.SECRET, "password", area=APP, setup=_BY_APP),
    refused("entra-certificate-refused", 34, (700027, 50012, 700030, 50013),
            "Certificate of the application refused", Step.SECRET, area=APP,
            setup=_CERTIFIED),
    made("entra-certificate-unknown", APP, 34, "Certificate was never uploaded", (),
         Expected("entra-certificate-refused", Step.SECRET), state=RunState.STOPPED,
         setup=Setup(app=True, certificate=UNKNOWN)),
    made("entra-certificate-expired", APP, 34, "Certificate of the application expired",
         Effect(effects.GRANT, error="invalid_client", number=700027, status=401,
                text=f"{FAILED} [Reason - {EXPIRED}]"),
         Expected("entra-certificate-expired", Step.SECRET), state=RunState.STOPPED,
         setup=_CERTIFIED),
    refused("entra-assertion-time", 35, (700024, 500133),
            "Assertion outside of its time", Step.CLOCK, area=APP, retry=Retry.NOW,
            certainty=LIKELY, setup=_CERTIFIED, state=RunState.FAILING),
    refused("entra-flow-not-allowed", 46, (70003,), "The flow is not allowed",
            Step.PUBLIC_CLIENT, "grant-type", area=APP),
    refused("entra-redirect-unregistered", 47, (50011, 70004, 900971),
            "Redirect address not registered", Step.REGISTRATION, area=APP),
    # tenant and cloud
    refused("entra-tenant-unknown", 36, (90002,), "No such tenant",
            Step.DIRECTORY_ID, "directory-id", area=TENANT, tenant=True),
    refused("entra-tenant-malformed", 37, (900023,), "Malformed tenant id",
            Step.DIRECTORY_ID, "directory-id", area=TENANT, tenant=True),
    refused("entra-tenant-missing", 38, (50059, 50128, 90019), "No tenant named",
            Step.DIRECTORY_ID, "directory-id", area=TENANT, tenant=True),
    refused("entra-tenant-common", 39, (9001023, 90124, 90130),
            "common or consumers with a password", Step.DIRECTORY_ID, "directory-id",
            area=TENANT),
    refused("entra-single-tenant-app", 40, (50194,),
            "Single-tenant application at common", Step.ACCOUNT_TYPE, "directory-id",
            area=TENANT),
    refused("entra-work-only-app", 41, (9002332,),
            "Application for work accounts only", Step.ACCOUNT_TYPE, "directory-id",
            area=TENANT),
    refused("entra-foreign-account", 42, (50020, 500208, 50014, 51004, 16000),
            "Account of another tenant", Step.ACCOUNT_TYPE, "mailbox", area=TENANT),
    refused("entra-other-cloud", 43, (90038, 900382, 900432, 90051, 1000104),
            "The tenant is in a national cloud", Step.AUTHORITY, "tenant-authority",
            area=TENANT, tenant=True),
    refused("entra-authority-unknown", 44, (50049,), "Unknown authority",
            Step.AUTHORITY, "tenant-authority", area=TENANT, tenant=True),
    refused("entra-field-missing", 45, (900144, 90014, 90100),
            "A field is missing: scope", Step.SCOPE, "scope", area=TENANT),
    refused("entra-field-missing", 45, (9002313,), "Malformed request",
            Step.CLIENT_ID, "client-id", area=TENANT, name="entra-request-malformed",
            certainty=LIKELY),
)  # fmt: skip
