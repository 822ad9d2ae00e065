"""Mails left unread in a mailbox for a person, until someone reads or deletes them."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.store.schema import left_mail
from clerkwork.store.upsert import inserted


def add(db: Connection, workflow: str, mailbox: str, uid: str, *, now: datetime) -> bool:
    """Record that a mail is left; return False if it is already recorded."""
    return inserted(db, left_mail, workflow=workflow, mailbox=mailbox, uid=uid, since_ms=to_ms(now))


def uids(db: Connection, workflow: str, mailbox: str) -> set[str]:
    """Return the UIDs of the mails that are left in this mailbox."""
    query = sa.select(left_mail.c.uid).where(
        left_mail.c.workflow == workflow, left_mail.c.mailbox == mailbox
    )
    return set(db.execute(query).scalars())


def forget(db: Connection, workflow: str, mailbox: str, gone: Collection[str]) -> None:
    """Delete the mails *gone* from this mailbox, and all of the workflow's former mailboxes."""
    former = left_mail.delete().where(
        left_mail.c.workflow == workflow, left_mail.c.mailbox != mailbox
    )
    db.execute(former)
    for uid in gone:
        one = left_mail.delete().where(
            left_mail.c.workflow == workflow,
            left_mail.c.mailbox == mailbox,
            left_mail.c.uid == uid,
        )
        db.execute(one)


def count(db: Connection, workflow: str) -> int:
    """Return the number of mails left for a person in the workflow's mailbox."""
    query = sa.select(sa.func.count()).where(left_mail.c.workflow == workflow)
    return int(db.execute(query).scalar_one())
