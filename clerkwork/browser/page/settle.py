"""Waiting on the page's own signals: open requests, timers that are due, ``aria-busy``, loading.

Nothing waits for a fixed time: the page is looked at from inside, and the wait is over when it has
nothing left to do.
"""

from datetime import timedelta
from weakref import WeakSet

from playwright.sync_api import Error, Frame, Page

from clerkwork import clock
from clerkwork.browser.scripts import script
from clerkwork.errors import ApplicationException

SCRIPT = script("page/settle")
LIMIT = timedelta(seconds=30)
_ASK = "limit => window.__clerkworkSettled ? window.__clerkworkSettled(limit) : true"
_watched: WeakSet[Page] = WeakSet()


def watch(page: Page) -> None:
    """Have every document of *page* tell from now on whether it is at work."""
    if page not in _watched:
        _watched.add(page)
        page.add_init_script(SCRIPT)


def settle(page: Page, *, limit: timedelta = LIMIT) -> None:
    """Return when *page* and its frames have nothing left to do.

    Raises:
        ApplicationException: ``page_timeout``: it is still at work after *limit*.
    """
    deadline = clock.monotonic() + limit
    while not all(_settled(frame, deadline) for frame in page.frames):
        if clock.monotonic() >= deadline:
            raise ApplicationException(
                "page_timeout",
                "{place} did not answer in time.",
                place=page.url.partition("?")[0].partition(";")[0],  # may hold item data
            )


def _settled(frame: Frame, deadline: timedelta) -> bool:
    left_ms = max(0, (deadline - clock.monotonic()) / timedelta(milliseconds=1))
    try:
        return bool(frame.evaluate(_ASK, left_ms))
    except Error:
        if frame.page.is_closed():
            raise
        return frame.is_detached()  # it is being replaced: the next look sees what comes
