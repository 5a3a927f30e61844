"""`manage.py sign_in`: the code is printed, the owner signs in, the section has it."""

from __future__ import annotations

import re
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from mailboxes.sandbox.server import Sandbox
from mailboxes.services.options import snapshots
from tests.fixtures import person
from tests.services.sign_ins.test_sign_ins import ADDRESS, pop, proxy

__all__ = ["proxy"]
pytestmark = pytest.mark.django_db


class Terminal(StringIO):
    """Lets the owner act as soon as the code is read."""

    def __init__(self, box: Sandbox, *, accept: bool = True) -> None:
        super().__init__()
        self._box, self._accept = box, accept

    def write(self, text: str) -> int:
        found = re.search(r"Open (\S+) and enter the code (\S+)\.", text)
        if found:
            threading.Thread(
                target=person.answer,
                args=(self._box, ADDRESS, found[1]),
                kwargs={"otc": found[2], "accept": self._accept},
            ).start()
        return super().write(text)


def test_owner_signs_in_by_the_code_on_the_terminal(sandbox: Sandbox, proxy) -> None:
    sandbox.device_interval(1)
    client = pop(proxy, **{"grant-type": "device_code"})
    out = Terminal(sandbox)
    call_command("sign_in", ADDRESS, stdout=out)
    assert out.getvalue().splitlines()[-1] == f"{ADDRESS} has signed in."
    assert snapshots.take(client)["password"] is not None


def test_declined_code_ends_with_the_reason(sandbox: Sandbox, proxy) -> None:
    sandbox.device_interval(1)
    pop(proxy, **{"grant-type": "device_code"})
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            "sign_in", ADDRESS, stdout=Terminal(sandbox, accept=False), stderr=said
        )
    assert (ended.value.code, said.getvalue() != "") == (1, True)


def test_other_grants_are_named(proxy) -> None:
    pop(proxy)
    with pytest.raises(CommandError, match="another grant-type than device_code"):
        call_command("sign_in", ADDRESS)
    with pytest.raises(CommandError, match="No section and no mailbox"):
        call_command("sign_in", "nobody@contoso.example")
