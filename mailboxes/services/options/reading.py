"""What comes of reading one value, and what any text of an option must obey.

Values by kind: options/values. Host names and addresses: options/hosts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_TEXT = 255
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
QUOTES = {('"', '"'), ("'", "'"), ("“", "”"), ("„", "“"), ("‘", "’"), ("«", "»")}
# Not seen, and pasted along from portals and mails.
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")

# Rules on single values; those on several options stand in option_rules_….
READING_RULES = {
    "T00-unknown": "A section has no options but those declared.",
    "T01-control-characters": "A value has no control characters in it.",
    "T02-too-long": f"A value has at most {LONGEST_TEXT} characters, a secret 10000.",
    "T03-integer": "A number is whole and within its bounds.",
    "T03-duration": "A time is written hh:mm:ss, is not empty and within its bounds.",
    "T03-size": "A size is a whole number of bytes within its bounds.",
    "T04-choice": "A value with choices is one of them, in any case.",
    "T05-boolean": "A switch is true or false (also yes, no, on, off, 1, 0).",
    "T06-proxy": "The proxy is set up here.",
    "T07-host": "A server is a host name, an IP address or an http(s) address.",
    "T08-registration": "The app registration is set up here.",
    "T09-secret": "The named secret is set up here.",
}


@dataclass(frozen=True)
class Reading:
    """What was read: the value, or the text as typed with its problem.

    rule: one of READING_RULES where there is a problem.
    notice: one sentence about what was cleaned; it names the option.
    """

    value: object
    problem: str = ""
    rule: str = ""
    notice: str = ""


def tidy(text: str) -> str:
    """Without blanks, invisible characters and one pair of quotes around it."""
    while True:
        tidied = _INVISIBLE.sub("", text).strip()
        if len(tidied) > 1 and (tidied[0], tidied[-1]) in QUOTES:
            tidied = tidied[1:-1]
        if tidied == text:
            return text
        text = tidied


def read_text(text: str) -> Reading:
    """Any text that fits into an option."""
    if CONTROL.search(text):
        return Reading(
            text,
            "Remove the line breaks, tabs and other control characters.",
            "T01-control-characters",
        )
    if len(text) > LONGEST_TEXT:
        return Reading(
            text, f"Enter at most {LONGEST_TEXT} characters.", "T02-too-long"
        )
    return Reading(text)
