"""Refusals by Entra ID about the account: diagnosis.md rows 1 to 16 and 57 to 60.

Source of the numbers: learn.microsoft.com, reference-error-codes. Numbers that the
catalogue does not list are known from practice; they have the same cause.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ...core.choices import Step
from .entry import (
    BACK_OFF,
    DEFAULTS,
    ENTRA,
    ENTRA_ID,
    NETWORK,
    OWNER,
    POLICIES,
    RISKS,
    SIGN_IN_LOGS,
    USER,
    Entry,
    row,
)

ROWS: tuple[Entry, ...] = (
    row(
        "entra-wrong-password",
        1,
        _("Microsoft refused the user name or password"),
        _(
            "The log-in name or its password is wrong. It also happens to a federated"
            " user whose password is not stored in the cloud: that one needs another"
            " grant, or cloud password validation."
        ),
        Step.PASSWORD,
        "password",
        _("Enter the user principal name and its current password."),
        numbers=(50126,),
    ),
    row(
        "entra-user-unknown",
        2,
        _("The account does not exist in this tenant"),
        _("The log-in name is no user of the tenant that directory-id names."),
        Step.USER_NAME,
        "mailbox",
        _("Enter the user principal name, not an alias, and check directory-id."),
        numbers=(50034,),
    ),
    row(
        "entra-account-locked",
        3,
        _("The account is locked"),
        _(
            "Too many wrong passwords, or a sign-in from an address that counts as"
            " risky."
        ),
        Step.PASSWORD,
        "password",
        _(
            "See in the Entra sign-in logs which of the two it was, and clear the lock"
            " or the risk; then correct the password here."
        ),
        who=ENTRA,
        numbers=(50053,),
        portal=SIGN_IN_LOGS,
    ),
    row(
        "entra-password-expired",
        4,
        _("The password has expired"),
        _("The password of the log-in name is past its end date."),
        Step.PASSWORD,
        "password",
        _("Set a new password that does not expire, and enter it here."),
        who=ENTRA,
        numbers=(50055, 50144),
        copy=(
            "Update-MgUser -UserId {user} -PasswordPolicies DisablePasswordExpiration",
        ),
    ),
    row(
        "entra-no-cloud-password",
        5,
        _("The account has no password in the cloud"),
        _("Entra holds no password for this user, so it cannot check one."),
        Step.PASSWORD,
        "password",
        _("Set a cloud password, or switch on password hash synchronisation."),
        who=ENTRA,
        numbers=(50056,),
        portal=USER,
    ),
    row(
        "entra-account-disabled",
        6,
        _("The account is disabled"),
        _(
            "Sign-in is blocked for this user; the account of a shared mailbox usually"
            " is."
        ),
        Step.ACCOUNT,
        "account",
        _(
            "Allow sign-in for the account; for a shared mailbox, enter a user with"
            " Full Access to it as the account that signs in."
        ),
        who=ENTRA,
        numbers=(50057,),
        portal=f"{USER} > Properties > Account enabled",
    ),
    row(
        "entra-password-changed",
        7,
        _("The stored password is no longer right"),
        _("The password was changed, or must be changed at the next sign-in."),
        Step.PASSWORD,
        "password",
        _("Sign in once in a browser, then enter the new password here."),
        numbers=(50064, 50132, 50133, 50135),
    ),
    row(
        "entra-mfa-registration",
        8,
        _("The account must register for multi-factor authentication"),
        _("A policy asks this user to enrol; the password grant cannot do that."),
        Step.MFA,
        "grant-type",
        _(
            "Exclude the mailbox account from multi-factor registration, or choose"
            " another grant."
        ),
        who=ENTRA,
        numbers=(50072, 50079, 53004),
        portal=f"{RISKS} > Dashboard > Multifactor authentication registration policy",
    ),
    row(
        "entra-mfa-required",
        9,
        _("Multi-factor authentication is demanded"),
        _("A policy asks for a second factor; the password grant cannot give one."),
        Step.MFA,
        "grant-type",
        _(
            "Exclude this account from the multi-factor policy, or choose another"
            " grant."
        ),
        who=ENTRA,
        numbers=(50074, 50076, 50078),
        portal=POLICIES,
    ),
    row(
        "entra-external-mfa",
        10,
        _("An external multi-factor provider is demanded"),
        _("Conditional Access hands this sign-in to another provider."),
        Step.CONDITIONAL_ACCESS,
        "",
        _("Exclude the account from the external control."),
        who=ENTRA,
        numbers=(50158, 50161),
        portal=POLICIES,
    ),
    row(
        "entra-device-sign-in",
        11,
        _("Device authentication is demanded"),
        _("Conditional Access admits known devices only."),
        Step.CONDITIONAL_ACCESS,
        "",
        _("Exclude the account from the device rule."),
        who=ENTRA,
        numbers=(50097, 50129, 50155, 50187),
        portal=POLICIES,
    ),
    row(
        "entra-device-compliance",
        12,
        _("A compliant or joined device is demanded"),
        _("Conditional Access admits managed devices only."),
        Step.CONDITIONAL_ACCESS,
        "",
        _("Exclude the account or the application from that policy."),
        who=ENTRA,
        numbers=(53000, 53001),
        portal=POLICIES,
    ),
    row(
        "entra-approved-app",
        13,
        _("An approved client application is demanded"),
        _("Conditional Access admits approved applications only."),
        Step.CONDITIONAL_ACCESS,
        "",
        _("Take this application out of the approved-application rule."),
        who=ENTRA,
        numbers=(53002,),
        portal=POLICIES,
    ),
    row(
        "entra-conditional-access",
        14,
        _("Conditional Access blocks this sign-in"),
        _("A policy on place, risk or client refuses it."),
        Step.CONDITIONAL_ACCESS,
        "",
        _(
            "Find the policy in the sign-in logs by the correlation id, and admit this"
            " account from our address."
        ),
        who=ENTRA,
        numbers=(53003, 530032, 50131),
        portal=SIGN_IN_LOGS,
    ),
    row(
        "entra-security-defaults",
        15,
        _("Security defaults refuse this kind of sign-in"),
        _("The tenant's security defaults do not admit the password grant."),
        Step.CONDITIONAL_ACCESS,
        "grant-type",
        _(
            "Replace security defaults by a Conditional Access policy that excludes"
            " this account, or sign in as an application."
        ),
        who=ENTRA,
        numbers=(530035,),
        portal=DEFAULTS,
    ),
    row(
        "entra-user-risk",
        16,
        _("The user counts as risky"),
        _("Identity Protection blocks the account."),
        Step.CONDITIONAL_ACCESS,
        "",
        _("Review and clear the risk in Identity Protection."),
        who=ENTRA,
        numbers=(53011, 530034),
        portal=f"{RISKS} > Risky users",
    ),
    row(
        "entra-agent-unreachable",
        57,
        _("The on-premises sign-in agent cannot be reached"),
        _("The pass-through authentication agent does not reach its directory."),
        Step.PASSWORD,
        "",
        _("Repair the authentication agent."),
        who=ENTRA,
        retry=BACK_OFF,
        numbers=(80001, 80002, 80005, 80007, 80014),
        portal=f"{ENTRA_ID} > Entra Connect > Connect Sync"
        " > Pass-through authentication",
    ),
    row(
        "entra-logon-hours",
        58,
        _("The account may not sign in at this hour"),
        _("The on-premises directory limits its log-on hours."),
        Step.ACCOUNT,
        "",
        _("Widen the log-on hours of the account in the on-premises directory."),
        who=ENTRA,
        numbers=(80012,),
    ),
    row(
        "entra-agent-clock",
        58,
        _("The clock of the on-premises sign-in agent is wrong"),
        _("The pass-through agent and Entra do not agree on the time."),
        Step.CLOCK,
        "",
        _("Synchronise the clock of the host that runs the authentication agent."),
        who=ENTRA,
        numbers=(80013,),
    ),
    row(
        "entra-tenant-restriction",
        59,
        _("A proxy restricts sign-in to other tenants"),
        _("A corporate proxy adds a list of tenants, and this one is not on it."),
        Step.PROXY,
        "proxy",
        _("Add this tenant to the proxy's list."),
        who=NETWORK,
        numbers=(500021, 500022, 50002),
    ),
    row(
        "entra-cross-tenant",
        60,
        _("A policy between tenants refuses the sign-in"),
        _("The account belongs to another tenant than the resource."),
        Step.ACCOUNT_TYPE,
        "mailbox",
        _("Use an account of the tenant itself."),
        who=ENTRA,
        numbers=(500212, 500213),
        portal=f"{ENTRA_ID} > External Identities > Cross-tenant access settings",
    ),
    row(
        "federation-refused",
        0,
        _("The organisation's own sign-in server refused the password"),
        _(
            "The account is federated: its own server (AD FS) checks the password, and"
            " likely found it wrong, or does not take this kind of sign-in."
        ),
        Step.PASSWORD,
        "password",
        _(
            "Enter the current password; else let the sign-in server admit user name"
            " and password, or allow cloud password validation."
        ),
        who=ENTRA,
        likely=True,
    ),
    row(
        "entra-account-other",
        0,
        _("Entra refused the account"),
        _(
            "Likely a rule on this account or its password; Microsoft's words say"
            " which."
        ),
        Step.ACCOUNT,
        "mailbox",
        _("Sign in with the account in a browser, and do what Microsoft asks there."),
        who=OWNER,
        likely=True,
    ),
)
