"""The documents of the fake Entra ID that describe it: configuration and instances.

Source: OpenID Connect Discovery 1.0. Tokens are given by entra.
"""

from __future__ import annotations

from typing import Any

from ..world import AUTHORITY_HOST, GRAPH_OF
from .checks import SHARED_TENANTS, check_tenant

_ALIASES = (
    AUTHORITY_HOST,
    "login.windows.net",
    "login.microsoft.com",
    "sts.windows.net",
)


def configuration(tenant: str, host: str = AUTHORITY_HOST) -> dict[str, Any]:
    """openid-configuration of a tenant in the cloud of `host`. Raises Refused."""
    known = check_tenant(tenant)
    issued_by = "{tenantid}" if known in SHARED_TENANTS else known
    base = f"https://{host}/{known}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"https://{host}/{issued_by}/v2.0",
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "tid", "ver"],
        "kerberos_endpoint": f"{base}/kerberos",
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": GRAPH_OF[host].removeprefix("https://"),
        "rbac_url": "https://pas.windows.net",
    }


def instances(query: dict[str, str]) -> dict[str, Any]:
    """Which host names mean this authority."""
    endpoint = query.get("authorization_endpoint", "")
    tail = endpoint.replace("/oauth2/v2.0/authorize", "")
    return {
        "tenant_discovery_endpoint": f"{tail}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [
            {
                "preferred_network": AUTHORITY_HOST,
                "preferred_cache": "login.windows.net",
                "aliases": list(_ALIASES),
            }
        ],
    }
