"""What an option set needs of an application or a mailbox of the sandbox, as JSON.

It stands in sandbox.json; who writes that is box.
"""

from __future__ import annotations

from typing import Any

from .world import AUTHORITY_HOST, MAIL_RESOURCES, TENANT_ID, Account, App

AUTHORITY = f"https://{AUTHORITY_HOST}"
SCOPE = f"{MAIL_RESOURCES[0]}/.default"


def described_app(app: App) -> dict[str, Any]:
    return {
        "client_id": app.client_id,
        "name": app.name,
        "secret": app.secret,
        "principal_id": app.principal_id,
        "directory_id": TENANT_ID,
        "authority": AUTHORITY,
        "scope": SCOPE,
        "public": app.public,
        "roles": [*app.mail_roles, *app.graph_roles],
    }


def described(account: Account) -> dict[str, Any]:
    return {
        "address": account.address,
        "name": account.name,
        "about": account.about,
        "password": account.password,
        "configured_password": account.configured_password or account.password,
        "client_id": account.client_id,
        "directory_id": account.tenant_id,
        "authority": AUTHORITY,
        "scope": SCOPE,
        "imap": {"host": "outlook.office365.com", "port": 993},
        "pop3": {"host": "outlook.office365.com", "port": 995},
        "smtp": {"host": "smtp.office365.com", "port": 587},
        "living": account.living,
        "basic": account.basic,
        "fault": account.fault,
        "app_access": account.app_access,
        "full_access": account.full_access,
        "send_as": account.send_as,
    }
