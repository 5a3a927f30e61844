"""The key file of a service account of Google's, as a named secret holds it.

Kept as one line of JSON, so that a section `secret-<name>` can hold it. Using it:
oauth/google.
"""

from __future__ import annotations

import json

LONGEST = 10_000  # characters; a key file has about 2,400
NEEDED = ("private_key", "client_email")


def is_key(text: str) -> bool:
    """The secret is meant to be a key file, not a client secret."""
    return text.lstrip().startswith("{")


def read(text: str) -> tuple[str, str]:
    """The key file on one line, and what is wrong with it ("" for nothing)."""
    if len(text) > LONGEST:
        return "", "This is too long for the key file of a service account."
    try:
        told = json.loads(text)
    except ValueError:
        return "", "This is no whole JSON file. Copy the key file again, from { to }."
    if not isinstance(told, dict) or not all(told.get(name) for name in NEEDED):
        return "", (
            "This is not the key file of a service account. Create a key of type JSON"
            " in the Google Cloud console."
        )
    return json.dumps(told), ""
