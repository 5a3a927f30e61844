"""Findings for refusals by Entra ID, by AADSTS number (diagnosis.md section 3.3).

Source of the numbers: learn.microsoft.com, reference-error-codes. One row explains all
numbers that have one cause. Lookup: services/findings.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ..core.choices import Retry, Step
from .finding import Finding, Who

LOOK_UP = "https://login.microsoftonline.com/error?code={}"

_ROWS: list[tuple[tuple[int, ...], Finding]] = []


def _row(
    numbers: tuple[int, ...],
    title: object,
    cause: object,
    step: Step,
    fix: object,
    option: str = "",
    who: Who = Who.ENTRA,
    retry: Retry = Retry.ADMIN,
    certain: bool = True,
) -> None:
    _ROWS.append(
        (numbers, Finding("", title, cause, step, fix, option, who, retry, certain))
    )


C, O = Who.CONSOLE, Who.OWNER  # noqa: E741  the two that stand in every other row

_row(
    (50126,),
    _("Microsoft refused the user name or password"),
    _(
        "The log-in name or its password is wrong. It also happens to a federated user"
        " whose password is not stored in the cloud."
    ),
    Step.PASSWORD,
    _("Enter the user principal name and its current password."),
    "password",
    C,
)
_row(
    (50034,),
    _("The account does not exist in this tenant"),
    _("The log-in name is no user of the tenant that directory-id names."),
    Step.USER_NAME,
    _("Enter the user principal name, not an alias, and check directory-id."),
    "mailbox",
    C,
)
_row(
    (50053,),
    _("The account is locked"),
    _("Too many wrong passwords, or a sign-in from an address that counts as risky."),
    Step.PASSWORD,
    _("Clear the lock in the Entra sign-in logs, then correct the password here."),
    "password",
)
_row(
    (50055, 50144),
    _("The password has expired"),
    _("The password of the log-in name is past its end date."),
    Step.PASSWORD,
    _("Set a new password that does not expire, and enter it here."),
    "password",
)
_row(
    (50056,),
    _("The account has no password in the cloud"),
    _("Entra holds no password for this user, so it cannot check one."),
    Step.PASSWORD,
    _("Set a cloud password, or switch on password hash synchronisation."),
    "password",
)
_row(
    (50057,),
    _("The account is disabled"),
    _("Sign-in is blocked for this user; for shared mailboxes this is likely normal."),
    Step.ACCOUNT,
    _("Allow sign-in for the account, or sign in as a user with Full Access to it."),
    "mailbox",
    certain=False,
)
_row(
    (50064, 50132, 50133, 50135),
    _("The stored password is no longer right"),
    _("The password was changed, or must be changed at the next sign-in."),
    Step.PASSWORD,
    _("Sign in once in a browser, then enter the new password here."),
    "password",
    C,
)
_row(
    (50072, 50079, 53004),
    _("The account must register for multi-factor authentication"),
    _("A policy asks this user to enrol; the password grant cannot do that."),
    Step.MFA,
    _("Exclude the mailbox account from multi-factor registration."),
)
_row(
    (50074, 50076, 50078),
    _("Multi-factor authentication is demanded"),
    _("A policy asks for a second factor; the password grant cannot give one."),
    Step.MFA,
    _("Exclude this account from the multi-factor policy."),
)
_row(
    (50158, 50161),
    _("An external multi-factor provider is demanded"),
    _("Conditional access hands this sign-in to another provider."),
    Step.CONDITIONAL_ACCESS,
    _("Exclude the account from the external control."),
)
_row(
    (50097, 50129, 50155, 50187),
    _("Device authentication is demanded"),
    _("Conditional access admits known devices only."),
    Step.CONDITIONAL_ACCESS,
    _("Exclude the account from the device rule."),
)
_row(
    (53000, 53001),
    _("A compliant or joined device is demanded"),
    _("Conditional access admits managed devices only."),
    Step.CONDITIONAL_ACCESS,
    _("Exclude the account or the application from that policy."),
)
_row(
    (53002,),
    _("An approved client application is demanded"),
    _("Conditional access admits approved applications only."),
    Step.CONDITIONAL_ACCESS,
    _("Take this application out of the approved-application rule."),
)
_row(
    (53003, 530032, 50131),
    _("Conditional access blocks this sign-in"),
    _("A policy on place, risk or client refuses it."),
    Step.CONDITIONAL_ACCESS,
    _(
        "Find the policy in the sign-in logs by the correlation id, and admit this"
        " account from our address."
    ),
)
_row(
    (530035,),
    _("Security defaults refuse this kind of sign-in"),
    _("The tenant's security defaults do not admit the password grant."),
    Step.CONDITIONAL_ACCESS,
    _("Replace security defaults by a policy that excludes this account."),
)
_row(
    (53011, 530034),
    _("The user counts as risky"),
    _("Identity Protection blocks the account."),
    Step.CONDITIONAL_ACCESS,
    _("Review and clear the risk in Identity Protection."),
)
_row(
    (50105,),
    _("The user is not assigned to the application"),
    _("The enterprise application admits assigned users only."),
    Step.REGISTRATION,
    _("Assign the user under Enterprise applications, or switch assignment off."),
)
_row(
    (65001,),
    _("Nobody consented to this permission"),
    _("The application lacks consent for the scope that is asked for."),
    Step.PERMISSIONS,
    _("Add the delegated permission and press Grant admin consent."),
)
_row(
    (65004,),
    _("The user declined the consent"),
    _("Somebody pressed No when the application asked for its permission."),
    Step.PERMISSIONS,
    _("Repeat the sign-in and accept."),
    who=O,
    retry=Retry.OWNER,
)
_row(
    (90094, 90095),
    _("An administrator must consent"),
    _("The permission is one that users may not grant themselves."),
    Step.PERMISSIONS,
    _("Let an administrator grant consent for the application."),
)
_row(
    (65005, 650056, 650057),
    _("The application does not list this resource"),
    _("The registration has no permission for Exchange Online or Graph."),
    Step.PERMISSIONS,
    _("Add the Exchange Online or Graph permission to the registration."),
)
_row(
    (65002,),
    _("The client ID belongs to somebody else's application"),
    _("It is one of Microsoft's own applications, which cannot be used here."),
    Step.CLIENT_ID,
    _("Register an application of your own and enter its client ID."),
    "client-id",
    C,
)
_row(
    (500011,),
    _("The resource of the scope is unknown in this tenant"),
    _("The scope is misspelt, belongs to another cloud, or Exchange is not licensed."),
    Step.SCOPE,
    _("Choose the scope that belongs to the type."),
    "scope",
    C,
)
_row(
    (50001, 650052, 650054),
    _("The resource is switched off or not subscribed"),
    _("The tenant has no usable subscription for the service that the scope names."),
    Step.SCOPE,
    _("Check the subscription, and choose the scope that belongs to the type."),
    "scope",
)
_row(
    (70011, 28002, 28003, 700023, 500013),
    _("The scope is not valid"),
    _("The scope is malformed, unknown or empty."),
    Step.SCOPE,
    _("Choose the scope that belongs to the type."),
    "scope",
    C,
)
_row(
    (700022, 28000),
    _("The scope names two resources"),
    _("One token is good for one resource only."),
    Step.SCOPE,
    _("Keep one resource in the scope."),
    "scope",
    C,
)
_row(
    (1002012,),
    _("The scope must end in /.default"),
    _("Client credentials are likely asked for with another kind of scope."),
    Step.SCOPE,
    _("Choose a scope that ends in /.default."),
    "scope",
    C,
    certain=False,
)
_row(
    (700016,),
    _("The application is unknown in this tenant"),
    _("The client ID is wrong, or the application is not installed in the tenant."),
    Step.CLIENT_ID,
    _("Copy the Application (client) ID, not the Object ID, and check directory-id."),
    "client-id",
    C,
)
_row(
    (70001, 700011, 7000112),
    _("The application is disabled or not installed"),
    _("The enterprise application does not admit sign-in."),
    Step.REGISTRATION,
    _("Set Enabled for users to sign in on the enterprise application."),
)
_row(
    (7000218,),
    _("The application does not allow public client flows"),
    _("Entra treats it as confidential and expects a secret with the password grant."),
    Step.PUBLIC_CLIENT,
    _("Set Authentication > Allow public client flows to Yes."),
)
_row(
    (700025,),
    _("A public application was given a secret"),
    _("The registration is a public client, which must not send one."),
    Step.PUBLIC_CLIENT,
    _("Make the application confidential, or use it without a secret."),
)
_row(
    (7000215, 70002),
    _("The client secret is wrong"),
    _("Likely the Secret ID was pasted instead of the Value."),
    Step.SECRET,
    _("Create a new secret and paste its Value."),
    "password",
    certain=False,
)
_row(
    (7000222,),
    _("The client secret has expired"),
    _("The secret of the registration is past its end date."),
    Step.SECRET,
    _("Create a new secret, paste its Value, and note its end date."),
    "password",
)
_row(
    (700027, 50012, 700030, 50013),
    _("The certificate or assertion was refused"),
    _("It does not match a certificate of the registration."),
    Step.SECRET,
    _("Upload the certificate that matches our key."),
)
_row(
    (700024, 500133),
    _("The assertion is outside its time"),
    _("The clock of this host is probably wrong."),
    Step.CLOCK,
    _("Synchronise the clock of this host by NTP."),
    who=Who.NETWORK,
    certain=False,
)
_row(
    (90002,),
    _("The tenant was not found"),
    _("directory-id names no tenant of this cloud."),
    Step.DIRECTORY_ID,
    _("Copy the Directory (tenant) ID from the application's Overview page."),
    "directory-id",
    C,
)
_row(
    (900023,),
    _("directory-id is no tenant"),
    _("It is neither a GUID nor a domain."),
    Step.DIRECTORY_ID,
    _("Paste the Directory (tenant) ID or a verified domain."),
    "directory-id",
    C,
)
_row(
    (50059, 50128, 90019),
    _("The request names no tenant"),
    _("directory-id is missing, or the log-in name has a domain that Entra ignores."),
    Step.DIRECTORY_ID,
    _("Enter the Directory (tenant) ID."),
    "directory-id",
    C,
)
_row(
    (9001023, 90124, 90130),
    _("This tenant name cannot be used with the password grant"),
    _("common and consumers are not admitted."),
    Step.DIRECTORY_ID,
    _("Enter the tenant's own Directory (tenant) ID."),
    "directory-id",
    C,
)
_row(
    (50194,),
    _("The application is for one tenant only"),
    _("A single-tenant application was asked for without its tenant."),
    Step.ACCOUNT_TYPE,
    _("Enter the tenant's Directory (tenant) ID, or make the application multitenant."),
    "directory-id",
)
_row(
    (9002332,),
    _("The application is for work accounts only"),
    _("It was asked for at the address of personal accounts."),
    Step.ACCOUNT_TYPE,
    _("Change the supported account types, or enter the tenant's directory-id."),
    "directory-id",
)
_row(
    (50020, 500208, 50014, 51004, 16000),
    _("The account is not a member of this tenant"),
    _("It is a personal account, a guest, or belongs to another tenant."),
    Step.ACCOUNT_TYPE,
    _("Sign in with a member account of the tenant."),
    "mailbox",
    C,
)
_row(
    (90038, 900382, 900432, 90051, 1000104),
    _("The tenant lives in another Microsoft cloud"),
    _("A national cloud has its own authority and registrations."),
    Step.AUTHORITY,
    _("Enter the authority of that cloud and register the application there."),
    "tenant-authority",
    C,
)
_row(
    (50049,),
    _("The authority is unknown"),
    _("tenant-authority names no sign-in server of Microsoft."),
    Step.AUTHORITY,
    _("Enter https://login.microsoftonline.com."),
    "tenant-authority",
    C,
)
_row(
    (90014, 900144, 9002313, 90100),
    _("A value of the request is missing or malformed"),
    _("Microsoft names the value in its answer."),
    Step.CLIENT_ID,
    _("Fill in the option that the answer names."),
    "client-id",
    C,
)
_row(
    (70003,),
    _("This kind of sign-in is not allowed"),
    _("The tenant or the application does not admit the grant."),
    Step.PUBLIC_CLIENT,
    _("Allow public client flows on the registration."),
)
_row(
    (50011, 70004, 900971),
    _("The redirect address is not registered"),
    _("The registration does not list the address that the sign-in returns to."),
    Step.REGISTRATION,
    _("Register the exact address, platform Web."),
)
_row(
    (54005, 700005, 501481),
    _("The sign-in code was used up or changed"),
    _("A code is good once, for one tenant and one request."),
    Step.PASSWORD,
    _("Start the sign-in from its beginning."),
    who=O,
    retry=Retry.OWNER,
)
_row(
    (70000, 70008, 700082, 50089),
    _("The stored sign-in has ended"),
    _("The refresh token is void or was not used for 90 days."),
    Step.PASSWORD,
    _("Let the owner sign in again."),
    "password",
    O,
    Retry.OWNER,
)
_row(
    (50173,),
    _("The stored sign-in was revoked"),
    _("The password was reset, or an administrator revoked the sessions."),
    Step.PASSWORD,
    _("Enter the new password, or let the owner sign in again."),
    "password",
    O,
    Retry.OWNER,
)
_row(
    (70043,),
    _("A policy limits how long a sign-in lasts"),
    _("Conditional access sets a sign-in frequency."),
    Step.CONDITIONAL_ACCESS,
    _("Exclude the application from the sign-in frequency."),
)
_row(
    (700084,),
    _("The sign-in was made for a single-page application"),
    _("Its refresh tokens live for a day only."),
    Step.REGISTRATION,
    _("Register the redirect address as Web, not as single-page application."),
)
_row(
    (70016, 70018, 70019),
    _("The device code is pending, wrong or expired"),
    _("Nobody has finished the sign-in with the code."),
    Step.PASSWORD,
    _("Finish the sign-in in a browser, or start it from its beginning."),
    who=O,
    retry=Retry.OWNER,
)
_row(
    (50196, 90055),
    _("Microsoft asks us to slow down"),
    _("Too many requests for tokens came from this application or tenant."),
    Step.THROTTLING,
    _("Nothing to do now: it goes on by itself after the pause asked for."),
    who=Who.NOBODY,
    retry=Retry.BACK_OFF,
)
_row(
    (90033, 90006, 90012, 90024, 90090, 50033),
    _("Microsoft's sign-in service has a fault"),
    _("Entra answered that it cannot work at the moment."),
    Step.SERVICE,
    _("Watch Microsoft's service health page; it goes on by itself."),
    who=Who.NOBODY,
    retry=Retry.BACK_OFF,
)
_row(
    (80001, 80002, 80005, 80007, 80014),
    _("The on-premises sign-in agent cannot be reached"),
    _("The pass-through authentication agent does not reach its directory."),
    Step.PASSWORD,
    _("Repair the authentication agent."),
    retry=Retry.BACK_OFF,
)
_row(
    (80012, 80013),
    _("The on-premises directory refuses the sign-in time"),
    _("It is outside the account's log-on hours, or the agent's clock is wrong."),
    Step.ACCOUNT,
    _("Widen the log-on hours, or synchronise the agent's clock."),
)
_row(
    (500021, 500022, 50002),
    _("A proxy restricts sign-in to other tenants"),
    _("A corporate proxy adds a list of tenants, and this one is not on it."),
    Step.PROXY,
    _("Add this tenant to the proxy's list."),
    who=Who.NETWORK,
)
_row(
    (500212, 500213),
    _("A policy between tenants refuses the sign-in"),
    _("The account belongs to another tenant than the resource."),
    Step.ACCOUNT_TYPE,
    _("Use an account of the tenant itself."),
    "mailbox",
)
_row(
    (1002016,),
    _("The connection uses an old version of TLS"),
    _("Likely a proxy on the way speaks less than TLS 1.2."),
    Step.NETWORK,
    _("Update the proxy or OpenSSL to TLS 1.2 or newer."),
    who=Who.NETWORK,
    certain=False,
)

BY_NUMBER: dict[int, Finding] = {
    number: finding for numbers, finding in _ROWS for number in numbers
}
