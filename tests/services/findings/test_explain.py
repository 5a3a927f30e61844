"""Pasted texts: honest about what is not known, fast, and silent about secrets."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import Step
from mailboxes.services.findings import explain, rank
from mailboxes.services.findings.features import of_text
from tests.fixtures.cost import cost

TOKEN_FAULT = "AADSTS7000215: Invalid client secret provided."
LOGIN_FAULT = "A1 NO AUTHENTICATE failed."


def first(text: str, **known: str) -> tuple[str, str]:
    found = explain(text, **known)
    return (found[0].id, str(found[0].certainty)) if found else ("", "")


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (f"{LOGIN_FAULT}\n{TOKEN_FAULT}", "entra-wrong-secret"),
        (f"{TOKEN_FAULT}\n{LOGIN_FAULT}", "entra-wrong-secret"),
        ("imap: socket error: EOF\n[SSL: CERTIFICATE_VERIFY_FAILED] self-signed",
         "tls-untrusted"),
        ("smtp 535 5.7.3 Authentication unsuccessful\nread ECONNRESET\n"
         "getaddrinfo ENOTFOUND smtp.example.com", "dns-unknown"),
    ],
)  # fmt: skip
def test_the_root_cause_comes_first(text: str, id: str) -> None:
    assert first(text)[0] == id


def test_one_decisive_sign_is_certain_two_causes_are_likely() -> None:
    assert first(TOKEN_FAULT) == ("entra-wrong-secret", "certain")
    both = f"{TOKEN_FAULT}\nAADSTS50126: Error validating credentials"
    assert first(both)[1] == "likely"


def test_the_protocol_that_is_known_decides() -> None:
    text = "Error: authentication failed"
    steps = {p: first(text, protocol=p)[0] for p in ("imap", "ews", "graph")}
    assert steps["imap"] == "password-refused"
    assert steps["ews"] == "ews-unauthorized"


def test_the_stage_that_is_known_decides_where_nothing_else_does() -> None:
    assert first("it failed", stage="tcp") == ("unexplained-network", "unknown")
    assert first("it failed", stage="sign-in") == ("unexplained-sign-in", "unknown")


@pytest.mark.parametrize("text", ["", " ", "\x00", "all is well", "250 2.0.0 OK"])
def test_a_text_without_a_fault_has_no_finding(text: str) -> None:
    assert explain(text) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"error":"invalid_grant","error_description":"AADSTS50126: x"}',
        '{\\"error\\":\\"invalid_grant\\",\\"description\\":\\"AADSTS50126: x\\"}',
        "aadsts50126",
        "AADSTS: 50126",
        "AADSTS 50126",
        "error_codes: [50126], oauth",
        "https://login.microsoftonline.com/error?code=50126",
        "error=invalid_grant&error_description=AADSTS50126%3a+Error",
        "&quot;AADSTS50126&quot; &amp;",
        "\\u0041ADSTS50126",
    ],
)
def test_a_number_is_read_in_every_wrapping(text: str) -> None:
    found = explain(text)
    assert (found[0].id, found[0].code) == ("entra-wrong-password", "AADSTS50126")


@pytest.mark.parametrize(
    "text",
    [
        "535 5.7.8 Username and Password not accepted - gsmtp",
        "535-5.7.8 Username and Password not accepted - gsmtp",
        "(535, b'5.7.8 Username and Password not accepted. - gsmtp')",
        "535 #5.7.8 Username and Password not accepted gsmtp",
        "{ code: 'EAUTH', response: '535-5.7.8 Username and Password not accepted'",
    ],
)
def test_a_reply_of_smtp_is_read_in_every_spelling(text: str) -> None:
    assert first(text)[0] == "google-smtp-credential-refused"


def test_what_a_server_offers_is_no_fault() -> None:
    features = of_text(
        "250-AUTH LOGIN PLAIN XOAUTH2\n* CAPABILITY IMAP4rev1 AUTH=PLAIN"
    )
    assert "basic" not in features.tags


def test_a_field_at_fault_is_named() -> None:
    found = explain(
        "AADSTS900144: The request body must contain 'scope'. parameter: 'scope'"
    )
    assert (found[0].step, found[0].option) == (Step.SCOPE, "scope")


def test_secrets_of_a_text_are_not_repeated() -> None:
    text = "AADSTS50126 oauth client_secret=Xyz~123 password=hunter2 imap login failed"
    shown = repr(explain(text))
    assert "hunter2" not in shown and "Xyz~123" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "authentication failed " * 9_000,
        "\\" * 50_000,
        "eyJ" + "a" * 50_000,
        "certificate " * 9_000 + "imap ssl tls smtp oauth",
        "(" * 50_000,
        " " * 100_000,
        "host " * 20_000 + "imap",
        "redirect_uri " * 5_000 + "oauth",
        "could not connect " * 3_000 + "imap",
        "auth=" * 12_000,
    ],
)
def test_a_long_text_takes_no_time(text: str) -> None:
    """Four times the text, four times the work, not sixteen times."""
    part = text[: len(text) // 4]
    assert cost(explain, text, tries=2) < 9 * cost(explain, part, tries=2)


def test_a_long_log_costs_little_more_than_what_is_looked_at_of_it() -> None:
    line = "2026-03-01 INFO imap cycle of mailbox 7 done in 120 ms\n"

    def log(size: int) -> str:
        return line * (size // len(line)) + "ERROR AADSTS7000222: expired\n"

    assert cost(explain, log(200_000)) < 4 * cost(explain, log(60_000))


@pytest.mark.parametrize(
    ("code", "step"),
    [
        ("ErrorDelegateNoUser", Step.RIGHTS),
        ("ErrorInvalidSmtpAddress", Step.USER_NAME),
        ("ErrorParentFolderIdRequired", Step.FOLDER),
        ("ErrorReadEventsFailed", Step.SYNC),
        ("ErrorItemCorrupt", Step.MESSAGE),
        ("ErrorMailboxFailover", Step.SERVICE),
        ("ErrorRestrictionTooComplex", Step.CONSOLE),
    ],
)
def test_a_code_of_exchange_is_likely_its_step(code: str, step: Step) -> None:
    found = explain(f"ews: <m:ResponseCode>{code}</m:ResponseCode>")[0]
    assert (found.step, str(found.certainty)) == (step, "likely")


def test_a_number_of_graph_is_none_of_entra() -> None:
    text = "graph: CompactToken parsing failed with error code: 80049217"
    assert explain(text)[0].step == Step.SCOPE


def test_a_number_means_what_the_words_beside_it_say() -> None:
    text = "AADSTS90023: Public clients can't send a client secret."
    assert explain(text)[0].step == Step.PUBLIC_CLIENT


@pytest.mark.parametrize("noise", ["INFO cycle done in 120 ms\n", "x" * 90 + "\n"])
def test_an_error_in_the_middle_of_a_long_log_is_found(noise: str) -> None:
    half = noise * (100_000 // len(noise))
    fault = "2026-03-01 ERROR AADSTS7000222: The client secret keys are expired\n"
    assert explain(half + fault + half)[0].id == "entra-secret-expired"


def test_a_line_that_repeats_leaves_room_for_another() -> None:
    often = "".join(
        f"09:{n % 60:02} ERROR imap connect timed out\n" for n in range(4000)
    )
    once = "ERROR AADSTS53003: Access has been blocked\n"
    found = explain(often + once + often)
    assert found[0].step == Step.CONDITIONAL_ACCESS


def test_a_reply_for_now_is_no_refusal_for_good() -> None:
    refused = "smtplib.SMTPRecipientsRefused: {'a@example.com': (%s, b'%s')}"
    for_now, for_good = refused % (421, "4.3.0 failure"), refused % (550, "5.1.1 none")
    assert [explain(text)[0].step for text in (for_now, for_good)] == [
        Step.SERVICE,
        Step.MESSAGE,
    ]


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("Der angegebene Host ist unbekannt", "dns-unknown"),
        ("l'ordinateur cible l'a expressément refusée", "connect-refused"),
        ("la parte conectada no respondió adecuadamente", "connect-timeout"),
        ("Das Remotezertifikat ist ungültig", "tls-untrusted"),
        ("errno: -4078, syscall: 'connect'", "connect-refused"),
        ("NSURLErrorDomain Code=-1003", "dns-unknown"),
        ("0x80072F8F 0x800B0109", "tls-untrusted"),
        ("curl: (5) Could not resolve proxy: p", "proxy-unreachable"),
        ("ProxyError('x', NewConnectionError('[Errno 111]'))", "proxy-unreachable"),
    ],
)
def test_a_cause_is_known_in_other_languages_and_by_numbers(text: str, id: str) -> None:
    assert explain(text)[0].id == id


def test_a_number_that_nobody_lists_is_likely_the_registration() -> None:
    found = explain("AADSTS240002: Input id_token cannot be used")[0]
    assert (found.step, str(found.certainty)) == (Step.REGISTRATION, "likely")


def test_a_hint_goes_before_what_nobody_knows_unless_a_stage_is_named() -> None:
    text = "imap EOF here error"
    ids = [one.id for one in explain(text)]
    assert ids == ["connection-lost", "protocol-error"]
    # What a weak sign and the words agree on is likely.
    assert [str(one.certainty) for one in explain(text)] == ["likely", "unknown"]
    named = [one.id for one in explain(text, stage="dns")]
    assert named == ["unexplained-network", "connection-lost"]


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("MailAuthenticationException: Authentication failed at JavaMailSenderImpl"
         ".doSend ~[spring-context-support-5.3.4.jar!/:5.3.4]", Step.PASSWORD),
        ("PHPMailer version 5.4.1 SMTP Error: Could not authenticate.", Step.PASSWORD),
        ("connect to smtp host 10.5.1.1:25: connection timed out", Step.NETWORK),
        ("550-5.1.1 The email account that you tried to reach", Step.MESSAGE),
        ("(550, b'5.1.1 no')", Step.MESSAGE),
    ],
)  # fmt: skip
def test_versions_and_addresses_are_no_codes_of_smtp(text: str, step: Step) -> None:
    assert explain(text)[0].step == step


@pytest.mark.parametrize(
    "text",
    [
        "POP3 options Leave on Server, Maximum Message Size need UIDL, not supported",
        "username mismatch between token and IMAP login",
        "smtp: the From address doesn't match the authenticated account",
        "You are yet to enable IMAP for your account. Contact your administrator",
        "imap worker: unable to lock the database file",
        "mailbox a@example.com does not exist on the imap server",
        "smtp mail plugin 5.1.1 failed to load",
        "imap worker 538 failed oddly",
    ],
)
def test_what_a_text_only_mentions_is_not_certain(text: str) -> None:
    assert str(explain(text)[0].certainty) != "certain"


def test_a_category_of_exchange_is_no_answer_of_an_authority() -> None:
    text = (
        "The remote server returned an error: (403) Forbidden."
        " X-MS-DIAGNOSTICS: 2000008;"
        'reason="The token contains not enough scope to make this call.";'
        'error_category="invalid_grant"'
    )
    assert first(text) == ("ews-unauthorized", "likely")


# One line for each row of signs_threads, as programs print it.
THREADS = (
    ("System.Net.Dns.InternalGetHostByName: Resource temporarily unavailable",
     "dns-temporary"),
    ("postfix/dnsblog[126]: warning: dnsblog_query: lookup error for DNS query"
     " 1.2.0.192.b.example.org", "dns-temporary"),
    ("IMAP Error: Login failed. Could not connect to mail.example.com:143",
     "connect-refused"),
    (r"smtp: Bad request syntax ('\x16\x03\x01\x02\x00')", "tls-not-tls"),
    ("System.Net.Mail.SmtpException: Failure sending mail. IOException: Unable to read"
     " data from the transport connection: net_io_connectionclosed.", "tls-not-tls"),
    ("mail: Socket was closed even though a response was expected.", "connection-lost"),
    ("SMTP IO error: Resource temporarily unavailable (os error 11)", "read-timeout"),
    ("POST https://login.microsoftonline.com//oauth2/v2.0/token 404 Not Found",
     "entra-tenant-missing"),
    ("Microsoft.ADAL.api_error_code:DEVELOPER_REDIRECTURI_INVALID",
     "entra-redirect-unregistered"),
    ("gmail: Insufficient Permission: Request had too few", "google-scope-narrow"),
    ("You don't have permission to register applications in Contoso",
     "entra-registration-other"),
    ("outlook refresh_token无效", "oauth-refresh-token-ended"),
    ("ClientSecretCredential authentication failed:", "oauth-client-secret"),
    ("mail: InvalidArgumentException: unique id not found", "imap-uidvalidity-changed"),
    ("google calendar: Sync token is expired", "graph-delta-lost"),
    ("Error: Invalid login: 502 Command not implemented", "smtp-auth-before-tls"),
    ('smtp: 500 Error: command "AUTH" not recognized', "smtp-auth-before-tls"),
    ('Failed to authenticate on SMTP server with username "a@example.com" using 2'
     " possible authenticators", "password-refused"),
    ("Host1 failure: Error login on [imap.example.com] with user [a]",
     "password-refused"),
    ("smtp 471 4.7.1: The limits for your account are exceeded", "sending-quota"),
    ("imap NO [BADCHARSET (US-ASCII)] The specified charset is not supported",
     "program-fault"),
    ("[EventLog] : network::NS_ERROR_UNKNOWN_HOST", "dns-unknown"),
    ("NS_ERROR_PROXY_CONNECTION_REFUSED imap", "proxy-unreachable"),
    ("NS_ERROR_CONNECTION_REFUSED imap", "connect-refused"),
    ("NS_ERROR_NET_TIMEOUT imap", "connect-timeout"),
    ("NS_ERROR_NET_RESET imap", "connection-lost"),
    ("SSL routines:ssl_write_internal:protocol is shutdown", "connection-lost"),
    ("imap_open(): [CLOSED] IMAP connection broken (server response)",
     "connection-lost"),
    ("invalid_request: Unexpected client assertion type", "oauth-client-secret"),
    ("authorizeEmail: InvalidClient", "token-invalid-client"),
    ('"message": "Login Required", "location": "Authorization"',
     "oauth-refresh-token-ended"),
    ('scopes: ["user.read"]; https://outlook.office365.com/ews/exchange.asmx 401',
     "ews-wrong-audience"),
    ("gmail: scope https://www.googleapis.com/auth/gmail.readonly: imap"
     " invalid credentials", "google-scope-narrow"),
    ("pop3: -ERR Message is deleted.", "imap-uidvalidity-changed"),
    ("-ERR message 3 already deleted", "imap-uidvalidity-changed"),
    ("Failed to authenticate on SMTP server using 0 possible authenticators",
     "smtp-auth-before-tls"),
    ("535 Authentication failed: No such account.", "user-unknown"),
    ("warning: SASL LOGIN authentication failed: (reason unavailable),"
     " sasl_username=", "user-unknown"),
    ("smtp: URIError: URI malformed", "password-refused"),
    ("ConnectionRefusedError: Too many recent logins", "server-throttled"),
    ("Logon(): User 'a@example.com' has no default store", "imap-contact-admin"),
    ("smtp protocol error (next input sent too soon)", "program-fault"),
    ("UnboundLocalError: local variable 'scopes' referenced before assignment",
     "program-fault"),
    ("{:error, {:options, :incompatible, [verify: :verify_peer,"
     " cacerts: :undefined]}}", "program-fault"),
    ("smtp 503-R1: HELO should be a FQDN or address literal", "greeting-unexpected"),
    ("451 4.7.651 The mail server has been temporarily rate limited due to IP"
     " reputation", "sending-quota"),
    ("msg INBOX/230360 has RFC822.SIZE null!", "message-refused"),
    ("AggregateError at internalConnectMultiple (node:net:1114:18)", "connect-timeout"),
    ('{"error_description":"Token was issued in the future"}', "clock-skew"),
    ("GetToken failed with status code: UNREGISTERED_ON_API_CONSOLE",
     "google-client-unknown"),
    ("Current authenticated context is not valid for this request.",
     "graph-me-app-only"),
    ("404: The process failed to get the correct properties.", "shared-rights-missing"),
    ("535 Authentication Failed. Can't send mail - all recipients were rejected",
     "password-refused"),
    ("Kerberos error: No kerberos credentials available", "password-refused"),
    ("Your administrator has limited the number of items you can open simultaneously",
     "server-throttled"),
    ("imap: NRXHC3 BAD [CLIENTBUG] SELECT Command is not valid", "program-fault"),
    ("550 5.2.1 user disabled; cannot receive new mail", "recipient-refused"),
    ("Get-EXOMailbox : The underlying connection was closed: An unexpected error"
     " occurred on a receive.", "connection-lost"),
    ("status=deferred (host smtp.example.com[192.0.2.1] refused to talk to me: 521"
     " connection rejected.)", "smtp-address-blocked"),
    ("InfoWorker.Common.Availability.NoFreeBusyAccessException: The caller does not"
     " have access", "shared-rights-missing"),
    ('PATCH https://graph.microsoft.com/v1.0/subscriptions/0000-1111 {"error":{"code":'
     '"ResourceNotFound"}}', "graph-item-gone"),
    ("Failed to get license information for the user.", "graph-mailbox-missing"),
    ('"code": "ExtensionError", "message": "Operation: Create; Exception: [Status Code:'
     ' NotFound; Reason: Not Found]"', "graph-mailbox-missing"),
    ("outlook: Request returned HTTP error 403", "graph-access-denied"),
    ("The mailbox database is temporarily unavailable.", "ews-mailbox-moving"),
    ("Error in calling service, error code:401 { faultCode: null }",
     "password-refused"),
    ("Auth type: <requests_oauthlib.oauth2_auth.OAuth2 object>\nexchangelib.errors."
     "UnauthorizedError: Invalid credentials", "ews-unauthorized"),
    ("EWS_Exception: SOAP client returned status of 302", "greeting-unexpected"),
    ("HTTP Client error 404: Not found\nURL:https://m.example.com/ews/exchange.amsx",
     "greeting-unexpected"),
    ("Google: Invalid Credentials [401] Errors [ Message[Invalid Credentials]"
     " Reason[authError] ]", "google-refresh-token-ended"),
    ("Connection to IMAP at imap.example.net:993 failed. Authentication failed.",
     "password-refused"),
    ("Response: 535 5.7.1 Authentication failed", "password-refused"),
    ("AuthenticationFailedException: 526 Authentication failure[0]",
     "password-refused"),
    ("SMTP Error: Could not authenticate.", "password-refused"),
    ("warning: SASL CRAM-MD5 authentication failed: PDUxMzM5MDEyNzg0MDI3",
     "password-refused"),
    ("imap 1 NO Empty username or password b6mb5391", "password-refused"),
    ("553 5.7.1 <a@example.com>: Sender address rejected: not logged in",
     "smtp-auth-required"),
    ("554 Your account is limited to 100 messages / hour", "sending-quota"),
    ("450 4.7.1 Recipient rejected: Policy Rejection- Quota Exceeded.",
     "sending-quota"),
    ("The API call mail.Send() required more quota than is available.",
     "sending-quota"),
    ("graph: ResponseError('too many 500 error responses')", "server-unavailable"),
    ("graph: ResponseError('too many 429 error responses')", "server-throttled"),
    ("smtp 421 4.3.2 Reconfiguration in progress", "server-unavailable"),
    ("After sending data, response did not start with any of: [2]. < 554 no",
     "message-refused"),
    ("535 5.7.8 Error: authentication failed: (ehlo=1 starttls=1)",
     "password-refused"),
    ("response=421 4.7.0 Try again later, closing connection. (EHLO) gsmtp",
     "google-temporary"),
    ("exception: com.fsck.k9.mail.store.XOAuth2AuthenticationFailedException: NO"
     " [AUTHENTICATIONFAILED] Invalid credentials", "oauth-refresh-token-ended"),
    ("ews: SOAP client returned status of 403", "ews-unauthorized"),
    ("554 5.7.1 Recipient rejected: You have exceeded your Outmail quota.",
     "sending-quota"),
    ("Expected response code 354 but got code 503: 503 Error: need RCPT command",
     "recipient-refused"),
    ("550 5.7.1 Unconfigured Sending Domain <example.com>", "sender-refused"),
    ("535 5.7.8 Error: authentication failed: Please accept EULA first. 1611-XxYy",
     "mail-host-account"),
    ("421 Rejected: your account is on probation", "mail-host-account"),
    ('{"error":"invalid_grant","error_description":"expired authorization code"} POST'
     " https://login.salesforce.com/services/oauth2/token",
     "oauth-refresh-token-ended"),
    ("5.7.1 <DATA>: Data command rejected: limit of 400 rcpts per 24 hours for client",
     "sending-quota"),
    ("550 5.1.1 <a@example.com> - 192.0.2.0 has sent to too many recipients this hour",
     "sending-quota"),
    ("450-4.2.1 The user you are trying to contact is receiving mail at a rate that"
     " prevents additional messages", "server-throttled"),
    ("554 bizsmtp Connection refused. See http://csi.cloudmark.com/reset-request/?ip=1",
     "smtp-address-blocked"),
    ("SASL authentication failure: cannot connect to saslauthd server: No such file",
     "server-unavailable"),
    ("IMAP Error: Login failed. The krb5 extension is required for GSSAPI",
     "program-fault"),
    ("Error: error:0308010C:digital envelope routines::unsupported NTLM",
     "program-fault"),
    ("401 Client Error: Unauthorized for url:"
     " https://login.microsoftonline.com/common/oauth2/v2.0/token",
     "oauth-client-secret"),
    ("Sending request: https://login.microsoftonline.com/common/oauth2/token Token"
     " request returned HTTP error 401", "oauth-client-secret"),
    ("AdalSilentTokenAcquisitionException: Failed to acquire token silently",
     "oauth-refresh-token-ended"),
    ("smtp: io: socks5 error: Error with reply: Connection refused.", "proxy-gateway"),
    ("Server responded: command: APPEND => no response after 120.0 secs",
     "read-timeout"),
    ("Error in calling service, error code:401 https://mail.example.com/EWS/Exchange.asmx",
     "password-refused"),
    ("EWS HTTP 401 server: Microsoft-IIS/8.0 www-authenticate : Negotiate, NTLM",
     "password-refused"),
    ("Invalid login: 550 5.2.1 Mailbox cannot be accessed [PROD.OUTLOOK.COM]",
     "mail-host-account"),
    ("SMTP Error: 550 Unauthenticated senders not allowed", "smtp-auth-required"),
    ("POP3 server did not respond with a +OK response to the AUTH command.",
     "password-refused"),
    ("550 5.7.1 part of their network is on our block list (AS3140)",
     "smtp-address-blocked"),
    ("554 5.7.1 <mail.example.org[203.0.113.9]>: Client host rejected: Access denied",
     "smtp-address-blocked"),
    ("imap: 35 NO [SERVERBUG] Internal error occurred.", "server-unavailable"),
    ("IDX20803: Unable to obtain configuration from:"
     " 'https://login.micorosftonline.com/0000/v2.0/.well-known/openid-configuration'",
     "entra-authority-unknown"),
    ('{"error":"invalid_grant","error_description":"AADSTS50148: The code_verifier does'
     ' not match the code_challenge supplied"}', "entra-code-used"),
    ("AADSTS90023: Tokens issued for the 'Single-Page Application' client-type may only"
     " be redeemed via cross-origin requests.", "entra-single-page-app"),
    ("imap: Connection to imap.example.com lost, attempting to reconnect",
     "connection-lost"),
    ("SMTP ERROR: DATA END command failed:\nSMTP NOTICE: EOF caught while checking if"
     " connected", "connection-lost"),
    ("EWS_Exception: Curl error: Maximum (20) redirects followed",
     "greeting-unexpected"),
    ("ERROR: The application key provided is not valid.", "oauth-client-secret"),
    ("DetailedApiRequestError(status: 401, message: Login Required)",
     "oauth-refresh-token-ended"),
    ("Mailbox '00000000-0000-0000-0000-000000000000' doesn't have a valid license.",
     "graph-mailbox-missing"),
    ("550 that IP address is not allowed to send", "smtp-address-blocked"),
    ('550 Outgoing mail from "info@example.com" has been suspended.',
     "mail-host-account"),
    ("CMailFile::sendfile: mail end error=Too much recipients in to:",
     "message-refused"),
    ("A0009 NO Cannot create message - no write permission or out of disk space.",
     "quota-full"),
    ("12 NO [CANNOT] Mailbox isn't a valid mbox file", "folder-missing"),
    ("Connected, but no IMAP folders found", "folder-missing"),
    ("Saving draft failed: No drafts mailbox configured", "folder-missing"),
    ("send mail error [Errno -3] Try again", "dns-temporary"),
    ("SmtpCommandException: 550 User has exceeded outgoing email quota",
     "sending-quota"),
    ("The IMAP server replied to the 'FETCH' command with a 'NO' response: FETCH Server"
     " error while fetching messages", "server-unavailable"),
    ("File size: 1,255,777 bytes exceeds the maximum allowed size of 1 MB.",
     "message-too-large"),
    ("microsoft.exchange.webservices.data.ServiceResponseException: Object cannot be"
     " deleted.", "ews-access-denied"),
    ("System.ArgumentException: The given token is invalid.\n   at"
     " Microsoft.Exchange.WebServices.Data.OAuthCredentials..ctor(String token)",
     "ews-wrong-audience"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "id"), THREADS)
def test_what_threads_say_in_words_of_their_own_is_a_sign(text: str, id: str) -> None:
    """Seen by its sign, whatever the words around it are guessed to mean."""
    seen = [match.finding.id for match in rank.ranked(of_text(text))]
    assert id in seen


def test_a_reply_proves_the_connection() -> None:
    """A host with two addresses, of which one was out of reach."""
    lost = "H=smtp.gmail.com [2001:db8::6c] Network is unreachable"
    assert first(lost)[0] == "connect-unreachable"
    refused = "SMTP error: 530-5.7.0 Authentication Required."
    assert first(f"{lost}\n{refused}")[0] == "smtp-auth-required"


def test_a_guess_knows_the_hosts_of_the_large_providers() -> None:
    """Their names are right: this host cannot look them up."""
    typed = "host name of https://{} not resolvable"
    own = explain(typed.format("mail.example.com"))[0]
    known = explain(typed.format("graph.microsoft.com"))[0]
    assert (own.id, own.step) == ("dns-unknown", Step.SERVER)
    assert (known.id, known.step) == ("dns-unknown", Step.NETWORK)


@pytest.mark.parametrize(
    ("host", "step"),
    [("smtp.gmail.com", Step.NETWORK), ('"smtp.gmail.com";', Step.SERVER)],
)
def test_a_name_that_no_host_has_is_typed_wrong(host: str, step: Step) -> None:
    assert explain(f"Error: getaddrinfo ENOTFOUND {host}")[0].step == step


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("InvalidAuthenticationToken: Access token has expired or is not yet valid.",
         "tls-expired"),
        ("450 4.7.322 certificate-expired: Destination mail server's certificate is"
         " expired.", "tls-expired"),
        ("Test-ApplicationAccessPolicy -Identity user@example.com"
         " AccessCheckResult : Granted", "graph-odata-disabled"),
        ("POP3D SENT: +OK Mailbox locked and ready", "pop-in-use"),
        ("EWS 401 www-authenticate: Basic, Bearer", "password-refused"),
        ("invalid_grant: expired authorization code, login.salesforce.com",
         "google-refresh-token-ended"),
    ],
)  # fmt: skip
def test_words_alike_of_another_thing_are_no_sign(text: str, id: str) -> None:
    assert id not in [match.finding.id for match in rank.ranked(of_text(text))]


@pytest.mark.parametrize(
    ("text", "id", "step"),
    [
        # an HTTP library knows its port: a proxy may have answered
        ("http.client: [SSL: WRONG_VERSION_NUMBER] wrong version number in httplib2",
         "tls-not-tls", "server"),
        ("AADSTS90002: Tenant '0000' not found."
         " https://login.microsoftonline.us/0000/oauth2/v2.0/token",
         "entra-other-cloud", "authority"),
        ("AADSTS700016: Application with identifier '1111' was not found"
         " https://login.partner.microsoftonline.cn/common/oauth2/v2.0/token",
         "entra-other-cloud", "authority"),
        ("401 Unauthorized graph.microsoft.com InvalidAuthenticationToken: Lifetime"
         " validation failed, the token is expired.", "graph-token-time", "clock"),
    ],
)  # fmt: skip
def test_what_another_program_may_mean_is_likely(text: str, id: str, step: str) -> None:
    found = first(text)
    assert found[0] == id
    told = explain(text)[0]
    assert (told.step, told.certainty) == (step, "likely")
