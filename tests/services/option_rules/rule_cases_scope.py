"""Examples of the rules on the scope."""

from __future__ import annotations

from mailboxes.models.clients import GRAPH_SCOPE
from tests.services.option_rules.rule_case import CHINA, OUTLOOK_365, US, case

CASES = [
    case(
        "O01-scope-follows-type",
        "scope",
        "IMAP needs https://outlook.office.com/.default: a token for another resource"
        " is refused.",
        GRAPH_SCOPE,
        OUTLOOK_365,
    ),
    case(
        "O01-scope-follows-type",
        "scope",
        "GRAPH needs https://graph.microsoft.com/.default: a token for another resource"
        " is refused.",
        "",
        GRAPH_SCOPE,
        start="pop_graph",
    ),
    case(
        "O01-scope-follows-type",
        "scope",
        "SMTP needs https://outlook.office.com/.default: a token for another resource"
        " is refused.",
        "https://graph.microsoft.com/SMTP.Send",
        "https://outlook.office.com/SMTP.Send offline_access",
        start="smtp_oauth",
    ),
    case(
        "O02-scope-form",
        "scope",
        "Separate scopes by blanks, not by commas.",
        "https://outlook.office.com/IMAP.AccessAsUser.All,offline_access",
        "https://outlook.office.com/IMAP.AccessAsUser.All  offline_access",
    ),
    case(
        "O02-scope-form",
        "scope",
        "Enter the scope with its resource, such as"
        " https://outlook.office.com/.default.",
        "outlook.office.com/.default",
        "HTTPS://outlook.office.com/.default/",
    ),
    case(
        "O02-scope-form",
        "scope",
        "Enter the scope with its resource, such as"
        " https://outlook.office.com/.default.",
        "IMAP.AccessAsUser.All",
        "https://outlook.office.com/IMAP.AccessAsUser.All",
    ),
    case(
        "O02-scope-form",
        "scope",
        "Enter https://outlook.office.com/.default: an address alone is no scope.",
        "https://outlook.office.com/",
        "https://outlook.office.com/.default",
    ),
    case(
        "O02-scope-form",
        "scope",
        "Add a resource, such as https://graph.microsoft.com/.default.",
        "openid offline_access",
        {
            "scope": "https://graph.microsoft.com/Mail.ReadWrite offline_access",
            "grant-type": "authorization_code",
        },
        start="pop_graph",
    ),
    case(
        "O03-one-resource",
        "scope",
        "A token is for one resource, not for outlook.office.com and"
        " graph.microsoft.com. Keep one.",
        f"https://outlook.office.com/IMAP.AccessAsUser.All {GRAPH_SCOPE}",
        "openid https://outlook.office.com/IMAP.AccessAsUser.All"
        " https://outlook.office.com/SMTP.Send",
    ),
    case(
        "O04-default-alone",
        "scope",
        "Remove .default or the other scopes of that resource.",
        f"{OUTLOOK_365} https://outlook.office365.com/IMAP.AccessAsUser.All",
        f"{OUTLOOK_365} offline_access",
    ),
    case(
        "O05-scope-of-application",
        "scope",
        "Remove offline_access: no person signs in with this grant.",
        f"{OUTLOOK_365} offline_access",
        OUTLOOK_365,
        start="pop_app",
    ),
    case(
        "O05-scope-of-application",
        "scope",
        "Enter https://outlook.office365.com/.default: IMAP.AccessAsUser.All is a"
        " permission of a person, and an application signs in.",
        "https://outlook.office365.com/IMAP.AccessAsUser.All",
        OUTLOOK_365,
        start="pop_app",
    ),
    case(
        "O06-scope-of-cloud",
        "scope",
        "outlook.office365.us is in the US Government cloud, the authority in the"
        " global cloud. Enter https://outlook.office.com/.default.",
        "https://outlook.office365.us/.default",
        {
            "scope": "https://outlook-dod.office365.us/.default",
            "tenant-authority": US,
            "server": "outlook-dod.office365.us",
        },
    ),
    case(
        "O06-scope-of-cloud",
        "scope",
        "graph.microsoft.com is in the global cloud, the authority in the cloud of"
        " 21Vianet in China. Enter https://microsoftgraph.chinacloudapi.cn/.default.",
        {"scope": GRAPH_SCOPE, "tenant-authority": CHINA},
        {
            "scope": "https://microsoftgraph.chinacloudapi.cn/.default",
            "tenant-authority": "https://login.chinacloudapi.cn",
        },
        start="pop_graph",
    ),
    case(
        "O07-unknown-resource",
        "scope",
        "mail.contoso.com is no known resource of Microsoft 365. The scope is used as"
        " it is typed: test the connection.",
        "https://mail.contoso.com/.default",
        OUTLOOK_365,
        warning=True,
    ),
]
