"""A private Postfix for submission: STARTTLS and TLS, AUTH asked of our Dovecot.

It takes mail for example.org and gives it to Dovecot over LMTP. Addresses of
`full.example.org` are refused for good, of `later.example.org` for now.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import trustme

from mailboxes.core.choices import Security
from mailboxes.transports.base import Endpoint

from . import process
from .dovecot import Dovecot

MESSAGE_LIMIT = 5_000_000
MOST_RECIPIENTS = 20  # of one message
MAIN = """
compatibility_level = 3.6
config_directory = {home}/etc
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = example.org
virtual_transport = lmtp:unix:{lmtp}
message_size_limit = {limit}
virtual_mailbox_limit = 0
mailbox_size_limit = 0
smtputf8_enable = yes
smtpd_tls_cert_file = {home}/server.pem
smtpd_tls_key_file = {home}/server.key
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{
  {{full.example.org = 550 5.1.1 no such user}},
  {{later.example.org = 450 4.2.0 try again later}} }}
smtpd_sender_restrictions = check_sender_access inline:{{
  {{notmine@example.org = 550 5.7.60 SMTP; Client does not have permissions}} }}
smtpd_recipient_limit = {most}
smtpd_hard_error_limit = 1000
smtpd_soft_error_limit = 1000
smtpd_client_connection_count_limit = 0
"""
MASTER = """
127.0.0.1:{submission} inet n - n - - smtpd
127.0.0.1:{submissions} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
pickup    unix  n  -  n  60   1  pickup
cleanup   unix  n  -  n  -    0  cleanup
qmgr      unix  n  -  n  300  1  qmgr
tlsmgr    unix  -  -  n  1000? 1 tlsmgr
rewrite   unix  -  -  n  -    -  trivial-rewrite
bounce    unix  -  -  n  -    0  bounce
defer     unix  -  -  n  -    0  bounce
trace     unix  -  -  n  -    0  bounce
verify    unix  -  -  n  -    1  verify
flush     unix  n  -  n  1000? 0 flush
proxymap  unix  -  -  n  -    -  proxymap
smtp      unix  -  -  n  -    -  smtp
relay     unix  -  -  n  -    -  smtp
error     unix  -  -  n  -    -  error
retry     unix  -  -  n  -    -  error
discard   unix  -  -  n  -    -  discard
lmtp      unix  -  -  n  -    -  lmtp
anvil     unix  -  -  n  -    1  anvil
scache    unix  -  -  n  -    1  scache
postlog   unix-dgram n - n -  1  postlogd
"""


@dataclass
class Postfix:
    """The running server; accounts and tokens are those of its Dovecot."""

    home: Path
    submission: int
    submissions: int
    version: str
    dovecot: Dovecot

    def endpoint(self, security: Security = Security.STARTTLS) -> Endpoint:
        port = self.submissions if security is Security.TLS else self.submission
        return Endpoint("localhost", port, security)

    def stop(self) -> None:
        subprocess.run(
            ["postfix", "-c", str(self.home / "etc"), "stop"],
            capture_output=True,
            timeout=30,
        )
        shutil.rmtree(self.home, ignore_errors=True)


def start(authority: trustme.CA, dovecot: Dovecot) -> Postfix:
    """Starts a Postfix beside `dovecot`. Raises ServerMissing."""
    process.need("postfix")
    home = process.folder("postfix")
    for name in ("etc", "queue", "data"):
        (home / name).mkdir()
    shutil.chown(home / "data", "postfix", "postfix")
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(home / "server.key")
    for part in certificate.cert_chain_pems:
        part.write_to_path(home / "server.pem", append=True)
    submission, submissions = process.free_port(), process.free_port()
    (home / "etc" / "main.cf").write_text(
        MAIN.format(
            home=home,
            limit=MESSAGE_LIMIT,
            most=MOST_RECIPIENTS,
            lmtp=dovecot.home / "run" / "lmtp",
            auth=dovecot.home / "run" / "auth-smtp",
        )
    )
    (home / "etc" / "master.cf").write_text(
        MASTER.format(submission=submission, submissions=submissions)
    )
    done = subprocess.run(
        ["postfix", "-c", str(home / "etc"), "start"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode:
        log = home / "mail.log"
        raise RuntimeError(done.stderr + (log.read_text() if log.exists() else ""))
    process.wait_for(
        lambda: process.answers(submission) and process.answers(submissions), "postfix"
    )
    version = process.output("postconf", "-dh", "mail_version")
    return Postfix(home, submission, submissions, version, dovecot)
