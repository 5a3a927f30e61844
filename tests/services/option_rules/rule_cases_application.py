"""Examples of the rules on authority, directory ID and client ID."""

from __future__ import annotations

from tests.services.option_rules.rule_case import (
    ACCOUNT,
    GOOGLE_CLIENT,
    MICROSOFT,
    US,
    case,
)
from tests.services.option_sets import CLIENT, DIRECTORY

NIL = "00000000-0000-0000-0000-000000000000"
GUIDS = "Enter a GUID such as 11111111-2222-3333-4444-555555555555."

CASES = [
    case(
        "A02-authority",
        "tenant-authority",
        "sts.windows.net is the issuer named in tokens, not an authority. Enter"
        " https://login.microsoftonline.com.",
        f"https://sts.windows.net/{DIRECTORY}/",
        "LOGIN.microsoftonline.com/",
    ),
    case(
        "A02-authority",
        "tenant-authority",
        "b2clogin.com signs customers in (Azure AD B2C); it gives no tokens for"
        " mailboxes. Enter https://login.microsoftonline.com.",
        "https://contoso.b2clogin.com",
        MICROSOFT,
    ),
    case(
        "A02-authority",
        "tenant-authority",
        "ciamlogin.com signs customers in (Entra External ID); it gives no tokens for"
        " mailboxes. Enter https://login.microsoftonline.com.",
        "contoso.ciamlogin.com",
        MICROSOFT,
    ),
    case(
        "A02-authority",
        "tenant-authority",
        "The German cloud was closed in October 2021. Enter"
        " https://login.microsoftonline.com.",
        "https://login.microsoftonline.de",
        MICROSOFT,
    ),
    case(
        "A02-authority",
        "tenant-authority",
        "Enter https://login.microsoftonline.com.",
        "http://login.microsoftonline.com",
        f"{MICROSOFT}/{DIRECTORY}/oauth2/v2.0/token",
    ),
    case(
        "A02-authority",
        "tenant-authority",
        "Enter https://login.microsoftonline.com.",
        "idp.contoso.example",
        "https://idp.contoso.example",
    ),
    case(
        "A02-authority",
        "tenant-authority",
        f"The address names the tenant contoso.com, but the Directory (tenant) ID is"
        f" {DIRECTORY}. Enter {MICROSOFT} and one of the two there.",
        f"{MICROSOFT}/contoso.com/v2.0",
        f"{MICROSOFT}/common/v2.0",
    ),
    case(
        "A03-other-cloud",
        "tenant-authority",
        "This is a national cloud. It needs an application registered there, and its"
        " servers and scopes have other names.",
        {
            "tenant-authority": f"{US}/",
            "server": "outlook.office365.us",
            "scope": "https://outlook.office365.us/.default",
        },
        MICROSOFT,
        warning=True,
    ),
    case(
        "A04-unknown-authority",
        "tenant-authority",
        "idp.contoso.example is no known authority of Microsoft. It is used as it is"
        " typed: test the connection.",
        "https://idp.contoso.example/adfs/",
        MICROSOFT,
        warning=True,
    ),
    case(
        "D01-directory-required",
        "directory-id",
        "Enter the Directory (tenant) ID from the application's Overview page in"
        " Entra.",
        "",
        "contoso.onmicrosoft.com",
    ),
    case(
        "D02-directory-of-grant",
        "directory-id",
        "Enter the tenant's GUID or domain: a mailbox password cannot sign in at"
        ' "common".',
        "Common",
        "organizations",
    ),
    case(
        "D02-directory-of-grant",
        "directory-id",
        "Enter the tenant's GUID or domain: a mailbox password cannot sign in at"
        ' "consumers".',
        "consumers",
        "contoso.com",
    ),
    case(
        "D02-directory-of-grant",
        "directory-id",
        "Enter the tenant's GUID or domain: a mailbox password cannot sign in at the"
        " tenant of personal accounts.",
        "9188040D-6c67-4c5b-b112-36a304b66dad",
        DIRECTORY,
    ),
    case(
        "D02-directory-of-grant",
        "directory-id",
        "Enter the tenant's GUID or domain: an application cannot sign in at"
        ' "organizations".',
        "organizations",
        "contoso.com",
        start="pop_app",
    ),
    case(
        "D02-directory-of-grant",
        "directory-id",
        "Enter the tenant's GUID or domain: an application cannot sign in at"
        ' "common".',
        "common",
        {"directory-id": "common", "grant-type": "device_code", "enable-client": False},
        start="pop_graph",
    ),
    case(
        "D02-directory-of-grant",
        "registration",
        "Directory (tenant) ID: Enter the tenant's GUID or domain: an application"
        ' cannot sign in at "common".',
        "common",
        "contoso",
        start="pop_app",
    ),
    case(
        "D03-directory-pasted-twice",
        "directory-id",
        "This is the same as the Application (client) ID. Copy the Directory (tenant)"
        " ID from the line below it in Entra.",
        CLIENT.upper(),
        "{" + DIRECTORY.upper() + "}",
    ),
    case(
        "D04-directory-form",
        "directory-id",
        "Enter a GUID such as 11111111-2222-3333-4444-555555555555, or a verified"
        " domain such as contoso.com.",
        NIL,
        DIRECTORY,
    ),
    case(
        "D04-directory-form",
        "directory-id",
        "Enter a GUID such as 11111111-2222-3333-4444-555555555555, or a verified"
        " domain such as contoso.com.",
        "contoso",
        "contoso.com",
    ),
    case(
        "C01-client-required",
        "client-id",
        "Enter the Application (client) ID from the application's Overview page in"
        " Entra.",
        "",
        CLIENT,
    ),
    case(
        "C02-client-form",
        "client-id",
        "This is the client ID of a Google application. Enter the Application (client)"
        " ID of the Azure application, a GUID.",
        "1234-abc.apps.googleusercontent.com",
        CLIENT,
    ),
    case(
        "C01-client-required",
        "client-id",
        "Enter the client ID from the Clients page of the Google Cloud console.",
        "",
        GOOGLE_CLIENT,
        start="pop_google",
        warning=True,
    ),
    case(
        "C01-client-required",
        "client-id",
        "Enter the numeric ID or the address of the service account.",
        {"client-id": "", "grant-type": "service_account"},
        {"client-id": "123456789012345678901", "grant-type": "service_account"},
        start="pop_google",
        warning=True,
    ),
    case(
        "C03-google-client-form",
        "client-id",
        "This is the ID of an Azure application. Enter the client ID of the Google"
        " application; it ends in .apps.googleusercontent.com.",
        CLIENT,
        GOOGLE_CLIENT.upper(),
        start="pop_google",
    ),
    case(
        "C03-google-client-form",
        "client-id",
        "Enter an ID such as 1234-abcd.apps.googleusercontent.com.",
        "my-application",
        GOOGLE_CLIENT,
        start="pop_google",
    ),
    case(
        "C03-google-client-form",
        "client-id",
        "This is the ID of a service account. Choose service_account as grant-type, or"
        " enter the ID of an OAuth client.",
        ACCOUNT,
        {"client-id": ACCOUNT, "grant-type": "service_account"},
        start="pop_google",
    ),
    case(
        "C03-google-client-form",
        "client-id",
        "Enter the numeric ID of the service account, or its address that ends in"
        " .iam.gserviceaccount.com.",
        {"client-id": GOOGLE_CLIENT, "grant-type": "service_account"},
        {"client-id": GOOGLE_CLIENT},
        start="pop_google",
    ),
    case(
        "C03-google-client-form",
        "client-id",
        "Enter an ID such as 1234-abcd.apps.googleusercontent.com.",
        "my-project.apps.googleusercontent.com",
        "123456789012.apps.googleusercontent.com",
        start="pop_google",
    ),
    case("C02-client-form", "client-id", GUIDS, NIL, f'"{CLIENT}" '),
    case("C02-client-form", "client-id", GUIDS, CLIENT[:-1], CLIENT.upper()),
]
