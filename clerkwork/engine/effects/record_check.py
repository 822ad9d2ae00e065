"""Reasons why a record in the target, or in the ledger, needs a person's decision."""

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
ASKS_LEAVE = {UNKNOWN, OTHER_CONTENT, OTHER_STEP}  # an answer to these allows one submit
OTHER = (
    "{key} was already entered in {target} for item {item} as {confirmation}, with other content:"
    " {changes}. Check {target}. If the record needs this change, make it there and choose"
    " 'By hand'; if this is an additional record, send it on; if it is neither, reject it."
)
OTHER_NOT_KEPT = (
    "{key} was already entered in {target} for item {item} as {confirmation}, with other content,"
    " which is no longer stored. Check {target}. If the record needs a change, make it there and"
    " choose 'By hand'; if this is an additional record, send it on; if it is neither,"
    " reject it."
)
MAYBE_OTHER = (
    "{key} may be in {target} with other content: it was submitted for item {item}, and it is not"
    " known whether it was stored. Check {target}. If the record needs this change, make it there"
    " and choose 'By hand'; if it is not there, or this is an additional record, send this"
    " on."
)
STILL_THERE = (
    "{key} is in {target} as {confirmation}, and item {item} entered it with other content."
    " Check {target}. If it shows this content, or you correct it there, choose 'By hand';"
    " to have it entered again, delete it there and send this on."
)


def wrong_with(hits: list[Receipt], key: str, target: str) -> BusinessException | None:
    """Return what is wrong with the records that a lookup found, or None."""
    if len(hits) > 1:
        return BusinessException(
            "found_twice",
            "{key} is in {target} {count} times, as {confirmations}. Check {target}, keep the"
            " right record, delete the others, and send this on.",
            key=key,
            target=target,
            count=len(hits),
            confirmations=", ".join(hit.confirmation for hit in hits),
        )
    if hits and _plain(hits[0].reference) != _plain(key):
        return BusinessException(
            "found_another",
            "The lookup of {key} in {target} found another record: {found}.",
            key=key,
            target=target,
            found=hits[0].reference,
        )
    if hits and hits[0].differences:
        return BusinessException(
            "entered_differently",
            "{key} is in {target} with other data: {differences}",
            key=key,
            target=target,
            differences="; ".join(hits[0].differences),
        )
    return None


def _plain(reference: str) -> str:
    """Return a reference without case and blanks, which targets change when they show it."""
    return "".join(unicodedata.normalize("NFKC", reference).casefold().split())


def missing(key: str, target: str) -> BusinessException:
    """Return the error for a record that was entered but is missing."""
    return BusinessException(
        "confirmed_but_missing",
        "{key} was entered in {target}, but a lookup does not find it there now. Check {target}."
        " If it is there, or was deleted on purpose, choose 'By hand'; if it was deleted by"
        " mistake, enter it there again and send this on.",
        key=key,
        target=target,
    )


def other_content(row: Effect, value: BaseModel, still: Receipt | None = None) -> BusinessException:
    """Return the error for a record that was entered with other content, and the differences.

    Args:
        row: The earlier entry.
        value: The data to enter now.
        still: The record that a lookup found just now, or None.
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
    """Return the error for a record that another step may have entered already."""
    return BusinessException(
        OTHER_STEP,
        "{key} was already entered in {target} for item {item} by {step}, as {confirmation}."
        " It is not known whether that is this record. Check {target}. If it is, choose 'By"
        " hand'; if it is another record, send this on.",
        key=row.key,
        target=row.target,
        item=row.item_id,
        step=row.name,
        confirmation=_confirmation(row),
    )


def _confirmation(row: Effect) -> str:
    return "?" if row.receipt is None else Receipt.model_validate(row.receipt).confirmation


def not_verified(key: str, target: str) -> ApplicationException:
    """Return the error for a record that the target confirmed but a lookup does not find yet."""
    return ApplicationException(
        "not_verified",
        "{key} was submitted, but is not found in {target} yet.",
        key=key,
        target=target,
    )


def unknown(key: str, target: str, cause: BotException | None = None) -> BusinessException:
    """Return the error for a record that was submitted but never confirmed.

    Args:
        key: The reference of the record.
        target: The target that may contain it.
        cause: The failure after the submit; None if the worker ended.
    """
    if cause is None:
        return BusinessException(
            UNKNOWN,
            "{key} may already be in {target}: it was submitted, and no answer came. Check"
            " {target}. If it is there, choose 'By hand'; if not, send it on.",
            key=key,
            target=target,
        )
    return BusinessException(
        UNKNOWN,
        "{key} may already be in {target}: it was submitted, then this failed ({failure}):"
        " {cause} Check {target}. If it is there, choose 'By hand'; if not, send it on.",
        fields=cause.fields,
        key=key,
        target=target,
        failure=cause.code,
        cause=f"{str(cause).rstrip('.')}.",
    )


def unseen(key: str, target: str, answer: Receipt) -> BusinessException:
    """Return the error for a record that the target confirmed but no lookup has found since."""
    return BusinessException(
        UNKNOWN,
        "{target} confirmed {key} as {confirmation}, but its list does not show it under {key}."
        " Check {target}: it may have cut or changed the reference. If the record is there, choose"
        " 'By hand'; if not, send it on.",
        key=key,
        target=target,
        confirmation=answer.confirmation,
    )
