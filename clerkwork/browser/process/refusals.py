"""Errors that say why the egress proxy refused or failed to send something, and the remedy."""

from clerkwork.errors import ApplicationException


def not_listed(place: str) -> ApplicationException:
    """Return the error that *place* is not listed in the target's file."""
    return ApplicationException(
        "egress_refused",
        "A request to {place} was blocked: it is not listed under `egress` in the target's file.",
        place=place,
    )


def not_public(place: str, address: str) -> ApplicationException:
    """Return the error that *place* has a private address that is not listed."""
    return ApplicationException(
        "egress_refused",
        "A request to {place} was blocked: its address {address} is not public, and no network"
        " listed under `egress` in the target's file contains it.",
        place=place,
        address=address,
    )


def fence_failed(place: str, kind: str) -> ApplicationException:
    """Return the error that the check whether this worker still holds the item failed."""
    return ApplicationException(
        "egress_refused",
        "A request to {place} was blocked: it could not be checked whether this worker still holds"
        " the item ({reason}).",
        place=place,
        reason=kind,
    )


def unreachable(place: str, error: OSError | UnicodeError) -> ApplicationException:
    """Return the error that there is no connection to *place*."""
    return ApplicationException(
        "target_unreachable",
        "{place} cannot be reached ({reason}). Check that the system is up and its address.",
        place=place,
        reason=getattr(error, "strerror", None) or str(error),
    )


def repeat_refused(place: str) -> ApplicationException:
    """Return the error that a request whose answer was lost was about to be repeated."""
    return ApplicationException(
        "repeat_refused",
        "A request to {place} got no answer and was not repeated, because {place} may have"
        " processed it. Check there whether the record is stored.",
        place=place,
    )
