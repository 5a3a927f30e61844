"""Examples of the rules on server, port and encryption."""

from __future__ import annotations

from mailboxes.models.clients import GRAPH_SCOPE, MECHANISMS
from tests.services.option_rules.rule_case import CHINA, EWS_ONLINE, EWS_URL, US, case

PLAIN = {"pop-connection-security": "none", "server": "imap.contoso.example"}

CASES = [
    case(
        "S01-server-required",
        "server",
        "Enter the host name of the mail server, such as outlook.office365.com.",
        "",
        "imap.contoso.example",
    ),
    case(
        "S01-server-required",
        "server",
        "Enter the host name of the mail server, such as smtp.office365.com.",
        "",
        "smtp.contoso.example",
        start="smtp_basic",
    ),
    case(
        "S01-server-required",
        "server",
        "Enter the address of the EWS service, such as"
        " https://mail.contoso.com/EWS/Exchange.asmx.",
        "",
        EWS_URL,
        start="pop_ews",
        warning=True,
    ),
    case(
        "S01-server-required",
        "server",
        "Enter the host name of the mail server, such as outlook.office365.com.",
        {"server": ""},
        {"server": "", "type": "GRAPH", "scope": GRAPH_SCOPE},
        start="pop_draft",
        warning=True,
    ),
    case(
        "S08-ews-address",
        "server",
        "Enter the address of the EWS service, such as"
        " https://mail.contoso.com/EWS/Exchange.asmx.",
        "mail.contoso.com",
        EWS_URL,
        start="pop_ews",
    ),
    case(
        "S08-ews-address",
        "server",
        "Enter the address of the EWS service, such as"
        " https://mail.contoso.com/EWS/Exchange.asmx.",
        "https://mail.contoso.com/",
        EWS_URL,
        start="pop_ews",
    ),
    case(
        "S09-host-alone",
        "server",
        "Enter the host name alone, without https:// and without a path:"
        " outlook.office365.com.",
        EWS_ONLINE,
        "outlook.office365.com",
    ),
    case(
        "S10-ews-in-clear",
        "server",
        "Enter https:// in front: a password must not travel without encryption.",
        "http://mail.contoso.com/EWS/Exchange.asmx",
        "http://127.0.0.1:8080/EWS/Exchange.asmx",
        start="pop_ews",
    ),
    case(
        "S10-ews-in-clear",
        "server",
        "Enter https:// in front: a token must not travel without encryption.",
        "http://mail.contoso.com/EWS/Exchange.asmx",
        "http://[::1]/EWS/Exchange.asmx",
        start="pop_ews_oauth",
    ),
    case(
        "S02-token-in-clear",
        "pop-connection-security",
        "Choose TLS or STARTTLS: a token must not travel without encryption.",
        PLAIN,
        PLAIN | {"server": "127.0.0.1"},
    ),
    case(
        "S02-token-in-clear",
        "smtp-connection-security",
        "Choose TLS or STARTTLS: a token must not travel without encryption.",
        {"smtp-connection-security": "none", "server": "smtp.contoso.example"},
        {
            "smtp-connection-security": "none",
            "server": EWS_URL,
            "server-type": "EWS",
            "enable-client": False,
        },
        start="smtp_oauth",
    ),
    case(
        "S03-password-in-clear",
        "pop-connection-security",
        "The password travels without encryption: everybody on the way can read it."
        " Choose TLS or STARTTLS if the server has it.",
        "none",
        {"pop-connection-security": "none", "server": "localhost"},
        start="pop_basic",
        warning=True,
    ),
    case(
        "S04-office365-port-465",
        "port",
        "smtp.office365.com has no port 465. Enter 587, with STARTTLS.",
        "465",
        "587",
        start="smtp_oauth",
    ),
    case(
        "S04-office365-port-465",
        "smtp-connection-security",
        "smtp.office365.com has no TLS from the first byte. Choose STARTTLS.",
        "ssl-tls",
        "start-tls",
        start="smtp_oauth",
    ),
    case(
        "S05-port-fits-encryption",
        "port",
        "Port 993 usually has TLS from the first byte, but the encryption is STARTTLS.",
        {"port": "993", "pop-connection-security": "start-tls"},
        {"port": "143", "pop-connection-security": "start-tls"},
        warning=True,
    ),
    case(
        "S05-port-fits-encryption",
        "port",
        "Port 587 usually begins without TLS, but the encryption is TLS from the first"
        " byte.",
        {"port": "587", "smtp-connection-security": "ssl-tls"},
        {"port": "465", "smtp-connection-security": "ssl-tls"},
        start="smtp_basic",
        warning=True,
    ),
    case(
        "S06-exchange-online-basic",
        MECHANISMS,
        "Exchange Online has no password sign-in for IMAP any more. Choose OAuth 2.0"
        " (XOAUTH2).",
        {"server": "outlook.office365.com"},
        {"server": "imap.contoso.example"},
        start="pop_basic",
    ),
    case(
        "S06-exchange-online-basic",
        MECHANISMS,
        "Exchange Online has no password sign-in for POP3 any more. Choose OAuth 2.0"
        " (XOAUTH2).",
        {"server": "outlook.office365.com"},
        {"server": "pop.contoso.example"},
        start="pop_pop3",
    ),
    case(
        "S06-exchange-online-basic",
        MECHANISMS,
        "Exchange Online has no password sign-in for EWS any more. Choose OAuth 2.0"
        " (XOAUTH2).",
        {"server": EWS_ONLINE},
        {"server": EWS_URL},
        start="pop_ews",
    ),
    case(
        "S11-cloud-of-server",
        "server",
        "outlook.office365.us is in the US Government cloud, the authority in the"
        " global cloud: tokens are refused across clouds. Its authority is"
        " https://login.microsoftonline.us.",
        {"server": "outlook.office365.us"},
        {
            "server": "outlook.office365.us",
            "tenant-authority": US,
            "scope": "https://outlook.office365.us/.default",
        },
    ),
    case(
        "S11-cloud-of-server",
        "server",
        "smtp.partner.outlook.cn is in the cloud of 21Vianet in China, the authority in"
        " the global cloud: tokens are refused across clouds. Its authority is"
        " https://login.partner.microsoftonline.cn.",
        {"server": "smtp.partner.outlook.cn"},
        {
            "server": "smtp.partner.outlook.cn",
            "tenant-authority": CHINA,
            "scope": "https://partner.outlook.cn/.default",
        },
        start="smtp_oauth",
    ),
    case(
        "S12-ews-ends",
        "server",
        "Exchange Online has EWS off by default since 1 October 2026 and ends it on 1"
        " April 2027. Move this section to GRAPH.",
        EWS_ONLINE,
        EWS_URL,
        start="pop_ews_oauth",
        warning=True,
    ),
    case(
        "S13-provider-of-server",
        "server",
        "imap.gmail.com is a server of Google, but the authority is of Microsoft: its"
        " tokens are refused there.",
        "imap.gmail.com",
        "outlook.office365.com",
        warning=True,
    ),
    case(
        "S13-provider-of-server",
        "server",
        "outlook.office365.com is a server of Microsoft, but the authority is of"
        " Google: its tokens are refused there.",
        "outlook.office365.com",
        "imap.gmail.com",
        start="pop_google",
        warning=True,
    ),
    case(
        "S14-google-basic",
        MECHANISMS,
        "Google takes no password of an account, only an app password (2-step"
        " verification on). Choose OAuth 2.0 (XOAUTH2).",
        {"server": "imap.gmail.com"},
        {"server": "imap.contoso.example"},
        start="pop_basic",
        warning=True,
    ),
    case(
        "S07-exchange-online-basic-smtp",
        MECHANISMS,
        "Exchange Online switches password sign-in for SMTP off by default at the end"
        " of December 2026. Choose OAuth 2.0 (XOAUTH2).",
        {"server": "smtp.office365.com"},
        {"server": "smtp.contoso.example"},
        start="smtp_basic",
        warning=True,
    ),
]
