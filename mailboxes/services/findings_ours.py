"""Findings for the codes that are ours to name (core/codes).

Causes that rest on experience (diagnosis.md, [K]) say "likely". Lookup: findings.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ..core.choices import Retry, Step
from ..core.codes import Code
from .finding import Finding, Who

BY_CODE: dict[str, Finding] = {}


def _row(
    code: Code,
    title: object,
    cause: object,
    step: Step,
    fix: object,
    option: str = "",
    who: Who = Who.CONSOLE,
    retry: Retry = Retry.ADMIN,
    certain: bool = True,
) -> None:
    BY_CODE[str(code)] = Finding(
        str(code), title, cause, step, fix, option, who, retry, certain
    )


NET, EXO, ENTRA, NOBODY = Who.NETWORK, Who.EXCHANGE, Who.ENTRA, Who.NOBODY
BACK = Retry.BACK_OFF

# --- the way to the server ---
_row(
    Code.DNS_UNKNOWN,
    _("The name {host} is unknown"),
    _("The host name is misspelt, or our resolver does not know its zone."),
    Step.SERVER,
    _("Correct the host name of the server."),
    "server",
)
_row(
    Code.DNS_TEMPORARY,
    _("The resolver does not answer"),
    _("This host cannot look up names at the moment."),
    Step.NETWORK,
    _("Check the resolver of this host."),
    who=NET,
    retry=BACK,
)
_row(
    Code.CONNECT_TIMEOUT,
    _("{host} does not answer at port {port}"),
    _("Likely a firewall drops the connection."),
    Step.NETWORK,
    _("Open the way from this host to that host and port."),
    who=NET,
    retry=BACK,
    certain=False,
)
_row(
    Code.CONNECT_REFUSED,
    _("{host} refuses connections at port {port}"),
    _("Nothing listens there: probably the port is wrong."),
    Step.SERVER,
    _("Correct the port: 993 for IMAP, 587 or 465 for SMTP."),
    "port",
    certain=False,
)
_row(
    Code.CONNECT_UNREACHABLE,
    _("{host} cannot be reached"),
    _("There is no route from this host, or it is cut off from the network."),
    Step.NETWORK,
    _("Check the network and the routes of this host."),
    who=NET,
    retry=BACK,
)
_row(
    Code.CONNECTION_LOST,
    _("The connection to {host} was cut"),
    _("The server or something on the way closed it in the middle."),
    Step.NETWORK,
    _("Nothing to do if it stays rare; else look for a device that cuts connections."),
    who=NET,
    retry=Retry.NOW,
)
_row(
    Code.READ_TIMEOUT,
    _("{host} did not answer in time"),
    _("The server is slow, or the encryption does not fit the port."),
    Step.SERVER,
    _("Check encryption and port; if they are right, allow more time."),
    "protocol-timeout",
    retry=BACK,
)
_row(
    Code.TLS_UNTRUSTED,
    _("The certificate of {host} is not trusted"),
    _("Likely a proxy inspects TLS and signs with an authority of its own ({issuer})."),
    Step.PROXY,
    _("Add the company's certificate authority to the proxy of this client."),
    "proxy",
    NET,
    certain=False,
)
_row(
    Code.TLS_NAME,
    _("The certificate is not for {host}"),
    _("The server was named by an alias or an IP address, or a proxy answers for it."),
    Step.SERVER,
    _("Use the host name that the provider documents."),
    "server",
)
_row(
    Code.TLS_EXPIRED,
    _("The certificate of {host} is outside its time"),
    _("It has expired, or the clock of this host is wrong."),
    Step.CLOCK,
    _("Check the clock of this host first, then ask the server's administrator."),
    who=NET,
)
_row(
    Code.TLS_NOT_TLS,
    _("{host} does not speak TLS at port {port}"),
    _("The port expects STARTTLS or no encryption, or a proxy answers in plain text."),
    Step.SERVER,
    _("Choose the encryption that belongs to the port."),
    "pop-connection-security",
)
_row(
    Code.TLS_VERSION,
    _("{host} speaks no TLS that is safe enough"),
    _("Server or proxy offer less than TLS 1.2."),
    Step.NETWORK,
    _("Raise the server or the proxy to TLS 1.2 or newer."),
    who=NET,
)
_row(
    Code.TLS_HANDSHAKE,
    _("The encryption with {host} could not be agreed"),
    _("Likely a device on the way filters by name or breaks TLS."),
    Step.PROXY,
    _("Let the host pass without inspection."),
    "proxy",
    NET,
    retry=BACK,
    certain=False,
)
_row(
    Code.STARTTLS_MISSING,
    _("{host} does not offer STARTTLS"),
    _("It is another server than meant, or a device on the way removes the offer."),
    Step.NETWORK,
    _("Check server and port; the password or token is never sent in clear."),
    "server",
    NET,
)
_row(
    Code.PROXY_UNREACHABLE,
    _("The proxy cannot be reached"),
    _("Nothing answers at the proxy's host and port."),
    Step.PROXY,
    _("Correct host and port of the proxy, or start it."),
    "proxy",
    retry=BACK,
)
_row(
    Code.PROXY_AUTH,
    _("The proxy wants a log-in"),
    _("It answered 407: user name or password of the proxy are missing or wrong."),
    Step.PROXY,
    _("Enter user name and password of the proxy."),
    "proxy",
)
_row(
    Code.PROXY_DENIED,
    _("The proxy does not let us through to {host}"),
    _("Its rules refuse the host or the port."),
    Step.PROXY,
    _("Allow CONNECT to this host and port on the proxy."),
    "proxy",
    NET,
)
_row(
    Code.PROXY_GATEWAY,
    _("The proxy cannot reach {host}"),
    _("It answered that the name or the way beyond it does not work."),
    Step.PROXY,
    _("Check the host name, then the proxy's own way out."),
    "server",
    NET,
    retry=BACK,
)
_row(
    Code.PROXY_NOT_HTTP,
    _("What answers as proxy is no HTTP proxy"),
    _("Host or port name another kind of server."),
    Step.PROXY,
    _("Correct host and port of the proxy."),
    "proxy",
)

# --- the token endpoint, without a number of Microsoft's ---
_row(
    Code.TOKEN_INVALID_GRANT,
    _("The authority refused the credential"),
    _("It gave no code that says more."),
    Step.PASSWORD,
    _("Enter the password again, and try a sign-in in a browser."),
    "password",
)
_row(
    Code.TOKEN_INVALID_CLIENT,
    _("The authority refused the application"),
    _("The client ID is wrong, or the application must prove itself."),
    Step.CLIENT_ID,
    _("Check the client ID, and that public client flows are allowed."),
    "client-id",
)
_row(
    Code.TOKEN_INTERACTION,
    _("The authority wants a person to sign in"),
    _("A policy demands more than a password."),
    Step.MFA,
    _("Exclude the account from the policy that asks for interaction."),
    who=ENTRA,
)
_row(
    Code.TOKEN_REFUSED,
    _("The authority refused the request for a token"),
    _("It gave no reason that is known here; its own words stand below."),
    Step.REGISTRATION,
    _("Look up the authority's answer, and check client ID and directory ID."),
    "client-id",
)
_row(
    Code.TOKEN_UNAVAILABLE,
    _("The authority cannot work at the moment"),
    _("Its service answered with a fault of its own."),
    Step.SERVICE,
    _("Watch the provider's service health page; it goes on by itself."),
    who=NOBODY,
    retry=BACK,
)
_row(
    Code.TOKEN_THROTTLED,
    _("The authority asks us to slow down"),
    _("Too many requests for tokens came from here."),
    Step.THROTTLING,
    _("Nothing to do now: it goes on by itself after the pause asked for."),
    who=NOBODY,
    retry=BACK,
)
_row(
    Code.TOKEN_NOT_JSON,
    _("A web page came instead of a token"),
    _("Likely a proxy answered with a page of its own."),
    Step.PROXY,
    _("Let the authority's host pass without inspection or sign-in page."),
    "proxy",
    NET,
    certain=False,
)
_row(
    Code.TENANT_UNKNOWN,
    _("The tenant was not found"),
    _("The authority knows no tenant by this directory ID."),
    Step.DIRECTORY_ID,
    _("Copy the Directory (tenant) ID from the application's Overview page."),
    "directory-id",
)

_row(
    Code.CLOCK_SKEW,
    _("The clock of this host is {skew}"),
    _("It differs from the authority's clock by more than five minutes."),
    Step.CLOCK,
    _("Synchronise the clock of this host by NTP."),
    who=NET,
)

# --- the token itself ---
_row(
    Code.TOKEN_AUDIENCE,
    _("The token is for another service"),
    _("It was made for {audience}, which is not what {protocol} needs."),
    Step.SCOPE,
    _("Choose the scope that belongs to the protocol."),
    "scope",
)
_row(
    Code.TOKEN_PERMISSION,
    _("The token lacks the permission {permission}"),
    _("The application does not have it, or nobody has consented to it."),
    Step.PERMISSIONS,
    _("Add the permission {permission} to the application and grant admin consent."),
    who=ENTRA,
)
_row(
    Code.TOKEN_TENANT,
    _("The token comes from another tenant"),
    _("It is from {tenant}, the directory ID stands for {expected}."),
    Step.DIRECTORY_ID,
    _("Copy the Directory (tenant) ID from the application's Overview page."),
    "directory-id",
)
_row(
    Code.TOKEN_CLIENT,
    _("The token belongs to another application"),
    _("It was given to {application}, the client ID is {expected}."),
    Step.CLIENT_ID,
    _("Copy the Application (client) ID from the application's Overview page."),
    "client-id",
)
_row(
    Code.TOKEN_EXPIRED,
    _("The token is outside its time"),
    _("The authority has just made it, so the clock of this host is wrong."),
    Step.CLOCK,
    _("Synchronise the clock of this host by NTP."),
    who=NET,
)

# --- greeting and sign-in at the mail server ---
_row(
    Code.GREETING_UNEXPECTED,
    _("{host} greets like another kind of server"),
    _("Host or port belong to another protocol."),
    Step.SERVER,
    _("Correct server and port."),
    "server",
)
_row(
    Code.PROTOCOL_ERROR,
    _("{host} answered something unexpected"),
    _("The server broke its protocol, or a device on the way changed the answer."),
    Step.SERVICE,
    _("Look at the server's answer; if it stays, ask its administrator."),
    who=EXO,
    retry=BACK,
)
_row(
    Code.XOAUTH2_MISSING,
    _("{host} does not offer OAuth sign-in"),
    _(
        "Likely it is not the provider's server, or a device on the way hides the"
        " offer."
    ),
    Step.SERVER,
    _("Correct the server, or sign in with a password."),
    "server",
    certain=False,
)
_row(
    Code.LOGIN_DISABLED,
    _("{host} admits no sign-in without encryption"),
    _("The connection is not encrypted."),
    Step.SERVER,
    _("Choose TLS or STARTTLS."),
    "pop-connection-security",
)
_row(
    Code.TOKEN_NOT_ACCEPTED,
    _("The mail server refused the token"),
    _(
        "The token itself looks right. Likely the protocol is switched off for the"
        " mailbox, it has no licence, or the log-in name is no mailbox."
    ),
    Step.PROTOCOL,
    _("Switch the protocol on for this mailbox, and check its licence and name."),
    "mailbox",
    EXO,
    certain=False,
)
_row(
    Code.PASSWORD_REFUSED,
    _("The mail server refused the password"),
    _("User name or password are wrong, or the server takes no passwords."),
    Step.PASSWORD,
    _("Enter the log-in name and its current password."),
    "password",
)
_row(
    Code.BASIC_AUTH_BLOCKED,
    _("The mail server takes no passwords any more"),
    _("Basic authentication is switched off for this protocol."),
    Step.PASSWORD,
    _("Set the sign-in mode to XOAUTH2."),
    "mail.<type>.auth.mechanisms",
)
_row(
    Code.AUTHORIZATION_FAILED,
    _("The log-in may not open this mailbox"),
    _("Signing in worked, acting for the mailbox was refused."),
    Step.RIGHTS,
    _("Give the log-in name Full Access to the mailbox."),
    "mailbox",
    EXO,
)
_row(
    Code.NOT_CONNECTED,
    _("Signed in, but the mailbox could not be opened"),
    _(
        "Likely the log-in has no rights on the mailbox, IMAP is switched off for it,"
        " or it has no licence."
    ),
    Step.RIGHTS,
    _("Give the log-in Full Access, and check that IMAP is enabled and licensed."),
    "mailbox",
    EXO,
    certain=False,
)
_row(
    Code.SERVER_UNAVAILABLE,
    _("{host} is busy or has a fault"),
    _("The server answered that it cannot work at the moment."),
    Step.SERVICE,
    _("Watch the provider's service health page; it goes on by itself."),
    who=NOBODY,
    retry=BACK,
)
_row(
    Code.SERVER_THROTTLED,
    _("{host} asks us to slow down"),
    _("The budget of this mailbox is spent."),
    Step.THROTTLING,
    _("Nothing to do now; if it comes often, raise cycle-time."),
    "cycle-time",
    NOBODY,
    retry=BACK,
)
_row(
    Code.SERVER_CLOSED,
    _("{host} closed the connection"),
    _("The server said goodbye on its own, as after a long pause or at a restart."),
    Step.SERVICE,
    _("Nothing to do if it stays rare: a new connection is made by itself."),
    who=NOBODY,
    retry=Retry.NOW,
)
_row(
    Code.TOO_MANY_CONNECTIONS,
    _("Too many connections to this mailbox"),
    _("Other programs use it at the same time, or old connections are still open."),
    Step.THROTTLING,
    _("Close other programs that use the mailbox."),
    who=Who.OWNER,
    retry=BACK,
)
_row(
    Code.FOLDER_MISSING,
    _("The folder {folder} does not exist"),
    _("folder-path names no folder of the mailbox."),
    Step.FOLDER,
    _("Enter the folder as the server names it, or leave it empty for the inbox."),
    "folder-path",
)
_row(
    Code.FOLDER_TARGET_MISSING,
    _("The folder to move to does not exist"),
    _("after-fetch-folder names no folder of the mailbox. Fetching goes on."),
    Step.FOLDER,
    _("Make the folder on the server, or enter one that exists."),
    "after-fetch-folder",
)
_row(
    Code.QUOTA_FULL,
    _("The mailbox is full"),
    _("The server has no room left for it."),
    Step.QUOTA,
    _("Free space in the mailbox, or raise its quota."),
    who=EXO,
)

# --- sending ---
_row(
    Code.SMTP_AUTH_OFF_TENANT,
    _("SMTP sign-in is switched off for the tenant"),
    _("SmtpClientAuthentication is disabled for the organisation."),
    Step.PROTOCOL,
    _(
        "Set-CASMailbox -SmtpClientAuthenticationDisabled $false for this mailbox;"
        " it overrides the organisation."
    ),
    who=EXO,
)
_row(
    Code.SMTP_AUTH_OFF_MAILBOX,
    _("SMTP sign-in is switched off for the mailbox"),
    _("SmtpClientAuthentication is disabled for this mailbox."),
    Step.PROTOCOL,
    _("Tick Authenticated SMTP under Manage email apps; it may take an hour."),
    who=EXO,
)
_row(
    Code.SMTP_AUTH_POLICY,
    _("A policy refuses SMTP sign-in"),
    _("Security defaults or conditional access do not admit it."),
    Step.CONDITIONAL_ACCESS,
    _("Exclude the account from the policy that the sign-in logs name."),
    who=ENTRA,
)
_row(
    Code.SMTP_AUTH_REQUIRED,
    _("The server wants a sign-in before it takes mail"),
    _("No log-in name is set, or the sign-in was refused earlier."),
    Step.SERVER,
    _("Enter a log-in name and its credential."),
    "mailbox",
)
_row(
    Code.SENDER_REFUSED,
    _("The log-in may not send as this sender"),
    _("The sender is not the log-in, and Send As is not granted."),
    Step.RIGHTS,
    _("Grant Send As, or send from the mailbox that signs in; allow an hour."),
    "mailbox",
    EXO,
)
_row(
    Code.RECIPIENT_REFUSED,
    _("The server refused every recipient"),
    _("The addresses do not exist or may not be written to."),
    Step.MESSAGE,
    _("Correct the recipients."),
)
_row(
    Code.RECIPIENT_DEFERRED,
    _("The server takes these recipients later"),
    _("It answered with a temporary refusal."),
    Step.SERVICE,
    _("Nothing to do: it is tried again by itself."),
    who=NOBODY,
    retry=BACK,
)
_row(
    Code.MESSAGE_REFUSED,
    _("The server refused the message"),
    _("Its content or its sender breaks a rule of the server."),
    Step.MESSAGE,
    _("Read the server's answer and change the message."),
)
_row(
    Code.MESSAGE_DEFERRED,
    _("The server takes the message later"),
    _("It answered with a temporary refusal."),
    Step.SERVICE,
    _("Nothing to do: it is tried again by itself."),
    who=NOBODY,
    retry=BACK,
)
_row(
    Code.MESSAGE_TOO_LARGE,
    _("The message is larger than the server takes"),
    _("It exceeds the size that the server announces."),
    Step.MESSAGE,
    _("Shrink the attachments or send a link; or raise the server's limit."),
)
_row(
    Code.SENDING_QUOTA,
    _("The sending limit is reached"),
    _("The provider limits recipients or messages in a day."),
    Step.THROTTLING,
    _("Wait for the provider's day to pass, or spread the sending."),
    who=NOBODY,
    retry=BACK,
)
_row(
    Code.SEND_UNCONFIRMED,
    _("It is not known whether the message was sent"),
    _("The connection or the process ended after the message was handed over."),
    Step.MESSAGE,
    _("Look in Sent Items, then mark it as sent or send it again."),
)

# --- our own house ---
_row(
    Code.CONFIG_INCOMPLETE,
    _("The option set is not complete"),
    _("An option that is needed is empty or cannot be used."),
    Step.SERVER,
    _("Fill in the option {option}."),
    "server",
)
_row(
    Code.TRANSPORT_MISSING,
    _("This version cannot speak {protocol}"),
    _("The type is known, its transport is not part of this version."),
    Step.CONSOLE,
    _("Choose another type."),
    "type",
)
_row(
    Code.GRANT_MISSING,
    _("This version cannot sign in by {grant}"),
    _("The grant is known, signing in by it is not part of this version."),
    Step.CONSOLE,
    _("Choose another grant, or keep the client as a draft."),
    "grant-type",
)
_row(
    Code.SECRET_UNREADABLE,
    _("The stored secret cannot be read"),
    _("It was encrypted with a key that this process does not have."),
    Step.CONSOLE,
    _("Give the old key in MAILADMIN_ENCRYPTION_KEYS, or enter the secret again."),
    "password",
)
_row(
    Code.LEASE_LOST,
    _("The work was taken over by another process"),
    _("This process was too slow to say that it still lives."),
    Step.CONSOLE,
    _("Nothing to do if it stays rare; else look at the load of this host."),
    retry=Retry.NOW,
)
_row(
    Code.DATABASE_BUSY,
    _("The database could not be written"),
    _("It was locked or unreachable for too long."),
    Step.CONSOLE,
    _("Look at the disk and the load of the database."),
    retry=BACK,
)
_row(
    Code.INTERNAL,
    _("A fault of this product"),
    _("Something happened that the code did not expect; the log has the details."),
    Step.CONSOLE,
    _("Report it with the log of the worker; the mailbox is tried again by itself."),
    retry=BACK,
)
