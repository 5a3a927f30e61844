"""A private Exim for submission: STARTTLS and TLS, AUTH asked of our Dovecot.

The second family beside Postfix, with the same rules: mail for example.org goes to
Dovecot over LMTP, addresses of `full.example.org` are refused for good, of
`later.example.org` for now. Debian's package is in the way of Postfix's:
scripts/test-servers unpacks it without installing it, and makes its user.
"""

from __future__ import annotations

import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

import trustme

from mailboxes.core.choices import Security
from mailboxes.transports.base import Endpoint

from . import process
from .dovecot import Dovecot

PROGRAM = process.UNPACKED / "exim/usr/sbin/exim4"
OWNER = "Debian-exim"
MESSAGE_LIMIT = 100_000_000
CONFIG = """
exim_path = {program}
spool_directory = {home}/spool
log_file_path = {home}/log/%slog
pid_file_path = {home}/pid
primary_hostname = localhost
qualify_domain = example.org
daemon_smtp_ports = {submission} : {submissions}
local_interfaces = 127.0.0.1
tls_on_connect_ports = {submissions}
tls_advertise_hosts = *
tls_certificate = {home}/server.pem
tls_privatekey = {home}/server.key
auth_advertise_hosts = ${{if def:tls_in_cipher{{*}}}}
smtputf8_advertise_hosts = {utf8}
accept_8bitmime = true
pipelining_advertise_hosts = *
message_size_limit = {limit}
check_spool_space = 0
smtp_accept_max = 100
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
keep_environment =
deliver_drop_privilege = true
never_users =
trusted_users = {owner}

begin acl

mail:
  deny senders = notmine@example.org
       message = 5.7.60 SMTP; Client does not have permissions
  accept

rcpt:
  deny domains = full.example.org
       message = 5.1.1 no such user
  defer domains = later.example.org
       message = 4.2.0 try again later
  accept authenticated = *
  accept domains = example.org
  deny message = 5.7.1 relaying denied

begin routers

here:
  driver = accept
  domains = example.org
  transport = dovecot

begin transports

dovecot:
  driver = lmtp
  socket = {lmtp}
  return_path_add = false

begin authenticators

{xoauth2}
oauthbearer:
  driver = dovecot
  public_name = OAUTHBEARER
  server_socket = {auth}
  server_set_id = $auth1

plain:
  driver = dovecot
  public_name = PLAIN
  server_socket = {auth}
  server_set_id = $auth1

login:
  driver = dovecot
  public_name = LOGIN
  server_socket = {auth}
  server_set_id = $auth1
"""

XOAUTH2 = """
xoauth2:
  driver = dovecot
  public_name = XOAUTH2
  server_socket = {auth}
  server_set_id = $auth1
"""


@dataclass
class Exim:
    """The running server; accounts and tokens are those of its Dovecot."""

    home: Path
    submission: int
    submissions: int
    version: str
    dovecot: Dovecot
    _running: process.Foreground

    def endpoint(self, security: Security = Security.STARTTLS) -> Endpoint:
        port = self.submissions if security is Security.TLS else self.submission
        return Endpoint("localhost", port, security)

    def stop(self) -> None:
        self._running.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def start(authority: trustme.CA, dovecot: Dovecot, *, bare: bool = False) -> Exim:
    """Starts an Exim beside `dovecot`. Raises ServerMissing.

    bare: it offers neither SMTPUTF8 nor XOAUTH2.
    """
    process.need(str(PROGRAM))
    try:
        pwd.getpwnam(OWNER)
    except KeyError:
        raise process.ServerMissing(
            f"there is no user {OWNER} (scripts/test-servers)"
        ) from None
    home = process.folder("exim")
    for name in ("spool", "log"):
        (home / name).mkdir()
        shutil.chown(home / name, OWNER, OWNER)
    shutil.chown(home, OWNER, OWNER)
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(home / "server.key")
    for part in certificate.cert_chain_pems:
        part.write_to_path(home / "server.pem", append=True)
    shutil.chown(home / "server.key", OWNER, OWNER)
    submission, submissions = process.free_port(), process.free_port()
    config = home / "exim.conf"
    auth = dovecot.home / "run" / "auth-client"
    config.write_text(
        CONFIG.format(
            program=PROGRAM,
            home=home,
            owner=OWNER,
            submission=submission,
            submissions=submissions,
            utf8="" if bare else "*",
            limit=MESSAGE_LIMIT,
            lmtp=dovecot.home / "run" / "lmtp",
            auth=auth,
            xoauth2="" if bare else XOAUTH2.format(auth=auth),
        )
    )
    running = process.Foreground(
        [str(PROGRAM), "-C", str(config), "-bdf", "-q1m"], home / "start.log"
    )
    running.wait_until(
        lambda: process.answers(submission) and process.answers(submissions), "exim"
    )
    version = process.output(str(PROGRAM), "-C", str(config), "-bV").split()[2]
    return Exim(home, submission, submissions, version, dovecot, running)
