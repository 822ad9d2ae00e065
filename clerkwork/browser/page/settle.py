"""Waits until a page is idle: no open requests, due timers, ``aria-busy`` elements or loading.

There is no fixed waiting time. A script inside of the page observes its activity, and the wait ends
when there is none.
"""

from datetime import timedelta
from weakref import WeakSet

from playwright.sync_api import Error, Frame, Page

from clerkwork import clock
from clerkwork.browser.scripts import call, script
from clerkwork.errors import ApplicationException

WATCH = call(script("page/settle", "watchDocument"))
SETTLED = script("page/settled", "whenSettled")
LIMIT = timedelta(seconds=30)
_watched: WeakSet[Page] = WeakSet()


def watch(page: Page) -> None:
    """Add the script that observes activity to every document that *page* loads from now on."""
    if page not in _watched:
        _watched.add(page)
        page.add_init_script(WATCH)


def settle(page: Page, *, limit: timedelta = LIMIT) -> None:
    """Return when *page* and all its frames are idle.

    Raises:
        ApplicationException: ``page_timeout``: it is still busy after *limit*.
    """
    deadline = clock.monotonic() + limit
    while not all(_settled(frame, deadline) for frame in page.frames):
        if clock.monotonic() >= deadline:
            raise ApplicationException(
                "page_timeout",
                "{place} did not answer in time.",
                place=page.url.partition("?")[0].partition(";")[
                    0
                ],  # the rest may contain item data
            )


def _settled(frame: Frame, deadline: timedelta) -> bool:
    left_ms = max(0, (deadline - clock.monotonic()) / timedelta(milliseconds=1))
    try:
        return bool(frame.evaluate(SETTLED, left_ms))
    except Error:
        if frame.page.is_closed():
            raise
        return frame.is_detached()  # else it is being replaced: check again
