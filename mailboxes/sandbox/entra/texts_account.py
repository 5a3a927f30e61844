"""What Entra says when it refuses an account, its device or its stored sign-in.

Rows (number, status, error, suberror, words); the form of the whole answer and the
sources: entra/errors. Refusals of applications: entra/texts_app.
"""

from __future__ import annotations

GRANT, INTERACT = "invalid_grant", "interaction_required"
BUSY = "temporarily_unavailable"
_BASIC, _MESSAGE = "basic_action", "message_only"
_MOVED = (
    "Due to a configuration change made by your administrator, or because you moved "
    "to a new location, you must "
)

ROWS: tuple[tuple[int, int, str, str, str], ...] = (
    # passwords
    (50126, 400, GRANT, "",
     "Error validating credentials due to invalid username or password."),
    (50034, 400, GRANT, "",
     "The user account {user} does not exist in the {tenant} directory. To sign into "
     "this application, the account must be added to the directory."),
    (50053, 400, GRANT, "",
     "The account is locked, you've tried to sign in too many times with an "
     "incorrect user ID or password."),
    (50055, 400, GRANT, "user_password_expired", "The password is expired."),
    (50144, 400, GRANT, "user_password_expired",
     "The user's Active Directory password has expired."),
    (50056, 400, GRANT, "",
     "Invalid or null password: password does not exist in the directory for this "
     "user."),
    (50057, 400, GRANT, "", "The user account is disabled."),
    (50064, 400, GRANT, "", "Credential validation has failed."),
    (50132, 400, GRANT, "",
     "The session is not valid because the password expired or was changed recently."),
    (50133, 400, GRANT, "",
     "The session is not valid because the password expired or was changed recently."),
    (50135, 400, GRANT, "", "A password change is required due to account risk."),
    # multi-factor
    (50072, 400, INTERACT, "",
     "The user must enroll in multi-factor authentication."),
    (50079, 400, GRANT, _BASIC,
     f"{_MOVED}enroll in multi-factor authentication to access '{{resource}}'."),
    (53004, 400, GRANT, "", "User must complete multi-factor registration."),
    (50074, 400, INTERACT, _BASIC, "Strong Authentication is required."),
    (50076, 400, GRANT, _BASIC,
     f"{_MOVED}use multi-factor authentication to access '{{resource}}'."),
    (50078, 400, GRANT, _BASIC,
     "Presented multi-factor authentication has expired due to policies configured by "
     "your administrator, you must refresh your multi-factor authentication to access "
     "'{resource}'."),
    (50158, 400, INTERACT, "additional_action",
     "External security challenge was not satisfied."),
    (50161, 400, GRANT, "",
     "The claims sent by the external provider are not sufficient."),
    # devices and policies
    (50097, 400, INTERACT, "", "Device authentication is required."),
    (50129, 400, INTERACT, "",
     "Device is not workplace joined. Workplace join is required to register the "
     "device."),
    (50155, 400, GRANT, "", "Device authentication failed for this user."),
    (50187, 400, GRANT, "", "Failed to perform device authentication."),
    (53000, 400, GRANT, _MESSAGE, "Device is not in required device state."),
    (53001, 400, GRANT, _MESSAGE,
     "Device is not in required device state: it must be domain joined."),
    (53002, 400, GRANT, _MESSAGE,
     "Application used is not an approved application for Conditional Access."),
    (53003, 400, GRANT, _MESSAGE,
     "Access has been blocked by Conditional Access policies. The access policy does "
     "not allow token issuance."),
    (530032, 400, GRANT, _MESSAGE,
     "Tenant security policy does not allow access to this resource."),
    (50131, 400, INTERACT, _MESSAGE,
     "Device is not in required device state. Sign-in was blocked because it came "
     "from an IP address with malicious activity or by a policy."),
    (530035, 400, GRANT, _MESSAGE,
     "Access has been blocked by security defaults. The request is using legacy "
     "authentication or is deemed unsafe by security defaults policies."),
    (53011, 400, GRANT, "", "User blocked due to risk on home tenant."),
    (530034, 400, GRANT, "", "A delegated administrator was blocked due to account "
     "risk in their home tenant."),
    (70043, 400, GRANT, "bad_token",
     "The refresh token has expired or is invalid due to sign-in frequency checks by "
     "Conditional Access."),
    # whose account
    (50020, 400, GRANT, "",
     "User account '{user}' from identity provider 'live.com' does not exist in tenant "
     "'Contoso' and cannot access the application '{client}'({app}) in that tenant."),
    (500208, 400, GRANT, "",
     "The domain is not a valid login domain for the account type."),
    (50014, 400, GRANT, "", "The guest user's redemption is in a pending state."),
    (51004, 400, GRANT, "",
     "The user account {user} does not exist in the {tenant} directory."),
    (16000, 400, INTERACT, "",
     "User account '{user}' from identity provider does not exist in tenant 'Contoso' "
     "and cannot access the application in that tenant. The account needs to be added "
     "as an external user in the tenant first."),
    (500021, 400, GRANT, "",
     "Access to 'Contoso' tenant is denied by the tenant restrictions of your "
     "network."),
    (500022, 400, GRANT, "",
     "Access to '{tenant}' tenant is denied: the proxy did not name it."),
    (50002, 400, GRANT, "",
     "Sign-in failed because of restricted proxy access on the tenant."),
    (500212, 400, GRANT, "",
     "The user's administrator has set an outbound access policy that does not allow "
     "access to the resource tenant."),
    (500213, 400, GRANT, "",
     "The resource tenant's cross-tenant access policy does not allow this user to "
     "access this tenant."),
    # codes and refresh tokens
    (54005, 400, GRANT, "",
     "OAuth2 Authorization code was already redeemed, please retry with a new valid "
     "code or use an existing refresh token."),
    (700005, 400, GRANT, "",
     "Provided authorization code is intended to use against other tenant, thus "
     "rejected."),
    (501481, 400, GRANT, "",
     "The Code_Verifier does not match the code_challenge supplied in the "
     "authorization request."),
    (70000, 400, GRANT, "", "Provided grant is invalid or malformed."),
    (70008, 400, GRANT, "bad_token",
     "The provided authorization code or refresh token has expired due to inactivity."),
    (700082, 400, GRANT, "bad_token",
     "The refresh token has expired due to inactivity."),
    (50089, 400, GRANT, "bad_token", "Flow token expired."),
    (50173, 400, GRANT, "bad_token",
     "The provided grant has expired due to it being revoked, a fresh auth token is "
     "needed. The user might have changed or reset their password."),
    (700084, 400, GRANT, "",
     "The refresh token was issued to a single page app (SPA), and therefore has a "
     "fixed, limited lifetime, which cannot be extended."),
    (70016, 400, "authorization_pending", "",
     "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    (70018, 400, "bad_verification_code", "", "Invalid verification code."),
    (70019, 400, "expired_token", "", "Verification code expired."),
    # on-premises agents
    (80001, 400, GRANT, "", "Unable to connect to Active Directory."),
    (80002, 400, GRANT, "", "Timeout when connecting to Active Directory."),
    (80005, 400, GRANT, "",
     "An unpredictable web error occurred at the authentication agent."),
    (80007, 400, GRANT, "",
     "The authentication agent is unable to validate the user's password."),
    (80014, 503, BUSY, "",
     "Timed out waiting for the authentication agent to respond."),
    (80012, 400, GRANT, "",
     "The users attempted to log on outside of the allowed hours."),
    (80013, 400, GRANT, "",
     "The authentication attempt could not be completed due to time skew between the "
     "machine running the authentication agent and AD."),
    # the service
    (50196, 400, GRANT, "",
     "The server terminated an operation because it encountered a client request "
     "loop. Please contact your app vendor."),
    (90055, 429, BUSY, "", "Tenant request is throttled due to too many requests."),
    (90033, 503, BUSY, "", "A transient error has occurred. Please try again."),
    (90006, 503, BUSY, "", "The service is temporarily unavailable."),
    (90012, 503, BUSY, "", "The request has timed out."),
    (90024, 503, BUSY, "",
     "The request budget was exceeded. A transient error has occurred."),
    (90090, 503, BUSY, "", "A transient error has occurred: the directory is busy."),
    (50033, 503, BUSY, "", "A transient error has occurred. Please try again."),
)  # fmt: skip
