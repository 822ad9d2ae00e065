"""A real IMAP server for tests: Dovecot on a free port, with a certificate of its own."""

import email.message
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clerkwork import clock
from clerkwork.intake.sources.mail import Mail

PASSWORD = "kept-out-of-every-log"
VARIABLE = "TEST_MAILBOX_PASSWORD"
PATIENCE = timedelta(seconds=20)
CONFIGURATION = """\
protocols = imap
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
listen = 127.0.0.1
ssl = yes
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
ssl_dh =
disable_plaintext_auth = no
mail_location = maildir:{root}/mail/%u
first_valid_uid = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A running server; the mailbox of a user is a folder of files."""

    root: Path
    plain: int
    tls: int

    def mail(self, user: str, **more: object) -> Mail:
        """Return the settings of a user's mailbox, without TLS."""
        keys = {"host": "127.0.0.1", "port": self.plain, "tls": False, "every_s": 0.001}
        return Mail(username=user, password_variable=VARIABLE, **(keys | more))

    def deliver(self, user: str, message: email.message.EmailMessage) -> None:
        """Put a mail into the user's mailbox, as a mail system does."""
        folder = self.root / "mail" / user
        for part in ("new", "cur", "tmp"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        name = f"{len(list(folder.glob('*/*')))}.test"
        (folder / "tmp" / name).write_bytes(message.as_bytes())
        for path in (folder.parent, folder, *folder.iterdir(), folder / "tmp" / name):
            shutil.chown(path, "nobody")
        (folder / "tmp" / name).rename(folder / "new" / name)

    def unread(self, user: str) -> int:
        """Return the number of mails that nobody read."""
        files = [file.name for file in (self.root / "mail" / user).glob("*/*") if file.is_file()]
        names = [name for name in files if ".test" in name]
        return sum("S" not in name.partition(":2,")[2] for name in names)


def message(
    subject: str, *files: tuple[str, bytes], message_id: str = ""
) -> email.message.EmailMessage:
    """Return a mail with attachments."""
    made = email.message.EmailMessage()
    made["From"], made["To"], made["Subject"] = "buyer@example.com", "orders@example.com", subject
    made["Date"] = datetime(2026, 11, 2, 12, tzinfo=UTC)
    if message_id:
        made["Message-ID"] = message_id
    made.set_content("See the attachment.\n")
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    """Start Dovecot, and end it after the last test.

    Dovecot's own users read its folder, so it is outside pytest's: each pytest run closes that one
    to all users but its own.
    """
    dovecot = shutil.which("dovecot", path=os.environ["PATH"] + ":/usr/sbin")
    if dovecot is None or os.getuid() != 0:
        pytest.skip("needs Dovecot (package dovecot-imapd) and root")
    with tempfile.TemporaryDirectory(prefix="clerkwork-mail-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        yield from serve(dovecot, root)


def serve(dovecot: str, root: Path) -> Iterator[MailServer]:
    """Run Dovecot with all its files in *root*."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-keyout", root / "key.pem", "-out", root / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )
    server = MailServer(root=root, plain=free_port(), tls=free_port())
    nobody = shutil._get_uid("nobody")  # type: ignore[attr-defined]  # dynamic
    text = CONFIGURATION.format(
        root=root,
        password=PASSWORD,
        plain=server.plain,
        tls=server.tls,
        user=nobody,
        group=shutil._get_gid("nogroup"),  # type: ignore[attr-defined]  # dynamic
    )
    (root / "dovecot.conf").write_text(text, "utf-8")
    process = subprocess.Popen([dovecot, "-F", "-c", root / "dovecot.conf"])
    try:
        wait_for(server)
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE.total_seconds())


def wait_for(server: MailServer) -> None:
    deadline = clock.monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.plain), timeout=1):
                return
        except OSError:
            log = server.root / "log"
            assert clock.monotonic() < deadline, log.read_text() if log.exists() else "no log"
