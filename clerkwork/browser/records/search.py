"""Searches by a field of the page, for targets without an address for one reference.

A list that is read before the search has finished shows other records, or none, and a record that
exists would be entered a second time. So a list without the record is accepted only if there is
proof that it is the result of the search.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Error, Request, WebSocket

from clerkwork.browser.locate.locate import LocatedField, find_fields
from clerkwork.browser.locate.text_similarity import normalize
from clerkwork.browser.page.controls import FoundEntry
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.records.fill import refuse_too_long, unexpected
from clerkwork.browser.records.login import (
    PageState,
    check_requests,
    column_number,
    go_to,
    read_idle_page,
    session_lost,
    wait_idle,
)
from clerkwork.browser.scripts import script
from clerkwork.errors import ApplicationException
from clerkwork.model.project.target_form import Search

AWAITED_REQUESTS = frozenset({"document", "xhr", "fetch"})  # ``settle`` waits for these
IGNORED_REQUESTS = frozenset({"image", "font", "stylesheet", "media", "ping", "cspviolationreport"})
PUSH_REQUESTS = frozenset({"eventsource", "websocket"})
PAINTED = script("records/search", "whenPainted")
Row = Mapping[str, Any]


def result_tables(seen: PageState, search: Search) -> list[dict[str, Any]]:
    """Return every table that has the reference's column and at least one more column."""
    tables = [one for one in seen.tables if len(one["headers"]) > 1]
    return [one for one in tables if column_number(one["headers"], search.column) is not None]


@dataclass
class FieldSearch:
    """The search for *reference* on the page of ``search.address``.

    Attributes:
        screen: The screen that shows it.
        search: The description of the target's search.
        reference: The reference to search for.
    """

    screen: PlaywrightScreen
    search: Search
    reference: str
    _requested: list[str] = field(default_factory=list, init=False)
    _pushed: bool = field(default=False, init=False)
    _before: PageState = field(default_factory=PageState, init=False)

    def __post_init__(self) -> None:
        page = self.screen.page
        page.on("request", self._on_request)
        page.on("websocket", self._on_websocket)

    def go(self) -> PageState:
        """Search, and return the state of the page after that.

        Raises:
            BusinessException: ``too_long``: the field would truncate the reference.
            ApplicationException: The field is missing, or does not show the typed reference.
        """
        self._before = go_to(self.screen, self.search.address)
        found = self._field()
        form = self.screen.target.form
        path = form.reference if form is not None else ""
        refuse_too_long(self.screen, found, self.reference, path=path, shown=self.reference)
        self._requested.clear()
        FoundEntry(self.screen.page, found.element, found).fill(self.reference)
        wait_idle(self.screen)
        self.read_back()
        if self.search.button is None:
            self._field().element.press("Enter")
        else:
            self._requested.clear()  # requests made while typing are not the search
            self.screen.click(self.search.button)
        with contextlib.suppress(Error):  # the page is being replaced
            self.screen.page.evaluate(PAINTED)
        seen = read_idle_page(self.screen)
        check_requests(self.screen)
        if seen.asks_password:
            raise session_lost(self.screen)
        return seen

    def read_back(self) -> None:
        """Check that the search field shows the reference.

        Raises:
            ApplicationException: ``page_unexpected``: it shows something else.
        """
        found = self._field()
        shown = FoundEntry(self.screen.page, found.element, found).value()
        if shown.split() != self.reference.split():
            problem = f"{self._words} shows {shown or 'nothing'} after {self.reference} was typed"
            raise unexpected(self.screen, problem)

    def shows_field(self) -> bool:
        """Return whether the page shows the search field, or several candidates for it."""
        (found,) = find_fields(self.screen.page, [self.screen.wanted(self._words)], timeout_s=0)
        return isinstance(found, LocatedField) or found.code == "locator_ambiguous"

    def check(
        self, seen: PageState, others: Sequence[Row], own: Sequence[Row], *, first: bool
    ) -> None:
        """Check that a list without an exact hit is the result of the search.

        Args:
            seen: The state of the page.
            others: The rows of the list that show another reference.
            own: The rows that may show the reference.
            first: Whether it is the first page of the list.

        Raises:
            ApplicationException: ``page_unexpected``: it may be another list.
        """
        for row in others:
            if not self._may_be_result(row):
                shown = ", ".join(filter(None, row["cells"]))
                raise self._uncertain(f"it shows the row {shown}")
        if first and not self._is_answer(seen, [*others, *own]):
            raise self._uncertain("the page did not change in a way that proves it")

    @property
    def _words(self) -> str:
        return self.search.field or ""

    def _field(self) -> LocatedField:
        (found,) = self.screen.fields([self.screen.wanted(self._words)])
        return found

    def _may_be_result(self, row: Row) -> bool:
        """Return whether *row* contains the reference, or says that there are no records."""
        said = [normalize(cell) for cell in row["cells"]]
        return any(normalize(self.reference) in cell or self._says_none(cell) for cell in said)

    def _says_none(self, text: str) -> bool:
        return self.search.none is not None and normalize(self.search.none) in normalize(text)

    def _is_answer(self, seen: PageState, rows: Sequence[Row]) -> bool:
        """Return whether the page proves that the list is the result of the search.

        - The words for "no records" are shown now and were not before: proven.
        - Otherwise, a page that receives pushed data (event source, web socket) proves nothing,
          because the data may arrive at any later time.
        - The rows have changed: proven.
        - The search made requests, and all are of kinds that ``settle`` waits for, or it loaded a
          new document: proven.
        """
        if self._says_none(seen.text) and not self._says_none(self._before.text):
            return True
        if self._pushed:
            return False
        tables = result_tables(self._before, self.search)
        before = [row["cells"] for table in tables for row in table["rows"]]
        if rows and sorted(before) != sorted(row["cells"] for row in rows):
            return True
        if not AWAITED_REQUESTS.intersection(self._requested):
            return False
        return "document" in self._requested or AWAITED_REQUESTS.issuperset(self._requested)

    def _uncertain(self, reason: str) -> ApplicationException:
        problem = (
            f"its list may not be the result of the search for {self.reference}: {reason}; if the"
            " page says that there are no records, add its words as `none`"
        )
        return unexpected(self.screen, problem)

    def _on_request(self, request: Request) -> None:
        kind = request.resource_type
        if kind in PUSH_REQUESTS:
            self._pushed = True
        elif kind not in IGNORED_REQUESTS:
            self._requested.append(kind)

    def _on_websocket(self, _: WebSocket) -> None:
        self._pushed = True
