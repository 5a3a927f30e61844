"""What Entra says when it refuses an application, its consent, or the tenant asked for.

Rows as in entra/texts_account, which has the refusals of accounts.
"""

from __future__ import annotations

from .texts_account import GRANT

CLIENT, REQUEST = "invalid_client", "invalid_request"
UNAUTHORIZED, SCOPE = "unauthorized_client", "invalid_scope"
RESOURCE = "invalid_resource"

ROWS: tuple[tuple[int, int, str, str, str], ...] = (
    # consent and resources
    (50105, 400, GRANT, "",
     "Your administrator has configured the application {app} ('{client}') to block "
     "users unless they are specifically granted ('assigned') access to the "
     "application. The signed in user '{user}' is blocked because they are not a "
     "direct member of a group with access."),
    (65001, 400, GRANT, "consent_required",
     "The user or administrator has not consented to use the application with ID "
     "'{client}' named '{app}'. Send an interactive authorization request for this "
     "user and resource."),
    (65004, 400, GRANT, "consent_required",
     "User declined to consent to access the app."),
    (90094, 400, GRANT, "consent_required",
     "An administrator of Contoso has set a policy that prevents you from granting "
     "{app} the permissions it is requesting. Contact an administrator."),
    (90095, 400, GRANT, "consent_required",
     "Administrator consent is required to approve the permission request."),
    (65005, 400, RESOURCE, "",
     "The app has requested access to resource '{resource}' which is not in the "
     "requested permissions of its app registration."),
    (650056, 400, REQUEST, "",
     "Misconfigured application. This could be due to one of the following: the client "
     "has not listed any permissions for '{resource}' in the requested permissions in "
     "the client's application registration."),
    (650057, 400, RESOURCE, "",
     "Invalid resource. The client has requested access to a resource which is not "
     "listed in the requested permissions in the client's application registration."),
    (65002, 400, REQUEST, "",
     "Consent between first party application '{client}' and first party resource "
     "'{resource}' must be configured via preauthorization."),
    (500011, 400, RESOURCE, "",
     "The resource principal named {resource} was not found in the tenant named "
     "Contoso. This can happen if the application has not been installed by the "
     "administrator of the tenant or consented to by any user in the tenant."),
    (50001, 400, RESOURCE, "",
     "The application named {resource} was not found in the tenant named Contoso."),
    (650052, 400, RESOURCE, "",
     "The app is trying to access a service '{resource}' that your organization "
     "'Contoso' lacks a service principal for."),
    (650054, 400, RESOURCE, "",
     "The application asked for permissions to access a resource that has been removed "
     "or is no longer available."),
    # scope
    (70011, 400, SCOPE, "",
     "The provided request must include a 'scope' input parameter. The provided value "
     "for the input parameter 'scope' is not valid. The scope {scope} is not valid."),
    (28002, 400, SCOPE, "",
     "Provided value for scope {scope} is not valid when requesting an access token."),
    (28003, 400, SCOPE, "",
     "Provided value for the input parameter scope cannot be empty when requesting an "
     "access token."),
    (700023, 400, SCOPE, "", "Client assertion audience or scope is not valid."),
    (500013, 400, SCOPE, "",
     "Resource identifier is not provided in scope {scope}."),
    (700022, 400, SCOPE, "",
     "Provided value for the input parameter scope is not valid because it contains "
     "more than one resource."),
    (28000, 400, SCOPE, "",
     "Provided value for the input parameter scope is not valid because it contains "
     "more than one resource. Scope {scope} is not valid."),
    (1002012, 400, SCOPE, "",
     "The provided value for scope {scope} is not valid. Client credential flows must "
     "have a scope value with /.default suffixed to the resource identifier "
     "(application ID URI)."),
    # the application and its credential
    (700016, 400, UNAUTHORIZED, "",
     "Application with identifier '{client}' was not found in the directory "
     "'{tenant}'. This can happen if the application has not been installed by the "
     "administrator of the tenant or consented to by any user in the tenant."),
    (70001, 400, UNAUTHORIZED, "", "The application '{client}' is disabled."),
    (700011, 400, UNAUTHORIZED, "",
     "The app '{client}' the request was sent from is not installed on the tenant."),
    (7000112, 400, UNAUTHORIZED, "", "Application '{client}'({app}) is disabled."),
    (7000218, 401, CLIENT, "",
     "The request body must contain the following parameter: 'client_assertion' or "
     "'client_secret'."),
    (7000216, 401, CLIENT, "",
     "'client_assertion', 'client_secret' or 'request' is required for the "
     "'client_credentials' grant type."),
    (700025, 401, CLIENT, "",
     "Client is public so neither 'client_assertion' nor 'client_secret' should be "
     "presented."),
    (7000215, 401, CLIENT, "",
     "Invalid client secret provided. Ensure the secret being sent in the request is "
     "the client secret value, not the client secret ID, for a secret added to app "
     "'{client}'."),
    (70002, 401, CLIENT, "",
     "Error validating credentials. The specified client secret does not match."),
    (7000222, 401, CLIENT, "",
     "The provided client secret keys for app '{client}' are expired."),
    (700027, 401, CLIENT, "",
     "Client assertion failed signature validation. [Reason - {reason}]"),
    (50012, 401, CLIENT, "", "Authentication failed: the client assertion is not "
     "signed by a certificate of the app."),
    (700030, 401, CLIENT, "",
     "Invalid certificate: the subject name in the certificate is not authorized."),
    (50013, 401, CLIENT, "", "Assertion failed signature validation."),
    (700024, 401, CLIENT, "",
     "Client assertion is not within its valid time range."),
    (500133, 400, GRANT, "",
     "Assertion is not within its valid time range. Ensure that the access token is "
     "not expired before using it for user assertion, or request a new token."),
    (70003, 400, "unsupported_grant_type", "",
     "The app requested an unsupported grant type '{grant}'."),
    (50011, 400, REQUEST, "",
     "The redirect URI specified in the request does not match the redirect URIs "
     "configured for the application '{client}'."),
    (70004, 400, UNAUTHORIZED, "",
     "The app returned an invalid redirect URI: it does not match any configured "
     "one."),
    (900971, 400, REQUEST, "", "No reply address provided."),
    # the tenant and the cloud
    (90002, 400, REQUEST, "",
     "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID "
     "and are signing into the correct cloud. Check with your subscription "
     "administrator, this may happen if there are no active subscriptions for the "
     "tenant."),
    (900023, 400, REQUEST, "",
     "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid "
     "external domain."),
    (50059, 400, REQUEST, "",
     "No tenant-identifying information found in either the request or implied by any "
     "provided credentials."),
    (50128, 400, REQUEST, "",
     "Invalid domain name: no tenant-identifying information found in either the "
     "request or implied by any provided credentials."),
    (90019, 400, REQUEST, "",
     "No tenant-identifying information found in either the request or implied by any "
     "provided credentials."),
    (9001023, 400, REQUEST, "",
     "The grant type is not supported over the /common or /consumers endpoints. "
     "Please use the /organizations or tenant-specific endpoint."),
    (90124, 400, REQUEST, "",
     "Resource '{resource}' is not supported over the /common or /consumers "
     "endpoints. Use the /organizations or tenant-specific endpoint."),
    (90130, 400, REQUEST, "",
     "Application '{client}' is not supported over the /common or /consumers "
     "endpoints."),
    (50194, 400, REQUEST, "",
     "Application '{client}'({app}) is not configured as a multi-tenant application."),
    (9002332, 400, REQUEST, "",
     "Application '{client}'({app}) is configured for use by Azure Active Directory "
     "users only. Please do not use the /consumers endpoint to serve this request."),
    (90038, 400, REQUEST, "",
     "Tenant '{tenant}' request is being redirected to the National Cloud."),
    (900382, 400, REQUEST, "",
     "Confidential Client is not supported in Cross Cloud request."),
    (900432, 400, REQUEST, "",
     "Confidential Client is not supported in Cross Cloud request."),
    (90051, 400, REQUEST, "", "Invalid national Cloud ID."),
    (1000104, 400, REQUEST, "",
     "Cross cloud request is not supported for this application."),
    (50049, 400, "invalid_instance", "",
     "Unknown or invalid instance: the authority is none of this cloud."),
    # what is missing or malformed
    (90014, 400, REQUEST, "", "The required field '{parameter}' is missing."),
    (900144, 400, REQUEST, "",
     "The request body must contain the following parameter: '{parameter}'."),
    (9002313, 400, REQUEST, "",
     "Invalid request. Request is malformed or invalid."),
    (90100, 400, REQUEST, "", "The parameter '{parameter}' is empty or not valid."),
    (1002016, 400, REQUEST, "",
     "You are using TLS version 1.0, 1.1 and/or 3DES cipher which are deprecated to "
     "improve the security posture of Azure AD."),
)  # fmt: skip
