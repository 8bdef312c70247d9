"""Real mail servers on loopback, started by the tests: aiosmtpd takes mail into maildirs, dovecot gives it out."""

import mailbox
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from ain_scp.tickets.envelope.keys import new_authority, new_keys, pem, write_key

PASSWORD = "correct-horse"  # noqa: S105 - of the test's own servers
DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")


def certificates(place, now):
    """An authority and a server's certificate for localhost, as files."""
    authority = new_authority("mail CA", now)
    keys = new_keys("mail", "web", authority, now)
    (place / "ca.pem").write_bytes(pem(authority.certificate))
    (place / "server.pem").write_bytes(pem(keys.certificate))
    (place / "server.key").write_bytes(write_key(keys.key))
    (place / "server.key").chmod(0o600)
    password = place / "password"
    password.write_text(PASSWORD + "\n")
    password.chmod(0o600)


class Post:
    """Takes each mail into the maildir of its recipient, `maildir(address)`."""

    def __init__(self, place):
        self.place, self.taken = place, 0

    def maildir(self, address):
        return self.place / address.partition("@")[0]

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        for address in envelope.rcpt_tos:
            mailbox.Maildir(str(self.maildir(address))).add(envelope.content)
            self.taken += 1
        return "250 taken"


@contextmanager
def smtp_server(place):
    """A server that demands STARTTLS and a log-in; gives its port and what it took."""
    controller_of = pytest.importorskip("aiosmtpd.controller", reason="aiosmtpd is not installed").Controller
    from aiosmtpd.smtp import AuthResult

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(place / "server.pem", place / "server.key")

    def authenticate(_server, _session, _envelope, _mechanism, data):
        good = data.login == b"acme" and data.password == PASSWORD.encode()
        return AuthResult(success=good, handled=False)

    post = Post(place / "mail")
    post.place.mkdir(exist_ok=True)
    controller = controller_of(
        post, "127.0.0.1", free_port(), tls_context=context, require_starttls=True, auth_required=True,
        authenticator=authenticate, auth_exclude_mechanism=["LOGIN"], data_size_limit=30 << 20,
    )  # fmt: skip
    controller.start()
    try:
        yield controller.port, post
    finally:
        controller.stop()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


CONFIG = """
protocols = imap pop3
base_dir = {run}
state_dir = {run}
log_path = {run}/log
listen = 127.0.0.1
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{home}/%n
ssl = required
ssl_cert = <{place}/server.pem
ssl_key = <{place}/server.key
disable_plaintext_auth = yes
mail_fsync = never
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@contextmanager
def dovecot(place):
    """IMAP and POP3 over maildirs; gives the ports by protocol, and the directory of the maildirs."""
    if DOVECOT is None:
        pytest.skip("dovecot is not installed: apt-get install dovecot-imapd dovecot-pop3d")
    home = Path(tempfile.mkdtemp(prefix="ain-mail-"))
    home.chmod(0o755)
    (home / "run").mkdir()
    mine = pwd.getpwuid(os.getuid())
    user = pwd.getpwnam("nobody") if mine.pw_uid == 0 else mine
    internal, login = ("dovecot", "dovenull") if mine.pw_uid == 0 else (mine.pw_name, mine.pw_name)
    group = "dovecot" if mine.pw_uid == 0 else str(mine.pw_gid)
    ports = {name: free_port() for name in ("imap", "imaps", "pop3", "pop3s")}
    config = home / "dovecot.conf"
    mails = home / "mails"
    mails.mkdir(mode=0o777)
    mails.chmod(0o777)
    config.write_text(
        CONFIG.format(
            run=home / "run",
            place=place,
            home=mails,
            uid=user.pw_uid,
            gid=user.pw_gid,
            internal=internal,
            login=login,
            group=group,
            password=PASSWORD,
            **ports,
        )
    )
    process = subprocess.Popen([DOVECOT, "-F", "-c", config], stderr=subprocess.PIPE)
    try:
        _wait(ports.values(), process, home / "run" / "log")
        yield ports, mails
    finally:
        process.terminate()
        process.wait(20)
        process.stderr.close()
        shutil.rmtree(home, ignore_errors=True)


def _wait(ports, process, log):
    end = time.monotonic() + 20
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    text = log.read_text() if log.exists() else process.stderr.read().decode()
                    pytest.fail(f"dovecot did not start: {text}")
                time.sleep(0.05)


def open_to_all(mails):
    """What the test put there may be read and removed by the server's user."""
    for one in (mails, *mails.rglob("*")):
        one.chmod(0o777 if one.is_dir() else 0o666)
