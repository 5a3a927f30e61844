"""Declarations that both kinds of section share, but for the time of their effect.

Values, defaults and versions of the vendor's options follow the seed document (page on
OAuth 2.0, state of 8.5.205.03) and email-server-options.md; each says how certain it
is. Rules over several options: services/option_rules.py.
"""

from __future__ import annotations

from ..core.choices import OWNER_GRANTS, Grant, Mechanism, Security
from ..core.conditions import Needs
from ..core.options import (
    NEVER,
    Certainty,
    Condition,
    Effect,
    Group,
    Kind,
    Label,
    Option,
    Origin,
    Target,
)
from .option_conditions import (
    GOOGLE,
    MICROSOFT,
    XOAUTH2,
    by_account,
    granted,
    graph,
    has_server,
    of_person,
)

OUTLOOK_SCOPE = "https://outlook.office.com/.default"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"
MICROSOFT_AUTHORITY = "https://login.microsoftonline.com"

SCOPES = (
    (OUTLOOK_SCOPE, "Office 365"),
    (GRAPH_SCOPE, "Office 365 Graph API"),
)
AUTHORITIES = (
    (MICROSOFT_AUTHORITY, "Microsoft"),
    ("https://accounts.google.com", "Google"),
    ("https://login.microsoftonline.us", "Microsoft, US Government"),
    ("https://login.partner.microsoftonline.cn", "Microsoft, China (21Vianet)"),
)
SECURITIES = (
    (Security.TLS.value, "TLS from the first byte (993, 995, 465)"),
    (Security.STARTTLS.value, "STARTTLS after the greeting (143, 110, 587)"),
    (Security.NONE.value, "No encryption"),
)
MECHANISM_CHOICES = (
    (Mechanism.BASIC.value, "Password (basic authentication)"),
    (Mechanism.XOAUTH2.value, "OAuth 2.0 (XOAUTH2)"),
)
GRANTS = (
    (
        Grant.PASSWORD.value,
        "The mailbox's password (ROPC): legacy, fails with every MFA policy. With"
        " GRAPH, as at the old server: the application itself",
    ),
    (
        Grant.USER_PASSWORD.value,
        "A password (ROPC) with GRAPH too: legacy, fails with every MFA policy",
    ),
    (
        Grant.CLIENT_CREDENTIALS.value,
        "The application itself, with a client secret (app-only)",
    ),
    (Grant.AUTHORIZATION_CODE.value, "The owner signs in once (authorization code)"),
    (Grant.DEVICE_CODE.value, "The owner signs in once on another device"),
    (Grant.SERVICE_ACCOUNT.value, "Google service account with delegation"),
)


def shared_mailbox(type_option: str, more: str = "") -> Label:
    """What the log-in name is called where another account signs in.

    more: a further sentence of its help.
    """
    words = "The address of the mailbox that is opened; another account signs in."
    return Label(by_account(type_option), "Shared mailbox", words + more)


def server_option(effect: Effect, type_option: str, example: str) -> Option:
    """The option `server`. example: host name of a server of that direction."""
    return Option(
        "server",
        "Server",
        f"Host name of the mail server, such as {example}; for EWS the whole address,"
        " https://.../EWS/Exchange.asmx.",
        effect,
        kind=Kind.HOST,
        valid="A host name or an IP address, without a port; for EWS a URL.",
        condition=has_server(type_option),
        sign_in=True,
    )


def sign_in_options(effect: Effect, type_option: str) -> dict[str, Option]:
    """The options of sign-in. type_option: `type` or `server-type`."""
    pop = effect is Effect.NEXT_CYCLE
    rewording = ("8.5.202.02",) if pop else ()
    oauth: Needs = ((XOAUTH2, graph(type_option)),)
    named = "<type>" if pop else "<server-type>"
    sentence = (
        f"Takes effect only when mail.{named}.auth.mechanisms is XOAUTH2 or the type is"
        " GRAPH."
    )
    condition = Condition(oauth, sentence)
    of_microsoft = Condition((*oauth, (MICROSOFT,)), sentence)
    app_only = Grant.CLIENT_CREDENTIALS
    app_secret: Needs = (
        *oauth,
        (MICROSOFT,),
        (granted(app_only), graph(type_option)),
        (granted(app_only, Grant.PASSWORD),),
    )
    owner_signs_in: Needs = (*oauth, (MICROSOFT,), (granted(*sorted(OWNER_GRANTS)),))
    return {
        "registration": Option(
            "registration",
            "App registration",
            "An application set up here once for many sections. Authority, ids and"
            " client secret then come from it.",
            effect,
            kind=Kind.REFERENCE,
            target=Target.REGISTRATION,
            group=Group.SIGN_IN,
            certainty=Certainty.OURS,
            valid="An app registration of this console, or none.",
            condition=condition,
            sign_in=True,
        ),
        "tenant_authority": Option(
            "tenant-authority",
            "Authority",
            "Server that issues the tokens for the registered application.",
            effect,
            group=Group.SIGN_IN,
            default=MICROSOFT_AUTHORITY,
            default_from=Origin.VENDOR,
            choices=AUTHORITIES,
            valid="https://login.microsoftonline.com for Microsoft; for Google any text"
            ' that contains "google", in any case.',
            introduced="8.5.107.06",
            modified=("8.5.201.05", "8.5.202.02", "8.5.205.03"),
            condition=condition,
            sign_in=True,
        ),
        "directory_id": Option(
            "directory-id",
            "Directory (tenant) ID",
            "A GUID or a verified domain, from the application's Overview page in"
            " Entra.",
            effect,
            group=Group.SIGN_IN,
            valid="The Directory (tenant) ID of the registered Azure application.",
            introduced="8.5.107.06",
            modified=("8.5.202.02", "8.5.205.03"),
            condition=of_microsoft,
            sign_in=True,
        ),
        "client_id": Option(
            "client-id",
            "Application (client) ID",
            "A GUID, from the application's Overview page in Entra. Not the Object ID.",
            effect,
            group=Group.SIGN_IN,
            valid="The client ID of the registered Azure or Google application.",
            introduced="8.5.107.06",
            modified=("8.5.201.05", "8.5.202.02", "8.5.205.03"),
            condition=condition,
            sign_in=True,
            labels=(
                Label(
                    ((GOOGLE,),),
                    "Client ID",
                    "Ends in .apps.googleusercontent.com, from the Clients page of the"
                    " Google Cloud console.",
                ),
            ),
        ),
        "scope": Option(
            "scope",
            "Scope",
            "What the token may be used for. IMAP, POP3, EWS and SMTP need the Office"
            " 365 scope, GRAPH needs the Graph one.",
            effect,
            group=Group.SIGN_IN,
            default=OUTLOOK_SCOPE,
            default_from=Origin.VENDOR,
            choices=SCOPES,
            valid=f"{GRAPH_SCOPE} for the Graph API, {OUTLOOK_SCOPE} for Office 365.",
            introduced="8.5.107.06",
            modified=(*rewording, "8.5.205.03"),
            condition=of_microsoft,
            sign_in=True,
        ),
        "grant_type": Option(
            "grant-type",
            "How the token is got",
            "With a password the mailbox itself signs in; app-only needs no person and"
            " no password.",
            effect,
            kind=Kind.CHOICE,
            group=Group.SIGN_IN,
            default=Grant.PASSWORD.value,
            certainty=Certainty.CERTAIN if pop else Certainty.DEDUCED,
            choices=GRANTS,
            valid="client_credentials is the vendor's; password, user_password,"
            " authorization_code, device_code and service_account are ours.",
            condition=condition,
            sign_in=True,
        ),
        "account": Option(
            "account",
            "Account that signs in",
            "Only where another name than the log-in name signs in. For a shared"
            " mailbox: the person's account that has Full Access. For a mailbox whose"
            " user principal name is not its address: that name. Empty means that"
            " the mailbox itself signs in.",
            effect,
            group=Group.SIGN_IN,
            certainty=Certainty.OURS,
            valid="A user principal name, or empty.",
            condition=Condition(
                of_person(type_option),
                "Takes effect only where a person's account signs in at Microsoft: by"
                " password, authorization_code or device_code.",
            ),
            sign_in=True,
        ),
        "secret": Option(
            "secret",
            "Secret of the Google application",
            "Name of the section secret-<name> that holds the client secret.",
            effect,
            kind=Kind.REFERENCE,
            target=Target.SECRET,
            group=Group.SIGN_IN,
            certainty=Certainty.CERTAIN if pop else Certainty.DEDUCED,
            valid="The name of a secret of this console, without white space.",
            introduced="8.5.201.05",
            modified=rewording,
            condition=Condition(
                ((XOAUTH2,), (GOOGLE,)),
                "Takes effect only for Google, when"
                f" mail.{named}.auth.mechanisms is XOAUTH2.",
            ),
            sign_in=True,
        ),
        "password": Option(
            "password",
            "Mailbox password",
            "The password of the log-in name; it goes to the mail server.",
            effect,
            kind=Kind.SECRET,
            group=Group.SIGN_IN,
            valid="A password, a refresh token (Google, authorization_code,"
            " device_code) or a client secret (GRAPH and client_credentials).",
            modified=("8.5.205.03",),
            sign_in=True,
            labels=(
                Label(
                    app_secret,
                    "Client secret",
                    "The Value of a client secret of the Azure application, not its"
                    " Secret ID.",
                ),
                Label(
                    ((XOAUTH2,), (GOOGLE,)),
                    "Refresh token",
                    "The refresh token that Google gave for this mailbox.",
                ),
                Label(
                    owner_signs_in,
                    "Refresh token",
                    "Comes by itself when the owner signs in; a page of this option set"
                    " starts that.",
                ),
                Label(
                    by_account(type_option),
                    "Password of the account",
                    "Of the account that signs in. It goes to the authority only, never"
                    " to the mail server.",
                ),
                Label(
                    oauth,
                    "Mailbox password",
                    "It goes to the authority only, never to the mail server.",
                ),
            ),
        ),
    }


def network_options(effect: Effect, answer: int) -> dict[str, Option]:
    """How the server is reached. answer: default of protocol-timeout in seconds."""
    return {
        "proxy": Option(
            "proxy",
            "Proxy",
            "Proxy on the way to the mail server and to the authority.",
            effect,
            kind=Kind.REFERENCE,
            target=Target.PROXY,
            certainty=Certainty.OURS,
            valid="A proxy of this console, or none.",
            sign_in=True,
        ),
        "connect_timeout": Option(
            "connect-timeout",
            "Connect timeout",
            "How long a connection may take to be made.",
            effect,
            kind=Kind.DURATION,
            default=15,
            minimum=1,
            maximum=300,
            valid="hh:mm:ss, 00:00:01 to 00:05:00.",
        ),
        "protocol_timeout": Option(
            "protocol-timeout",
            "Answer timeout",
            "How long the server may take for each answer.",
            effect,
            kind=Kind.DURATION,
            default=answer,
            minimum=1,
            maximum=600,
            valid="hh:mm:ss, 00:00:01 to 00:10:00.",
        ),
        "enable_debug": kept("enable-debug", "Debug output of the old server", effect),
        "exchange_version": kept(
            "exchange-version",
            "Exchange version",
            effect,
            Certainty.RECALLED,
            valid="A version of the Exchange schema.",
        ),
    }


def kept(
    name: str,
    label: str,
    effect: Effect,
    certainty: Certainty = Certainty.CERTAIN,
    valid: str = "true or false.",
) -> Option:
    """An option of the old server that is kept as it is written, without effect."""
    return Option(
        name,
        label,
        "An option of the old server.",
        effect,
        group=Group.ADVANCED,
        certainty=certainty,
        valid=valid,
        condition=NEVER,
    )
