"""What is wrong with a record that a look-up found, or that the ledger knows; it is asked so."""

import unicodedata

from pydantic import BaseModel

from clerkwork.errors import ApplicationException, BotException, BusinessException
from clerkwork.model.orders import Receipt
from clerkwork.model.work.content import differences
from clerkwork.model.work.reviews import flatten
from clerkwork.store.runs.effects import Effect

UNKNOWN = "effect_unknown"
OTHER_CONTENT = "entered_with_other_content"
OTHER_STEP = "entered_by_other_step"
ASKS_LEAVE = {UNKNOWN, OTHER_CONTENT, OTHER_STEP}  # who answers these lets it be submitted once
OTHER = (
    "{key} was entered in {target} before, for item {item} as {confirmation}, with other content:"
    " {changes}. Look there. If the record is to be changed, change it there and say that it was"
    " done by hand; if this is a further record, send it on; if it is neither, reject it."
)
OTHER_NOT_KEPT = (
    "{key} was entered in {target} before, for item {item} as {confirmation}, with other content,"
    " which is not stored any more. Look there. If the record is to be changed, change it there and"
    " say that it was done by hand; if this is a further record, send it on; if it is neither,"
    " reject it."
)
MAYBE_OTHER = (
    "{key} may stand in {target} with other content: it was submitted for item {item}, and whether"
    " it was stored is not known. Look there. If the record is to be changed, change it there and"
    " say that it was done by hand; if it does not stand there, or this is a further record, send"
    " this on."
)
STILL_THERE = (
    "{key} stands in {target} as {confirmation}, and item {item} had entered it with other content."
    " Look there. If it shows this content, or you change it there so, say that it was done by"
    " hand; to have it entered anew, delete it there and send this on."
)


def wrong_with(hits: list[Receipt], key: str, target: str) -> BusinessException | None:
    """Return what is wrong with the records that were found, or None."""
    if len(hits) > 1:
        return BusinessException(
            "found_twice",
            "{key} stands in {target} {count} times, as {confirmations}. Look there, leave the"
            " right one, delete the others, and send it on.",
            key=key,
            target=target,
            count=len(hits),
            confirmations=", ".join(hit.confirmation for hit in hits),
        )
    if hits and _plain(hits[0].reference) != _plain(key):
        return BusinessException(
            "found_another",
            "The look-up of {key} in {target} came to another record: {found}.",
            key=key,
            target=target,
            found=hits[0].reference,
        )
    if hits and hits[0].differences:
        return BusinessException(
            "entered_differently",
            "{key} stands in {target} with other data: {differences}",
            key=key,
            target=target,
            differences="; ".join(hits[0].differences),
        )
    return None


def _plain(reference: str) -> str:
    """Return a reference without what targets change when they show it: case and blanks."""
    return "".join(unicodedata.normalize("NFKC", reference).casefold().split())


def missing(key: str, target: str) -> BusinessException:
    """Return that a record which was entered is not there."""
    return BusinessException(
        "confirmed_but_missing",
        "{key} was entered in {target} before, but the look-up does not find it there now. Look"
        " there. If it stands there, or was deleted on purpose, say that it was done by hand; if it"
        " was deleted by mistake, enter it there again and send this on.",
        key=key,
        target=target,
    )


def other_content(row: Effect, value: BaseModel, still: Receipt | None = None) -> BusinessException:
    """Return that a record was entered with other content, and what differs.

    Args:
        row: What was entered.
        value: What is to be entered now.
        still: The record that a look-up has just found there.
    """
    changes = {} if row.value is None else differences(row.value, value)
    return BusinessException(
        OTHER_CONTENT,
        _other_message(row, still, known=bool(changes)),
        fields=tuple(path for path in changes if path in flatten(value.model_dump(mode="json"))),
        key=row.key,
        target=row.target,
        item=row.item_id,
        confirmation=_confirmation(row) if still is None else still.confirmation,
        changes="; ".join(f"{path}: {was} → {now}" for path, (was, now) in changes.items()),
    )


def _other_message(row: Effect, still: Receipt | None, *, known: bool) -> str:
    if still is not None:
        return STILL_THERE
    if row.confirmed is None:
        return MAYBE_OTHER
    return OTHER if known else OTHER_NOT_KEPT


def doubtful(row: Effect) -> BusinessException:
    """Return that something else may have entered this very record."""
    return BusinessException(
        OTHER_STEP,
        "{key} was entered in {target} before, for item {item} by {step}, as {confirmation}."
        " Whether that is this record is not known. Look there. If it is, say that it was done by"
        " hand; if it is another one, send this on.",
        key=row.key,
        target=row.target,
        item=row.item_id,
        step=row.name,
        confirmation=_confirmation(row),
    )


def _confirmation(row: Effect) -> str:
    return "?" if row.receipt is None else Receipt.model_validate(row.receipt).confirmation


def not_verified(key: str, target: str) -> ApplicationException:
    """Return that a record which the target confirmed is not found yet."""
    return ApplicationException(
        "not_verified",
        "{key} was submitted, but is not found in {target} yet.",
        key=key,
        target=target,
    )


def unknown(key: str, target: str, cause: BotException | None = None) -> BusinessException:
    """Return that a record may stand there: it was submitted, and was not confirmed.

    Args:
        key: Its reference.
        target: Where it may stand.
        cause: What went wrong after the submit; None where the worker ended over it.
    """
    if cause is None:
        return BusinessException(
            UNKNOWN,
            "{key} may stand in {target} already: it was submitted, and no answer came. Look"
            " there. If it does, say that it was done by hand; if not, send it on.",
            key=key,
            target=target,
        )
    return BusinessException(
        UNKNOWN,
        "{key} may stand in {target} already: it was submitted, then this failed ({failure}):"
        " {cause} Look there. If it does, say that it was done by hand; if not, send it on.",
        fields=cause.fields,
        key=key,
        target=target,
        failure=cause.code,
        cause=f"{str(cause).rstrip('.')}.",
    )


def unseen(key: str, target: str, answer: Receipt) -> BusinessException:
    """Return that the target confirmed a record which no look-up has come to since."""
    return BusinessException(
        UNKNOWN,
        "{target} confirmed {key} as {confirmation}, but its list does not show it under {key}."
        " Look there: it may have cut or changed the reference. If it stands there, say that it was"
        " done by hand; if not, send it on.",
        key=key,
        target=target,
        confirmation=answer.confirmation,
    )
