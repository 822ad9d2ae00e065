"""Puts the files of unread mails into the folder of their workflow, where the rest of intake is.

A mail is recorded under its message id after its files are in the folder, and marked as read after
that. Whatever dies in between, the next look does the rest: a file that comes twice is one.
Programs that use a message id again for other files exist: a known id is no reason to drop a mail.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from fnmatch import fnmatch
from pathlib import Path

from clerkwork import clock
from clerkwork.config.secrets import secret
from clerkwork.intake.engine import Engine
from clerkwork.intake.mailbox import Mailbox, Unread, opened
from clerkwork.intake.names import printable_name
from clerkwork.model.events import Kind, Level
from clerkwork.model.workflows import Mail, Workflow
from clerkwork.store import deliveries
from clerkwork.store.database import Store

MOST_MAILS = 50
MB = 1_000_000


class MailIntake:
    """Looks into mailboxes, each not more often than its workflow says."""

    def __init__(
        self,
        root: Path,
        inbox: Path,
        store: Store,
        engine: Engine,
        *,
        monotonic: Callable[[], timedelta] = clock.monotonic,
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            root: The project's folder.
            inbox: The folder whose subfolders are watched.
            store: Keeps the message ids.
            engine: Gets sentences for the run log.
            monotonic: A clock that nobody can set.
        """
        self._root = root
        self._inbox = inbox
        self._store = store
        self._engine = engine
        self._monotonic = monotonic
        self._looked: dict[str, timedelta] = {}

    def fetch(self, plan: Workflow) -> int:
        """Take the files of unread mails; return how many were put into the workflow's folder.

        Raises:
            ApplicationException: The mailbox could not be read.
            ConfigError: Its password is not set.
        """
        if plan.mail is None or plan.source is None or not self._is_time(plan.name, plan.mail):
            return 0
        password = secret(plan.mail.password_variable, f"workflows/{plan.name}.yaml")
        files = 0
        with opened(plan.mail, password, self._root) as mailbox:
            for mail in mailbox.unread(MOST_MAILS):
                files += self._take(mailbox, mail, plan, plan.mail)
        return files

    def _is_time(self, name: str, mail: Mail) -> bool:
        now = self._monotonic()
        looked = self._looked.get(name)
        if looked is not None and now - looked < timedelta(seconds=mail.every_s):
            return False
        self._looked[name] = now
        return True

    def _take(self, mailbox: Mailbox, mail: Unread, plan: Workflow, rules: Mail) -> int:
        if self._was_left(plan.name, mail):
            return 0
        if mail.size > rules.max_mb * MB:
            self._leave(plan, mail, f"it is larger than {rules.max_mb} MB")
            return 0
        message = mailbox.fetch(mail.uid)
        files = list(_attachments(message, plan))
        if not files:
            self._leave(plan, mail, "no file of it fits the workflow's source")
            return 0
        digest = _digest([data for _, data in files])
        key, other = _key(mail), False
        known = self._known(plan.name, key)
        if known is not None and known.digest != digest:
            key, other = _other_key(mail, digest), True
            known = self._known(plan.name, key)
        if known is not None:  # it was recorded, and then something died; or it came twice
            mailbox.mark_read(mail.uid)
            return 0
        names = [self._put(name, data, plan) for name, data in files]
        self._record(plan.name, key, len(names), digest)
        mailbox.mark_read(mail.uid)
        self._say_taken(plan, mail, message, names, other=other)
        return len(names)

    def _say_taken(
        self, plan: Workflow, mail: Unread, message: EmailMessage, names: list[str], *, other: bool
    ) -> None:
        said = "A mail of {sender} brought {files}."
        again = "A mail of {sender} with a known message id brought other files: {files}."
        self._engine.event(
            Kind.NOTE,
            again if other else said,
            level=Level.WARNING if other else Level.INFO,
            sender=str(message.get("From", ""))[:200],
            subject=str(message.get("Subject", ""))[:200],
            files=", ".join(names),
            workflow=plan.name,
            message_id=mail.message_id,
        )

    def _was_left(self, workflow: str, mail: Unread) -> bool:
        """Tell whether a mail was left for a person; another mail of its message id was not."""
        old = self._known(workflow, _key(mail))  # as versions before the digests recorded it
        return (old is not None and not old.items) or bool(self._known(workflow, _left_key(mail)))

    def _leave(self, plan: Workflow, mail: Unread, problem: str) -> None:
        """Leave a mail unread for a person, and say so once."""
        self._record(plan.name, _left_key(mail), 0, "")
        self._engine.event(
            Kind.FILE_REJECTED,
            "The mail {message_id} was left in the mailbox: {problem}.",
            level=Level.WARNING,
            workflow=plan.name,
            message_id=mail.message_id,
            problem=problem,
        )

    def _known(self, workflow: str, key: str) -> deliveries.Delivery | None:
        with self._store.read() as db:
            return deliveries.find(db, workflow, key)

    def _record(self, workflow: str, key: str, files: int, digest: str) -> None:
        with self._store.write() as db:
            deliveries.add(db, workflow, key, digest=digest, items=files, now=clock.now())

    def _put(self, name: str, data: bytes, plan: Workflow) -> str:
        """Put a file into the folder under its name, or another one if that is taken."""
        folder = self._inbox / (plan.source.folder if plan.source else "")
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / name
        if place.exists() and place.read_bytes() != data:
            digest = hashlib.sha256(data).hexdigest()[:8]
            place = folder / f"{Path(name).stem}-{digest}{Path(name).suffix}"
        partial = place.with_name(f"{place.name}.part")
        with partial.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(place)
        return place.name


def _attachments(message: EmailMessage, plan: Workflow) -> Iterator[tuple[str, bytes]]:
    pattern = plan.source.pattern if plan.source else "*"
    for part in message.walk():
        name = _file_name(part.get_filename() or "")
        data = part.get_payload(decode=True)
        if name and isinstance(data, bytes) and data and fnmatch(name.lower(), pattern.lower()):
            yield name, data


def _file_name(text: str) -> str:
    """Return the last part of a name that came in a mail, without what a folder cannot hold."""
    name = text.replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if char.isprintable()).strip().lstrip(".~$ ")
    return printable_name(name) if name else ""


def _key(mail: Unread) -> str:
    name = mail.message_id or f"number {mail.uid} of {mail.size} bytes"
    return f"mail:{name if len(name) < 190 else hashlib.sha256(name.encode()).hexdigest()}"


def _other_key(mail: Unread, digest: str) -> str:
    return f"mail:{hashlib.sha256(f'{_key(mail)} with {digest}'.encode()).hexdigest()}"


def _left_key(mail: Unread) -> str:
    return f"mail:{hashlib.sha256(f'{_key(mail)} left as {mail.uid}'.encode()).hexdigest()}"


def _digest(contents: list[bytes]) -> str:
    """Return a SHA-256 of the files of a mail, whatever their names and their order."""
    each = sorted(hashlib.sha256(data).digest() for data in contents)
    return hashlib.sha256(b"".join(each)).hexdigest()
