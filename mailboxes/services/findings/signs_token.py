"""Signs of the token endpoint where no number of Microsoft's tells, and of Google."""

from __future__ import annotations

from .sign import DECISIVE, FAIR, STRONG, TOKEN, WEAK, table

_MS = r"microsoftonline|microsoft|office365|aadsts"

SIGNS = table(
    TOKEN,
    [
        # Google, most telling first: rows 66 to 81
        ("google-session-control", DECISIVE,
         r"invalid_rapt|rapt_required|reauth related|reauthentication is needed"
         r"|reauth required"),
        ("google-refresh-token-ended", DECISIVE,
         r"token has been expired or revoked|token has been revoked",
         "",
         r"aadsts|microsoft|office365|invalid_rapt"),
        ("google-refresh-token-ended", DECISIVE,
         r"invalid_grant.{0,80}(?:expired|revoked)",
         "google",
         r"aadsts|microsoft|office365|invalid_rapt"),
        ("oauth-refresh-token-ended", STRONG,
         r"invalid_grant.{0,80}(?:expired|revoked)",
         "",
         r"aadsts|microsoft|office365|invalid_rapt"),
        ("google-delegation-missing", STRONG,
         r"unauthorized_client.{0,80}client or scope in request",
         "",
         r"aadsts"),
        ("clock-skew", STRONG,
         r"cannot handle token prior to|\biat\b.{0,20}(?:invalid|in the future)"),
        ("google-clock", DECISIVE,
         r"reasonable timeframe|iat and exp values|invalid jwt.{0,60}(?:short-lived"
         r"|timeframe)|token used too early|token must be a short"),
        ("google-wrong-key", DECISIVE,
         r"invalid jwt signature|invalid jwt.{0,20}signature|no key could be found"
         r"|could not deserialize key data"),
        ("google-user-unknown", DECISIVE,
         r"invalid email or user id|invalid impersonat|invalid principal"
         r"|invalid_grant.{0,40}(?:not a valid email|account not found)"),
        ("google-code-used", STRONG,
         r"invalid_grant.{0,80}(?:bad request|malformed auth"
         r"|code was already redeemed|code has (?:expired|already)|invalid code)"
         r"|malformed auth code",
         "google"),
        ("google-client-unknown", DECISIVE,
         r"oauth client was not found|deleted_client|oauth client was (?:deleted"
         r"|disabled)|disabled_client"
         r"|invalid_client.{0,60}no (?:registered )?(?:application|client)"),
        ("google-wrong-secret", STRONG,
         r"invalid_client.{0,80}(?:unauthorized|client secret|secret is invalid)"
         r"|provided client secret is invalid",
         "google",
         r"oauth client was not found"),
        ("google-delegation-missing", DECISIVE,
         r"client is unauthorized to retrieve access"
         r"|not authorized for any of the scopes"
         r"|domain-wide delegation.{0,60}(?:not|denied|missing)"),
        # The mailbox that is asked for is another one than the token's.
        ("google-user-unknown", STRONG,
         r"delegation denied"),
        ("google-delegation-missing", FAIR,
         r"access token for service account: ?40[013]|service account.{0,40}\b401\b",
         "google"),
        ("google-client-unknown", STRONG + 5,
         r"unauthorized_client\W{1,4}error_description\W{1,5}unauthorized\W",
         "google"),
        ("google-delegation-missing", STRONG,
         r"unauthorized_client",
         "google"),
        ("google-internal-app", DECISIVE,
         r"org_internal|restricted to users within its org"),
        ("google-not-a-test-user", DECISIVE,
         r"has not completed the google verification|only (?:be )?access(?:ed"
         r"|ible) (?:by|to) developer-approved testers|developer-approved testers"
         r"|currently being tested|access_denied.{0,120}test user"
         r"|given you access to this app"),
        ("google-not-a-test-user", STRONG,
         r"403\W{0,3}access_denied",
         "google"),
        ("google-consent-declined", FAIR,
         r"error=access_denied|access_denied.{0,80}(?:declined|denied|cancel)",
         "google",
         r"403|test user|tested|verification|developer|aadsts|microsoft"),
        ("google-app-blocked", DECISIVE,
         r"admin_policy_enforced|access_not_configured|blocked by your admin"
         r"|admin_policy|access (?:to this app|was) (?:is |has been )?(?:blocked"
         r"|restricted) by (?:your|the) admin|app is blocked"),
        ("google-redirect-mismatch", DECISIVE,
         r"redirect_uri_mismatch|invalid parameter value for redirect_uri"
         r"|redirect uri in the request.{0,120}(?:did not match|does not match)",
         "",
         r"aadsts|microsoftonline"),
        ("google-password-grant", DECISIVE,
         r"unsupported_grant_type|invalid grant_type",
         "google"),
        ("google-scope-invalid", STRONG,
         r"invalid_scope|scope.{0,40}(?:invalid|not valid)",
         "google"),
        ("google-no-refresh-token", STRONG,
         r"no refresh[_ ]?token|missing.{0,20}refresh[_ ]token"
         r"|refresh[_ ]token (?:is |was )?(?:missing|not (?:returned|set|present)"
         r"|null|undefined|empty|none)|did not (?:return|contain) a refresh",
         "google|oauth"),
        ("google-refresh-token-ended", STRONG,
         r"invalid_grant",
         "google",
         r"aadsts|microsoftonline|invalid_grant.{0,80}bad request"),
        ("google-refresh-token-ended", DECISIVE,
         r"token expired and refresh token is not|account has been deleted",
         "google|oauth"),
        ("google-refresh-token-ended", STRONG,
         r"no access token in response",
         "google|oauth"),
        ("google-api-off", DECISIVE,
         r"api has not been used in project|accessnotconfigured"
         r"|gmail api.{0,30}not (?:been )?enabled"
         r"|it is disabled\. enable it by visiting|service_disabled"),
        ("google-scope-narrow", DECISIVE,
         r"insufficient authentication scopes|access_token_scope_insufficient"
         r"|insufficient ?permissions?\b",
         "google"),
        ("google-user-unknown", STRONG,
         r"precondition check failed|failedprecondition|failed_precondition",
         "google",
         r"mail service not enabled"),
        ("google-mail-off", DECISIVE,
         r"mail service not enabled"),
        ("google-redirect-mismatch", STRONG,
         r"doesn't comply with google's oauth 2\.0 policy"
         r"|oauth 2\.0 de google|out-of-band|oob\) flow"
         r"|disallowed_useragent",
         "google|oauth"),
        ("oauth-refresh-token-ended", STRONG,  # a device's code, not typed in time
         r"\b(?:code|token)_expired\b|nodemailer/lib/fetch",
         "oauth|token|mail",
         r"aadsts"),
        ("oauth-refresh-token-ended", DECISIVE,  # no token came with the request
         r"missing required authentication credential|\bcredentials_missing\b",
         "google"),
        ("google-token-refused", STRONG,
         r"invalid authentication credentials. expected oauth"
         r"|request had invalid authentication",
         "google"),
        ("graph-throttled", WEAK,
         r"userratelimitexceeded|ratelimitexceeded",
         "google"),
        ("server-throttled", DECISIVE,
         r"userratelimitexceeded|ratelimitexceeded|resource_exhausted"
         r"|quota exceeded for quota metric",
         "google"),
        # Microsoft in words, where the number was cut away: rows 1 to 61
        ("entra-wrong-password", STRONG,
         r"error validating credentials due to invalid user"
         r"|invalid username or password",
         "microsoft+oauth"),
        ("entra-account-locked", STRONG,
         r"sign in too many times|account is locked|idsloc"),
        ("entra-mfa-required", STRONG,
         r"must use multi-?factor|multi-?factor auth.{0,20}(?:is )?(?:required"
         r"|demanded)|basic_action.{0,40}mfa|strong authentication is re",
         "oauth|microsoft"),
        ("entra-mfa-registration", STRONG,
         r"must enroll in multi-?factor|register for multi"),
        ("entra-conditional-access", STRONG,
         r"blocked by conditional access|conditional access polic"
         r"|does not meet the criteria to access|access policy does not allow tok"),
        ("entra-consent-missing", STRONG,
         r"has not consented to use|consent_required"
         r"|interaction_required.{0,60}consent"
         r"|needs permission to access resources in your"),
        ("entra-admin-consent", STRONG,
         r"needs? admin(?:istrator)? approval|admin(?:istrator)? consent is required"
         r"|approval required"),
        ("entra-secret-expired", STRONG,
         r"client secret keys are expired|client secret.{0,30}expired"
         r"|secret has expired"),
        ("entra-certificate-expired", DECISIVE,
         r"key used is expired|certificate.{0,80}is expired on application",
         "microsoft|oauth"),
        ("entra-wrong-secret", STRONG,
         r"invalid client secret|client secret.{0,20}(?:is )?(?:wrong|invalid"
         r"|incorrect)",
         "",
         r"expired|google"),
        ("entra-app-unknown", STRONG,
         r"application with identifier.{0,120}not found in"),
        ("entra-tenant-unknown", STRONG,
         r"tenant.{0,80}(?:not found|does not exist)|invalid_tenant"
         r"|tenant_discovery|unable to get authority configuration",
         "oauth|microsoft"),
        ("entra-authority-unknown", STRONG,
         r"invalid_instance|authority.{0,40}(?:not (?:in|valid)|unknown"
         r"|is not known)|error_authority|endpoints_resolution_error"
         r"|could not resolve endpoints"),
        ("entra-redirect-unregistered", STRONG,
         r"parameter 'redirect_uri' is not valid|matches a redirect uri registered"),
        ("entra-account-audience", DECISIVE,
         r"not enabled for consumers|wstrust endpoint from mex"),
        ("entra-account-audience", STRONG,
         r"not enabled for consumers|does not exist or is not enabled"
         r"|only supported on the (?:common|consumers) tenant|use the /consumers"
         r"|microsoft account users only|not (?:supported|configured) (?:for"
         r"|as a) (?:personal|multi-?tenant)|personal microsoft accounts? (?:is"
         r"|are) not|endpoint is not supported for such applications"),
        ("entra-refresh-token-ended", STRONG,
         r"grant is expired|parameter 'refresh_token'|parameter '(?:code"
         r"|assertion)'|no_tokens_found|no_account|no account (?:object|or login hint)"
         r"|no cached (?:account|token)|refresh token (?:is )?(?:malformed|invalid"
         r"|not valid)"),
        ("entra-user-unknown", STRONG,
         r"unknown_user_type|user_realm_discovery|user type 'unknown'"),
        ("entra-authority-unknown", STRONG,
         r"untrusted_authority|authority_validation"
         r"|authority.{0,20}uri.{0,20}insecure|invalid_authority"),
        ("entra-redirect-unregistered", STRONG,
         r"redirect ur[il].{0,300}(?:not match|does not match|is not registered)"
         r"|reply url specified",
         "microsoft"),
        ("entra-redirect-unregistered", FAIR,
         r"redirect[ _]ur[il].{0,300}(?:not match|does not match|is not registered"
         r"|mismatch|not allowed)",
         "oauth|mail",
         r"google"),
        ("entra-public-flow-off", STRONG,
         r"must contain the following parameter: ?'?client_(?:assertion|secret)"
         r"|client_assertion'? or '?client_secret"),
        ("entra-scope-invalid", STRONG,
         r"input parameter 'scope' is not valid|invalid_scope"
         r"|scope .{0,80}is not valid|scope format is invalid",
         "",
         r"google"),
        ("entra-two-resources", STRONG,
         r"are not compatible with each other|multiple resources"
         r"|more than one resource",
         "oauth|microsoft"),
        ("entra-refresh-token-ended", STRONG,
         r"refresh token (?:has )?expired|expired due to inactivity"
         r"|grant is (?:invalid or|expired)|token was revoked",
         "microsoft"),
        ("entra-foreign-account", STRONG,
         r"from identity provider.{0,60}does not exist in tenant"
         r"|account must be added to the directory|must be added as an external"),
        ("entra-resource-unknown", STRONG,
         r"resource principal named.{0,100}not found"),
        ("entra-tenant-restriction", STRONG,
         r"restrict-access-to-tenants|tenant restriction"),
        ("federation-refused", STRONG,
         r"federated service at|parsing_wstrust|wstrust|ws-trust"
         r"|wst:failedauthentication|/adfs/services/trust|msis\d{4}"
         r"|federation.{0,40}(?:refused|failed)|failedauthentication"
         r"|password_required_for"),
        ("oauth-refresh-token-ended", STRONG,
         r"grant is invalid, expired,? or revoked|token (?:was |has been "
         r"|is )?revoked|refresh token (?:has |is )?(?:expired|invalid)"
         r"|must sign in again",
         "",
         r"aadsts|token has been expired or revoked|google"),
        # OAuth without a provider: RFC 6749 section 5.2
        ("token-interaction-required", FAIR,
         r"interaction_required|login_required|msaluirequired|interactionrequired"),
        ("oauth-client-secret", FAIR,
         r"invalid_client",
         "",
         r"oauth client was not found"),
        ("entra-app-unknown", FAIR,
         r"unauthorized_client",
         "microsoft",
         r"google"),
        # Exchange has a header with a category of that name, and says what is wrong.
        ("oauth-refresh-token-ended", STRONG,
         r"\binvalid_grant\W{1,4}bad request"
         r"|parameter not passed: \W{0,3}refresh_token",
         "",
         r"google|aadsts"),
        ("token-invalid-grant", FAIR,
         r"(?<!error_category=.)invalid_grant",
         "",
         r"expired|revoked|google"),
        ("entra-refresh-token-ended", FAIR,
         r"invalid_grant.{0,120}(?:expired|revoked)",
         "microsoft"),
        ("entra-flow-not-allowed", FAIR,
         r"unsupported_grant_type",
         "",
         r"google"),
        ("entra-consent-declined", FAIR,
         r"access_denied.{0,80}(?:declined|denied|cancel)",
         "oauth",
         r"google"),
        ("token-unavailable", STRONG,
         r"temporarily_unavailable|\bserver_error\b"
         r"|(?:fetch|acquir|refresh|get|obtain)\w* (?:the |an? |access )*token\b.{0,20}"
         r"\b50[0234]\b"),
        ("token-throttled", STRONG,
         r"(?:token|oauth2|login\.microsoft).{0,120}(?:\b429\b|too many requests)"
         r"|too many requests.{0,60}login\.",
         "oauth"),
        ("token-not-json", STRONG,
         r"(?:token|oauth2?|openid|login\.microsoft).{0,200}(?:<!doctype|<html"
         r"|expecting value|unexpected token <|jsondecodeerror|not valid json)"
         r"|(?:expecting value|unexpected token <|not valid json).{0,200}(?:token"
         r"|oauth|login)",
         "oauth|microsoft|google"),
        ("entra-refresh-token-ended", WEAK,
         r"failed to refresh .{0,30}token|token refresh failed|unable to refresh"),
    ],
)  # fmt: skip
