"""A checked file between two pages: sealed, so that just that can be imported.

The page "Check" answers with the file as ciphertext in its own form, and "Import" posts
that back. So nothing is stored, no secret stands in a session or in HTML in plain text,
nothing has to be pasted or chosen twice, and what comes in is what was checked. Sealed
with the keys of services/secrets, for one person and one hour.
"""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from ...core.errors import SecretUnreadable
from .. import secrets

LASTS = 3600  # seconds
# Django takes 2.5 MB of form data by default; some thousand sections have a tenth.
LONGEST = 2_000_000  # characters
PURPOSE = "options-import"


@dataclass(frozen=True)
class Draft:
    """A file as it was checked, with the choices and what it was compared with."""

    content: str = field(repr=False)
    file_name: str
    as_drafts: bool
    make_registrations: bool
    bases: Mapping[str, int | str]


def seal(draft: Draft, user_pk: int) -> str | None:
    """The draft as text for a form; None where it is too long for one."""
    data = {"for": [PURPOSE, user_pk], "at": time.time(), **asdict(draft)}
    packed = base64.b64encode(zlib.compress(json.dumps(data).encode())).decode()
    sealed = secrets.keyring().seal(packed)
    return sealed if len(sealed) <= LONGEST else None


def open_(sealed: str, user_pk: int) -> Draft | None:
    """The draft; None where it is not of this person, too old or not ours."""
    try:
        packed = base64.b64decode(secrets.keyring().open(sealed))
        data = json.loads(zlib.decompress(packed))
    except (SecretUnreadable, ValueError, zlib.error):
        return None
    if data.pop("for") != [PURPOSE, user_pk] or time.time() - data.pop("at") > LASTS:
        return None
    return Draft(**data)
