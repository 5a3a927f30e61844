"""One refused and one accepted example of every rule, with its exact message.

Used for the service, the form and the admin, so that all three say the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailboxes.models.clients import GRAPH_SCOPE, MECHANISMS
from tests.services import option_sets as sets
from tests.services.option_sets import CLIENT, DIRECTORY

LONG = "x" * 300
NIL = "00000000-0000-0000-0000-000000000000"
GUIDS = "Enter a GUID such as 11111111-2222-3333-4444-555555555555."
MICROSOFT = "https://login.microsoftonline.com"


@dataclass(frozen=True)
class Case:
    """`wrong` over `start` gives `message` at `option`; `right` over it does not."""

    rule: str
    option: str
    message: str
    wrong: dict[str, object]
    right: dict[str, object]
    start: str = "pop_oauth"
    warning: bool = False

    @property
    def kind(self) -> str:
        return "pop-client" if self.start.startswith("pop") else "smtp-client"

    def raw(self, right: bool = False) -> dict[str, object]:
        values = getattr(sets, self.start)() | (self.right if right else self.wrong)
        return {name: value for name, value in values.items() if value is not ...}


def _case(rule: str, option: str, message: str, wrong, right, **more) -> Case:
    if not isinstance(wrong, dict):
        wrong = {option: wrong}
    if not isinstance(right, dict):
        right = {option: right}
    return Case(rule, option, message, wrong, right, **more)


PLAIN = {"pop-connection-security": "none", "server": "imap.contoso.example"}
MOVE = {"after-fetch": "move"}

CASES = [
    _case(
        "T01-control-characters",
        "folder-path",
        "Remove the line breaks, tabs and other control characters.",
        "a\tb",
        "a b",
    ),
    _case("T02-too-long", "folder-path", "Enter at most 255 characters.", LONG, "a"),
    _case(
        "T01-control-characters",
        "password",
        "Enter the password again: it held a line break or another control character.",
        "a\nb",
        "ab",
    ),
    _case(
        "T02-too-long", "password", "Enter at most 1000 characters.", "x" * 1001, "x"
    ),
    _case("T03-integer", "port", "Enter a whole number, 0 to 65535.", "65536", "65535"),
    _case("T03-integer", "port", "Enter a whole number, 0 to 65535.", "-1", "0"),
    _case("T03-integer", "port", "Enter a whole number, 0 to 65535.", "９９３", "993"),
    _case(
        "T03-duration",
        "cycle-time",
        "Enter a time as hh:mm:ss, 00:00:01 to 24:00:00.",
        "60",
        "00:01:00",
    ),
    _case(
        "T03-duration",
        "cycle-time",
        "Enter a time as hh:mm:ss, 00:00:01 to 24:00:00.",
        "00:00:00",
        "24:00:00",
    ),
    _case(
        "T03-duration",
        "token-expiry-margin-time",
        "Enter a period of less than one hour as hh:mm:ss, 00:00:00 to 00:59:59.",
        "01:00:00",
        "00:59:59",
        start="smtp_oauth",
    ),
    _case(
        "T03-size",
        "maximum-msg-size",
        "Enter a number of bytes, 1024 to 1073741824.",
        "10 MB",
        "1024",
    ),
    _case(
        "T04-choice", "type", "Only IMAP is possible in this version.", "POP3", "imap"
    ),
    _case(
        "T04-choice",
        "pop-connection-security",
        "Choose one of: ssl-tls, start-tls, none.",
        "tls",
        "SSL-TLS",
    ),
    _case("T04-choice", MECHANISMS, "Choose one of: XOAUTH2.", "PLAIN", "xoauth2"),
    _case(
        "T06-proxy", "proxy", "Choose a proxy that is set up here, or none.", "9", ""
    ),
    _case(
        "T07-host",
        "server",
        "Enter the host name alone, without https:// and without a path:"
        " outlook.office365.com.",
        "https://outlook.office365.com/",
        "Outlook.Office365.com.",
    ),
    _case(
        "T07-host",
        "server",
        "Enter the host name without the port: mail.contoso.com. Port has its own"
        " field.",
        "mail.contoso.com:993",
        "::1",
    ),
    _case(
        "T07-host", "server", "A host name has no spaces in it.", "a b.com", "a-b.com"
    ),
    _case(
        "T07-host",
        "server",
        "This is a mail address. Enter the host name of the mail server.",
        "a@b.com",
        "b.com",
    ),
    _case(
        "T07-host",
        "server",
        "This is not a host name. Enter one such as mail.example.com.",
        "999.1.1.1",
        "9.1.1.1",
    ),
    _case(
        "T07-host",
        "server",
        "This is not a host name. Enter one such as mail.example.com.",
        "-a..b",
        "bücher.example",
    ),
    _case(
        "S01-server-required",
        "server",
        "Enter the host name of the mail server, such as outlook.office365.com.",
        "",
        "imap.contoso.example",
    ),
    _case(
        "S02-token-in-clear",
        "pop-connection-security",
        "Choose TLS or STARTTLS: a token must not travel without encryption.",
        PLAIN,
        PLAIN | {"server": "127.0.0.1"},
    ),
    _case(
        "S03-password-in-clear",
        "pop-connection-security",
        "The password travels without encryption: everybody on the way can read it."
        " Choose TLS or STARTTLS if the server has it.",
        "none",
        {"pop-connection-security": "none", "server": "localhost"},
        start="pop_basic",
        warning=True,
    ),
    _case(
        "S04-office365-port-465",
        "port",
        "smtp.office365.com has no port 465. Enter 587, with STARTTLS.",
        "465",
        "587",
        start="smtp_oauth",
    ),
    _case(
        "S04-office365-port-465",
        "smtp-connection-security",
        "smtp.office365.com has no TLS from the first byte. Choose STARTTLS.",
        "ssl-tls",
        "start-tls",
        start="smtp_oauth",
    ),
    _case(
        "S05-port-fits-encryption",
        "port",
        "Port 993 usually has TLS from the first byte, but the encryption is STARTTLS.",
        {"port": "993", "pop-connection-security": "start-tls"},
        {"port": "143", "pop-connection-security": "start-tls"},
        warning=True,
    ),
    _case(
        "S05-port-fits-encryption",
        "port",
        "Port 587 usually begins without TLS, but the encryption is TLS from the first"
        " byte.",
        {"port": "587", "smtp-connection-security": "ssl-tls"},
        {"port": "465", "smtp-connection-security": "ssl-tls"},
        start="smtp_basic",
        warning=True,
    ),
    _case(
        "S06-exchange-online-basic-imap",
        MECHANISMS,
        "Exchange Online has no password sign-in for IMAP any more. Choose OAuth 2.0"
        " (XOAUTH2).",
        {"server": "outlook.office365.com"},
        {"server": "imap.contoso.example"},
        start="pop_basic",
    ),
    _case(
        "S07-exchange-online-basic-smtp",
        MECHANISMS,
        "Exchange Online switches password sign-in for SMTP off by default at the end"
        " of December 2026. Choose OAuth 2.0 (XOAUTH2).",
        {"server": "smtp.office365.com"},
        {"server": "smtp.contoso.example"},
        start="smtp_basic",
        warning=True,
    ),
    _case(
        "A01-google-not-yet",
        "tenant-authority",
        "Google sign-in is not available in this version yet. Enter"
        " https://login.microsoftonline.com.",
        "accounts.GooGle.com",
        MICROSOFT,
    ),
    _case(
        "A02-authority",
        "tenant-authority",
        "Enter https://login.microsoftonline.com.",
        "https://sts.windows.net",
        "LOGIN.microsoftonline.com/",
    ),
    _case(
        "A02-authority",
        "tenant-authority",
        "Enter https://login.microsoftonline.com.",
        "http://login.microsoftonline.com",
        f"{MICROSOFT}/{DIRECTORY}/oauth2/v2.0/token",
    ),
    _case(
        "A02-authority",
        "tenant-authority",
        f"The address names the tenant contoso.com, but the Directory (tenant) ID is"
        f" {DIRECTORY}. Enter {MICROSOFT} and one of the two there.",
        f"{MICROSOFT}/contoso.com/v2.0",
        f"{MICROSOFT}/common/v2.0",
    ),
    _case(
        "A03-other-cloud",
        "tenant-authority",
        "This is a national cloud. It needs an application registered there, and its"
        " servers and scopes have other names; it is not tested with this version.",
        "https://login.microsoftonline.us/",
        MICROSOFT,
        warning=True,
    ),
    _case(
        "D01-directory-required",
        "directory-id",
        "Enter the Directory (tenant) ID from the application's Overview page in"
        " Entra.",
        "",
        "contoso.onmicrosoft.com",
    ),
    _case(
        "D02-directory-of-password-grant",
        "directory-id",
        "Enter the tenant's GUID or domain: a mailbox password cannot sign in at"
        ' "common".',
        "Common",
        "organizations",
    ),
    _case(
        "D02-directory-of-password-grant",
        "directory-id",
        "Enter the tenant's GUID or domain: a mailbox password cannot sign in at"
        ' "consumers".',
        "consumers",
        "contoso.com",
    ),
    _case(
        "D03-directory-pasted-twice",
        "directory-id",
        "This is the same as the Application (client) ID. Copy the Directory (tenant)"
        " ID from the line below it in Entra.",
        CLIENT.upper(),
        "{" + DIRECTORY.upper() + "}",
    ),
    _case(
        "D04-directory-form",
        "directory-id",
        "Enter a GUID such as 11111111-2222-3333-4444-555555555555, or a verified"
        " domain such as contoso.com.",
        NIL,
        DIRECTORY,
    ),
    _case(
        "D04-directory-form",
        "directory-id",
        "Enter a GUID such as 11111111-2222-3333-4444-555555555555, or a verified"
        " domain such as contoso.com.",
        "contoso",
        "contoso.com",
    ),
    _case(
        "C01-client-required",
        "client-id",
        "Enter the Application (client) ID from the application's Overview page in"
        " Entra.",
        "",
        CLIENT,
    ),
    _case(
        "C02-client-form",
        "client-id",
        "This is the client ID of a Google application. Enter the Application (client)"
        " ID of the Azure application, a GUID.",
        "1234-abc.apps.googleusercontent.com",
        CLIENT,
    ),
    _case("C02-client-form", "client-id", GUIDS, NIL, f'"{CLIENT}" '),
    _case("C02-client-form", "client-id", GUIDS, CLIENT[:-1], CLIENT.upper()),
    _case(
        "O01-scope-follows-type",
        "scope",
        "IMAP needs https://outlook.office.com/.default: a token for another resource"
        " is refused.",
        GRAPH_SCOPE,
        "https://outlook.office365.com/.default",
    ),
    _case(
        "L01-login-required",
        "mailbox",
        "Enter the log-in name, such as support@contoso.com: OAuth 2.0 needs it.",
        "",
        "support@contoso.com",
        start="smtp_oauth",
    ),
    _case(
        "L02-login-form",
        "mailbox",
        "A log-in name has no spaces in it.",
        "CONTOSO\\anna support",
        "CONTOSO\\support",
        start="pop_basic",
    ),
    _case(
        "L02-login-form",
        "mailbox",
        "Enter the user principal name, such as support@contoso.com.",
        "CONTOSO\\support",
        "support@contoso.com",
    ),
    _case(
        "P01-password-required",
        "password",
        "Enter the password of the log-in name.",
        {"password": ...},
        "x",
    ),
    _case(
        "P01-password-required",
        "password",
        "Enter the password of the log-in name.",
        {"password": ...},
        {"password": ..., "mailbox": ""},
        start="smtp_basic",
    ),
    _case(
        "P02-password-blanks",
        "password",
        "Enter the password without the blank at its start or end: Microsoft Entra does"
        " not take such passwords.",
        " secret",
        "sec ret",
    ),
    _case(
        "P03-password-looks-like-an-id",
        "password",
        "This looks like a Secret ID. Enter the password of the mailbox.",
        CLIENT,
        "Passw0rd",
        warning=True,
    ),
    _case(
        "P04-password-without-login",
        "password",
        "Kept, without effect now: there is no log-in name.",
        {"mailbox": ""},
        {"mailbox": "support"},
        start="smtp_basic",
        warning=True,
    ),
    _case(
        "M01-password-grant",
        MECHANISMS,
        "The mailbox signs in with its password (ROPC): multifactor authentication must"
        " be off for it, and Microsoft advises against this way.",
        "XOAUTH2",
        {MECHANISMS: "", "server": "imap.contoso.example"},
        warning=True,
    ),
    _case(
        "F01-move-needs-folder",
        "after-fetch-folder",
        "Enter the folder that stored messages are moved to.",
        MOVE,
        MOVE | {"after-fetch-folder": "Done"},
    ),
    _case(
        "F02-move-to-another-folder",
        "after-fetch-folder",
        "Enter another folder than the one that is read, or every message would be"
        " fetched again.",
        MOVE | {"after-fetch-folder": "inbox"},
        MOVE | {"after-fetch-folder": "inbox", "folder-path": "Sales"},
    ),
    _case(
        "F03-deletes",
        "after-fetch",
        "Messages are deleted on the server once they are stored here; the copy here is"
        " then the only one.",
        "delete",
        "mark-read",
        warning=True,
    ),
    _case(
        "F04-no-effect",
        "first-fetch-days",
        "Kept, without effect now. Takes effect only when first-fetch is last-days.",
        "30",
        {"first-fetch-days": "30", "first-fetch": "last-days"},
        warning=True,
    ),
    _case(
        "F04-no-effect",
        "directory-id",
        "Kept, without effect now. Takes effect only when mail.<type>.auth.mechanisms"
        " is XOAUTH2 or the type is GRAPH.",
        "not a directory",
        "",
        start="pop_basic",
        warning=True,
    ),
]
