"""What names an app registration, a secret or a proxy keeps it from being deleted."""

from __future__ import annotations

import pytest

from mailboxes.core.errors import OptionError
from mailboxes.models import Proxy
from mailboxes.services import clients, proxies
from tests.services.option_sets import saved_pop

pytestmark = pytest.mark.django_db


def refusal(proxy: Proxy) -> str:
    with pytest.raises(OptionError) as refused:
        proxies.delete_proxy(proxy, None)
    return refused.value.problems[0].message


def test_refusal_names_ten_sections_and_says_which_are_in_the_archive():
    proxy = proxies.save_proxy(name="squid", host="p.example", port=3128)
    first = saved_pop("a0@contoso.com", proxy=proxy.pk)
    clients.archive(first, None)
    assert refusal(proxy) == (
        "These sections name it: pop-client-a0 (in the archive). Change them first."
    )
    for number in range(1, 12):
        saved_pop(f"a{number}@contoso.com", proxy=proxy.pk)
    assert refusal(proxy).endswith(" and 2 more. Change them first.")
