"""Three mailboxes of the sandbox, so that a first start has something to show.

Two work; billing@ has a wrong password on purpose. Their option sets hold production
values and a proxy named "sandbox", which leads the providers' names to this machine
(DESIGN D11). The accounts and the proxy stand in the file that the sandbox writes.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from django.db import transaction

from ..core.choices import FirstFetch, Mechanism, Protocol
from ..core.errors import OptionError
from ..models import Proxy
from ..models.clients import MECHANISMS
from . import proxies, revisions

logger = logging.getLogger(__name__)

SHOWN = ("support@contoso.example", "orders@contoso.example", "billing@contoso.example")
PROXY = "sandbox"
CYCLE_TIME = "00:00:05"


def ensure(folder: Path, pid: int | None = None) -> bool:
    """Make the mailboxes at the first start; keep the proxy right at every start.

    pid: process whose file is waited for; None takes any. Returns False while the
    sandbox has not written it.
    """
    try:
        world = json.loads((folder / "sandbox.json").read_text(encoding="utf-8"))
        ca_pem = Path(world["ca_file"]).read_text(encoding="ascii")
    except (OSError, ValueError):
        return False
    if pid is not None and world["pid"] != pid:
        return False
    try:
        with transaction.atomic():
            # The laboratory may have made more, one for a mailbox.
            known = list(Proxy.objects.filter(sandbox=True).order_by("pk"))
            rows: list[Proxy | None] = [*known] if known else [None]
            for row in rows:
                proxy = proxies.save_proxy(
                    proxy=row,
                    name=row.name if row else PROXY,
                    host=world["proxy"]["host"],
                    port=world["proxy"]["port"],
                    username=row.username if row else "",
                    ca_pem=ca_pem,
                    sandbox=True,
                )
            if not known:
                for account in world["mailboxes"]:
                    if account["address"] in SHOWN:
                        _connect(account, proxy)
    except OptionError as error:
        logger.error("the sandbox's mailboxes cannot be made: %s", error)
    return True


def _connect(account: dict[str, Any], proxy: Proxy) -> None:
    """The two option sets of one account, as an admin would fill them in."""
    name = account["address"].partition("@")[0]
    sign_in = {
        MECHANISMS: Mechanism.XOAUTH2.value,
        "tenant-authority": account["authority"],
        "directory-id": account["directory_id"],
        "client-id": account["client_id"],
        "scope": account["scope"],
        "password": account["configured_password"],
        "proxy": proxy.pk,
    }
    smtp = revisions.save_smtp_client(
        client=None,
        section=f"smtp-client-{name}",
        raw={
            **sign_in,
            "server-type": Protocol.SMTP.value,
            "server": account["smtp"]["host"],
            "mailbox": account["address"],
        },
        note="Made with the sandbox",
    )
    revisions.save_pop_client(
        client=None,
        address=account["address"],
        alias=account["name"],
        tags="sandbox",
        section=f"pop-client-{name}",
        smtp_client=smtp.client,  # type: ignore[arg-type]
        raw={
            **sign_in,
            "type": Protocol.IMAP.value,
            "server": account["imap"]["host"],
            "cycle-time": CYCLE_TIME,
            "first-fetch": FirstFetch.EVERYTHING.value,
        },
        note="Made with the sandbox",
    )
