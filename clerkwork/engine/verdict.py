"""What is wrong with the records that a look-up in a target found."""

import unicodedata

from clerkwork.errors import BusinessException
from clerkwork.model.orders import Receipt


def wrong_with(hits: list[Receipt], key: str, target: str) -> BusinessException | None:
    """Return what is wrong with the records that were found, or None."""
    if len(hits) > 1:
        return BusinessException(
            "found_twice",
            "{key} stands in {target} {count} times.",
            key=key,
            target=target,
            count=len(hits),
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
