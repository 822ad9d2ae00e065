"""An IMAP mailbox: finds, fetches and marks its unread mails."""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from clerkwork.errors import ApplicationException
from clerkwork.model.project.sources import SecretVariable, SourceKeys
from clerkwork.model.strict import Seconds

SIZE = b"RFC822.SIZE"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class MailboxKeys(SourceKeys):
    """Where a mailbox is and how it is opened."""

    host: str = Field(min_length=1, description="The IMAP server.")
    port: int = Field(993, ge=1, le=65535, description="Its port.")
    username: str = Field(description="User name of the mailbox.")
    password_variable: SecretVariable = Field(
        description="Name of the environment variable that holds the password."
    )
    folder: Annotated[str, StringConstraints(pattern=r"^[ -~]+$")] = Field(
        "INBOX", description="Folder of the mailbox, in ASCII letters."
    )
    tls: bool = Field(
        True, description="Whether the connection is encrypted; must be true except on loopback."
    )
    ca_file: str = Field(
        "", description="File in the project with certificates to trust, next to the system's."
    )
    timeout_s: Seconds = Field(30.0, description="Seconds to wait for the server's answer.")

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if not self.tls and self.host not in LOOPBACK:
            raise ValueError("`tls: false` would send the password openly; remove it")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An unread mail, not fetched yet.

    Attributes:
        uid: Its number in the mailbox.
        size: Its size in bytes.
        message_id: The name its sender gave it, or an empty string.
    """

    uid: str
    size: int
    message_id: str


class Mailbox:
    """An open mailbox.

    Attributes:
        validity: As long as it is the same, a number means the same mail.
    """

    def __init__(self, imap: imaplib.IMAP4, validity: str) -> None:
        self._imap = imap
        self.validity = validity

    def unread(self) -> list[str]:
        """Return the numbers of all unread mails, the oldest first."""
        (found,) = self._ask("SEARCH", "UNSEEN")
        return [uid.decode() for uid in (found or b"").split()]

    def fetch(self, uid: str) -> EmailMessage:
        """Return a mail; it stays unread."""
        parts = self._ask("FETCH", uid, "(BODY.PEEK[])")
        data = b"".join(part[1] for part in parts if isinstance(part, tuple))
        return BytesParser(EmailMessage, policy=policy.default).parsebytes(data)

    def mark_read(self, uid: str) -> None:
        """Mark a mail as read."""
        self._ask("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")

    def look(self, uid: str) -> Unread:
        """Return size and name of a mail; it stays unread."""
        wanted = "(RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
        parts = self._ask("FETCH", uid, wanted)
        words = b" ".join(part[0] if isinstance(part, tuple) else part or b"" for part in parts)
        size = words.replace(b"(", b" ").replace(b")", b" ").split()
        headers = b"".join(part[1] for part in parts if isinstance(part, tuple))
        name = BytesParser(policy=policy.compat32).parsebytes(headers).get("Message-ID", "")
        at = size.index(SIZE) if SIZE in size else -1
        return Unread(
            uid=uid,
            size=int(size[at + 1]) if at >= 0 else 0,
            message_id=" ".join(str(name).split()),
        )

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        answer, data = self._imap.uid(command, *arguments)
        if answer != "OK":
            raise imaplib.IMAP4.error(f"{command} was refused")
        return list(data)


@contextmanager
def opened(mail: MailboxKeys, password: str, root: Path) -> Iterator[Mailbox]:
    """Open the mailbox and its folder.

    Args:
        mail: Where it is.
        password: The secret it is opened with.
        root: The project, whose file of certificates may be named.

    Raises:
        ApplicationException: The server does not answer, or refuses something.
    """
    try:
        imap = _connect(mail, root)
        try:
            imap.login(mail.username, password)
            answer, _ = imap.select(
                '"' + mail.folder.replace("\\", r"\\").replace('"', r"\"") + '"'
            )
            if answer != "OK":
                raise imaplib.IMAP4.error(f"there is no folder {mail.folder}")
            _, (validity, *_) = imap.response("UIDVALIDITY")
            yield Mailbox(imap, (validity or b"").decode())
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                imap.logout()
    except (imaplib.IMAP4.error, OSError) as error:
        said = str(error).replace(password, "***")
        raise ApplicationException(
            "mailbox_failed",
            "The mailbox {user} on {host} could not be read: {problem}",
            user=mail.username,
            host=mail.host,
            problem=said[:300],
        ) from None


def _connect(mail: MailboxKeys, root: Path) -> imaplib.IMAP4:
    if not mail.tls:
        return imaplib.IMAP4(mail.host, mail.port, timeout=mail.timeout_s)
    trusted = ssl.create_default_context()
    if mail.ca_file:
        trusted.load_verify_locations(cafile=root / mail.ca_file)
    return imaplib.IMAP4_SSL(mail.host, mail.port, ssl_context=trusted, timeout=mail.timeout_s)
