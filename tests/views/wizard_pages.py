"""What tests of the wizard's pages share: who looks, where, and what is read there."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client
from django.urls import reverse

from mailboxes.models import SetupDraft


def signed_in(user: Any) -> Client:
    someone = Client()
    someone.force_login(user)
    return someone


def at(draft: SetupDraft, step: str, query: str = "") -> str:
    return reverse("connect-step", args=[draft.pk, step]) + query


def text(response: Any) -> str:
    """What a page says, without tags."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(plain))


def seen(visitor: Client, path: str) -> str:
    page = visitor.get(path).content.decode()
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found
    return found[1]
