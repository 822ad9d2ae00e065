"""Puts the files of unread mails into the folder of their workflow, where the rest of intake is.

A mail is recorded under its message id after its files are in the folder, and marked as read after
that. After a crash in between, the next look does the rest: a file that comes twice is taken once.
Programs that use a message id again for other files exist: a known id is no reason to drop a mail.
"""

import hashlib
import imaplib
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from clerkwork import clock
from clerkwork.config.secrets import secret
from clerkwork.errors import fill
from clerkwork.intake.contract import OpenSource, Source, SourceContext
from clerkwork.intake.email.letter import Letter, Origin, listed, read_letter, write_origin
from clerkwork.intake.email.mailbox import Mailbox, MailboxKeys, Unread, opened
from clerkwork.model.project.workflows import Workflow
from clerkwork.model.strict import Seconds
from clerkwork.model.work.events import Kind, Level
from clerkwork.store.inbox import deliveries, left_mails

MOST_MAILS = 50
MB = 1_000_000
NOT_TAKEN = " These parts of it were not taken: {not_taken}."
LEFT = "{count} mails are left unread in the mailbox for a person"


class Mail(MailboxKeys):
    """A mailbox whose unread mails bring files; they are put into the folder of `source`."""

    fills_inbox: ClassVar[bool] = True

    every_s: Seconds = Field(60.0, description="Seconds between two looks, at the least.")
    max_mb: int = Field(25, ge=1, description="A larger mail is left to a person.")


class MailIntake(OpenSource):
    """Looks into mailboxes, each not more often than its workflow says."""

    def __init__(
        self, context: SourceContext, *, monotonic: Callable[[], timedelta] = clock.monotonic
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            context: What the source works with; the store keeps the message ids.
            monotonic: A monotonic clock.
        """
        super().__init__(context)
        self._store = context.store
        self._engine = context.engine
        self._monotonic = monotonic
        self._looked: dict[str, timedelta] = {}

    def look(self, plan: Workflow) -> int:
        """Put the files of unread mails into the workflow's folder; they are no items yet.

        Raises:
            ApplicationException: The mailbox could not be read.
            ConfigError: Its password is not set.
        """
        self.fetch(plan)
        return 0

    def fetch(self, plan: Workflow) -> int:
        """Take the files of unread mails; return how many were put into the workflow's folder.

        Raises:
            ApplicationException: The mailbox could not be read.
            ConfigError: Its password is not set.
        """
        rules, inbox = SOURCE.keys_of(plan), plan.inbox
        if rules is None or inbox is None or not self._is_time(plan.name, rules):
            return 0
        password = secret(rules.password_variable, f"workflows/{plan.name}.yaml")
        files, box = 0, ""
        with opened(rules, password, self.context.root) as mailbox:
            box = _name_of(rules, mailbox)
            unread = mailbox.unread()
            with self._store.read() as db:
                left = left_mails.uids(db, plan.name, box)
            with self._store.write() as db:
                left_mails.forget(db, plan.name, box, left - set(unread))
            for uid in [uid for uid in unread if uid not in left][:MOST_MAILS]:
                files += self._take(mailbox, mailbox.look(uid), plan, box)
        return files

    def left(self, plan: Workflow) -> str:
        """Return a sentence on the mails that are left for a person, or an empty string."""
        with self._store.read() as db:
            count = left_mails.count(db, plan.name)
        return fill(LEFT, {"count": count}) if count else ""

    def _is_time(self, name: str, mail: Mail) -> bool:
        now = self._monotonic()
        looked = self._looked.get(name)
        if looked is not None and now - looked < timedelta(seconds=mail.every_s):
            return False
        self._looked[name] = now
        return True

    def _take(self, mailbox: Mailbox, mail: Unread, plan: Workflow, box: str) -> int:
        rules, inbox = SOURCE.keys_of(plan), plan.inbox
        if rules is None or inbox is None:
            return 0
        if mail.size > rules.max_mb * MB:
            self._leave(plan, box, mail, f"it is larger than {rules.max_mb} MB")
            return 0
        try:
            letter = read_letter(mailbox.fetch(mail.uid), inbox.pattern)
        except (imaplib.IMAP4.error, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - the library raises a dozen kinds; others go on
            self._leave(plan, box, mail, f"it cannot be read as a mail ({type(error).__name__})")
            return 0
        if not letter.files:
            others = f"; it holds {listed(letter.others)}" if letter.others else ""
            self._leave(plan, box, mail, f"no file of it fits the workflow's source{others}")
            return 0
        digest = _digest([data for _, data in letter.files])
        key, other = _key(mail), False
        known = self._known(plan.name, key)
        if known is not None and known.digest != digest:
            key, other = _other_key(mail, digest), True
            known = self._known(plan.name, key)
        if known is not None:  # it was recorded, and then something died; or it came twice
            mailbox.mark_read(mail.uid)
            return 0
        names = [self._put(name, data, plan, letter) for name, data in letter.files]
        self._record(plan.name, key, len(names), digest)
        mailbox.mark_read(mail.uid)
        self._say_taken(plan, mail, letter, names, other=other)
        return len(names)

    def _say_taken(
        self, plan: Workflow, mail: Unread, letter: Letter, names: list[str], *, other: bool
    ) -> None:
        said = "A mail of {sender} brought {files}."
        again = "A mail of {sender} with a known message id brought other files: {files}."
        self._engine.event(
            Kind.NOTE,
            (again if other else said) + (NOT_TAKEN if letter.others else ""),
            level=Level.WARNING if other or letter.missed else Level.INFO,
            sender=letter.sender,
            subject=letter.subject,
            files=", ".join(names),
            not_taken=listed(letter.others),
            workflow=plan.name,
            message_id=mail.message_id,
        )

    def _leave(self, plan: Workflow, box: str, mail: Unread, problem: str) -> None:
        """Leave a mail unread for a person, and say so once."""
        with self._store.write() as db:
            left_mails.add(db, plan.name, box, mail.uid, now=clock.now())
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

    def _put(self, name: str, data: bytes, plan: Workflow, letter: Letter) -> str:
        """Put a file into the folder under its name, or another one if that is taken."""
        folder = self.context.inbox / (plan.inbox.folder if plan.inbox else "")
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / name
        if place.exists() and not (place.is_file() and place.read_bytes() == data):
            digest = hashlib.sha256(data).hexdigest()[:8]
            place = folder / f"{Path(name).stem}-{digest}{Path(name).suffix}"
        partial = place.with_name(f"{place.name}.part")
        with partial.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        write_origin(
            place,
            Origin(mail=f"{letter.sender}: {letter.subject}", not_taken=listed(letter.others)),
        )
        partial.replace(place)
        return place.name


def _name_of(rules: Mail, mailbox: Mailbox) -> str:
    """Return a name of the mailbox as it is now, for the store."""
    parts = (rules.host, str(rules.port), rules.username, rules.folder, mailbox.validity)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _key(mail: Unread) -> str:
    name = mail.message_id or f"number {mail.uid} of {mail.size} bytes"
    return f"mail:{name if len(name) < 190 else hashlib.sha256(name.encode()).hexdigest()}"


def _other_key(mail: Unread, digest: str) -> str:
    return f"mail:{hashlib.sha256(f'{_key(mail)} with {digest}'.encode()).hexdigest()}"


def _digest(contents: list[bytes]) -> str:
    """Return a SHA-256 of the files of a mail; names and order do not change it."""
    each = sorted(hashlib.sha256(data).digest() for data in contents)
    return hashlib.sha256(b"".join(each)).hexdigest()


SOURCE = Source(
    key="mail",
    keys=Mail,
    summary="Mailbox that files for its folder come from.",
    open=MailIntake,
)
