"""Uses a located field or button: types, chooses, ticks, reads back, clicks."""

from collections.abc import Sequence
from datetime import timedelta

from playwright.sync_api import ElementHandle, Error, Page

from clerkwork.browser.locate.locate import LocatedField, covered_error
from clerkwork.browser.locate.scores import control_kind
from clerkwork.browser.page.settle import LIMIT
from clerkwork.browser.scripts import script

YES = frozenset({"yes", "true", "1", "on", "是"})
VALUE = script("page/controls", "shownValue")
TYPES = script("page/controls", "takesText")
PRESS = script("page/controls", "pressTimes")
AIM = script("page/controls", "aimAt")
MISSED = script("page/controls", "hasMissed")


def click_point(page: Page, point: Sequence[float]) -> bool:
    """Click at *point*; return whether the guard that ``AIM`` installed let the click through."""
    page.mouse.click(*point)
    try:
        return not page.evaluate(MISSED)
    except Error:  # the click led to another page
        return True


class FoundEntry:
    """A located field or button; see the protocol ``Entry``."""

    def __init__(
        self, page: Page, element: ElementHandle, found: LocatedField | None = None
    ) -> None:
        self._page = page
        self._element = element
        self._found = found

    def fill(self, text: str) -> None:
        """Type *text*, choose the option with that text, or tick the box if it means yes.

        Raises:
            ApplicationException: ``page_covered``: another element covers the field.
        """
        self._refuse_covered()
        form = "text" if self._found is None else control_kind(self._found.seen)
        if form in {"checkbox", "radio", "switch"}:
            self._element.set_checked(text.strip().casefold() in YES)
        elif self._found is not None and self._found.seen.tag == "select":
            self._element.select_option(label=text)
        elif self._element.evaluate(TYPES):
            self._element.fill(text)
        else:
            self._choose(text)

    def value(self) -> str:
        """Return the text that the field shows now."""
        return str(self._element.evaluate(VALUE))

    def click(self) -> None:
        """Click the element.

        An uncovered element is clicked with the mouse at once; a guard in the page blocks the click
        if the page moves and another element would receive it. Otherwise Playwright waits until the
        element can be clicked.
        """
        point = self._element.evaluate(AIM)
        if point is None or not click_point(self._page, point):
            self._element.click()

    def press(self, times: int) -> int:
        """Press the element several times by script, and wait for the page after each press.

        Args:
            times: Number of presses.

        Returns:
            The number of fields that the page gained; 0 if the page was left meanwhile.
        """
        try:
            more = self._element.evaluate(PRESS, [times, LIMIT / timedelta(milliseconds=1)])
        except Error:
            return 0
        return int(more)

    def _choose(self, text: str) -> None:
        """Choose the option *text* from a list that is not a ``select`` element."""
        inner = self._element.query_selector("input, textarea")
        if inner is not None:
            inner.fill(text)
            return
        self._element.click()
        self._page.get_by_role("option", name=text, exact=True).click()

    def _refuse_covered(self) -> None:
        if self._found is not None and self._found.covered:
            raise covered_error(self._page, self._found.words, self._found.covered)
