"""Translates Playwright's errors into application exceptions with stable codes."""

import re

from playwright.sync_api import Error
from playwright.sync_api import TimeoutError as Timeout

from clerkwork.errors import ApplicationException

_CRASHED = (
    "Target crashed",
    "Page crashed",
    "has been closed",
    "Connection closed",
    "disconnected",
)
_LOCATOR = re.compile(
    r"(?:waiting for |^\w+: |\s)((?:locator|get_by_\w+|getBy\w+)\(.*)", re.MULTILINE
)
_AMBIGUOUS = re.compile(r"strict mode violation: (.*) resolved to (\d+) elements")
_NETWORK = re.compile(r"net::(ERR_\w+)")


def translate(error: Error, place: str) -> ApplicationException:
    """Return *error* as an application exception.

    Args:
        error: The error that Playwright raised.
        place: Address of the page on which it was raised.
    """
    text = error.message
    if any(sign in text for sign in _CRASHED):
        return ApplicationException("browser_crashed", "The browser ended unexpectedly.")
    if found := _NETWORK.search(text):
        return ApplicationException(
            "target_unreachable",
            "{place} cannot be reached ({reason}). Check that the system is up and its address.",
            place=_address(text) or place,
            reason=found[1],
        )
    if found := _AMBIGUOUS.search(text):
        return _unexpected(place, found[1], f"found {found[2]} times")
    if isinstance(error, Timeout):
        if found := _LOCATOR.search(text):
            return _unexpected(place, found[1].strip(), "not found or not ready in time")
        return ApplicationException(
            "page_timeout", "{place} did not answer in time.", place=_address(text) or place
        )
    return ApplicationException(
        "browser_failed",
        "The browser failed at {place}: {reason}",
        place=place,
        reason=text.splitlines()[0][:300],
    )


def not_started(error: Error) -> ApplicationException:
    """Return the error that Chromium did not start, with Chromium's own message if it has one."""
    own = re.search(r"FATAL:[^]]*\] *(.+)|error while loading.*", error.message)
    reason = own[0].partition("] ")[2] or own[0] if own else error.message.splitlines()[0]
    return ApplicationException(
        "browser_failed",
        "Chromium could not be started: {reason}. Start it by hand to see its full output.",
        reason=reason[:300].rstrip("."),
    )


def _unexpected(place: str, wanted: str, reason: str) -> ApplicationException:
    return ApplicationException(
        "page_unexpected",
        "The page {place} is not as expected: {wanted} was {reason}.",
        place=place,
        wanted=wanted,
        reason=reason,
    )


def _address(text: str) -> str:
    found = re.search(r'navigating to "([^"]+)"| at (https?://\S+)', text)
    return (
        (found[1] or found[2]).partition("?")[0] if found else ""
    )  # a query may contain item data
