"""What is wrong with the records that a look-up in a target found."""

import unicodedata

from clerkwork.errors import ApplicationException, BusinessException
from clerkwork.model.orders import Receipt

UNKNOWN = "effect_unknown"


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
        "{key} was entered in {target} before, but is not found there any more.",
        key=key,
        target=target,
    )


def not_verified(key: str, target: str) -> ApplicationException:
    """Return that a record which the target confirmed is not found yet."""
    return ApplicationException(
        "not_verified",
        "{key} was submitted, but is not found in {target} yet.",
        key=key,
        target=target,
    )


def unknown(key: str, target: str) -> BusinessException:
    """Return that a record may stand there: it was submitted, and nothing tells what came of it."""
    return BusinessException(
        UNKNOWN,
        "{key} may stand in {target} already: it was submitted, and no answer came. Look"
        " there. If it does, say that it was done by hand; if not, send it on.",
        key=key,
        target=target,
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
