"""Examples of the rules on values of one option: bounds, choices, hosts."""

from __future__ import annotations

from mailboxes.models.clients import MECHANISMS
from tests.services.option_rules.rule_case import EWS_URL, case

LONG = "x" * 300
PLAIN = {"pop-connection-security": "none", "server": "imap.contoso.example"}

CASES = [
    case(
        "T01-control-characters",
        "folder-path",
        "Remove the line breaks, tabs and other control characters.",
        "a\tb",
        "a b",
    ),
    case("T02-too-long", "folder-path", "Enter at most 255 characters.", LONG, "a"),
    case(
        "T01-control-characters",
        "password",
        "Enter the password again: it held a line break or another control character.",
        "a\nb",
        "ab",
    ),
    case(
        "T02-too-long",
        "password",
        "Enter at most 10000 characters.",
        "x" * 10_001,
        "x" * 4000,  # as a refresh token of Entra
    ),
    case("T03-integer", "port", "Enter a whole number, 0 to 65535.", "65536", "65535"),
    case("T03-integer", "port", "Enter a whole number, 0 to 65535.", "-1", "0"),
    case("T03-integer", "port", "Enter a whole number, 0 to 65535.", "９９３", "993"),
    case(
        "T03-duration",
        "cycle-time",
        "Enter a time as hh:mm:ss, 00:00:01 to 24:00:00.",
        "60",
        "00:01:00",
    ),
    case(
        "T03-duration",
        "cycle-time",
        "Enter a time as hh:mm:ss, 00:00:01 to 24:00:00.",
        "00:00:00",
        "24:00:00",
    ),
    *(
        case(
            "T03-duration",
            "token-expiry-margin-time",
            "Enter a period of less than one hour as hh:mm:ss, 00:00:00 to 00:59:59.",
            wrong,
            "00:59:59",
            start="smtp_oauth",
        )
        for wrong in ("01:00:00", "1:0", "-1", "", "ten seconds", "00:60:00")
    ),
    case(
        "T03-size",
        "maximum-msg-size",
        "Enter a number of bytes, 1024 to 1073741824.",
        "10 MB",
        "1024",
    ),
    case(
        "T03-duration",
        "cycle-time",
        "Enter a time as hh:mm:ss, 00:00:01 to 24:00:00.",
        "",
        "0:0:1",
    ),
    case(
        "T04-choice",
        "type",
        "Choose one of: IMAP, POP3, EWS, GRAPH.",
        "MAPI",
        "imap",
    ),
    case(
        "T04-choice",
        "grant-type",
        "Choose one of: password, user_password, client_credentials,"
        " authorization_code, device_code, service_account.",
        "implicit",
        "Client_Credentials",
    ),
    case(
        "T04-choice",
        "pop-connection-security",
        "Choose one of: ssl-tls, start-tls, none.",
        "sslv3",
        "SSL-TLS",
    ),
    case("T04-choice", MECHANISMS, "Choose one of: XOAUTH2.", "PLAIN", "xoauth2"),
    case("T06-proxy", "proxy", "Choose a proxy that is set up here, or none.", "9", ""),
    case(
        "T08-registration",
        "registration",
        "Choose an app registration that is set up here, or none.",
        "no-such",
        "contoso",
        start="pop_app",
    ),
    case(
        "T09-secret",
        "secret",
        "Choose a secret that is set up here, or none.",
        "no-such",
        "gmail",
        start="pop_google",
    ),
    case(
        "T07-host",
        "server",
        "Enter the host name alone, without imaps:// and without a path:"
        " outlook.office365.com.",
        "imaps://outlook.office365.com/",
        "Outlook.Office365.com.",
    ),
    case(
        "T07-host",
        "server",
        "Enter an address such as https://mail.example.com/EWS/Exchange.asmx.",
        "https://mail..contoso/EWS",
        "HTTPS://Mail.Contoso.com:443/EWS/Exchange.asmx/",
        start="pop_ews",
    ),
    case(
        "T07-host",
        "server",
        "Remove the user name and @ from the address.",
        "https://anna:pw@mail.contoso.com/EWS/Exchange.asmx",
        EWS_URL,
        start="pop_ews",
    ),
    case(
        "T07-host",
        "server",
        "Remove ? and what follows it.",
        f"{EWS_URL}?wsdl",
        EWS_URL,
        start="pop_ews",
    ),
    case(
        "T07-host",
        "server",
        "An address has no spaces in it.",
        "https://mail contoso.com/EWS/Exchange.asmx",
        EWS_URL,
        start="pop_ews",
    ),
    case(
        "T07-host",
        "server",
        "Enter the host name without the port: mail.contoso.com. Port has its own"
        " field.",
        "mail.contoso.com:993",
        "::1",
    ),
    case(
        "T07-host", "server", "A host name has no spaces in it.", "a b.com", "a-b.com"
    ),
    case(
        "T07-host",
        "server",
        "This is a mail address. Enter the host name of the mail server.",
        "a@b.com",
        "b.com",
    ),
    case(
        "T07-host",
        "server",
        "This is not a host name. Enter one such as mail.example.com.",
        "999.1.1.1",
        "9.1.1.1",
    ),
    case(
        "T07-host",
        "server",
        "This is not a host name. Enter one such as mail.example.com.",
        "-a..b",
        "bücher.example",
    ),
]
