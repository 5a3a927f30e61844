"""Who lives in the sandbox: tenant, applications, mailboxes, provider names.

Fixed ids, so that option sets can hold production values that work here. What each
server does with them: entra, imap/server, smtp_server. Letters: letters.
"""

from __future__ import annotations

from dataclasses import dataclass, field

TENANT_ID = "3d5a1c9e-7b42-4f0d-9a16-c0ffee00a001"
TENANT_DOMAINS = ("contoso.example", "contoso.onmicrosoft.example")
PUBLIC_APP_ID = "8f2b6d10-54ce-4b8e-8d37-c0ffee00b001"
CONFIDENTIAL_APP_ID = "8f2b6d10-54ce-4b8e-8d37-c0ffee00b002"
UNCONSENTED_APP_ID = "8f2b6d10-54ce-4b8e-8d37-c0ffee00b003"

AUTHORITY_HOST = "login.microsoftonline.com"
MAIL_RESOURCES = ("https://outlook.office.com", "https://outlook.office365.com")
GRAPH_RESOURCE = "https://graph.microsoft.com"
# The same tenant lives in every cloud, but a token of one is not for the others.
US_HOST, CHINA_HOST = "login.microsoftonline.us", "login.partner.microsoftonline.cn"
MAIL_OF = {
    AUTHORITY_HOST: MAIL_RESOURCES,
    US_HOST: ("https://outlook.office365.us",),
    CHINA_HOST: ("https://partner.outlook.cn",),
}
GRAPH_OF = {
    AUTHORITY_HOST: GRAPH_RESOURCE,
    US_HOST: "https://graph.microsoft.us",
    CHINA_HOST: "https://microsoftgraph.chinacloudapi.cn",
}
GRAPHS = tuple(GRAPH_OF.values())
EVERY_MAIL = tuple(one for found in MAIL_OF.values() for one in found)
RESOURCES = (*EVERY_MAIL, *GRAPHS)

# At Google: one OAuth client, and one service account with domain-wide delegation.
GOOGLE_CLIENT_ID = "123456789012-sandbox.apps.googleusercontent.com"
GOOGLE_SECRET = "GOCSPX-sandbox-Value-0003"
GOOGLE_ACCOUNT = "mail@sandbox.iam.gserviceaccount.com"
GOOGLE_ACCOUNT_ID = "100000000000000000001"
GOOGLE_SCOPE = "https://mail.google.com/"

ON_PREMISES = "mail.contoso.example"  # Contoso's own server, which is not Microsoft's

# Every name that our server certificate carries.
PROVIDER_NAMES = (
    AUTHORITY_HOST,
    "login.microsoft.com",
    "login.windows.net",
    "sts.windows.net",
    "outlook.office365.com",
    "outlook.office.com",
    "smtp.office365.com",
    "graph.microsoft.com",
    "imap.gmail.com",
    "pop.gmail.com",
    "smtp.gmail.com",
    "oauth2.googleapis.com",
    "accounts.google.com",
    US_HOST,
    CHINA_HOST,
    "outlook.office365.us",
    "smtp.office365.us",
    "partner.outlook.cn",
    "smtp.partner.outlook.cn",
    ON_PREMISES,
)
# (name, port) that a client asks the proxy for, and the listener that answers.
ROUTES = {
    (AUTHORITY_HOST, 443): "entra",
    ("login.microsoft.com", 443): "entra",
    ("login.windows.net", 443): "entra",
    (US_HOST, 443): "entra",
    (CHINA_HOST, 443): "entra",
    ("outlook.office365.us", 993): "imaps",
    ("smtp.office365.us", 587): "smtp",
    ("partner.outlook.cn", 993): "imaps",
    ("smtp.partner.outlook.cn", 587): "smtp",
    ("accounts.google.com", 443): "google",
    ("oauth2.googleapis.com", 443): "google",
    ("outlook.office365.com", 993): "imaps",
    ("outlook.office.com", 993): "imaps",
    ("outlook.office365.com", 143): "imap",
    ("outlook.office.com", 143): "imap",
    ("outlook.office365.com", 995): "pop3s",
    ("outlook.office.com", 995): "pop3s",
    ("outlook.office365.com", 110): "pop3",
    ("outlook.office365.com", 443): "ews",
    ("outlook.office.com", 443): "outlook",  # EWS, and upload sessions of Graph
    ("smtp.office365.com", 587): "smtp",
    ("smtp.office365.com", 465): "smtps",
    ("graph.microsoft.com", 443): "graph",
    ("imap.gmail.com", 993): "imaps",
    ("pop.gmail.com", 995): "pop3s",
    ("smtp.gmail.com", 587): "smtp",
    ("smtp.gmail.com", 465): "smtps",
    (ON_PREMISES, 443): "ews",
    (ON_PREMISES, 993): "imaps",
    (ON_PREMISES, 143): "imap",
    (ON_PREMISES, 995): "pop3s",
    (ON_PREMISES, 110): "pop3",
    (ON_PREMISES, 587): "smtp",
    (ON_PREMISES, 465): "smtps",
}

# The name is asked for by the fault proxy-login only. With this password the address of
# a mailbox is good as well, and says whose line it is (lines).
PROXY_LOGIN = ("sandbox", "proxy-demo")
CUSTOMER_DOMAIN = "customers.example"  # everybody there answers
UNKNOWN_DOMAIN = "unknown.example"  # nobody there exists
MAX_MESSAGE_BYTES = 35 * 1024 * 1024

MAIL_PERMISSIONS = (
    "EWS.AccessAsUser.All",
    "IMAP.AccessAsUser.All",
    "POP.AccessAsUser.All",
    "SMTP.Send",
)
GRAPH_PERMISSIONS = (
    *("Mail.ReadWrite", "Mail.ReadWrite.Shared"),
    *("Mail.Send", "Mail.Send.Shared"),
    "User.Read",
)


# Application permissions, for tokens of the application itself.
MAIL_ROLES = (
    "IMAP.AccessAsApp",
    "POP.AccessAsApp",
    "SMTP.SendAsApp",
    "full_access_as_app",
)
GRAPH_ROLES = ("Mail.ReadWrite", "Mail.Send")


@dataclass(frozen=True)
class App:
    """An app registration and its enterprise application (service principal).

    principal_id: object id of the latter, which Exchange is told. secret: the client
    secret that is valid, None = it has none. public: may ask for users' tokens without
    it ("Allow public client flows"). The others are what an administrator consented to:
    delegated permissions (mail, graph) and application permissions (their roles).
    """

    client_id: str
    name: str
    principal_id: str
    secret: str | None = field(default=None, repr=False)
    expired_secret: str | None = field(default=None, repr=False)
    public: bool = True
    mail: tuple[str, ...] = MAIL_PERMISSIONS
    graph: tuple[str, ...] = GRAPH_PERMISSIONS
    mail_roles: tuple[str, ...] = ()
    graph_roles: tuple[str, ...] = ()

    def permissions(self, resource: str) -> tuple[str, ...]:
        """Delegated permissions for that resource."""
        return self.graph if resource in GRAPHS else self.mail

    def roles(self, resource: str) -> tuple[str, ...]:
        """Application permissions for that resource."""
        return self.graph_roles if resource in GRAPHS else self.mail_roles


@dataclass(frozen=True)
class Account:
    """A person or function with a mailbox.

    living: gets new mail and answers. basic: may still sign in with its password.
    fault: the scenario that this account always shows (see fault_names.FAULTS).
    configured_password: what the demo option set holds, where it is not the right one.
    app_access: client ids of applications whose service principal may open it
    (Add-MailboxPermission FullAccess).
    shared: nobody signs in as it, as at Exchange by default; others open it.
    full_access, send_as: addresses of people who may open it, and send in its name
    (Add-MailboxPermission FullAccess, Add-RecipientPermission SendAs).
    """

    address: str
    name: str
    password: str = field(repr=False)
    object_id: str
    about: str
    living: bool = False
    basic: bool = False
    fault: str | None = None
    configured_password: str | None = field(default=None, repr=False)
    tenant_id: str = TENANT_ID
    client_id: str = PUBLIC_APP_ID
    app_access: tuple[str, ...] = ()
    shared: bool = False
    full_access: tuple[str, ...] = ()
    send_as: tuple[str, ...] = ()

    def opens_to(self, person: str) -> bool:
        """Whether the token of somebody opens it. person: address in lower case."""
        return person == self.address or person in self.full_access

    def sends_for(self, person: str) -> bool:
        """Whether somebody may send in its name."""
        return person == self.address or person in self.send_as


def _id(number: int) -> str:
    return f"5e1f0a77-2c3b-4d9a-b6e8-c0ffee00c{number:03d}"


def _principal(number: int) -> str:
    return f"b7c90e12-61d4-4f3a-8a55-c0ffee00d{number:03d}"


APPS = {
    app.client_id: app
    for app in (
        App(PUBLIC_APP_ID, "Contoso contact centre mail", _principal(1)),
        App(
            CONFIDENTIAL_APP_ID,
            "Contoso mail gateway",
            _principal(2),
            secret="sandbox~Confidential~Value~0001",
            expired_secret="sandbox~Expired~Value~0000",
            public=False,
            mail_roles=MAIL_ROLES,
            graph_roles=GRAPH_ROLES,
        ),
        App(
            UNCONSENTED_APP_ID,
            "Contoso without consent",
            _principal(3),
            secret="sandbox~Unconsented~Value~0002",
            mail=(),
            graph=(),
        ),
    )
}

GATEWAY = (CONFIDENTIAL_APP_ID,)  # what most mailboxes are opened to

MAILBOXES = (
    Account(
        "support@contoso.example",
        "Contoso Support",
        "Sunny-Harbour-41",
        _id(1),
        "healthy",
        living=True,
        app_access=GATEWAY,
    ),
    Account(
        "orders@contoso.example",
        "Contoso Orders",
        "Copper-Kettle-72",
        _id(2),
        "healthy",
        living=True,
        app_access=GATEWAY,
    ),
    Account(
        "billing@contoso.example",
        "Contoso Billing",
        "Quiet-Meadow-18",
        _id(3),
        "healthy; the demo option set holds a wrong password",
        living=True,
        app_access=GATEWAY,
        configured_password="Quiet-Meadow-17",
    ),
    Account(
        "returns@contoso.example",
        "Contoso Returns",
        "Paper-Lantern-55",
        _id(4),
        "healthy, not configured yet: for the wizard and for training",
        living=True,
        app_access=GATEWAY,
    ),
    Account(
        "legacy@contoso.example",
        "Contoso Fax Desk",
        "Wooden-Anchor-09",
        _id(5),
        "healthy, still lets a password sign in without OAuth",
        living=True,
        app_access=GATEWAY,
        basic=True,
    ),
)

# Opened by people: Support may also send as it, Orders may only read.
SHARED = (
    Account(
        "service@contoso.example",
        "Contoso Service",
        "Nobody-Signs-In-Here-1",
        _id(6),
        "shared; support@contoso.example and orders@contoso.example open it",
        living=True,
        app_access=GATEWAY,
        shared=True,
        full_access=("support@contoso.example", "orders@contoso.example"),
        send_as=("support@contoso.example",),
    ),
)

# Accounts that always refuse, each for one reason. Where the fault is a mail server's,
# the application may open the mailbox, so that its sign-ins meet that fault too.
SCENARIOS = tuple(
    Account(
        f"{local}@contoso.example",
        name,
        "Always-The-Same-1",
        _id(number),
        name,
        fault=fault,
        app_access=access,
    )
    for number, (local, name, fault, access) in enumerate(
        (
            ("locked", "locked by smart lockout", "AADSTS50053", ()),
            ("expired", "password expired", "AADSTS50055", ()),
            ("disabled", "account disabled", "AADSTS50057", ()),
            ("mfa", "multi-factor sign-in demanded", "AADSTS50076", ()),
            ("enrol", "has to register for multi-factor", "AADSTS50079", ()),
            ("policy", "blocked by conditional access", "AADSTS53003", ()),
            ("unassigned", "not assigned to the application", "AADSTS50105", ()),
            ("norights", "mailbox cannot be opened", "imap-not-connected", GATEWAY),
            (
                "nosmtp",
                "SMTP sign-in off for the tenant",
                "smtp-auth-off-tenant",
                GATEWAY,
            ),
            ("noaccess", "not opened to the application", None, ()),
        ),
        start=101,
    )
)


def accounts() -> dict[str, Account]:
    """All accounts by lower-case address."""
    return {account.address: account for account in (*MAILBOXES, *SHARED, *SCENARIOS)}
