"""Why something did not leave for a place: errors that name it and say what to do."""

from clerkwork.errors import ApplicationException


def not_listed(place: str) -> ApplicationException:
    """Return the error that *place* is not listed."""
    return ApplicationException(
        "egress_refused",
        "The browser was kept from {place}, which is not listed under `egress` in the target's"
        " file.",
        place=place,
    )


def not_public(place: str, address: str) -> ApplicationException:
    """Return the error that the address of *place* is one that must be listed."""
    return ApplicationException(
        "egress_refused",
        "The browser was kept from {place}: its address {address} is not a public one and in no"
        " network listed under `egress` in the target's file.",
        place=place,
        address=address,
    )


def fence_failed(place: str, kind: str) -> ApplicationException:
    """Return the error that nobody can tell who holds the item."""
    return ApplicationException(
        "egress_refused",
        "The browser was kept from {place}: whether the item is still held could not be told"
        " ({reason}).",
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
    """Return the error that a request whose answer was lost was to be sent again."""
    return ApplicationException(
        "repeat_refused",
        "A request to {place} got no answer and was not sent a second time, because {place} may"
        " have taken it. Look there whether it is stored.",
        place=place,
    )
