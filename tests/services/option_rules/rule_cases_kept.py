"""Examples of the rules on fetching, and what is kept without effect."""

from __future__ import annotations

from tests.services.option_rules.rule_case import Case, case

MOVE = {"after-fetch": "move"}

CASES = [
    case(
        "F01-move-needs-folder",
        "after-fetch-folder",
        "Enter the folder that stored messages are moved to.",
        MOVE,
        MOVE | {"after-fetch-folder": "Done"},
    ),
    case(
        "F02-move-to-another-folder",
        "after-fetch-folder",
        "Enter another folder than the one that is read, or every message would be"
        " fetched again.",
        MOVE | {"after-fetch-folder": "inbox"},
        MOVE | {"after-fetch-folder": "inbox", "folder-path": "Sales"},
    ),
    case(
        "F03-deletes",
        "after-fetch",
        "Messages are deleted on the server once they are stored here; the copy here is"
        " then the only one.",
        "delete",
        "mark-read",
        warning=True,
    ),
    case(
        "F04-no-effect",
        "first-fetch-days",
        "Kept, without effect now. Takes effect only when first-fetch is last-days.",
        "30",
        {"first-fetch-days": "30", "first-fetch": "last-days"},
        warning=True,
    ),
    case(
        "F04-no-effect",
        "directory-id",
        "Kept, without effect now. Takes effect only when mail.<type>.auth.mechanisms"
        " is XOAUTH2 or the type is GRAPH.",
        "not a directory",
        "",
        start="pop_basic",
        warning=True,
    ),
    case(
        "F04-no-effect",
        "enable-ssl",
        "Kept for export to the old server; this console does not use it.",
        "true",
        "",
        warning=True,
    ),
    case(
        "F04-no-effect",
        "port",
        "Kept, without effect now. Takes effect only with IMAP and POP3: for EWS the"
        " address of the server decides, GRAPH is always encrypted.",
        "443",
        "0",
        start="pop_ews",
        warning=True,
    ),
    case(
        "F04-no-effect",
        "secret",
        "Kept, without effect now. Takes effect only for Google, when"
        " mail.<type>.auth.mechanisms is XOAUTH2.",
        "gmail",
        "",
        warning=True,
    ),
    case(
        "F05-pop3-has-no-folders",
        "folder-path",
        "POP3 has no folders. Leave it empty.",
        "Sales",
        "inbox",
        start="pop_pop3",
    ),
    case(
        "F05-pop3-has-no-folders",
        "after-fetch",
        "POP3 has no folders. Choose leave or delete.",
        "move",
        "delete",
        start="pop_pop3",
    ),
    case(
        "F05-pop3-has-no-folders",
        "after-fetch",
        "POP3 has no read mark. Choose leave or delete.",
        "mark-read",
        "leave",
        start="pop_pop3",
    ),
]


def _extra(rule: str, message: str, wrong, right, **more) -> Case:
    """A case of other options; its message stands at the first of `wrong`."""
    option = more.pop("option", next(iter(wrong)))
    return Case(rule, option, message, {}, {}, extra=wrong, right_extra=right, **more)


NOT_ITS_NAME = (
    "Enter a name without = and control characters, that does not begin with a blank,"
    " [, # or ;."
)
CONTROLS = "Remove the line breaks, tabs and other control characters."

EXTRA_CASES = [
    _extra(
        "E01-extra-form",
        "The name of an option has at most 120 characters.",
        {"x" * 121: "1"},
        {"x" * 120: "1"},
    ),
    *(
        _extra("E01-extra-form", NOT_ITS_NAME, {name: "1"}, {"a name": "1"})
        for name in ("", " a", "a ", "a=b", "[a", "#a", ";a", "a\nb")
    ),
    _extra(
        "E01-extra-form",
        "Enter at most 4000 characters.",
        {"x": "y" * 4001},
        {"x": "y" * 4000},
    ),
    _extra("E01-extra-form", CONTROLS, {"x": "a\nb"}, {"x": "a b"}),
    _extra(
        "E01-extra-form",
        "At most 200 other options can be kept in a section.",
        {f"x{n}": "1" for n in range(201)},
        {f"x{n}": "1" for n in range(200)},
        option="",
    ),
    *(
        _extra(
            "E02-extra-mapped",
            f"Set the option {option} instead of this one.",
            {name: "1"},
            {right: "1"},
        )
        for name, option, right in (
            ("mail.imap.host", "server", "mail.imap.hosts"),
            ("mail.pop3.port", "port", "mail.pop3.disabletop"),
            ("mail.IMAP.user", "mailbox", "mail.imap.usesocketchannels"),
            ("mail.imap.connectiontimeout", "connect-timeout", "mail.imap.peek"),
            ("mail.imap.timeout", "protocol-timeout", "mail.imap.writetimeout"),
            ("mail.imap.socketFactory.port", "port", "mail.imap.fetchsize"),
            (
                "mail.imap.socketFactory.class",
                "pop-connection-security",
                "mail.imap.ssl.protocols",
            ),
            (
                "mail.imap.socketFactory.fallback",
                "pop-connection-security",
                "mail.imap.starttls.required",
            ),
            ("mail.debug", "enable-debug", "mail.debug.auth"),
            ("Client-ID", "client-id", "client-identifier"),
        )
    ),
    _extra(
        "E02-extra-mapped",
        "Set the option smtp-connection-security instead of this one.",
        {"mail.smtp.socketFactory.fallback": "false"},
        {"mail.smtp.ehlo": "false"},
        start="smtp_oauth",
    ),
    _extra(
        "E02-extra-mapped",
        "Remove it: nobody can set the class of a protocol.",
        {"mail.imap.class": "com.example.Store"},
        {"mail.imap.classes": "com.example.Store"},
    ),
    _extra(
        "E03-other-mechanisms",
        "Kept, without effect: the type is IMAP, for which mail.imap.auth.mechanisms"
        " counts.",
        {"mail.EWS.auth.mechanisms": "XOAUTH2"},
        {"mail.imap.auth.mechanisms": "XOAUTH2"},
        warning=True,
    ),
    _extra(
        "E04-extra-without-effect",
        "Kept for export to the old server; this console does not use it.",
        {"mail.pop3.disabletop": "true"},
        {},
        warning=True,
    ),
    _extra(
        "E04-extra-without-effect",
        "Kept for export to the old server; this console does not use it.",
        {"sla-group": "gold"},
        {},
        warning=True,
    ),
]
